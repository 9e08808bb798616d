#include "daemon/provider/rate_limits.h"

#include "tests/unit/recorded_limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define S INT64_C(1000000)
#define MIN (60 * S)
#define DAY (1440 * MIN)
#define MONTH (30 * DAY)
#define NOW (INT64_C(1787150059) * S) /* 2026-08-19T14:34:19Z */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_rows(const struct limit *got, size_t n, const struct limit *want, size_t n_want)
{
    assert_int_equal(n, n_want);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].kind, want[i].kind);
        assert_int_equal(got[i].limit, want[i].limit);
        assert_int_equal(got[i].remaining, want[i].remaining);
        assert_int_equal(got[i].reset_us, want[i].reset_us);
        assert_int_equal(got[i].window_us, want[i].window_us);
        assert_int_equal(got[i].at_once, want[i].at_once);
    }
}

static void check(const char *text, const struct limit *want, size_t n_want)
{
    struct response_head head = head_of(text);
    struct limit got[LIMITS_MAX];
    size_t n = rate_limits_read(&head, NOW, got, LIMITS_MAX);
    check_rows(got, n, want, n_want);
}

#define CHECK(text, ...) check(text, (const struct limit[]){__VA_ARGS__}, COUNT(((const struct limit[]){__VA_ARGS__})))

static void openai(void **state)
{
    (void)state;
    CHECK("x-ratelimit-limit-requests: 500\nx-ratelimit-limit-tokens: 30000\nx-ratelimit-remaining-requests: 499\n"
          "x-ratelimit-remaining-tokens: 29000\nx-ratelimit-reset-requests: 120ms\nx-ratelimit-reset-tokens: 6m0s\n",
          {LIMIT_REQUESTS, 500, 499, 120000, 0, false}, {LIMIT_TOKENS, 30000, 29000, 6 * MIN, 0, false});
    /* xAI's has no reset */
    CHECK("x-ratelimit-limit-requests: 1800\nx-ratelimit-remaining-requests: 1799\n",
          {LIMIT_REQUESTS, 1800, 1799, -1, 0, false});
    /* Azure's, in whole seconds */
    CHECK("x-ratelimit-remaining-requests: 249\nx-ratelimit-reset-requests: 0\nx-ratelimit-limit-requests: 250\n"
          "x-ratelimit-renewalperiod-requests: 60\n",
          {LIMIT_REQUESTS, 250, 249, S, MIN, false});
    CHECK("x-ratelimit-renewalperiod-tokens: 10\nx-ratelimit-remaining-tokens: 5\n",
          {LIMIT_TOKENS, -1, 5, -1, 10 * S, false});
}

static void anthropic(void **state)
{
    (void)state;
    CHECK("anthropic-ratelimit-input-tokens-limit: 400000\nanthropic-ratelimit-input-tokens-remaining: 399000\n"
          "anthropic-ratelimit-input-tokens-reset: 2026-08-19T14:34:29Z\nanthropic-ratelimit-requests-limit: 50\n"
          "anthropic-ratelimit-requests-remaining: 7\nanthropic-ratelimit-requests-reset: 2026-08-19T14:34:14Z\n"
          "anthropic-ratelimit-output-tokens-remaining: 400\nanthropic-ratelimit-tokens-limit: 480000\n",
          {LIMIT_INPUT_TOKENS, 400000, 398500, 11 * S, 0, false}, {LIMIT_REQUESTS, 50, 7, 0, 0, false},
          {LIMIT_OUTPUT_TOKENS, -1, 0, -1, 0, false}, {LIMIT_TOKENS, 480000, -1, -1, 0, false});
}

