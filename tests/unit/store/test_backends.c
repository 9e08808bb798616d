/* Every backend that stores, held to the same behaviour: turns, users, speeds. test_backend_answers.c has answers,
 * test_backend_trees.c conversations. */
#include "tests/unit/store/backend_jobs.h"

/* Turns */

static void a_turn_is_kept(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, at_place(begin("a", 1, "c", true, ""), "/home", "tty1")), ERR_NONE);
    assert_path(f, path_of("c", ""), ""); /* the head comes with the end */
    assert_path(f, path_of("c", "ra"), "qa question|ra running");
    assert_int_equal(does(f, end("a", 2, "c", "done", "reply")), ERR_NONE);
    reopen(f);
    assert_path(f, path_of("c", ""), "qa question|ra reply");

    struct store_job *l = list_of(10);
    assert_int_equal(run(f, l), ERR_NONE);
    SHOWS(l, "\"title\"=>\"words of a\", \"created\"=>1700000001.000000, \"updated\"=>1700000002.000000, "
             "\"messages\"=>2, \"model\"=>\"deepseek/chat\", \"directory\"=>\"/home\", \"pinned\"=>false, "
             "\"tags\"=>[]");
    store_job_free(l);
}

static void branches(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, begin("b", 3, "c", false, "ra")), ERR_NONE);
    assert_int_equal(does(f, begin("d", 3, "c", false, "ra")), ERR_NONE);
    assert_int_equal(does(f, end("d", 4, "c", "done", "of d")), ERR_NONE);
    assert_int_equal(does(f, end("b", 5, "c", "failed", "")), ERR_NONE);
    assert_path(f, path_of("c", ""), "qa question|ra reply|qb question|rb failed");
    assert_path(f, path_of("c", "rd"), "qa question|ra reply|qd question|rd of d");

    /* An arm: no question of its own. */
    struct store_job *arm = begin("e", 6, "c", false, "qd");
    arm->begin.n_messages = 0;
    free(arm->begin.messages->text.data);
    assert_int_equal(does(f, arm), ERR_NONE);
    assert_int_equal(does(f, end("e", 7, "c", "done", "of e")), ERR_NONE);
    assert_path(f, path_of("c", ""), "qa question|ra reply|qd question|re of e");

    struct store_job *g = get_of("c", "");
    assert_int_equal(run(f, g), ERR_NONE);
    SHOWS(g, "\"head\"=>\"re");
    SHOWS(g, "\"id\"=>\"rb");
    store_job_free(g);
    g = get_of("c", "rd");
    assert_int_equal(run(f, g), ERR_NONE);
    SHOWS(g, "\"id\"=>\"rd");
    SHOWS_NOT(g, "\"id\"=>\"rb");
    SHOWS_NOT(g, "\"id\"=>\"re");
    store_job_free(g);
    assert_list(f, list_of(9), "c");
}

static void what_is_not_there(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    turn(f, "b", 1, "d", true, "");
    refused(f, begin("x", 3, "no", false, ""), ERR_NOT_FOUND, "conversation");
    refused(f, begin("x", 3, "c", false, "rb"), ERR_NOT_FOUND, "parent");
    refused(f, begin("x", 3, "no", true, "ra"), ERR_NOT_FOUND, "parent");
    refused(f, answer_of("x"), ERR_NOT_FOUND, "answer");
    refused(f, end("x", 4, "c", "done", ""), ERR_NOT_FOUND, "answer");
    refused(f, path_of("no", ""), ERR_NOT_FOUND, "conversation");
    refused(f, path_of("c", "rb"), ERR_NOT_FOUND, "parent");
    refused(f, get_of("no", ""), ERR_NOT_FOUND, "conversation");
    refused(f, get_of("c", "rb"), ERR_NOT_FOUND, "branch");
    refused(f, rename_of("no", "t"), ERR_NOT_FOUND, "conversation");
    refused(f, delete_of("no"), ERR_NOT_FOUND, "conversation");
    refused(f, fork_of("no", "ra", "n"), ERR_NOT_FOUND, "conversation");
    refused(f, fork_of("c", "rb", "n"), ERR_NOT_FOUND, "message");
    struct store_job *l = list_of(5);
    set_id(l->list.before, "no");
    refused(f, l, ERR_NOT_FOUND, "before");
    /* Nothing of it left a trace. */
    assert_list(f, list_of(9), "d c");
    struct store_job *a = answers(NULL);
    assert_int_equal(run(f, a), ERR_NONE);
    assert_int_equal(a->answers.n_items, 2);
    store_job_free(a);
}

