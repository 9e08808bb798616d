/* What is billed for what was tried. */
#include "daemon/engine/spend.h"
#include "tests/unit/engine/routing.h"

static const char conf[] = "[provider \"one\"]\nbase_url = http://127.0.0.1:1/v1\n"
                           "[provider \"two\"]\nbase_url = http://127.0.0.1:2/v1\n";

/* A token is a micro-unit at one, ten at two. */
static const char models[] = "[model \"plain\"]\nnames = one/plain, two/plain\n"
                             "price = input 1, output 1, currency USD\n"
                             "price = at two, input 10, output 10, currency CNY\n"
                             "[model \"unpriced\"]\nnames = one/unpriced\n";

#define MICRO 1000

static int set_up_usual(void **state)
{
    int rc = set_up(state);
    if (rc == 0)
        make(*state, conf, models);
    return rc;
}

static void try(const struct world *o, struct tried_list *t, const char *provider, const char *model,
                enum error_code code, bool sent)
{
    struct route r = {.provider = providers_find(o->w.providers, provider, strlen(provider))};
    struct error err = ERROR_INIT;
    assert_non_null(r.provider);
    strcpy(r.model, model);
    if (code != ERR_NONE)
        error_set(&err, code, "it failed");
    tried_add(t, &r, code == ERR_NONE ? NULL : &err, sent);
}

static struct ledger_row who(void)
{
    static const char id[] = "00000000-0000-7000-8000-000000000001";
    const struct chat_place home = {.directory = (char[]){"/home"}, .host = (char[]){"far"}};
    const struct spend_who asker = {42, "ask", &home};
    struct ledger_row row;
    spend_begin(&row, id, 7, &asker);
    return row;
}

static struct spend_end ended(const char *provider, enum log_state state, int64_t input, int64_t output, int64_t shown)
{
    struct spend_end e = {
        .provider = provider, .model = "plain", .state = state, .usage = USAGE_INIT, .input_tokens = 100};
    e.usage.input_tokens = input;
    e.usage.output_tokens = output;
    e.shown_tokens = shown;
    return e;
}

static void check(const struct ledger_row *r, const char *provider, enum ledger_outcome outcome, int64_t requests,
                  int64_t cost_nano, bool estimated)
{
    assert_string_equal(r->provider, provider);
    assert_int_equal(r->outcome, outcome);
    assert_int_equal(r->requests, requests);
    assert_int_equal(r->cost_nano, cost_nano);
    assert_int_equal(r->usage.estimated, estimated);
}

static void one_that_answered(void **state)
{
    const struct world *o = *state;
    struct tried_list t = {0};
    struct ledger_row w = who();
    struct spend_end e = ended("one", LOG_DONE, 30, 12, 12);
    struct spend s;
    try(o, &t, "one", "plain", ERR_NONE, true);
    spend_rows(o->w.catalog, &t, &w, &e, &s);
    assert_int_equal(s.n, 1);
    check(&s.rows[0], "one", LEDGER_DONE, 1, 42 * MICRO, false);
    assert_string_equal(s.rows[0].currency, "USD");
    assert_non_null(strstr(s.rows[0].price, "input 1"));
    assert_string_equal(s.rows[0].client, "ask");
    assert_string_equal(s.rows[0].directory, "/home");
    assert_string_equal(s.rows[0].host, "far");
    assert_null(s.rows[0].label);
    assert_int_equal(s.rows[0].uid, 42);
    assert_int_equal(s.rows[0].at_us, 7);
    spend_done(&s);
    tried_done(&t);
    ledger_row_done(&w);
}

