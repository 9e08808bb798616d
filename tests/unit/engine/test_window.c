#include "daemon/engine/window.h"
#include "lib/base/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* -- conversations from a line: each word is a message, "u" the user's, "a" the assistant's, "s" the system's, "c1" a
 * call with id 1, "r1" its result, "i" the user's with a picture; behind ":" so many tokens of text, about -- */

static void add_words(struct message *m, int tokens)
{
    int n = tokens * 5 / 4;
    char *text = xcalloc((size_t)n * 5 + 1, 1);
    for (int i = 0; i < n; i++)
        memcpy(text + i * 5, "word ", 5);
    message_add_text(m, text, strlen(text));
    free(text);
}

static void add_with_id(struct message *m, enum part_kind kind, const char *id)
{
    struct part *p = message_add_part(m, kind);
    p->id = xstrdup(id);
    p->name = xstrdup("look");
}

static void add_message(struct chat_request *r, const char *word, int words)
{
    char id[8] = {word[1], 0};
    enum role role = word[0] == 'a' || word[0] == 'c' ? ROLE_ASSISTANT
                     : word[0] == 's'                 ? ROLE_SYSTEM
                     : word[0] == 'r'                 ? ROLE_TOOL
                                                      : ROLE_USER;
    struct message *m = chat_request_add_message(r, role);
    if (words)
        add_words(m, words);
    if (word[0] == 'c')
        add_with_id(m, PART_TOOL_CALL, id);
    if (word[0] == 'r')
        add_with_id(m, PART_TOOL_RESULT, id);
    if (word[0] == 'i')
        message_add_part(m, PART_IMAGE);
}

static struct chat_request *said(const char *line)
{
    struct chat_request *r = chat_request_new();
    char *copy = xstrdup(line), *save = NULL;
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(w, ':');
        add_message(r, w, colon ? atoi(colon + 1) : 5);
    }
    free(copy);
    return r;
}

static struct window_model model(int64_t window)
{
    return (struct window_model){.window = window, .family = TOKENS_O200K};
}

static void decide(const char *line, int64_t window, enum context_policy policy, struct window_cut *cut)
{
    struct chat_request *r = said(line);
    struct window_question q;
    const struct window_model m = model(window);
    window_question_init(&q, r);
    window_decide(&q, &m, policy, 80, cut);
    window_question_done(&q);
    chat_request_free(r);
}

