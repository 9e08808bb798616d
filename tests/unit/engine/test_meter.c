/* What is counted of answers: by model, bounded, and how long they took. */
#include "daemon/engine/meter.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct ledger_row row_of(const char *provider, const char *model)
{
    struct ledger_row row = LEDGER_ROW_INIT;
    row.provider = (char *)(uintptr_t)provider;
    row.model = (char *)(uintptr_t)model;
    row.outcome = LEDGER_DONE;
    row.requests = 1;
    return row;
}

static void sums_of_a_model(void **state)
{
    (void)state;
    struct meter m;
    struct ledger_row row = row_of("fake", "m");
    meter_init(&m);
    row.requests = 2;
    row.usage.input_tokens = 100;
    row.usage.cached_input_tokens = 40;
    row.usage.output_tokens = 7;
    row.cost_nano = 1500000000;
    memcpy(row.currency, "USD", 4);
    row.first_ms = 300;
    row.total_ms = 2000;
    meter_add(&m, &row);
    row.outcome = LEDGER_FAILED;
    row.cost_nano = -1;
    row.total_ms = 9000;
    meter_add(&m, &row);
    assert_int_equal(m.n, 1);
    const struct meter_model *it = &m.models[0];
    assert_int_equal(it->outcomes[LEDGER_DONE], 1);
    assert_int_equal(it->outcomes[LEDGER_FAILED], 1);
    assert_int_equal(it->requests, 4);
    assert_int_equal(it->tokens.input, 200);
    assert_int_equal(it->tokens.cached_input, 80);
    assert_int_equal(it->tokens.output, 14);
    assert_int_equal(it->tokens.cache_write, 0); /* not told */
    assert_int_equal(it->n_costs, 1);
    assert_int_equal(it->costs[0].nano, 1500000000);
    assert_int_equal(it->first.counts[2], 2); /* over 0.25, up to 0.5 s */
    assert_true(it->total.sum > 1.99 && it->total.sum < 2.01);
    meter_done(&m);
}

static void what_went_to_no_model_counts_for_none(void **state)
{
    (void)state;
    struct meter m;
    struct ledger_row row = row_of("fake", "m");
    meter_init(&m);
    row.how = LEDGER_CACHED;
    meter_add(&m, &row);
    row.how = LEDGER_SHARED;
    meter_add(&m, &row);
    row.how = LEDGER_FRESH;
    row.outcome = LEDGER_RUNNING;
    meter_add(&m, &row);
    row = row_of("", "");
    meter_add(&m, &row);
    assert_int_equal(m.n, 0);
    meter_done(&m);
}

static void models_beyond_the_bound_are_other(void **state)
{
    (void)state;
    struct meter m;
    char name[16];
    meter_init(&m);
    for (int i = 0; i < METER_MODELS_MAX + 5; i++) {
        snprintf(name, sizeof name, "m%d", i);
        struct ledger_row row = row_of("fake", name);
        meter_add(&m, &row);
    }
    struct ledger_row known = row_of("fake", "m3");
    meter_add(&m, &known);
    assert_int_equal(m.n, METER_MODELS_MAX + 1);
    assert_string_equal(m.models[METER_MODELS_MAX - 1].model, "m63");
    assert_string_equal(m.models[METER_MODELS_MAX].model, "other");
    assert_string_equal(m.models[METER_MODELS_MAX].provider, "other");
    assert_int_equal(m.models[METER_MODELS_MAX].requests, 5);
    assert_int_equal(m.models[3].requests, 2);
    meter_done(&m);
}

static void currencies_are_summed_apart(void **state)
{
    (void)state;
    struct meter m;
    struct ledger_row row = row_of("fake", "m");
    meter_init(&m);
    for (int i = 0; i < METER_CURRENCIES + 2; i++) {
        snprintf(row.currency, sizeof row.currency, "C%d", i);
        row.cost_nano = i;
        meter_add(&m, &row);
        meter_add(&m, &row);
    }
    assert_int_equal(m.models[0].n_costs, METER_CURRENCIES);
    assert_string_equal(m.models[0].costs[7].currency, "C7");
    assert_int_equal(m.models[0].costs[7].nano, 14);
    meter_done(&m);
}

static void a_bound_is_in_the_step_below_it(void **state)
{
    (void)state;
    struct meter m;
    meter_init(&m);
    meter_commit(&m, 1);
    meter_commit(&m, 1.1);
    meter_commit(&m, 1e9);
    meter_commit(&m, -1); /* not known */
    assert_int_equal(m.commit.counts[0], 1);
    assert_int_equal(m.commit.counts[1], 1);
    assert_int_equal(m.commit.counts[m.commit.n], 1);
    meter_end(&m, LOG_DONE);
    meter_end(&m, LOG_CANCELLED);
    assert_int_equal(m.answers[LOG_DONE], 1);
    assert_int_equal(m.answers[LOG_CANCELLED], 1);
    meter_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_a_model),
        cmocka_unit_test(what_went_to_no_model_counts_for_none),
        cmocka_unit_test(models_beyond_the_bound_are_other),
        cmocka_unit_test(currencies_are_summed_apart),
        cmocka_unit_test(a_bound_is_in_the_step_below_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