static void the_same_again(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 2; i++)
        assert_int_equal(does(f, begin("a", 1, "c", true, "")), ERR_NONE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(does(f, runs("a", 1, "event")), ERR_NONE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(does(f, end("a", 2, "c", "done", "reply")), ERR_NONE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(does(f, fork_of("c", "ra", "n")), ERR_NONE);
    struct store_job *l = list_of(9);
    assert_int_equal(run(f, l), ERR_NONE);
    assert_int_equal(l->n_out, 2);
    SHOWS_NOT(l, "\"messages\"=>4");
    store_job_free(l);
    /* An end that comes again does not take the head back. */
    turn(f, "b", 3, "c", false, "ra");
    assert_int_equal(does(f, end("a", 9, "c", "done", "other")), ERR_NONE);
    assert_path(f, path_of("c", ""), "qa question|ra reply|qb question|rb reply");
}

static void parts_and_rest(void **state)
{
    struct fixture *f = *state;
    struct message m = {.role = ROLE_ASSISTANT};
    struct buf packed;

    message_add_text(&m, "look", 4);
    struct part *p = message_add_part(&m, PART_TOOL_CALL);
    p->id = xstrdup("call1");
    p->name = xstrdup("ls");
    p->text = xstrdup("{}");
    p->text_len = 2;
    buf_init(&packed, 4096);
    codec_put_content(&packed, &m);
    message_done(&m);

    assert_int_equal(does(f, begin("a", 1, "c", true, "")), ERR_NONE);
    struct store_job *e = end("a", 2, "c", "done", "look");
    e->end.reply.parts = store_bytes_take(&packed);
    mp_put_cstr(&packed, "finish_reason");
    mp_put_cstr(&packed, "tool_calls");
    e->end.reply.rest = store_bytes_take(&packed);
    e->end.reply.n_rest = 1;
    assert_int_equal(does(f, e), ERR_NONE);

    struct store_job *g = get_of("c", "");
    assert_int_equal(run(f, g), ERR_NONE);
    SHOWS(g, "\"content\"=>\"question\"}");
    SHOWS(g, "\"content\"=>[{\"type\"=>\"text\", \"text\"=>\"look\"}, {\"type\"=>\"tool_call\", \"arguments\"=>\"{}\", "
             "\"id\"=>\"call1\", \"name\"=>\"ls\"}], \"finish_reason\"=>\"tool_calls\"}");
    SHOWS(g, "\"state\"=>\"done\", \"provider\"=>\"deepseek\", \"model\"=>\"deepseek/chat\"");
    store_job_free(g);

    struct store_job *j = path_of("c", "");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->path.said[1].message.role, ROLE_ASSISTANT);
    assert_int_equal(j->path.said[0].created_us, T0);
    assert_int_equal(j->path.said[1].created_us, T0 + SECOND);
    assert_int_equal(j->path.said[1].message.n_parts, 2);
    assert_string_equal(j->path.said[1].message.parts[1].name, "ls");
    assert_true(is_id(j->path.conversation, "c") && is_id(j->path.parent, "ra"));
    store_job_free(j);
    buf_done(&packed);
}

static void parts_that_are_none(void **state)
{
    struct fixture *f = *state;
    struct store_job *b = begin("a", 1, "c", true, "");

    b->begin.messages->parts = bytes("\xc1\xc1");
    assert_int_equal(does(f, b), ERR_NONE);
    struct store_job *e = end("a", 2, "c", "done", "let me look");
    e->end.reply.parts = bytes("\x91\x82\xa4type\xa9tool_call\xa2id\xa1i"); /* a call of nothing */
    assert_int_equal(does(f, e), ERR_NONE);
    turn(f, "b", 3, "c", false, "ra");
    assert_path(f, path_of("c", ""), "qa question|ra let me look|qb question|rb reply");
}

static void results_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct store_job *jobs[] = {path_of("c", ""), get_of("c", ""), answer_of("a"), answers(NULL)};

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, runs("a", 1, "some events that take room")), ERR_NONE);
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        jobs[i]->out.max = 16;
        assert_int_equal(does(f, jobs[i]), ERR_TOO_LARGE);
    }
}

/* Another user's: every kind. */
static void users_are_apart(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, at_place(begin("a", 1, "c", true, ""), "/x", "t")), ERR_NONE);
    assert_int_equal(does(f, end("a", 2, "c", "done", "secret")), ERR_NONE);
    struct store_job *j = begin("b", 3, "c", false, "");
    j->begin.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = begin("b", 3, "c", true, "");
    j->begin.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = path_of("c", "");
    j->path.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = last("/x", "t", 0);
    j->path.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = get_of("c", "");
    j->get.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = rename_of("c", "x");
    j->rename.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = delete_of("c");
    j->delete.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = fork_of("c", "ra", "n");
    j->fork.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "conversation");
    j = answer_of("a");
    j->answer.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "answer");
    j = list_of(5);
    set_id(j->list.before, "c");
    j->list.uid = OTHER;
    refused(f, j, ERR_NOT_FOUND, "before");
    j = list_of(5);
    j->list.uid = OTHER;
    assert_list(f, j, "");
    j = answers(NULL);
    j->answers.uid = OTHER;
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answers.n_items, 0);
    store_job_free(j);
    assert_path(f, path_of("c", ""), "qa question|ra secret");
}

