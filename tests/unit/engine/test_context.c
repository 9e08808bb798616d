/* What a question in a conversation is sent with, and stored as. */
#include "daemon/engine/context.h"
#include "daemon/engine/keep.h"
#include "lib/base/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct chat_request *question(const char *text)
{
    struct chat_request *r = chat_request_new();
    message_add_text(chat_request_add_message(r, ROLE_USER), text, strlen(text));
    return r;
}

/* Each question is as old as its answer: a new age begins behind every assistant's message. */
static void say(struct store_path *p, enum role role, const char *state, const char *text)
{
    int64_t age = p->n_said ? p->said[p->n_said - 1].created_us : 1;
    if (p->n_said && p->said[p->n_said - 1].message.role == ROLE_ASSISTANT)
        age++;
    p->said = xrealloc(p->said, (p->n_said + 1) * sizeof *p->said);
    struct store_said *s = &p->said[p->n_said++];
    *s = (struct store_said){.message.role = role, .created_us = age};
    strcpy(s->state, state);
    if (text)
        message_add_text(&s->message, text, strlen(text));
}

static const char *text_of(const struct message *m)
{
    return m->n_parts && m->parts[0].text ? m->parts[0].text : "";
}

/* The request's messages after the path is put before them, as "u:text a:text …". */
static void assert_sent(struct store_job *job, const char *want)
{
    struct chat_request *r = question("now");
    char got[512] = "";
    context_apply(r, &job->path);
    for (size_t i = 0; i < r->n_messages; i++) {
        char one[100];
        snprintf(one, sizeof one, "%s%c:%s", i ? " " : "", role_name(r->messages[i].role)[0], text_of(&r->messages[i]));
        strcat(got, one);
    }
    assert_string_equal(got, want);
    chat_request_free(r);
    store_job_free(job);
}

static struct store_job *path(void)
{
    return store_job_new(STORE_PATH, NULL, NULL);
}

static void test_empty(void **state)
{
    (void)state;
    assert_sent(path(), "u:now");
}

static void test_turns_without_a_word_are_left_out(void **state)
{
    (void)state;
    struct store_job *j = path();
    say(&j->path, ROLE_USER, "done", "one");
    say(&j->path, ROLE_ASSISTANT, "done", "1");
    say(&j->path, ROLE_USER, "done", "two");
    say(&j->path, ROLE_ASSISTANT, "failed", "");
    say(&j->path, ROLE_USER, "done", "three");
    say(&j->path, ROLE_ASSISTANT, "cancelled", NULL);
    say(&j->path, ROLE_USER, "done", "four");
    say(&j->path, ROLE_ASSISTANT, "interrupted", "4, but");
    assert_sent(j, "u:one a:1 u:four a:4, but u:now");
}

static void test_cancelled_with_text_is_sent(void **state)
{
    (void)state;
    struct store_job *j = path();
    say(&j->path, ROLE_USER, "done", "one");
    say(&j->path, ROLE_ASSISTANT, "cancelled", "well");
    assert_sent(j, "u:one a:well u:now");
}

/* Calls must be followed by their results, whatever became of the answer to these. */
static void test_results_stay(void **state)
{
    (void)state;
    struct store_job *j = path();
    say(&j->path, ROLE_USER, "done", "one");
    say(&j->path, ROLE_ASSISTANT, "done", NULL);
    message_add_part(&j->path.said[1].message, PART_TOOL_CALL)->name = xstrdup("f");
    say(&j->path, ROLE_TOOL, "done", NULL);
    message_add_part(&j->path.said[2].message, PART_TOOL_RESULT)->text = xstrdup("42");
    say(&j->path, ROLE_ASSISTANT, "failed", "");
    assert_sent(j, "u:one a: t:42 u:now");
}

/* A question that brings the results again replaces the one that came to nothing. */
static void test_results_that_come_again(void **state)
{
    (void)state;
    struct store_job *j = path();
    say(&j->path, ROLE_USER, "done", "one");
    say(&j->path, ROLE_ASSISTANT, "done", NULL);
    message_add_part(&j->path.said[1].message, PART_TOOL_CALL)->name = xstrdup("f");
    for (int i = 0; i < 2; i++) {
        say(&j->path, ROLE_TOOL, "done", NULL);
        message_add_part(&j->path.said[j->path.n_said - 1].message, PART_TOOL_RESULT)->text = xstrdup("42");
        say(&j->path, ROLE_ASSISTANT, "failed", "");
    }
    struct chat_request *r = chat_request_new();
    message_add_part(chat_request_add_message(r, ROLE_TOOL), PART_TOOL_RESULT)->text = xstrdup("43");
    context_apply(r, &j->path);
    assert_int_equal(r->n_messages, 3);
    assert_string_equal(text_of(&r->messages[2]), "43");
    chat_request_free(r);
    store_job_free(j);
}

static void test_calls_that_were_not_run(void **state)
{
    (void)state;
    struct store_job *j = path();
    say(&j->path, ROLE_USER, "done", "one");
    say(&j->path, ROLE_ASSISTANT, "done", NULL);
    for (int i = 0; i < 2; i++) {
        struct part *p = message_add_part(&j->path.said[1].message, PART_TOOL_CALL);
        p->name = xstrdup("f");
        p->id = xstrdup(i ? "b" : "a");
    }
    struct chat_request *r = question("now");
    struct part *p = message_add_part(&r->messages[0], PART_TOOL_RESULT);
    p->id = xstrdup("b");
    context_apply(r, &j->path);
    assert_int_equal(r->n_messages, 4); /* the question is still the last */
    assert_int_equal(r->messages[2].role, ROLE_TOOL);
    assert_int_equal(r->messages[2].n_parts, 1);
    assert_string_equal(r->messages[2].parts[0].id, "a");
    assert_true(r->messages[2].parts[0].is_error);
    chat_request_free(r);
    store_job_free(j);
}

