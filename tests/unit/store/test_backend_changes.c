/* Every backend that stores, held to the same behaviour: the small changes to a conversation, and its trash. */
#include "lib/base/clock.h"
#include "lib/chat/conversation.h"
#include "tests/unit/store/backend_jobs.h"

static void assert_list_shows(struct fixture *f, const char *part, bool there)
{
    struct store_job *l = list_of(9);

    assert_int_equal(run(f, l), ERR_NONE);
    assert_shows(l->out.data, l->out.len, part, there);
    store_job_free(l);
}

static bool sets_title(struct fixture *f, const char *conversation, const char *title)
{
    struct store_job *j = title_of(conversation, title);

    assert_int_equal(run(f, j), ERR_NONE);
    bool set = j->title.set;
    store_job_free(j);
    return set;
}

/* Words give way to a model, both to a user; never the other way. */
static void whose_title(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    assert_list_shows(f, "words of a", true);
    turn(f, "b", 3, "c", false, "ra");
    assert_list_shows(f, "words of a", true); /* the first question's */
    assert_true(sets_title(f, "c", "by a model"));
    assert_false(sets_title(f, "c", "by another"));
    assert_list_shows(f, "by a model", true);
    assert_int_equal(does(f, fork_of("c", "rb", "n")), ERR_NONE);
    assert_false(sets_title(f, "n", "of a fork"));
    assert_int_equal(does(f, rename_of("c", "by me")), ERR_NONE);
    assert_false(sets_title(f, "c", "by a model"));
    assert_list_shows(f, "by me", true);
    refused(f, title_of("x", "t"), ERR_NOT_FOUND, "conversation");
}

/* What stands for a title before the first question gives way to it; what somebody gave does not. */
static void titles_before_a_question(void **state)
{
    static const struct {
        const char *id, *title;
        bool automatic;
        const char *after;
    } rows[] = {
        {"A", "instructions", true, "words of a"}, {"B", "mine", false, "mine"}, {"C", NULL, false, "words of c"}};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[] = {(char)('a' + i), '\0'}, want[64];
        struct store_job *c = job(STORE_CREATE);
        set_id(c->create.conversation, rows[i].id);
        c->create.uid = ME;
        c->create.title = xstrdup(rows[i].title);
        c->create.automatic = rows[i].automatic;
        assert_int_equal(does(f, c), ERR_NONE);
        turn(f, name, 1, rows[i].id, false, "");
        snprintf(want, sizeof(want), "\"title\"=>\"%s\"", rows[i].after);
        assert_list_shows(f, want, true);
        assert_list_shows(f, "instructions", false);
    }
}

static void what_a_question_brought(void **state)
{
    struct fixture *f = *state;
    struct store_job *b;

    for (int i = 0; i < 2; i++) {
        b = begin(i ? "b" : "a", 1, "c", true, "");
        b->begin.again = true;
        set_id(b->begin.messages[0].id, "q");
        assert_int_equal(run(f, b), ERR_NONE);
        assert_int_equal(b->begin.made, i == 0);
        assert_int_equal(b->begin.titled, i == 0);
        assert_int_equal(b->begin.added, i == 0);
        store_job_free(b);
    }
}

static void an_end_tells_of_the_head(void **state)
{
    struct fixture *f = *state;

    for (int late = 0; late < 2; late++) {
        assert_int_equal(does(f, begin(late ? "b" : "a", 1, late ? "B" : "A", true, "")), ERR_NONE);
        struct store_job *e = end(late ? "b" : "a", 2, late ? "B" : "A", "done", "x");
        if (late)
            assert_int_equal(does(f, delete_of("B")), ERR_NONE);
        assert_int_equal(run(f, e), ERR_NONE);
        assert_int_equal(e->end.head, !late);
        assert_int_equal(e->end.gone, late);
        store_job_free(e);
    }
    /* In the trash it ended for all that. */
    assert_int_equal(does(f, restore_of("B")), ERR_NONE);
    assert_path(f, path_of("B", ""), "qb question|rb x");
}