/* Where nothing is told of tokens they are estimated; where there is no price there is no cost. */
static void without_figures(void **state)
{
    const struct world *o = *state;
    struct tried_list t = {0}, u = {0};
    struct ledger_row w = who();
    struct spend_end e = ended("one", LOG_DONE, -1, -1, 5);
    struct spend s;
    try(o, &t, "one", "plain", ERR_NONE, true);
    spend_rows(o->w.catalog, &t, &w, &e, &s);
    check(&s.rows[0], "one", LEDGER_DONE, 1, 105 * MICRO, true);
    spend_done(&s);
    try(o, &u, "one", "unpriced", ERR_NONE, true);
    e = ended("one", LOG_DONE, 1, 2, 2);
    e.model = "unpriced";
    spend_rows(o->w.catalog, &u, &w, &e, &s);
    check(&s.rows[0], "one", LEDGER_DONE, 1, -1, false);
    assert_null(s.rows[0].price);
    spend_done(&s);
    tried_done(&t);
    tried_done(&u);
    ledger_row_done(&w);
}

/* What of a failure is billed. */
static void failures(void **state)
{
    static const struct {
        enum error_code code;
        enum log_state state;
        bool sent;
        int64_t input, shown; /* told; of the content */
        int64_t cost, requests;
    } rows[] = {
        {ERR_UNAUTHENTICATED, LOG_FAILED, true, -1, 0, 0, 1}, {ERR_OVERLOADED, LOG_FAILED, true, -1, 0, 0, 1},
        {ERR_OVERLOADED, LOG_FAILED, false, -1, 0, 0, 0},     {ERR_UNAVAILABLE, LOG_FAILED, true, -1, 3, 103, 1},
        {ERR_TIMEOUT, LOG_FAILED, true, -1, 0, 100, 1},       {ERR_CANCELLED, LOG_CANCELLED, true, -1, 0, 100, 1},
        {ERR_CANCELLED, LOG_CANCELLED, true, -1, 7, 107, 1},  {ERR_CANCELLED, LOG_CANCELLED, true, 20, 7, 27, 1},
        {ERR_CANCELLED, LOG_CANCELLED, false, -1, 0, 0, 0},   {ERR_INTERRUPTED, LOG_INTERRUPTED, true, -1, 1, 101, 1},
        {ERR_UNAVAILABLE, LOG_FAILED, true, 20, 0, 20, 1},
    };
    const struct world *o = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tried_list t = {0};
        struct ledger_row w = who();
        struct spend_end e = ended("one", rows[i].state, rows[i].input, -1, rows[i].shown);
        struct spend s;
        try(o, &t, "one", "plain", rows[i].code, rows[i].sent);
        spend_rows(o->w.catalog, &t, &w, &e, &s);
        check(&s.rows[0], "one", spend_outcome(rows[i].state), rows[i].requests, rows[i].cost * MICRO,
              rows[i].cost > 0);
        assert_string_equal(s.rows[0].currency, "USD");
        spend_done(&s);
        tried_done(&t);
        ledger_row_done(&w);
    }
}

static void tries_at_one_are_one_row(void **state)
{
    const struct world *o = *state;
    struct tried_list t = {0};
    struct ledger_row w = who();
    struct spend_end e = ended("two", LOG_DONE, 10, 10, 10);
    struct spend s;
    try(o, &t, "one", "plain", ERR_OVERLOADED, true);
    try(o, &t, "one", "plain", ERR_UNAVAILABLE, true);
    t.list[1].shown_tokens = 4;
    try(o, &t, "two", "plain", ERR_UNAVAILABLE, true);
    try(o, &t, "two", "plain", ERR_NONE, true);
    spend_rows(o->w.catalog, &t, &w, &e, &s);
    assert_int_equal(s.n, 2);
    check(&s.rows[0], "two", LEDGER_DONE, 2, 200 * MICRO, false);
    assert_string_equal(s.rows[0].currency, "CNY");
    check(&s.rows[1], "one", LEDGER_FAILED, 2, 104 * MICRO, true);
    assert_int_equal(s.rows[0].arm, 0);
    assert_int_equal(s.rows[1].arm, 1);
    assert_string_equal(s.rows[1].answer, w.answer);
    spend_done(&s);
    tried_done(&t);
    ledger_row_done(&w);
}