static void other_providers(void **state)
{
    (void)state;
    /* Mistral's, by size and by number */
    CHECK("ratelimitbysize-limit: 500000\nratelimitbysize-remaining: 401381\nratelimitbysize-reset: 33\n"
          "x-ratelimitbysize-limit-minute: 500000\nx-ratelimitbysize-limit-month: 1000000000\n"
          "x-ratelimitbysize-remaining-minute: 401381\nx-ratelimitbysize-remaining-month: 997438986\n",
          {LIMIT_TOKENS, 500000, 401381, 34 * S, MIN, true}, {LIMIT_TOKENS, 1000000000, 997438986, -1, MONTH, false});
    CHECK("x-ratelimit-limit-tokens-minute: 200000\nx-ratelimit-remaining-tokens-minute: 199533\n"
          "x-ratelimit-limit-req-minute: 360\nx-ratelimit-remaining-req-minute: 358\n"
          "x-ratelimit-limit-requests-day: 14400\nx-ratelimit-reset-requests-day: 33011.25\n",
          {LIMIT_TOKENS, 200000, 199533, -1, MIN, false}, {LIMIT_REQUESTS, 360, 358, -1, MIN, false},
          {LIMIT_REQUESTS, 14400, -1, INT64_C(33011250000), DAY, false});
    /* OpenRouter's, in milliseconds since 1970 */
    CHECK("x-ratelimit-limit: 20\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1787150065500\n",
          {LIMIT_REQUESTS, 20, 0, 6500000, 0, true});
    /* the IETF's draft */
    CHECK("ratelimit-limit: 100, 100;w=60\nratelimit-remaining: 99\nratelimit-reset: 50\nratelimit-policy: 100;w=60\n",
          {LIMIT_REQUESTS, 100, 99, 51 * S, 0, true});
    /* Cohere's */
    CHECK("x-endpoint-monthly-call-limit: 1000\nx-trial-endpoint-call-limit: 20\nx-trial-endpoint-call-remaining: 19\n",
          {LIMIT_REQUESTS, 1000, -1, -1, MONTH, false}, {LIMIT_REQUESTS, 20, 19, -1, MIN, false});
}

static void resets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"120ms", 120000},
        {"1.25s", 1250000},
        {"6m0s", 6 * MIN},
        {"1h2m3s", 3723 * S},
        {"1d2h", DAY + 120 * MIN},
        {"7.66s", 7660000},
        {"17.399999999s", 17400000},
        {"500us", 500},
        {"500\u00b5s", 500},
        {"1500ns", 2},
        {"0s", 0},
        {"0", S},
        {"33", 34 * S},
        {"33.5", 33500000},
        {"1787150069", 11 * S},
        {"1787150069123", 10123000},
        {"1787150000000", 0},
        {"2026-08-19T14:34:19Z", S},
        {"2026-08-19T14:34:19.25Z", 250000},
        {"2026-08-19T16:34:29+02:00", 11 * S},
        {"2026-08-19T09:04:29.000-05:30", 10 * S},
        {"2026-08-19T14:00:00Z", 0},
        {"2026-09-30T14:00:00Z", -1}, /* too far off to be meant */
        {"9000000", -1},
        {"2026-08-19T14:34:19", -1},
        {"2026-08-19T14:34:19+2", -1},
        {"2026-08-19", -1},
        {"soon", -1},
        {"-3", -1},
        {"3 s", -1},
        {"3x", -1},
        {"3m4", -1},
        {"1e999", -1},
        {"inf", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[200];
        snprintf(text, sizeof(text), "x-ratelimit-limit-tokens: 9\nx-ratelimit-reset-tokens: %s\n", rows[i].text);
        CHECK(text, {LIMIT_TOKENS, 9, -1, rows[i].us, 0, false});
    }
}

static void what_is_none_is_ignored(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x-ratelimit-limit-tokens: many\n",
        "x-ratelimit-limit-tokens: -1\n",
        "x-ratelimit-limit-tokens: 10 per minute\n",
        "x-ratelimit-remaining-tokens: 1e18\n",
        "x-ratelimit-reset-tokens: 1s\n", /* of what? */
        "x-ratelimit-tokens: 5\n",
        "x-ratelimit-limit-images: 5\n",
        "x-ratelimit-limit-input-images: 5\n",
        "x-ratelimit-limits: 5\n",
        "x-ratelimit-limit-: 5\n",
        "x-ratelimit: 5\n",
        "my-x-ratelimit-limit: 5\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        check(texts[i], NULL, 0);
}

static void rows_are_bounded(void **state)
{
    (void)state;
    struct response_head head = {.n_rate = 0};
    static const char *const kinds[] = {"requests", "tokens", "input-tokens"};
    static const char *const windows[] = {"second", "minute", "hour", "day"};
    struct limit got[LIMITS_MAX + 1];
    for (unsigned i = 0; i < COUNT(kinds) * COUNT(windows); i++) {
        struct rate_header *h = &head.rate[head.n_rate++];
        snprintf(h->name, sizeof(h->name), "x-ratelimit-limit-%s-%s", kinds[i % 3], windows[i % 4]);
        snprintf(h->value, sizeof(h->value), "%u", i);
    }
    assert_int_equal(rate_limits_read(&head, NOW, got, LIMITS_MAX + 1), LIMITS_MAX);
    assert_int_equal(got[LIMITS_MAX - 1].limit, LIMITS_MAX - 1);
    assert_int_equal(rate_limits_read(&head, NOW, got, 2), 2);
}

