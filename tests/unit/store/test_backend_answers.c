/* Every backend that stores, held to the same behaviour: answers, and what a daemon that was killed left of them. */
#include "tests/unit/store/backend_jobs.h"

static void an_answer_is_told_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, begin("a", 1, "c", true, "")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 3, "three")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 1, "one")), ERR_NONE);
    struct store_job *e = end("a", 2, "c", "failed", "reply");
    e->end.runs = NEW(struct store_run);
    e->end.runs[e->end.n_runs++] = make_run("a", 4, "");
    e->end.error = bytes("\x80");
    e->end.extras = bytes("\xa1x\x01");
    e->end.n_extras = 1;
    assert_int_equal(does(f, e), ERR_NONE);
    reopen(f);
    struct store_job *j = answer_of("a");
    const struct store_answer *a = &j->answer;
    assert_int_equal(run(f, j), ERR_NONE);
    assert_string_equal(a->state, "failed");
    assert_true(is_id(a->log, "la") && is_id(a->conversation, "c") && is_id(a->message, "ra"));
    assert_string_equal(a->provider, "deepseek");
    assert_string_equal(a->model, "deepseek/chat");
    assert_string_equal(a->preview, "preview of a");
    assert_int_equal(a->started_us, T0 + SECOND);
    assert_int_equal(a->ended_us, T0 + 2 * SECOND);
    assert_int_equal(a->start.len, 5);
    assert_memory_equal(a->start.data, "start", 5);
    assert_int_equal(a->error.len, 1);
    assert_int_equal(a->extras.len, 3);
    assert_int_equal(a->n_extras, 1);
    assert_int_equal(a->n_runs, 3);
    assert_int_equal(a->runs[0].seq, 1);
    assert_memory_equal(a->runs[0].data, "one", 3);
    assert_int_equal(a->runs[1].seq, 3);
    assert_memory_equal(a->runs[1].data, "three", 5);
    assert_int_equal(a->runs[2].len, 0);
    store_job_free(j);
    j = answer_of("a");
    j->answer.not_before_us = T0 + 2 * SECOND + 1;
    refused(f, j, ERR_NOT_FOUND, "answer");
}

/* What an end brings may be cut otherwise than what came before it: that is not there twice. */
static void an_end_replaces_what_it_brings_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, begin("a", 1, NULL, false, "")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 1, "one")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 2, "two")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 3, "three")), ERR_NONE);
    struct store_job *e = end("a", 2, NULL, "done", "reply");
    e->end.runs = NEW(struct store_run);
    e->end.runs[0] = make_run("a", 2, "two, three");
    e->end.runs[0].events = 2;
    e->end.n_runs = 1;
    assert_int_equal(does(f, e), ERR_NONE);
    struct store_job *j = answer_of("a");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answer.n_runs, 2);
    assert_int_equal(j->answer.runs[1].seq, 2);
    assert_memory_equal(j->answer.runs[1].data, "two, three", 10);
    store_job_free(j);
}

static void answers_are_listed(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, begin("a", 1, NULL, false, "")), ERR_NONE);
    assert_int_equal(does(f, begin("b", 2, NULL, false, "")), ERR_NONE);
    turn(f, "c", 3, "C", true, "");
    assert_int_equal(does(f, end("a", 9, NULL, "cancelled", "")), ERR_NONE);
    struct store_job *j = answers(NULL);
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answers.n_items, 2); /* without the one that runs */
    assert_true(is_id(j->answers.items[0].id, "c") && is_id(j->answers.items[1].id, "a"));
    const struct store_answers_item *i = &j->answers.items[0];
    assert_shows(j->out.data + i->at, i->len, "\"conversation\"=>\"C", true);
    assert_shows(j->out.data + i->at, i->len, "\"readers\"=>0", true);
    i = &j->answers.items[1];
    assert_shows(j->out.data + i->at, i->len, "\"state\"=>\"cancelled\", \"model\"=>\"deepseek/chat\"", true);
    assert_shows(j->out.data + i->at, i->len, "\"conversation\"", false);
    store_job_free(j);
    j = answers("cancelled");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answers.n_items, 1);
    store_job_free(j);
    j = answers(NULL); /* what ended before is not listed */
    j->answers.not_before_us = T0 + 5 * SECOND;
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answers.n_items, 1);
    store_job_free(j);
    assert_int_equal(does(f, answer_of("a")), ERR_NONE);
    refused(f, answer_of("b"), ERR_NOT_FOUND, "answer");
}

static void assert_answers(struct fixture *f, size_t n)
{
    struct store_job *j = answers(NULL);

    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answers.n_items, n);
    store_job_free(j);
}