static void test_table(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        int64_t window;
        enum context_policy policy;
        enum window_verdict verdict;
        size_t first, left_out;
    } rows[] = {
        {"u a u", 0, CONTEXT_DROP_OLDEST, WINDOW_FITS, 0, 0},
        {"u:9000", 0, CONTEXT_ERROR, WINDOW_FITS, 0, 0},
        {"u a u", 100000, CONTEXT_ERROR, WINDOW_FITS, 0, 0},
        {"u:500", 400, CONTEXT_ERROR, WINDOW_OUTGROWN, 0, 0},
        {"u:500", 400, CONTEXT_DROP_OLDEST, WINDOW_OUTGROWN, 0, 0},
        {"u:500 a u:500 a u", 900, CONTEXT_ERROR, WINDOW_OUTGROWN, 0, 0},
        {"u:500 a u:500 a u", 1000, CONTEXT_DROP_OLDEST, WINDOW_CUT, 2, 2},
        {"u:500 a u:500 a u", 500, CONTEXT_DROP_OLDEST, WINDOW_CUT, 4, 4},
        /* the question stays, though it does not fit either */
        {"u:500 a u:500 a u:500", 400, CONTEXT_DROP_OLDEST, WINDOW_OUTGROWN, 4, 4},
        /* nearly: whatever the estimate is wrong by, it is for the provider to say */
        {"u:385", 400, CONTEXT_ERROR, WINDOW_FULL, 0, 0},
        {"u:385", 400, CONTEXT_DROP_OLDEST, WINDOW_FULL, 0, 0},
        {"u:600", 700, CONTEXT_ERROR, WINDOW_FULL, 0, 0},
        {"u:500", 700, CONTEXT_ERROR, WINDOW_FITS, 0, 0},
        /* instructions stay and are not counted */
        {"s u:500 a u:500 a u", 1000, CONTEXT_DROP_OLDEST, WINDOW_CUT, 3, 2},
        {"u:500 a s u:500 a u", 1000, CONTEXT_DROP_OLDEST, WINDOW_CUT, 3, 2},
        /* calls and their results */
        {"u:500 c1 r1 a u c2 r2", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 4, 4},
        {"u c1:500 r1 a u", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 4, 4},
        {"u:500 c1 u r1 a u", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 5, 5},
        {"u:500 c1 u r1", 400, CONTEXT_DROP_OLDEST, WINDOW_OUTGROWN, 0, 0},
        {"u:500 c1 r1 c1 r1 a u", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 6, 6},
        {"u:500 c1 r1 u c1 r1 a", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 3, 3},
        /* the question brings results: what led to them stays */
        {"u:500 a u c1 r1", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 2, 2},
        /* what the user says in several messages is one turn, and one with a picture is the user's */
        {"u:500 a u u u", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 2, 2},
        {"u:500 a i:0 a u", 4000, CONTEXT_DROP_OLDEST, WINDOW_FITS, 0, 0},
        {"u:500 a i:0 a u", 1000, CONTEXT_DROP_OLDEST, WINDOW_CUT, 4, 4},
        {"a:500 u", 400, CONTEXT_DROP_OLDEST, WINDOW_CUT, 1, 1},
        {"a:500", 400, CONTEXT_DROP_OLDEST, WINDOW_OUTGROWN, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct window_cut cut;
        decide(rows[i].said, rows[i].window, rows[i].policy, &cut);
        if (cut.verdict != rows[i].verdict || cut.first != rows[i].first || cut.left_out != rows[i].left_out)
            fail_msg("%s in %lld: verdict %d, first %zu, left out %zu, about %lld", rows[i].said,
                     (long long)rows[i].window, (int)cut.verdict, cut.first, cut.left_out, (long long)cut.estimated);
    }
}

/* -- edges -- */

static int64_t counted(const struct chat_request *r)
{
    return tokens_of_request(TOKENS_O200K, r);
}

static enum window_verdict verdict_of(const struct chat_request *r, struct window_model m, enum context_policy policy,
                                      unsigned warn)
{
    struct window_question q;
    struct window_cut cut;
    window_question_init(&q, r);
    window_decide(&q, &m, policy, warn, &cut);
    window_question_done(&q);
    return cut.verdict;
}

/* The smallest window in which it has none of the verdicts from `bad` on. */
static int64_t least(const struct chat_request *r, enum context_policy policy, enum window_verdict bad)
{
    int64_t window = 1;
    while (verdict_of(r, model(window), policy, 80) >= bad)
        window++;
    return window;
}

static void test_edges(void **state)
{
    (void)state;
    struct chat_request *r = said("u:300 a:300 u:300");
    int64_t n = counted(r), margin = n * WINDOW_MARGIN / 100;
    /* refused where so much less than estimated would not fit */
    assert_int_equal(least(r, CONTEXT_ERROR, WINDOW_OUTGROWN), n - margin);
    /* cut where so much more would not, beside a quarter for the answer */
    int64_t window = least(r, CONTEXT_DROP_OLDEST, WINDOW_CUT);
    assert_true(window - window / 4 >= n + margin);
    assert_true(window - 1 - (window - 1) / 4 < n + margin);
    /* told from 80 % on */
    assert_int_equal(verdict_of(r, model(n * 100 / 80 - 1), CONTEXT_ERROR, 80), WINDOW_FULL);
    assert_int_equal(verdict_of(r, model(n * 100 / 80 + 2), CONTEXT_ERROR, 80), WINDOW_FITS);
    assert_int_equal(verdict_of(r, model(n), CONTEXT_ERROR, 0), WINDOW_FITS);
    chat_request_free(r);
}

