/* Every backend that stores, held to the same behaviour: conversations. */
#include "lib/base/clock.h"
#include "tests/unit/store/backend_jobs.h"

static void created_and_begun(void **state)
{
    struct fixture *f = *state;
    struct store_job *c = job(STORE_CREATE);

    set_id(c->create.conversation, "c");
    c->create.uid = ME;
    c->create.created_us = T0;
    c->create.system = xstrdup("be brief");
    add_message(&c->create.messages, &c->create.n_messages, "m1", ROLE_USER, "one");
    add_message(&c->create.messages, &c->create.n_messages, "m2", ROLE_ASSISTANT, "two");
    assert_int_equal(does(f, c), ERR_NONE);
    assert_path(f, path_of("c", ""), "m1 one|m2 two");
    struct store_job *l = list_of(1);
    assert_int_equal(run(f, l), ERR_NONE);
    SHOWS(l, "\"title\"=>nil");
    store_job_free(l);

    turn(f, "a", 1, "c", false, "m2");
    struct store_job *p = path_of("c", "");
    assert_int_equal(run(f, p), ERR_NONE);
    assert_int_equal(p->path.n_said, 4);
    assert_string_equal(p->path.system, "be brief");
    store_job_free(p);
    struct store_job *g = get_of("c", "");
    assert_int_equal(run(f, g), ERR_NONE);
    SHOWS(g, "\"title\"=>\"words of a\"");
    SHOWS(g, "\"system\"=>\"be brief\"");
    store_job_free(g);
    assert_int_equal(does(f, rename_of("c", "mine")), ERR_NONE);
    g = get_of("c", "");
    assert_int_equal(run(f, g), ERR_NONE);
    SHOWS(g, "\"title\"=>\"mine\"");
    store_job_free(g);
}

/* Several answers to one question, as compare has them: whoever comes first brings the question. */
static void one_question_for_several(void **state)
{
    struct fixture *f = *state;

    turn(f, "x", 1, "c", true, "");
    for (int i = 0; i < 2; i++) {
        struct store_job *b = begin(i ? "b" : "a", 3, "c", true, "rx");
        b->begin.again = true;
        set_id(b->begin.messages[0].id, "q");
        assert_int_equal(does(f, b), ERR_NONE);
    }
    assert_int_equal(does(f, end("b", 4, "c", "done", "b said")), ERR_NONE);
    assert_int_equal(does(f, end("a", 5, "c", "done", "a said")), ERR_NONE);
    assert_path(f, path_of("c", "ra"), "qx question|rx reply|q question|ra a said");
    assert_path(f, path_of("c", "rb"), "qx question|rx reply|q question|rb b said");
    assert_path(f, path_of("c", ""), "qx question|rx reply|q question|ra a said"); /* the last to end */
    struct store_job *l = list_of(1);
    assert_int_equal(run(f, l), ERR_NONE);
    SHOWS(l, "\"messages\"=>5");
    store_job_free(l);
}

static void a_path_tells_whether_it_is_at_the_head(void **state)
{
    static const struct {
        const char *parent;
        bool at_head;
    } rows[] = {{"", true}, {"rb", true}, {"ra", false}, {"qb", false}};
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    turn(f, "b", 3, "c", false, "ra");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct store_job *p = path_of("c", rows[i].parent);
        assert_int_equal(run(f, p), ERR_NONE);
        assert_int_equal(p->path.at_head, rows[i].at_head);
        store_job_free(p);
    }
}

static void forks(void **state)
{
    struct fixture *f = *state;
    char last[STORE_ID] = "";

    turn(f, "a", 1, "c", true, "");
    turn(f, "b", 3, "c", false, "ra");
    assert_int_equal(does(f, begin("d", 5, "c", false, "rb")), ERR_NONE);
    assert_int_equal(does(f, fork_of("c", "rd", "n")), ERR_NONE);
    assert_int_equal(does(f, delete_of("c")), ERR_NONE); /* it is a copy */
    struct store_job *p = path_of("n", "");
    assert_int_equal(run(f, p), ERR_NONE);
    assert_int_equal(p->path.n_said, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(id_valid(p->path.said[i].id, ID_LEN));
        assert_true(strcmp(p->path.said[i].id, last) > 0);
        memcpy(last, p->path.said[i].id, STORE_ID);
    }
    assert_string_equal(p->path.said[3].message.parts[0].text, "reply");
    assert_string_equal(p->path.said[5].state, "interrupted"); /* nobody ends the copy */
    store_job_free(p);
    assert_list(f, list_of(9), "n");
}