static void time_takes_away(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 6; i++) {
        char name[] = {(char)('a' + i), '\0'};
        turn(f, name, 10 * (i + 1), name, true, "");
    }
    assert_int_equal(does(f, begin("r", 1, NULL, false, "")), ERR_NONE);
    assert_int_equal(does(f, expire(21, 9, 0)), ERR_NONE); /* a has ended at 11, b at 21 */
    refused(f, answer_of("a"), ERR_NOT_FOUND, "answer");
    assert_answers(f, 5);
    assert_int_equal(does(f, expire(0, 2, 0)), ERR_NONE);
    assert_answers(f, 2);
    assert_int_equal(does(f, end("r", 90, NULL, "done", "")),
                     ERR_NONE); /* it ran meanwhile, and nothing took it away */
    assert_answers(f, 3);
    refused(f, answer_of("d"), ERR_NOT_FOUND, "answer");
    assert_list(f, list_of(9), "f e d c b a");
    assert_int_equal(does(f, expire(0, 9, 41)), ERR_NONE);
    assert_list(f, list_of(9), "f e d");
    refused(f, get_of("a", ""), ERR_NOT_FOUND, "conversation");
}

static void a_shared_log_stays(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 2; i++) {
        struct store_job *b = begin(i ? "b" : "a", 1, NULL, false, "");
        set_id(b->begin.log, "la");
        assert_int_equal(does(f, b), ERR_NONE);
    }
    assert_int_equal(does(f, runs("a", 1, "shared")), ERR_NONE);
    assert_int_equal(does(f, end("a", 2, NULL, "cancelled", "")), ERR_NONE);
    assert_int_equal(does(f, end("b", 9, NULL, "done", "")), ERR_NONE);
    assert_int_equal(does(f, expire(5, 9, 0)), ERR_NONE);
    struct store_job *j = answer_of("b");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answer.n_runs, 1);
    store_job_free(j);
}

static void the_killed_are_interrupted(void **state)
{
    struct fixture *f = *state;
    const struct store_backend *b = f->variant->backend;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, begin("b", 3, "c", false, "ra")), ERR_NONE);
    assert_int_equal(does(f, begin("n", 3, NULL, false, "")), ERR_NONE);
    assert_int_equal(does(f, runs("b", 1, "half an ")), ERR_NONE);
    assert_int_equal(does(f, runs("b", 2, "answer")), ERR_NONE);
    struct store_job *lost = runs("b", 3, " and more");
    assert_int_equal(b->begin(f->db, &f->err), ERR_NONE);
    b->run(f->db, lost, INT64_MAX);
    assert_int_equal(lost->code, ERR_NONE);
    store_job_free(lost);
    reopen(f); /* without a commit */
    assert_path(f, path_of("c", ""), "qa question|ra reply|qb question|rb half an answer");
    struct store_job *j = answer_of("b");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_string_equal(j->answer.state, "interrupted");
    assert_int_equal(j->answer.ended_us, f->place.now_us);
    assert_int_equal(j->answer.error.len, f->place.recovery.error.len);
    assert_int_equal(j->answer.n_runs, 2);
    store_job_free(j);
    j = answers("interrupted");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->answers.n_items, 2);
    store_job_free(j);
}

/* The head stays where it is, if others were asked after the one that was killed. */
static void the_killed_take_no_head(void **state)
{
    struct fixture *f = *state;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, begin("b", 3, "c", false, "ra")), ERR_NONE);
    assert_int_equal(does(f, runs("b", 1, "half")), ERR_NONE);
    turn(f, "d", 4, "c", false, "ra");
    turn(f, "e", 6, "c", false, "rd");
    reopen(f);
    assert_path(f, path_of("c", ""), "qa question|ra reply|qd question|rd reply|qe question|re reply");
    assert_path(f, path_of("c", "rb"), "qa question|ra reply|qb question|rb half");
    struct store_job *l = list_of(9);
    assert_int_equal(run(f, l), ERR_NONE);
    SHOWS(l, "\"updated\"=>1700000007.000000");
    store_job_free(l);
    l = answers("interrupted");
    assert_int_equal(run(f, l), ERR_NONE);
    assert_int_equal(l->answers.n_items, 1);
    store_job_free(l);
}

/* Of several it goes to the newest; where there was none, to that one too. */
static void the_killed_among_themselves(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, begin("a", 1, "c", true, "")), ERR_NONE);
    assert_int_equal(does(f, begin("b", 2, "c", false, "")), ERR_NONE);
    assert_int_equal(does(f, begin("d", 3, "c", false, "ra")), ERR_NONE); /* below one that ran */
    assert_int_equal(does(f, begin("e", 4, "E", true, "")), ERR_NONE);
    reopen(f);
    assert_path(f, path_of("c", ""), "qa question|ra interrupted|qd question|rd interrupted");
    assert_path(f, path_of("c", "rb"), "qb question|rb interrupted");
    assert_path(f, path_of("E", ""), "qe question|re interrupted");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, NULL}
        T(an_answer_is_told_again), T(an_end_replaces_what_it_brings_again),
        T(answers_are_listed),      T(time_takes_away),
        T(a_shared_log_stays),      T(the_killed_are_interrupted),
        T(the_killed_take_no_head), T(the_killed_among_themselves),
#undef T
    };
    return run_over_backends(tests, sizeof(tests) / sizeof(tests[0]));
}