static void test_reserve(void **state)
{
    (void)state;
    struct chat_request *r = said("u:300 a:300 u:300 a u");
    struct window_model m = model(2000);
    assert_int_equal(verdict_of(r, m, CONTEXT_DROP_OLDEST, 80), WINDOW_FITS);
    r->has_max_tokens = true;
    r->max_tokens = 900;
    assert_int_equal(verdict_of(r, m, CONTEXT_DROP_OLDEST, 80), WINDOW_FITS);
    r->max_tokens = 1000; /* half of it, and no more is taken from the question */
    assert_int_equal(verdict_of(r, m, CONTEXT_DROP_OLDEST, 80), WINDOW_CUT);
    m.max_output = 100;
    assert_int_equal(verdict_of(r, m, CONTEXT_DROP_OLDEST, 80), WINDOW_FITS);
    m = model(1600);
    assert_int_equal(verdict_of(r, m, CONTEXT_ERROR, 80), WINDOW_OUTGROWN);
    r->has_max_tokens = false;
    assert_int_equal(verdict_of(r, m, CONTEXT_ERROR, 80), WINDOW_FITS);
    chat_request_free(r);
}

/* What is had without looking is an upper bound, and agrees with what looking says. */
static void test_easy(void **state)
{
    (void)state;
    static const char *const texts[] = {"word ", "\t\n\t\n",  "(\"",  "a\n\n", "\xe2\x9c\x82", "\xe0\xb8\x81 ",
                                        "9 ",    "\xd8\xa7 ", "\xff", "}); ",  "\xc3\xa9 ",    "A "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct chat_request *r = chat_request_new();
        char text[2048] = "";
        while (strlen(text) + strlen(texts[i]) < sizeof text)
            strcat(text, texts[i]);
        message_add_text(chat_request_add_message(r, ROLE_USER), text, strlen(text));
        for (int f = 0; f < TOKEN_FAMILIES; f++)
            assert_true(tokens_of_request((enum token_family)f, r) <= tokens_at_most(r));
        chat_request_free(r);
    }
    struct chat_request *r = said("u");
    struct window_question q;
    struct window_cut cut;
    const struct window_model m = model(128000);
    window_question_init(&q, r);
    assert_true(window_easy(&q, 128000, 80));
    window_decide(&q, &m, CONTEXT_ERROR, 80, &cut);
    assert_int_equal(cut.estimated, -1);
    window_question_done(&q);
    chat_request_free(r);
}

/* -- summaries -- */

static void test_summary(void **state)
{
    (void)state;
    struct chat_request *r = said("u:300 a u:300 a u:300 a u");
    struct window_question q;
    struct window_cut cut;
    const struct window_model m = model(600);
    window_question_init(&q, r);
    window_decide(&q, &m, CONTEXT_SUMMARIZE, 80, &cut);
    assert_int_equal(cut.first, 4); /* nothing has been summarized yet */
    assert_int_equal(cut.summarized, 0);
    assert_int_equal(window_reach(&q, &m, &cut, 6), 6); /* further than it must */
    assert_int_equal(window_reach(&q, &m, &cut, 5), 4); /* as far as it may */
    q.summary = "They spoke of words.";
    q.reach = 4;
    window_decide(&q, &m, CONTEXT_SUMMARIZE, 80, &cut);
    assert_int_equal(cut.verdict, WINDOW_CUT);
    assert_int_equal(cut.first, 4);
    assert_int_equal(cut.summarized, 4);
    assert_int_equal(window_reach(&q, &m, &cut, 6), 0); /* it will do */
    struct window_view *v = window_view_new(&q, &cut);
    assert_int_equal(v->chat.n_messages, 3);
    assert_non_null(strstr(v->chat.messages[0].parts[0].text, "They spoke of words."));
    assert_non_null(strstr(v->chat.messages[0].parts[0].text, "word word"));
    assert_int_equal(v->chat.messages[0].parts[0].text_len, strlen(v->chat.messages[0].parts[0].text));
    window_view_free(v);
    q.reach = 2; /* not far enough: what lies between is left out, and a further summary wanted */
    window_decide(&q, &m, CONTEXT_SUMMARIZE, 80, &cut);
    assert_int_equal(cut.first, 4);
    assert_int_equal(cut.summarized, 2);
    assert_int_equal(window_reach(&q, &m, &cut, 6), 6);
    window_decide(&q, &m, CONTEXT_DROP_OLDEST, 80, &cut);
    assert_int_equal(cut.summarized, 0);
    window_question_done(&q);
    chat_request_free(r);
}