static void writes_roll_back(void **state)
{
    struct fixture *f = *state;
    const struct store_backend *b = f->variant->backend;
    struct store_job *j = begin("a", 1, "c", true, "");

    b->rollback(f->db); /* of nothing */
    assert_int_equal(b->begin(f->db, &f->err), ERR_NONE);
    b->run(f->db, j, INT64_MAX);
    b->rollback(f->db);
    b->rollback(f->db);
    assert_list(f, list_of(9), "");
    b->run(f->db, j, INT64_MAX); /* nothing is written without a transaction */
    assert_int_equal(j->code, ERR_UNAVAILABLE);
    assert_list(f, list_of(9), "");
    assert_int_equal(does(f, j), ERR_NONE);
    assert_list(f, list_of(9), "c");
}

/* A reader in the midst of a long result is no obstacle to closing. */
static void dropped_in_the_midst(void **state)
{
    struct fixture *f = *state;
    struct store_job *j = get_of("c", ""), *p = path_of("c", "");

    turn(f, "a", 1, "c", true, "");
    slice(f, j);
    slice(f, p);
    reopen(f);
    store_job_free(j);
    store_job_free(p);
    assert_path(f, path_of("c", ""), "qa question|ra reply");
}

/* What is written between two slices of a path is not on it. */
static void a_path_is_settled_at_its_first_slice(void **state)
{
    struct fixture *f = *state;

    if (!f->variant->cut)
        return; /* there is nothing between slices */
    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, at_place(begin("b", 3, "c", false, "ra"), "/x", "t")), ERR_NONE);
    struct store_job *j = last("/x", "t", 0), *running = path_of("c", "rb");
    assert_int_equal(slice(f, j), STORE_STEP_MORE);
    assert_int_equal(slice(f, running), STORE_STEP_MORE);
    turn(f, "d", 4, "c", false, "ra");
    assert_int_equal(does(f, end("b", 6, "c", "done", "late")), ERR_NONE);
    assert_int_equal(does(f, at_place(begin("e", 7, "E", true, ""), "/x", "t")), ERR_NONE);
    assert_path(f, running, "qa question|ra reply|qb question|rb running");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_true(is_id(j->path.conversation, "c") && is_id(j->path.parent, "ra"));
    store_job_free(j);

    /* Taken away altogether, it cannot be told. */
    j = path_of("c", "");
    assert_int_equal(slice(f, j), STORE_STEP_MORE);
    assert_int_equal(does(f, delete_of("c")), ERR_NONE);
    assert_int_equal(does(f, expire(0, 9, 0)), ERR_NONE);
    refused(f, j, ERR_NOT_FOUND, "conversation");
}

/* Speeds */

static void speeds_are_kept(void **state)
{
    struct fixture *f = *state;

    assert_speeds(f, "");
    assert_int_equal(does(f, add_speed(add_speed(job(STORE_SPEEDS_SAVE), "a", 10, 1), "b", 20.5, 2)), ERR_NONE);
    assert_speeds(f, "b 20.5/1 a 10.0/1");
    struct store_job *again = add_speed(job(STORE_SPEEDS_SAVE), "a", 11, 3);
    again->speeds.speeds[0].samples = 2;
    assert_int_equal(does(f, again), ERR_NONE);
    reopen(f);
    assert_speeds(f, "a 11.0/2 b 20.5/1");

    struct store_job *all = job(STORE_SPEEDS);
    all->out.max = 2 * sizeof(struct store_speed) - 1;
    refused(f, all, ERR_TOO_LARGE, "");
}

static void the_oldest_speeds_leave(void **state)
{
    struct fixture *f = *state;
    struct store_job *save = job(STORE_SPEEDS_SAVE), *all = job(STORE_SPEEDS);
    char model[16];

    assert_int_equal(does(f, add_speed(add_speed(job(STORE_SPEEDS_SAVE), "old", 1, 1), "new", 1, 5000)), ERR_NONE);
    for (int i = 0; i < STORE_SPEEDS_MAX - 1; i++) {
        snprintf(model, sizeof(model), "m%d", i);
        add_speed(save, model, i, 2 + i);
    }
    assert_int_equal(does(f, save), ERR_NONE);
    assert_int_equal(run(f, all), ERR_NONE);
    assert_int_equal(all->speeds.n, STORE_SPEEDS_MAX);
    assert_string_equal(all->speeds.speeds[0].model, "new");
    assert_string_equal(all->speeds.speeds[STORE_SPEEDS_MAX - 1].model, "m0");
    store_job_free(all);
}