/* How far a summary reaches in what is sent, where a turn is left out and a result was put in. */
static void test_where_a_summary_reaches(void **state)
{
    (void)state;
    static const struct {
        const char *summarized;
        size_t reach;
    } rows[] = {{"m0", 1}, {"m1", 3}, {"m4", 4}, {"m5", 5}, {"m2", 0}, {"", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store_job *j = path();
        struct context_said said;
        say(&j->path, ROLE_USER, "done", "one");
        say(&j->path, ROLE_ASSISTANT, "done", NULL);
        struct part *p = message_add_part(&j->path.said[1].message, PART_TOOL_CALL);
        p->name = xstrdup("f");
        p->id = xstrdup("a"); /* not run: a result follows */
        say(&j->path, ROLE_USER, "done", "two");
        say(&j->path, ROLE_ASSISTANT, "failed", "");
        say(&j->path, ROLE_USER, "done", "three");
        say(&j->path, ROLE_ASSISTANT, "done", "3");
        for (size_t m = 0; m < j->path.n_said; m++)
            snprintf(j->path.said[m].id, sizeof j->path.said[m].id, "m%zu", m);
        strcpy(j->path.summarized, rows[i].summarized);
        j->path.summary = xstrdup("in short");
        struct chat_request *r = question("now");
        context_apply(r, &j->path);
        assert_int_equal(r->n_messages, 6);
        context_said_take(&said, &j->path, 5);
        assert_int_equal(said.summary.reach, rows[i].reach);
        assert_int_equal(said.summary.text != NULL, rows[i].reach > 0);
        assert_string_equal(context_said_id(&said, 0), "");
        assert_string_equal(context_said_id(&said, 2), "m1");
        assert_string_equal(context_said_id(&said, 3), "m1");
        assert_string_equal(context_said_id(&said, 5), "m5");
        context_said_done(&said);
        chat_request_free(r);
        store_job_free(j);
    }
}

/* What stood there before the question is none of its business. */
static void test_only_the_question_is_left_out(void **state)
{
    (void)state;
    struct store_job *j = path();
    say(&j->path, ROLE_USER, "done", "a document");
    j->path.said[0].created_us = -1; /* put there before anybody asked */
    say(&j->path, ROLE_USER, "done", "one");
    j->path.said[1].created_us = 1;
    say(&j->path, ROLE_ASSISTANT, "failed", "");
    assert_sent(j, "u:a document u:now");
}

static void test_instructions(void **state)
{
    (void)state;
    struct store_job *j = path();
    struct chat_request *r = question("now");
    j->path.system = xstrdup("be brief");
    context_apply(r, &j->path);
    assert_string_equal(r->system, "be brief");
    j->path.system = xstrdup("be long");
    context_apply(r, &j->path); /* it has its own */
    assert_string_equal(r->system, "be brief");
    chat_request_free(r);
    store_job_free(j);
}

static void test_only_its_own_messages_are_stored(void **state)
{
    (void)state;
    struct store_job *j = path();
    struct chat_request *r = question("now");
    say(&j->path, ROLE_USER, "done", "one");
    say(&j->path, ROLE_ASSISTANT, "done", "1");
    context_apply(r, &j->path);
    struct store_job *b = context_begin(r, 2, "00000000-0000-7000-8000-000000000001", false,
                                        "00000000-0000-7000-8000-000000000002", "00000000-0000-7000-8000-000000000003");
    assert_int_equal(b->begin.n_messages, 1);
    assert_int_equal(b->begin.messages[0].role, ROLE_USER);
    assert_int_equal(b->begin.messages[0].text.len, 3);
    assert_memory_equal(b->begin.messages[0].text.data, "now", 3);
    assert_null(b->begin.messages[0].parts.data);
    assert_string_equal(b->begin.parent, "00000000-0000-7000-8000-000000000002");
    store_job_free(b);
    store_job_free(j);
    chat_request_free(r);
}

static void test_more_than_text_is_stored_as_parts(void **state)
{
    (void)state;
    struct message m = {.role = ROLE_USER};
    struct store_message s = {0};
    message_add_text(&m, "look", 4);
    struct part *p = message_add_part(&m, PART_IMAGE);
    p->mime = xstrdup("image/png");
    p->data = (uint8_t *)xstrdup("png");
    p->data_len = 3;
    keep_message(&s, &m, 1);
    assert_int_equal(s.text.len, 4);
    assert_true(s.parts.len > 0);
    message_done(&m);
    store_message_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_turns_without_a_word_are_left_out),
        cmocka_unit_test(test_cancelled_with_text_is_sent),
        cmocka_unit_test(test_results_stay),
        cmocka_unit_test(test_calls_that_were_not_run),
        cmocka_unit_test(test_results_that_come_again),
        cmocka_unit_test(test_only_the_question_is_left_out),
        cmocka_unit_test(test_where_a_summary_reaches),
        cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_only_its_own_messages_are_stored),
        cmocka_unit_test(test_more_than_text_is_stored_as_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