static void a_wrong_clock_is_seen_by_the_date(void **state)
{
    (void)state;
    struct limit got[LIMITS_MAX];
    struct response_head head = head_of("anthropic-ratelimit-requests-limit: 50\n"
                                        "anthropic-ratelimit-requests-reset: 2026-08-19T14:34:29Z\n");
    head.date_us = NOW;
    static const struct {
        int64_t now_us, reset_us;
    } rows[] = {{NOW, 11 * S}, {NOW + 2 * S, 9 * S}, {NOW + 3 * S, 11 * S}, {NOW - 300 * S, 11 * S}, {0, 11 * S}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(rate_limits_read(&head, rows[i].now_us, got, LIMITS_MAX), 1);
        assert_int_equal(got[0].reset_us, rows[i].reset_us);
    }
}

/* --- what was recorded --- */

/* Headers that tell nothing that is counted here. */
static const char *const ignored[] = {
    "ratelimitbysize-query-cost",
    "x-ratelimit-abusepenalty-active",
    "x-ratelimit-audio-seconds-query-cost",
    "x-ratelimit-key",
    "x-ratelimit-limit-audio-seconds-minute",
    "x-ratelimit-limit-input-images",
    "x-ratelimit-remaining-audio-seconds-minute",
    "x-ratelimit-remaining-input-images",
    "x-ratelimit-reset-input-images",
    "x-ratelimit-tokens-query-cost",
};

static bool is_ignored(const char *name)
{
    for (size_t i = 0; i < COUNT(ignored); i++)
        if (strcmp(ignored[i], name) == 0)
            return true;
    return false;
}

/* The name with its reset or renewalperiod replaced by limit. */
static void limit_name(char *out, size_t size, const char *name)
{
    static const char *const fields[] = {"reset", "renewalperiod"};
    snprintf(out, size, "%s", name);
    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *at = strstr(name, fields[i]);
        if (at)
            snprintf(out, size, "%.*slimit%s", (int)(at - name), name, at + strlen(fields[i]));
    }
}

/* Whether the header adds to what a limit of its kind tells. */
static bool is_understood(const struct rate_header *h, int64_t now_us)
{
    struct response_head head = {.n_rate = 1};
    struct limit before[LIMITS_MAX], after[LIMITS_MAX];
    limit_name(head.rate[0].name, sizeof(head.rate[0].name), h->name);
    snprintf(head.rate[0].value, sizeof(head.rate[0].value), "777777");
    size_t n = rate_limits_read(&head, now_us, before, LIMITS_MAX);
    head.rate[head.n_rate++] = *h;
    if (rate_limits_read(&head, now_us, after, LIMITS_MAX) != 1)
        return false;
    return n == 1 && (before[0].limit != after[0].limit || before[0].remaining != after[0].remaining ||
                      before[0].reset_us != after[0].reset_us || before[0].window_us != after[0].window_us);
}

static void each_recorded_header_is_understood_or_listed(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDED_LIMITS; i++) {
        struct response_head head = head_of(recorded_limits[i].text);
        for (unsigned k = 0; k < head.n_rate; k++)
            if (is_understood(&head.rate[k], recorded_limits[i].date * S) == is_ignored(head.rate[k].name))
                fail_msg("%s: %s", head.rate[k].name, head.rate[k].value);
    }
}

static void recorded_limits_make_sense(void **state)
{
    (void)state;
    size_t n_rows = 0;
    for (size_t i = 0; i < RECORDED_LIMITS; i++) {
        struct response_head head = head_of(recorded_limits[i].text);
        struct limit rows[LIMITS_MAX];
        size_t n = rate_limits_read(&head, recorded_limits[i].date * S, rows, LIMITS_MAX);
        n_rows += n;
        for (size_t k = 0; k < n; k++) {
            assert_true(rows[k].limit < 0 || rows[k].remaining <= rows[k].limit);
            assert_true(rows[k].reset_us <= MIN);
        }
    }
    assert_true(n_rows > 2 * RECORDED_LIMITS);
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(limit_kind_name(LIMIT_REQUESTS), "requests");
    assert_string_equal(limit_kind_name(LIMIT_OUTPUT_TOKENS), "output_tokens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai),
        cmocka_unit_test(anthropic),
        cmocka_unit_test(other_providers),
        cmocka_unit_test(resets),
        cmocka_unit_test(what_is_none_is_ignored),
        cmocka_unit_test(rows_are_bounded),
        cmocka_unit_test(a_wrong_clock_is_seen_by_the_date),
        cmocka_unit_test(each_recorded_header_is_understood_or_listed),
        cmocka_unit_test(recorded_limits_make_sense),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
