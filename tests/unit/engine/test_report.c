#include "daemon/engine/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct answer_facts none = ANSWER_FACTS_INIT;

static const char *text(enum log_state state, const struct answer_facts *facts, const struct report_figures *figures)
{
    static char out[REPORT_TEXT];
    size_t len = report_text(out, state, facts, figures);
    assert_int_equal(len, strlen(out));
    return out;
}

static void test_sentences(void **state)
{
    struct answer_facts f = none;
    struct report_figures r = {
        .known = true, .input_tokens = 12, .output_tokens = 300, .cost_nano = 1234000, .currency = "USD"};

    (void)state;
    assert_string_equal(text(LOG_CANCELLED, &f, NULL), "cancelled");
    f.times.queued = 0.4;
    f.times.first = 350.4;
    f.times.total = 2300.5;
    assert_string_equal(text(LOG_DONE, &f, &r),
                        "done, 12 + 300 tokens, 0.001234 USD, first token after 350 ms, in all 2301 ms");
    f.times.queued = 20;
    r.cost_nano = -1;
    assert_string_equal(text(LOG_DONE, &f, &r),
                        "done, 12 + 300 tokens, asked after 20 ms, first token after 350 ms, in all 2301 ms");
    r.output_tokens = -1;
    f.times.queued = f.times.first = -1;
    r.cost_nano = 0;
    assert_string_equal(text(LOG_CANCELLED, &f, &r), "cancelled, 0 USD, in all 2301 ms");
    f.shared = true;
    assert_string_equal(text(LOG_DONE, &f, &r), "done, shared, in all 2301 ms");
    f = none;
    f.cached = true;
    f.age_ms = 3999;
    f.times.total = 0.2;
    assert_string_equal(text(LOG_DONE, &f, &r), "from the cache, 3 s old, in all 0 ms");
}

/* The longest that there can be has room. */
static void test_longest(void **state)
{
    struct answer_facts f = none;
    struct report_figures r = {.known = true,
                               .input_tokens = INT64_MAX,
                               .output_tokens = INT64_MAX,
                               .cost_nano = INT64_MAX,
                               .currency = "ABCDEFG"};

    (void)state;
    f.times.queued = f.times.first = f.times.total = 9.9e14;
    assert_in_range(strlen(text(LOG_INTERRUPTED, &f, &r)), 100, REPORT_TEXT - 1);
}

static void test_what_is_taken(void **state)
{
    struct report_figures f = {0};
    struct ledger_row rows[3] = {LEDGER_ROW_INIT, LEDGER_ROW_INIT, LEDGER_ROW_INIT};

    (void)state;
    report_take(&f, rows, 1);
    assert_int_equal(f.cost_nano, -1);
    assert_int_equal(f.input_tokens, -1);
    rows[0].usage.input_tokens = 5;
    rows[0].usage.cost_nano = 7; /* the provider's own, where we know no price */
    report_take(&f, rows, 1);
    assert_int_equal(f.cost_nano, 7);
    assert_string_equal(f.currency, "USD");
    rows[0].cost_nano = 100;
    strcpy(rows[0].currency, "EUR");
    rows[1].cost_nano = 11; /* an arm that lost */
    strcpy(rows[1].currency, "EUR");
    rows[2].cost_nano = 1000; /* nothing to be added */
    strcpy(rows[2].currency, "CNY");
    report_take(&f, rows, 3);
    assert_int_equal(f.cost_nano, 111);
    assert_string_equal(f.currency, "EUR");
    assert_int_equal(f.input_tokens, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sentences), cmocka_unit_test(test_longest),
                                       cmocka_unit_test(test_what_is_taken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