static void pinned_ones(void **state)
{
    struct fixture *f = *state;
    struct store_job *l;

    turn(f, "a", 1, "A", true, "");
    turn(f, "b", 3, "B", true, "");
    assert_int_equal(does(f, pin_of("A", true)), ERR_NONE);
    l = list_of(9);
    l->list.pinned = STORE_PINNED;
    assert_list(f, l, "A");
    l = list_of(9);
    l->list.pinned = STORE_NOT_PINNED;
    assert_list(f, l, "B");
    assert_int_equal(does(f, expire(0, 9, 999)), ERR_NONE); /* it outlives `keep` */
    assert_list(f, list_of(9), "A");
    assert_int_equal(does(f, pin_of("A", false)), ERR_NONE);
    assert_int_equal(does(f, expire(0, 9, 999)), ERR_NONE);
    assert_list(f, list_of(9), "");
    refused(f, pin_of("A", true), ERR_NOT_FOUND, "conversation");
}

static void assert_tags(struct fixture *f, struct store_job *j, const char *want)
{
    assert_int_equal(run(f, j), ERR_NONE);
    char *text = shown(j->out.data, j->out.len);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, want);
    free(text);
    store_job_free(j);
}

static void tags(void **state)
{
    struct fixture *f = *state;
    struct store_job *l, *j;
    char name[16];

    turn(f, "a", 1, "A", true, "");
    assert_tags(f, tag_of("A", "work", NULL), "[\"work\"]");
    assert_tags(f, tag_of("A", "home", "nothing"), "[\"home\", \"work\"]");
    assert_tags(f, tag_of("A", "work", "work"), "[\"home\", \"work\"]");
    assert_tags(f, tag_of("A", NULL, "home"), "[\"work\"]");
    l = list_of(9);
    l->list.tag = xstrdup("work");
    assert_list(f, l, "A");
    for (int i = 1; i < CONVERSATION_TAGS_MAX; i++) {
        snprintf(name, sizeof(name), "t%d", i);
        assert_int_equal(does(f, tag_of("A", name, NULL)), ERR_NONE);
    }
    refused(f, tag_of("A", "more", NULL), ERR_INVALID_REQUEST, "add");
    assert_list_shows(f, "more", false); /* nothing has changed */
    j = tag_of("A", "more", "work");
    assert_int_equal(does(f, j), ERR_NONE);
    assert_list_shows(f, "more", true);
    refused(f, tag_of("B", "x", NULL), ERR_NOT_FOUND, "conversation");
}

static void heads(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "A", true, "");
    turn(f, "b", 3, "A", false, "ra");
    assert_int_equal(does(f, head_of("A", "ra")), ERR_NONE);
    assert_path(f, path_of("A", ""), "qa question|ra reply");
    turn(f, "o", 5, "O", true, "");
    refused(f, head_of("A", "ro"), ERR_NOT_FOUND, "message");
    refused(f, head_of("x", "ra"), ERR_NOT_FOUND, "conversation");
}

static void paths_of_edits(void **state)
{
    static const struct {
        enum store_path_to to;
        const char *of, *want; /* want NULL: refused */
        enum error_code code;
    } rows[] = {{STORE_PATH_EDIT, "qa", "", ERR_NONE},
                {STORE_PATH_EDIT, "qb", "qa question|ra reply", ERR_NONE},
                {STORE_PATH_EDIT, "ra", NULL, ERR_INVALID_REQUEST},
                {STORE_PATH_EDIT, "x", NULL, ERR_NOT_FOUND},
                {STORE_PATH_REGENERATE, "ra", "qa question", ERR_NONE},
                {STORE_PATH_REGENERATE, "qa", "qa question", ERR_NONE},
                {STORE_PATH_REGENERATE, "rb", "qa question|ra reply|qb question", ERR_NONE},
                {STORE_PATH_REGENERATE, "x", NULL, ERR_NOT_FOUND},
                {STORE_PATH_REGENERATE, "root", NULL, ERR_NOT_FOUND}};
    struct fixture *f = *state;
    struct store_job *c = job(STORE_CREATE);

    turn(f, "a", 1, "c", true, "");
    turn(f, "b", 3, "c", false, "ra");
    set_id(c->create.conversation, "r");
    c->create.uid = ME;
    add_message(&c->create.messages, &c->create.n_messages, "root", ROLE_ASSISTANT, "hello");
    add_message(&c->create.messages, &c->create.n_messages, "next", ROLE_ASSISTANT, "again");
    assert_int_equal(does(f, c), ERR_NONE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].want)
            assert_path(f, to_message(rows[i].to, "c", rows[i].of), rows[i].want);
        else
            refused(f, to_message(rows[i].to, "c", rows[i].of), rows[i].code,
                    rows[i].to == STORE_PATH_EDIT ? "edit" : "regenerate");
    }
    refused(f, to_message(STORE_PATH_REGENERATE, "r", "root"), ERR_INVALID_REQUEST, "regenerate");
    refused(f, to_message(STORE_PATH_REGENERATE, "r", "next"), ERR_INVALID_REQUEST, "regenerate");
}