static void half_a_fork(void **state)
{
    struct fixture *f = *state;
    struct store_job *j = fork_of("c", "rb", "n");

    turn(f, "a", 1, "c", true, "");
    turn(f, "b", 3, "c", false, "ra");
    bool more = slice(f, j) == STORE_STEP_MORE;
    assert_int_equal(more, f->variant->cut);
    if (more) {
        assert_list(f, list_of(9), "c");
        refused(f, get_of("n", ""), ERR_NOT_FOUND, "conversation");
        reopen(f);
        assert_int_equal(does(f, expire(0, 9, 0)), ERR_NONE);
        refused(f, begin("x", 1, "n", false, ""), ERR_NOT_FOUND, "conversation");
        /* The same again is a new one. */
        assert_int_equal(run(f, j), ERR_NONE);
    }
    store_job_free(j);
    assert_list(f, list_of(9), "n c");

    /* Its source is taken away in the midst. */
    j = fork_of("c", "rb", "m");
    if (slice(f, j) == STORE_STEP_MORE) {
        assert_int_equal(does(f, delete_of("c")), ERR_NONE);
        refused(f, j, ERR_NOT_FOUND, "conversation");
        assert_list(f, list_of(9), "n");
    } else {
        store_job_free(j);
    }
}

static bool ends_gone(struct fixture *f, const char *a, const char *conversation)
{
    struct store_job *e = end(a, 4, conversation, "done", "late");

    assert_int_equal(run(f, e), ERR_NONE);
    bool gone = e->end.gone;
    store_job_free(e);
    return gone;
}

static void the_deleted_are_gone(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, at_place(begin("b", 3, "c", false, "ra"), "/home", "tty1")), ERR_NONE);
    assert_int_equal(does(f, delete_of("c")), ERR_NONE);
    for (int i = 0; i < 2; i++) { /* at once, and when it is taken away */
        refused(f, get_of("c", ""), ERR_NOT_FOUND, "conversation");
        refused(f, path_of("c", ""), ERR_NOT_FOUND, "conversation");
        refused(f, begin("x", 3, "c", false, ""), ERR_NOT_FOUND, "conversation");
        refused(f, rename_of("c", "t"), ERR_NOT_FOUND, "conversation");
        refused(f, delete_of("c"), ERR_NOT_FOUND, "conversation");
        refused(f, fork_of("c", "ra", "n"), ERR_NOT_FOUND, "conversation");
        struct store_job *p = path_of("", "");
        p->path.directory = xstrdup("/home");
        refused(f, p, ERR_NOT_FOUND, "conversation");
        assert_list(f, list_of(9), "");
        assert_int_equal(does(f, expire(0, 9, 0)), ERR_NONE);
    }
    /* The answer ends for all that. */
    assert_true(ends_gone(f, "b", "c"));
    assert_true(ends_gone(f, "b", "c")); /* the same again */
    struct store_job *a = answer_of("b");
    assert_int_equal(run(f, a), ERR_NONE);
    assert_string_equal(a->answer.state, "done");
    store_job_free(a);
}

static void an_end_tells_what_is_gone(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 2; i++) {
        char name[] = {(char)('a' + i), '\0'};
        assert_int_equal(does(f, begin(name, 1, name, true, "")), ERR_NONE);
    }
    assert_int_equal(does(f, begin("n", 1, NULL, false, "")), ERR_NONE);
    assert_false(ends_gone(f, "n", NULL));
    assert_false(ends_gone(f, "b", "b"));
    assert_int_equal(does(f, delete_of("a")), ERR_NONE); /* marked, and not taken away */
    assert_true(ends_gone(f, "a", "a"));
    assert_int_equal(does(f, delete_of("b")), ERR_NONE);
    assert_true(ends_gone(f, "b", "b"));
}