/* Of several that are billed at one model each has a row; one that is not counts with the last. */
static void each_billed_try_is_a_row(void **state)
{
    const struct world *o = *state;
    struct tried_list t = {0};
    struct ledger_row w = who();
    struct spend_end e = ended("one", LOG_DONE, 30, 12, 12);
    struct spend s;
    try(o, &t, "one", "plain", ERR_UNAVAILABLE, true);
    t.list[0].shown_tokens = 4;
    try(o, &t, "one", "plain", ERR_OVERLOADED, true);
    try(o, &t, "two", "plain", ERR_TIMEOUT, true);
    try(o, &t, "two", "plain", ERR_OVERLOADED, true);
    try(o, &t, "one", "plain", ERR_NONE, true);
    spend_rows(o->w.catalog, &t, &w, &e, &s);
    assert_int_equal(s.n, 4);
    check(&s.rows[0], "one", LEDGER_DONE, 2, 42 * MICRO, false);
    check(&s.rows[1], "one", LEDGER_FAILED, 1, 104 * MICRO, true);
    check(&s.rows[2], "two", LEDGER_FAILED, 1, 1000 * MICRO, true);
    check(&s.rows[3], "two", LEDGER_FAILED, 1, 0, false);
    for (unsigned i = 0; i < s.n; i++)
        assert_int_equal(s.rows[i].arm, i);
    spend_done(&s);
    tried_done(&t);
    ledger_row_done(&w);
}

/* It had broken, and was cancelled before it was asked again. */
static void what_was_shown_before(void **state)
{
    const struct world *o = *state;
    struct tried_list t = {0};
    struct ledger_row w = who();
    struct spend_end e = ended("one", LOG_CANCELLED, -1, -1, 0);
    struct spend s;
    try(o, &t, "one", "plain", ERR_UNAVAILABLE, true);
    t.list[0].shown_tokens = 4;
    spend_rows(o->w.catalog, &t, &w, &e, &s);
    assert_int_equal(s.n, 1);
    check(&s.rows[0], "one", LEDGER_CANCELLED, 1, 104 * MICRO, true);
    spend_done(&s);
    tried_done(&t);
    ledger_row_done(&w);
}

/* The slower one of a race is billed maybe for as much as the one that was shown. */
static void a_race(void **state)
{
    const struct world *o = *state;
    struct tried_list t = {0};
    struct ledger_row w = who();
    struct spend_end e = ended("one", LOG_DONE, 30, 12, 12);
    struct spend s;
    try(o, &t, "two", "plain", ERR_CANCELLED, true);
    t.list[0].lost = true;
    try(o, &t, "one", "plain", ERR_NONE, true);
    spend_rows(o->w.catalog, &t, &w, &e, &s);
    assert_int_equal(s.n, 2);
    check(&s.rows[0], "one", LEDGER_DONE, 1, 42 * MICRO, false);
    check(&s.rows[1], "two", LEDGER_CANCELLED, 1, 1120 * MICRO, true);
    spend_done(&s);
    tried_done(&t);
    ledger_row_done(&w);
}

static void nobody_was_asked(void **state)
{
    const struct world *o = *state;
    struct ledger_row w = who(), shared;
    struct spend_end e = ended("one", LOG_FAILED, -1, -1, 0);
    struct spend s;
    spend_rows(o->w.catalog, NULL, &w, &e, &s);
    assert_int_equal(s.n, 1);
    check(&s.rows[0], "one", LEDGER_FAILED, 0, -1, false);
    s.rows[0].cost_nano = 9;
    strcpy(s.rows[0].currency, "EUR");
    spend_shared(&w, &s.rows[0], &shared);
    assert_int_equal(shared.how, LEDGER_SHARED);
    assert_int_equal(shared.saved_nano, 9);
    assert_string_equal(shared.saved_currency, "EUR");
    assert_int_equal(shared.cost_nano, -1);
    assert_int_equal(shared.requests, 0);
    ledger_row_done(&shared);
    spend_done(&s);
    ledger_row_done(&w);
}

#define USUAL(name) cmocka_unit_test_setup_teardown(name, set_up_usual, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        USUAL(one_that_answered),        USUAL(without_figures),       USUAL(failures), USUAL(tries_at_one_are_one_row),
        USUAL(each_billed_try_is_a_row), USUAL(what_was_shown_before), USUAL(a_race),   USUAL(nobody_was_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