/* Summaries */

static struct store_job *summary_of(const char *conversation, const char *message, uid_t uid, const char *text)
{
    struct store_job *j = job(STORE_SUMMARY);

    set_id(j->summary.conversation, conversation);
    set_id(j->summary.message, message);
    j->summary.uid = uid;
    j->summary.text = xstrdup(text);
    return j;
}

/* "ra text", or "" where the path has none. */
static void assert_summary(struct fixture *f, struct store_job *j, const char *want)
{
    char got[100] = "";

    assert_int_equal(run(f, j), ERR_NONE);
    if (j->path.summary)
        snprintf(got, sizeof(got), "%.*s %s", (int)strcspn(j->path.summarized, "-"), j->path.summarized,
                 j->path.summary);
    assert_string_equal(got, want);
    store_job_free(j);
}

static void the_last_summary_on_a_path_is_found(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    turn(f, "b", 3, "c", false, "ra");
    turn(f, "d", 5, "c", false, "rb");
    turn(f, "e", 7, "c", false, "ra"); /* another branch */
    assert_summary(f, path_of("c", "rd"), "");
    assert_int_equal(does(f, summary_of("c", "ra", ME, "short")), ERR_NONE);
    assert_int_equal(does(f, summary_of("c", "rb", ME, "long")), ERR_NONE);
    assert_int_equal(does(f, summary_of("c", "rb", ME, "longer")), ERR_NONE);
    reopen(f);
    assert_summary(f, path_of("c", "rd"), "rb longer");
    assert_summary(f, path_of("c", "re"), "ra short");
    assert_summary(f, path_of("c", "qa"), "");
    /* somebody else's, another conversation's, one that is not there */
    assert_int_equal(does(f, summary_of("c", "rd", ME + 1, "theirs")), ERR_NONE);
    assert_int_equal(does(f, summary_of("x", "rd", ME, "elsewhere")), ERR_NONE);
    assert_int_equal(does(f, summary_of("c", "rx", ME, "nowhere")), ERR_NONE);
    assert_summary(f, path_of("c", "rd"), "rb longer");
}

/* The backend that keeps nothing has neither a handle nor transactions. */
static enum error_code null_does(struct store_job *j)
{
    assert_int_equal(store_null.run(NULL, j, 0), STORE_STEP_DONE);
    enum error_code code = j->code;
    assert_true(code == ERR_NONE || strlen(j->error.message) > 0);
    assert_int_equal(j->out.len, 0);
    assert_int_equal(j->n_out, 0);
    store_job_free(j);
    return code;
}

static void the_null_backend_keeps_nothing(void **state)
{
    (void)state;
    assert_false(store_null.stores);
    assert_int_equal(null_does(begin("a", 1, "c", true, "")), ERR_NONE);
    assert_int_equal(null_does(runs("a", 1, "event")), ERR_NONE);
    assert_int_equal(null_does(end("a", 2, "c", "done", "reply")), ERR_NONE);
    assert_int_equal(null_does(expire(1, 1, 1)), ERR_NONE);
    assert_int_equal(null_does(job(STORE_CREATE)), ERR_UNAVAILABLE);
    assert_int_equal(null_does(path_of("c", "")), ERR_NOT_FOUND);
    assert_int_equal(null_does(get_of("c", "")), ERR_NOT_FOUND);
    assert_int_equal(null_does(answer_of("a")), ERR_NOT_FOUND);
    assert_int_equal(null_does(rename_of("c", "t")), ERR_NOT_FOUND);
    assert_int_equal(null_does(delete_of("c")), ERR_NOT_FOUND);
    assert_int_equal(null_does(fork_of("c", "ra", "n")), ERR_NOT_FOUND);
    assert_int_equal(null_does(list_of(9)), ERR_NONE);
    assert_int_equal(null_does(answers(NULL)), ERR_NONE);
    assert_int_equal(null_does(add_speed(job(STORE_SPEEDS_SAVE), "a", 10, 1)), ERR_NONE);
    assert_int_equal(null_does(summary_of("c", "m", ME, "text")), ERR_NONE);
    assert_int_equal(null_does(job(STORE_SPEEDS)), ERR_NONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, NULL}
        T(a_turn_is_kept),
        T(branches),
        T(what_is_not_there),
        T(the_same_again),
        T(parts_and_rest),
        T(parts_that_are_none),
        T(results_are_bounded),
        T(users_are_apart),
        T(writes_roll_back),
        T(dropped_in_the_midst),
        T(speeds_are_kept),
        T(the_last_summary_on_a_path_is_found),
        T(the_oldest_speeds_leave),
        T(the_null_backend_keeps_nothing),
        T(a_path_is_settled_at_its_first_slice),
#undef T
    };
    return run_over_backends(tests, sizeof(tests) / sizeof(tests[0]));
}