static void a_late_end_moves_the_head_forward_only(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name, *parent;
        bool late;
        const char *head;
    } ends[] = {{"d", "ra", false, "rd"}, {"b", "ra", true, "rd"}, {"e", "rd", true, "re"}};

    turn(f, "a", 1, "c", true, "");
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        assert_int_equal(does(f, begin(ends[i].name, 3, "c", false, ends[i].parent)), ERR_NONE);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct store_job *e = end(ends[i].name, 4, "c", "done", "reply");
        e->end.late = ends[i].late;
        assert_int_equal(does(f, e), ERR_NONE);
        struct store_job *p = path_of("c", "");
        assert_int_equal(run(f, p), ERR_NONE);
        char head[STORE_ID];
        set_id(head, ends[i].head);
        assert_string_equal(p->path.said[p->path.n_said - 1].id, head);
        store_job_free(p);
    }
}

static void the_last_one(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, at_place(begin("a", 1, "A", true, ""), "/x", "t1")), ERR_NONE);
    assert_int_equal(does(f, at_place(begin("b", 2, "B", true, ""), "/x", "t2")), ERR_NONE);
    assert_int_equal(does(f, at_place(begin("c", 3, "C", true, ""), "/y", "t1")), ERR_NONE);
    assert_int_equal(does(f, at_place(begin("d", 4, "D", true, ""), NULL, NULL)), ERR_NONE);
    assert_last(f, last("/x", "t1", 0), "A");
    assert_last(f, last("/x", "t2", 0), "B");
    assert_last(f, last("/x", "t3", 0), "B"); /* another terminal: the directory's */
    assert_last(f, last("/x", NULL, 0), "B");
    assert_last(f, last("/y", "t2", 0), "C");
    assert_last(f, last(NULL, NULL, 0), "D");
    assert_last(f, last("/x", "t1", 2), "B"); /* A is too old */
    refused(f, last("/x", "t1", 3), ERR_NOT_FOUND, "conversation");
    refused(f, last("/z", "t1", 0), ERR_NOT_FOUND, "conversation");
    clock_set(1, T0 + 43200 * SECOND);
    struct store_job *j = last("/z", "t1", 0);
    assert_int_equal(run(f, j), ERR_NOT_FOUND);
    assert_string_equal(j->error.message, "no conversation of the last 12 h here: askctl conv list shows the others");
    store_job_free(j);
    clock_set(-1, 0);
    /* Asked again elsewhere, it is the last one there too, and stays it here. */
    assert_int_equal(does(f, at_place(begin("e", 5, "A", false, "ra"), "/y", "t1")), ERR_NONE);
    assert_last(f, last("/y", "t1", 0), "A");
    assert_last(f, last("/x", "t1", 0), "A");
    j = list_of(9);
    j->list.directory = xstrdup("/y");
    assert_list(f, j, "A C");
    /* A fork is listed in its directory, but was never asked in. */
    assert_int_equal(does(f, fork_of("C", "rc", "F")), ERR_NONE);
    j = list_of(9);
    j->list.directory = xstrdup("/y");
    assert_list(f, j, "F A C");
    assert_last(f, last("/y", NULL, 1), "A");
    j = list_of(9);
    j->list.tag = xstrdup("work");
    assert_list(f, j, "");
}

static void list_by_pages(void **state)
{
    struct fixture *f = *state;
    struct store_job *l;

    turn(f, "a", 1, "A", true, "");
    turn(f, "b", 3, "B", true, "");
    turn(f, "c", 3, "C", true, ""); /* the same moment */
    turn(f, "d", 5, "D", true, "");
    assert_list(f, list_of(9), "D C B A");
    assert_list(f, list_of(2), "D C");
    assert_list(f, list_of(0), "");
    l = list_of(9);
    set_id(l->list.before, "C");
    assert_list(f, l, "B A");
    l = list_of(9);
    l->list.before_us = T0 + 4 * SECOND;
    assert_list(f, l, "A");
    turn(f, "e", 9, "A", false, "ra");
    assert_list(f, list_of(9), "A D C B");
    l = list_of(9);
    l->out.max = 100;
    assert_int_equal(run(f, l), ERR_TOO_LARGE);
    store_job_free(l);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, NULL}
        T(created_and_begun),
        T(one_question_for_several),
        T(a_path_tells_whether_it_is_at_the_head),
        T(forks),
        T(half_a_fork),
        T(the_deleted_are_gone),
        T(an_end_tells_what_is_gone),
        T(a_late_end_moves_the_head_forward_only),
        T(the_last_one),
        T(list_by_pages),
#undef T
    };
    return run_over_backends(tests, sizeof(tests) / sizeof(tests[0]));
}