/* It stands before a picture, and is left out where there is no room for it. */
static void test_odd_summaries(void **state)
{
    (void)state;
    struct chat_request *r = said("u:900 a i:0");
    struct window_question q;
    struct window_cut cut;
    struct window_model m = model(2200);
    window_question_init(&q, r);
    q.summary = "Short.";
    q.reach = 2;
    window_decide(&q, &m, CONTEXT_SUMMARIZE, 80, &cut);
    assert_int_equal(cut.summarized, 2);
    struct window_view *v = window_view_new(&q, &cut);
    assert_int_equal(v->chat.messages[0].n_parts, 2);
    assert_int_equal(v->chat.messages[0].parts[0].kind, PART_TEXT);
    window_view_free(v);
    char *huge = xcalloc(9000, 1);
    for (int i = 0; i < 8995; i += 5)
        memcpy(huge + i, "word ", 5);
    q.summary = huge;
    window_decide(&q, &m, CONTEXT_SUMMARIZE, 80, &cut);
    assert_int_equal(cut.summarized, 0);
    free(huge);
    window_question_done(&q);
    chat_request_free(r);
}

/* -- what is said -- */

static void test_said(void **state)
{
    (void)state;
    char text[WINDOW_SAID_MAX];
    struct error err = ERROR_INIT;
    struct window_cut cut = {.verdict = WINDOW_CUT, .window = 8192, .left_out = 12, .left_tokens = 9049};
    window_say(&cut, "small", text);
    assert_string_equal(
        text, "left out the 12 oldest messages, about 9,000 tokens: all of it outgrows small's window of 8,192");
    cut.summarized = 12;
    window_say(&cut, "small", text);
    assert_string_equal(
        text,
        "a summary stands for the 12 oldest messages, about 9,000 tokens: all of it outgrows small's window of 8,192");
    cut.summarized = 10;
    window_say(&cut, "small", text);
    assert_non_null(strstr(text, "12 oldest messages (the last 2 of them: nothing does)"));
    cut = (struct window_cut){.verdict = WINDOW_FULL, .window = 1000, .estimated = 831};
    window_say(&cut, "small", text);
    assert_string_equal(text, "this conversation fills 83 % of small's window");
    cut.verdict = WINDOW_FITS;
    window_say(&cut, "small", text);
    assert_string_equal(text, "");
    cut = (struct window_cut){.verdict = WINDOW_OUTGROWN, .window = 8192, .estimated = 1234567};
    assert_int_equal(window_error(&cut, "small", CONTEXT_ERROR, &err), ERR_CONTEXT_LENGTH_EXCEEDED);
    assert_non_null(strstr(err.message, "about 1,235,000 tokens"));
    assert_non_null(strstr(err.message, "8,192"));
    assert_non_null(strstr(err.message, "drop_oldest"));
    window_error(&cut, "small", CONTEXT_DROP_OLDEST, &err);
    assert_null(strstr(err.message, "drop_oldest"));
}

/* -- any conversation -- */

#define ROUNDS 3000

static unsigned dice(unsigned *seed, unsigned sides)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % sides;
}

/* Of turns as clients have them, with loops of calls, some results missing, and sometimes in an odd order. */
static struct chat_request *random_chat(unsigned *seed)
{
    struct chat_request *r = chat_request_new();
    char word[3] = "";
    unsigned turns = 1 + dice(seed, 8);
    for (unsigned t = 0; t < turns; t++) {
        if (dice(seed, 8) == 0)
            add_message(r, "s", 3);
        add_message(r, dice(seed, 6) ? "u" : "i", (int)dice(seed, 200));
        for (unsigned calls = dice(seed, 3); calls > 0; calls--) {
            word[1] = (char)('0' + dice(seed, 10));
            word[0] = 'c';
            add_message(r, word, (int)dice(seed, 50));
            if (dice(seed, 6) == 0)
                add_message(r, "u", 2);
            word[0] = 'r';
            if (dice(seed, 6))
                add_message(r, word, (int)dice(seed, 300));
        }
        if (t + 1 < turns)
            add_message(r, "a", (int)dice(seed, 300));
    }
    return r;
}