static void the_trash(void **state)
{
    struct fixture *f = *state;
    struct store_job *l, *j;

    turn(f, "a", 1, "A", true, "");
    turn(f, "b", 3, "B", true, "");
    j = delete_of("A");
    j->delete.deleted_us = T0 + 10 * SECOND;
    assert_int_equal(does(f, j), ERR_NONE);
    refused(f, find_of("A"), ERR_NOT_FOUND, "conversation");
    l = list_of(9);
    l->list.deleted = true;
    assert_list(f, l, "A");
    j = expire(0, 9, 0);
    j->expire.trash_before_us = T0 + 10 * SECOND; /* not yet */
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(does(f, restore_of("A")), ERR_NONE);
    assert_int_equal(does(f, find_of("A")), ERR_NONE);
    assert_path(f, path_of("A", ""), "qa question|ra reply");
    assert_list_shows(f, "\"deleted\"", false);
    refused(f, restore_of("A"), ERR_NOT_FOUND, "conversation");
    /* `keep` goes on in there. */
    assert_int_equal(does(f, delete_of("A")), ERR_NONE);
    j = expire(0, 9, 3);
    j->expire.trash_before_us = 0;
    assert_int_equal(does(f, j), ERR_NONE);
    refused(f, restore_of("A"), ERR_NOT_FOUND, "conversation");
    /* For good, in two ways. */
    j = delete_of("B");
    j->delete.uid = OTHER;
    j->delete.purge = true;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    assert_int_equal(does(f, delete_of("B")), ERR_NONE);
    j = delete_of("B");
    j->delete.purge = true;
    assert_int_equal(does(f, j), ERR_NONE);
    refused(f, restore_of("B"), ERR_NOT_FOUND, "conversation");
    assert_int_equal(does(f, expire(0, 9, 0)), ERR_NONE);
    l = list_of(9);
    l->list.deleted = true;
    assert_list(f, l, "");
}

/* As many as one job takes away, or none. */
static size_t gone(struct fixture *f, struct store_job *j, const char *first, uid_t uid)
{
    while (slice(f, j) == STORE_STEP_MORE)
        assert_int_equal(j->expire.n_gone, 0);
    assert_int_equal(j->code, ERR_NONE);
    size_t n = j->expire.n_gone;
    if (n > 0) {
        assert_true(is_id(j->expire.gone[0].conversation, first));
        assert_int_equal(j->expire.gone[0].uid, uid);
    }
    store_job_free(j);
    return n;
}

static void what_leaves_is_told(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "A", true, "");
    turn(f, "b", 5, "B", true, "");
    struct store_job *j = begin("o", 1, "O", true, "");
    j->begin.uid = OTHER;
    assert_int_equal(does(f, j), ERR_NONE);
    assert_int_equal(gone(f, expire(0, 9, 3), "A", ME), 1);
    assert_int_equal(gone(f, expire(0, 9, 3), "O", OTHER), 1);
    assert_int_equal(gone(f, expire(0, 9, 3), "", 0), 0);
    assert_int_equal(does(f, delete_of("B")), ERR_NONE);
    assert_int_equal(gone(f, expire(0, 9, 0), "B", ME), 1);
    assert_int_equal(gone(f, expire(0, 9, 0), "", 0), 0);
}

static void list_filters(void **state)
{
    struct fixture *f = *state;
    struct store_job *l;

    turn(f, "a", 1, "A", true, "");
    turn(f, "b", 3, "B", true, "");
    l = list_of(9);
    l->list.since_us = T0 + 4 * SECOND;
    assert_list(f, l, "B");
    l = list_of(9);
    l->list.since_us = T0 + 4 * SECOND + 1;
    assert_list(f, l, "");
    l = list_of(9);
    l->list.model = xstrdup("deepseek/chat");
    assert_list(f, l, "B A");
    l = list_of(9);
    l->list.model = xstrdup("deepseek");
    assert_list(f, l, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, NULL}
        T(whose_title),
        T(titles_before_a_question),
        T(what_a_question_brought),
        T(an_end_tells_of_the_head),
        T(pinned_ones),
        T(tags),
        T(heads),
        T(paths_of_edits),
        T(the_trash),
        T(what_leaves_is_told),
        T(list_filters),
#undef T
    };
    return run_over_backends(tests, sizeof(tests) / sizeof(tests[0]));
}