static size_t last_of(const struct chat_request *r, size_t before, enum part_kind kind, const char *id)
{
    for (size_t i = before; i > 0; i--)
        for (size_t j = 0; j < r->messages[i - 1].n_parts; j++) {
            const struct part *p = &r->messages[i - 1].parts[j];
            if (p->kind == kind && p->id && strcmp(p->id, id) == 0)
                return i - 1;
        }
    return SIZE_MAX;
}

/* No result that stays answers a call that does not. */
static void check_pairs(const struct chat_request *r, size_t first)
{
    for (size_t i = first; i < r->n_messages; i++)
        for (size_t j = 0; j < r->messages[i].n_parts; j++) {
            const struct part *p = &r->messages[i].parts[j];
            size_t call = p->kind == PART_TOOL_RESULT ? last_of(r, i, PART_TOOL_CALL, p->id) : SIZE_MAX;
            assert_true(call == SIZE_MAX || call >= first);
        }
}

static size_t last_question(const struct chat_request *r)
{
    size_t at = 0;
    for (size_t i = 0; i < r->n_messages; i++)
        if (r->messages[i].role == ROLE_USER)
            at = i;
    return at;
}

static void check_cut(struct window_question *q, const struct window_model *m, const struct window_cut *cut)
{
    const struct chat_request *r = q->chat;
    struct window_view *v = window_view_new(q, cut);
    size_t stay = 0;
    assert_int_equal(r->messages[cut->first].role, ROLE_USER);
    assert_true(cut->first <= last_question(r));
    check_pairs(r, cut->first);
    for (size_t i = 0; i < r->n_messages; i++)
        stay += i >= cut->first || r->messages[i].role == ROLE_SYSTEM;
    assert_int_equal(v->chat.n_messages, stay);
    assert_int_equal(r->n_messages - stay, cut->left_out);
    assert_true(cut->left_out > 0);
    assert_in_range(tokens_of_request(m->family, &v->chat), cut->estimated - 2, cut->estimated + 2);
    assert_true(cut->estimated - cut->estimated * WINDOW_MARGIN / 100 <= m->window);
    window_view_free(v);
}

static void test_any(void **state)
{
    (void)state;
    unsigned seed = 4711, cuts = 0, refused = 0, fit = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct chat_request *r = random_chat(&seed);
        struct window_question q;
        struct window_cut cut;
        const struct window_model m = {.window = 50 + dice(&seed, 2500), .family = TOKENS_CLAUDE};
        window_question_init(&q, r);
        window_decide(&q, &m, CONTEXT_DROP_OLDEST, 80, &cut);
        int64_t n = tokens_of_request(TOKENS_CLAUDE, r);
        if (cut.verdict == WINDOW_CUT)
            check_cut(&q, &m, &cut);
        else if (cut.verdict == WINDOW_OUTGROWN)
            assert_true(cut.estimated > m.window);
        else
            assert_true(n - n * WINDOW_MARGIN / 100 <= m.window);
        cuts += cut.verdict == WINDOW_CUT;
        refused += cut.verdict == WINDOW_OUTGROWN;
        fit += cut.verdict == WINDOW_FITS;
        window_question_done(&q);
        chat_request_free(r);
    }
    assert_true(cuts > ROUNDS / 10 && refused > ROUNDS / 20 && fit > ROUNDS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table),   cmocka_unit_test(test_edges),
                                       cmocka_unit_test(test_reserve), cmocka_unit_test(test_easy),
                                       cmocka_unit_test(test_summary), cmocka_unit_test(test_odd_summaries),
                                       cmocka_unit_test(test_said),    cmocka_unit_test(test_any)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
