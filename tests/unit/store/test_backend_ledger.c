/* The ledger, as every backend has to keep it: rows, their sums, and what is read of both. */
#include "tests/unit/store/ledger_jobs.h"

#define ALL 0, 40 * DAY

static void a_row_counts_once(void **state)
{
    struct fixture *f = *state;
    struct ledger_row row = make_row(1, 0, "m", 7), again;

    ledger_row_copy(&again, &row);
    spend(f, row);
    spend(f, again);
    assert_usage(f, usage_of(ALL, "model"), "m: 1/1 7 USD");
    assert_usage(f, usage_of(0, 1, "model conversation"), "m,-: 1/1 7 USD"); /* by rows */
}

/* BEGIN brings a row that runs, END what became of it, and of two arms. */
static void an_end_settles_what_ran(void **state)
{
    struct fixture *f = *state;
    struct store_job *b = begin("a", 1, NULL, false, ""), *e = end("a", 2, NULL, "failed", "reply");

    set_uuid(b->begin.answer, 1);
    set_uuid(e->end.answer, 1);
    b->begin.row = xmalloc(sizeof(*b->begin.row));
    *b->begin.row = make_row(1, 0, "reserved", 99);
    b->begin.row->outcome = LEDGER_RUNNING;
    assert_int_equal(does(f, b), ERR_NONE);
    assert_usage(f, usage_of(ALL, ""), "");
    assert_usage(f, usage_of(ALL, "conversation"), "");

    e->end.rows = xcalloc(3, sizeof(*e->end.rows));
    e->end.n_rows = 3;
    for (unsigned i = 0; i < 3; i++) {
        e->end.rows[i] = make_row(1, 0, i ? "arm" : "m", 10 + i);
        e->end.rows[i].arm = i;
    }
    e->end.rows[0].outcome = LEDGER_FAILED;
    assert_int_equal(does(f, e), ERR_NONE);
    assert_usage(f, usage_of(ALL, "model"), "arm: 0/2 23 USD|m: 1/1 10 USD !1");
    assert_usage(f, usage_of(ALL, "model conversation"), "arm,-: 0/2 23 USD|m,-: 1/1 10 USD !1");
    reopen(f); /* nothing runs any more */
    assert_usage(f, usage_of(ALL, ""), ": 1/3 33 USD !1");
}

static void groups(void **state)
{
    struct fixture *f = *state;
    struct ledger_row rows[4];

    for (unsigned i = 0; i < 4; i++) {
        rows[i] = make_row(i, i * 13 * HOUR, i == 3 ? "n" : "m", 1 << i);
        rows[i].client = i % 2 ? xstrdup("ask") : NULL;
        rows[i].directory = xstrdup(i < 2 ? "/a" : "/b");
        rows[i].label = i == 2 ? xstrdup("work") : NULL;
        if (i < 2)
            strcpy(rows[i].conversation, rows[0].answer);
    }
    assert_int_equal(does(f, spend_of(rows, 4)), ERR_NONE);
    assert_usage(f, usage_of(ALL, ""), ": 4/4 15 USD");
    assert_usage(f, usage_of(ALL, "model"), "n: 1/1 8 USD|m: 3/3 7 USD");
    assert_usage(f, usage_of(ALL, "client model"), "ask,n: 1/1 8 USD|-,m: 2/2 5 USD|ask,m: 1/1 2 USD");
    assert_usage(f, usage_of(ALL, "day"), "0: 2/2 3 USD|24: 2/2 12 USD");
    assert_usage(f, usage_of(ALL, "directory hour"),
                 "/a,0: 1/1 1 USD|/a,13: 1/1 2 USD|/b,26: 1/1 4 USD|/b,39: 1/1 8 USD");
    assert_usage(f, usage_of(ALL, "label uid"), "-,1000: 3/3 11 USD|work,1000: 1/1 4 USD");
    assert_usage(f, usage_of(ALL, "provider"), "openai: 4/4 15 USD");
    assert_usage(f, usage_of(ALL, "conversation"), "-: 2/2 12 USD|018bcfe5-6800-7000-8000-000000000000: 2/2 3 USD");
    assert_usage(f, usage_of(13 * HOUR, 26 * HOUR, "model"), "m: 1/1 2 USD");
    assert_usage(f, usage_of(13 * HOUR + 1, 26 * HOUR + 1, "model"), "m: 1/1 4 USD");
    assert_usage(f, usage_of(1, 2, "model"), "");
    assert_usage(f, usage_of(2, 1, "model"), "");
    assert_usage(f, usage_of(-D0, -D0, ""), ": 4/4 15 USD"); /* no end */
}

static void users_are_apart(void **state)
{
    struct fixture *f = *state;
    struct ledger_row other = make_row(2, 0, "m", 5);

    other.uid = OTHER;
    spend(f, make_row(1, 0, "m", 1));
    spend(f, other);
    assert_usage(f, usage_of(ALL, "uid"), "1000: 1/1 1 USD");
    assert_usage(f, usage_of(ALL, "conversation"), "-: 1/1 1 USD");
    struct store_job *j = usage_of(ALL, "uid");
    j->usage.everybody = true;
    assert_usage(f, j, "1001: 1/1 5 USD|1000: 1/1 1 USD");
}

/* What a cache saved counts in its own currency; what has no price has none. */
static void currencies(void **state)
{
    struct fixture *f = *state;
    struct ledger_row cached = make_row(2, 0, "m", -1), mixed = make_row(3, 0, "m", 40);

    spend(f, make_row(1, 0, "m", -1));
    cached.how = LEDGER_CACHED;
    cached.requests = 0;
    cached.answers = 3;
    cached.saved_nano = 9;
    strcpy(cached.saved_currency, "CNY");
    spend(f, cached);
    mixed.how = LEDGER_SHARED;
    mixed.requests = 0;
    mixed.saved_nano = 5;
    strcpy(mixed.saved_currency, "EUR");
    spend(f, mixed);
    assert_usage(f, usage_of(ALL, "model"), "m: 1/0 40 USD|m: 1/1|m: 3/0 0 CNY ~3 $9|m: 0/0 0 EUR $5");
}

/* All that a map tells, of one row with figures of its own. */
static void all_figures(void **state)
{
    static const struct {
        const char *name;
        int64_t is;
    } want[] = {
        {"requests", 2},
        {"answers", 1},
        {"errors", 1},
        {"cache_hits", 0},
        {"shared", 0},
        {"input_tokens", 10},
        {"cached_input_tokens", 4},
        {"cache_write_tokens", 3},
        {"output_tokens", 5},
        {"reasoning_tokens", 2},
        {"images", 6},
        {"input_audio_tokens", 8},
        {"output_audio_tokens", 9},
        {"provider_cost_nano", 8},
        {"compared_nano", 7},
        {"premium_nano", 1500000000},
        {"cost_nano", 7},
        {"saved_nano", 0},
    };
    struct fixture *f = *state;
    struct ledger_row row = make_row(1, 0, "m", 7);
    msgpack_unpacked item;
    size_t at = 0;
    double premium = 0;

    row.requests = 2;
    row.outcome = LEDGER_INTERRUPTED;
    row.usage.cached_input_tokens = 4;
    row.usage.cache_write_tokens = 3;
    row.usage.reasoning_tokens = 2;
    row.usage.images = 6;
    row.usage.input_audio_tokens = 8;
    row.usage.output_audio_tokens = 9;
    row.usage.cost_nano = 8;
    row.premium_nano = 1500000000;
    spend(f, row);
    spend(f, make_row(2, 1, "n", 7)); /* whose provider says nothing of its cost */
    struct store_job *j = usage_of(ALL, "model");
    assert_int_equal(run(f, j), ERR_NONE);
    assert_int_equal(j->n_out, 2);
    msgpack_unpacked_init(&item);
    assert_int_equal(msgpack_unpack_next(&item, (const char *)j->out.data, j->out.len, &at), MSGPACK_UNPACK_SUCCESS);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        if (entry(&item.data, want[i].name) != want[i].is)
            fail_msg("%s: %lld", want[i].name, (long long)entry(&item.data, want[i].name));
    assert_true(mp_double(mp_get(&item.data.via.map, "premium_requests"), &premium));
    assert_true(premium == 1.5);
    assert_int_equal(msgpack_unpack_next(&item, (const char *)j->out.data, j->out.len, &at), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(entry(&item.data, "provider_cost_nano"), 0);
    assert_int_equal(entry(&item.data, "compared_nano"), 0);
    msgpack_unpacked_destroy(&item);
    store_job_free(j);
}

static void what_is_too_much_for_a_number(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++)
        spend(f, make_row(i, i * HOUR, "m", INT64_MAX));
    spend(f, make_row(3, 0, "m", INT64_MAX));
    assert_usage(f, usage_of(ALL, ""), ": 4/4 9223372036854775807 USD");
    assert_usage(f, usage_of(ALL, "conversation"), "-: 4/4 9223372036854775807 USD");
}

static void days_are_over(struct fixture *f, int64_t now)
{
    struct store_job *j = job(STORE_EXPIRE);

    j->expire.answers_max = INT64_MAX;
    j->expire.now_us = D0 + now;
    assert_int_equal(does(f, j), ERR_NONE);
}

/* Against sums that are made of the rows one by one. */
static void random_times(void **state)
{
    enum { ROWS = 300, QUESTIONS = 60 };
    static const char *const models[] = {"a", "b", "c"};
    struct fixture *f = *state;
    struct ledger_row rows[ROWS];
    int64_t at[ROWS], nano[ROWS];
    char want[256];

    srand(9);
    for (unsigned i = 0; i < ROWS; i++) {
        at[i] = rand() % 3 ? rand() % (5 * HOUR / MINUTE) * MINUTE : rand() % (3 * DAY / SECOND) * SECOND;
        nano[i] = rand() % 1000;
        rows[i] = make_row(i, at[i], models[i % 3], nano[i]);
    }
    assert_int_equal(does(f, spend_of(rows, ROWS)), ERR_NONE);
    for (int i = 0; i < QUESTIONS; i++) {
        int64_t span = i % 2 ? 4 * HOUR : 4 * DAY;
        int64_t since = rand() % (6 * HOUR / MINUTE) * MINUTE, until = since + rand() % (span / MINUTE) * MINUTE;
        if (i == QUESTIONS / 2)
            days_are_over(f, 2 * DAY);
        int64_t sum = 0;
        int n = 0;
        for (size_t k = 0; k < ROWS; k++)
            if (at[k] >= since && at[k] < until)
                sum += nano[k], n++;
        *want = '\0';
        if (n > 0)
            snprintf(want, sizeof(want), ": %d/%d %lld USD", n, n, (long long)sum);
        assert_usage(f, usage_of(since, until, ""), want);
    }
}

static void assert_spent(struct fixture *f, int64_t since, int64_t now, const char *want)
{
    char got[1024] = "";
    struct store_job *j = job(STORE_SPENT);

    j->spent.since_us = D0 + since;
    j->spent.now_us = D0 + now;
    if (run(f, j) != ERR_NONE)
        fail_msg("%s", j->error.message);
    for (size_t i = 0; i < j->spent.n_rows; i++) {
        const struct ledger_row *r = &j->spent.rows[i];
        size_t len = strlen(got);
        snprintf(got + len, sizeof(got) - len, "%s%g %u %s %s%s%s %s %s: %lld/%lld %lld%s", i ? "|" : "",
                 (double)(r->at_us - D0) / HOUR, (unsigned)r->uid, r->client ? r->client : "-", r->host ? r->host : "",
                 r->host ? ":" : "", r->directory ? r->directory : "-", r->label ? r->label : "-", r->model,
                 (long long)r->requests, (long long)(r->usage.input_tokens + r->usage.output_tokens),
                 (long long)r->cost_nano, r->currency);
    }
    assert_string_equal(got, want);
    store_job_free(j);
}

static void sums_for_budgets(void **state)
{
    struct fixture *f = *state;
    struct ledger_row mine = make_row(5, 26 * HOUR, "m", -1);

    assert_spent(f, 0, DAY, "");
    for (unsigned i = 0; i < 5; i++)
        spend(f, make_row(i, i * 6 * HOUR, "m", 1 << i));
    mine.uid = OTHER;
    mine.client = xstrdup("ask");
    mine.directory = xstrdup("/a");
    mine.host = xstrdup("far");
    mine.label = xstrdup("work");
    spend(f, mine);
    assert_spent(f, 0, 25 * HOUR, /* a day that is over, and the hours of one that is not */
                 "0 1000 - - - m: 4/60 15USD|24 1000 - - - m: 1/15 16USD|26 1001 ask far:/a work m: 1/15 -1");
    assert_spent(f, 12 * HOUR + 1, 23 * HOUR,
                 "12 1000 - - - m: 1/15 4USD|18 1000 - - - m: 1/15 8USD|24 1000 - - - m: 1/15 16USD"
                 "|26 1001 ask far:/a work m: 1/15 -1");
}

/* Prices */

struct prices {
    int64_t nano;
    const char *currency, *only; /* the model, NULL: any */
    int calls;
    char seen[64]; /* the last row: model, provider, price */
};

static bool price_of(void *data, const struct ledger_row *row, int64_t *nano, char currency[8], char **price)
{
    struct prices *p = data;

    p->calls++;
    snprintf(p->seen, sizeof(p->seen), "%s %s %s", row->model, row->provider, row->price ? row->price : "-");
    if (p->only && strcmp(p->only, row->model) != 0)
        return false;
    *nano = p->nano;
    strcpy(currency, p->currency);
    *price = xasprintf("input %d, currency %s", (int)p->nano, p->currency);
    return true;
}

static void assert_repriced(struct fixture *f, struct prices *p, int64_t since, int64_t until, const char *want)
{
    char got[256];
    struct store_job *j = job(STORE_REPRICE);

    j->reprice.uid = ME;
    j->reprice.since_us = D0 + since;
    j->reprice.until_us = D0 + until;
    j->reprice.price = price_of;
    j->reprice.price_data = p;
    if (run(f, j) != ERR_NONE)
        fail_msg("%s", j->error.message);
    int len = snprintf(got, sizeof(got), "%zu/%zu", j->reprice.n_changed, j->reprice.n_rows);
    for (size_t i = 0; i < j->reprice.n_sums; i++)
        len += snprintf(got + len, sizeof(got) - (size_t)len, " %lld>%lld%s", (long long)j->reprice.sums[i].before_nano,
                        (long long)j->reprice.sums[i].after_nano, j->reprice.sums[i].currency);
    assert_string_equal(got, want);
    store_job_free(j);
}

static void old_rows_get_new_costs(void **state)
{
    struct fixture *f = *state;
    struct prices dear = {.nano = 100, .currency = "USD", .only = "m"}, euros = {.nano = 3, .currency = "EUR"};
    struct ledger_row other = make_row(4, 0, "m", 1), cached = make_row(5, DAY, "m", 1), running;

    other.uid = OTHER;
    for (unsigned i = 0; i < 3; i++)
        spend(f, make_row(i, i * HOUR, i ? "m" : "n", i ? 10 : -1));
    spend(f, other);
    running = make_row(6, 0, "m", 1);
    running.outcome = LEDGER_RUNNING;
    spend(f, running);
    assert_repriced(f, &dear, 0, HOUR, "0/1"); /* of m nothing is there; whoever has no price keeps none */
    assert_string_equal(dear.seen, "n openai -");
    assert_repriced(f, &dear, 0, 2 * HOUR, "1/2 10>100USD");
    assert_string_equal(dear.seen, "m openai input 1, currency USD");
    assert_usage(f, usage_of(ALL, "hour"), "0: 1/1|1: 1/1 100 USD|2: 1/1 10 USD");
    assert_repriced(f, &dear, ALL, "1/3 110>200USD"); /* the same again is no change */
    assert_repriced(f, &dear, ALL, "0/3 200>200USD");
    assert_string_equal(dear.seen, "m openai input 100, currency USD");
    spend(f, cached);
    assert_repriced(f, &euros, 0, DAY, "3/3 0>9EUR 200>0USD");
    assert_usage(f, usage_of(ALL, "model"), "m: 2/2 6 EUR|n: 1/1 3 EUR|m: 1/1 1 USD");
    assert_usage(f, usage_of(ALL, "model conversation"), "m,-: 2/2 6 EUR|n,-: 1/1 3 EUR|m,-: 1/1 1 USD");
    struct store_job *j = usage_of(ALL, "uid");
    j->usage.everybody = true;
    assert_usage(f, j, "1000: 3/3 9 EUR|1000: 1/1 1 USD|1001: 1/1 1 USD");
}

/* Sums by the day follow what comes late, and new costs. */
static void days_that_are_over(void **state)
{
    struct fixture *f = *state;
    struct prices euros = {.nano = 3, .currency = "EUR"};

    for (unsigned i = 0; i < 4; i++)
        spend(f, make_row(i, i * DAY, i % 2 ? "n" : "m", 1 << i));
    days_are_over(f, 3 * DAY - 1);
    days_are_over(f, 3 * DAY - 1);
    assert_usage(f, usage_of(ALL, "day model"), "0,m: 1/1 1 USD|24,n: 1/1 2 USD|48,m: 1/1 4 USD|72,n: 1/1 8 USD");
    spend(f, make_row(4, 30 * HOUR, "m", 16));
    spend(f, make_row(5, -DAY, "m", 32)); /* before all that is there */
    assert_usage(f, usage_of(-DAY, 3 * DAY, "day"), "-24: 1/1 32 USD|0: 1/1 1 USD|24: 2/2 18 USD|48: 1/1 4 USD");
    assert_usage(f, usage_of(1, 3 * DAY - 1, "model"), "m: 2/2 20 USD|n: 1/1 2 USD");
    days_are_over(f, 4 * DAY);
    assert_usage(f, usage_of(ALL, "model"), "m: 3/3 21 USD|n: 2/2 10 USD");
    assert_usage(f, usage_of(ALL, "model hour"),
                 "m,0: 1/1 1 USD|n,24: 1/1 2 USD|m,30: 1/1 16 USD|m,48: 1/1 4 USD|n,72: 1/1 8 USD");
    assert_repriced(f, &euros, -DAY, 4 * DAY, "6/6 63>0USD 0>18EUR");
    assert_usage(f, usage_of(-DAY, 4 * DAY, "model"), "m: 4/4 12 EUR|n: 2/2 6 EUR");
    assert_usage(f, usage_of(-DAY, 4 * DAY, "model label"), "m,-: 4/4 12 EUR|n,-: 2/2 6 EUR");
}

/* What a dead daemon left running */

static char settled[256];

static void settle(struct ledger_row *row, const struct store_reply *reply)
{
    size_t len = strlen(settled);

    snprintf(settled + len, sizeof(settled) - len, "%s %u %.*s|", row->model, row->arm,
             reply ? (int)reply->text.len : 1, reply ? (const char *)reply->text.data : "-");
    row->cost_nano = 5;
    assert_int_equal(row->outcome, LEDGER_INTERRUPTED);
}

static void what_ran_is_settled(void **state)
{
    struct fixture *f = *state;
    struct store_job *b = begin("a", 1, NULL, false, "");
    struct ledger_row rows[3] = {make_row(1, 0, "m", 99), make_row(1, 0, "arm", 99), make_row(2, HOUR, "alone", 99)};

    *settled = '\0';
    f->place.recovery.settle = settle;
    set_uuid(b->begin.answer, 1);
    assert_int_equal(does(f, b), ERR_NONE);
    assert_int_equal(does(f, runs("a", 1, "shown")), ERR_NONE);
    rows[1].arm = 1;
    for (int i = 0; i < 3; i++)
        rows[i].outcome = LEDGER_RUNNING;
    assert_int_equal(does(f, spend_of(rows, 3)), ERR_NONE);
    assert_usage(f, usage_of(ALL, ""), "");
    reopen(f);
    assert_string_equal(settled, "m 0 shown|arm 1 -|alone 0 -|");
    assert_usage(f, usage_of(ALL, "model"), "m: 1/1 5 USD !1|arm: 0/1 5 USD|alone: 1/1 5 USD !1");
    reopen(f);
    assert_string_equal(settled, "m 0 shown|arm 1 -|alone 0 -|");
}

static void what_ran_stands_as_it_was_reserved(void **state)
{
    struct fixture *f = *state;
    struct ledger_row row = make_row(1, 0, "m", 99);

    row.outcome = LEDGER_RUNNING;
    spend(f, row);
    reopen(f);
    assert_usage(f, usage_of(ALL, "model"), "m: 1/1 99 USD !1");
}

/* By whole hours; sums stay, and answer for hours whose rows are gone. */
static void rows_expire(void **state)
{
    struct fixture *f = *state;
    struct store_job *j = job(STORE_EXPIRE);

    for (unsigned i = 0; i < 6; i++)
        spend(f, make_row(i, i * 30 * MINUTE, "m", 1 << i));
    assert_usage(f, usage_of(30 * MINUTE, 90 * MINUTE, ""), ": 2/2 6 USD");
    j->expire.answers_max = INT64_MAX;
    j->expire.ledger_before_us = D0 + 2 * HOUR - 1;
    assert_int_equal(does(f, j), ERR_NONE);
    assert_usage(f, usage_of(ALL, "hour conversation"), "1,-: 2/2 12 USD|2,-: 2/2 48 USD");
    assert_usage(f, usage_of(ALL, "hour"), "0: 2/2 3 USD|1: 2/2 12 USD|2: 2/2 48 USD");

    j = job(STORE_EXPIRE);
    j->expire.answers_max = INT64_MAX;
    j->expire.ledger_before_us = D0 + 2 * HOUR;
    assert_int_equal(does(f, j), ERR_NONE);
    assert_usage(f, usage_of(ALL, "hour conversation"), "2,-: 2/2 48 USD");
    assert_usage(f, usage_of(ALL, "hour"), "0: 2/2 3 USD|1: 2/2 12 USD|2: 2/2 48 USD");
    assert_usage(f, usage_of(30 * MINUTE, 90 * MINUTE, ""), ": 2/2 12 USD"); /* the hour that begins within */
    assert_usage(f, usage_of(0, 150 * MINUTE, "hour"), "0: 2/2 3 USD|1: 2/2 12 USD|2: 1/1 16 USD");
}

static void a_rollback_takes_texts_with_it(void **state)
{
    struct fixture *f = *state;
    const struct store_backend *b = f->variant->backend;
    struct ledger_row row = make_row(1, 0, "m", 1);
    struct store_job *j = spend_of(&row, 1);

    assert_int_equal(b->begin(f->db, &f->err), ERR_NONE);
    assert_int_equal(b->run(f->db, j, INT64_MAX), STORE_STEP_DONE);
    b->rollback(f->db);
    assert_usage(f, usage_of(ALL, "model"), "");
    spend(f, make_row(2, 0, "another", 2)); /* which takes the number that m had */
    assert_int_equal(does(f, j), ERR_NONE);
    assert_usage(f, usage_of(ALL, "model provider"), "another,openai: 1/1 2 USD|m,openai: 1/1 1 USD");
}

static void results_are_bounded(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 40; i++)
        spend(f, make_row(i, i * HOUR, "m", 1));
    for (int kind = 0; kind < 2; kind++) {
        struct store_job *j = kind ? job(STORE_SPENT) : usage_of(ALL, "hour");
        if (kind)
            j->spent.now_us = D0;
        j->out.max = 4096;
        assert_int_equal(run(f, j), ERR_TOO_LARGE);
        store_job_free(j);
    }
    assert_usage(f, usage_of(ALL, "model"), "m: 40/40 40 USD");
}

static void the_null_backend_keeps_no_ledger(void **state)
{
    struct ledger_row row = make_row(1, 0, "m", 1);
    struct store_job *all[] = {spend_of(&row, 1), usage_of(ALL, "model"), job(STORE_SPENT), job(STORE_REPRICE)};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(store_null.run(NULL, all[i], 0), STORE_STEP_DONE);
        assert_int_equal(all[i]->code, ERR_NONE);
        assert_int_equal(all[i]->n_out, 0);
        store_job_free(all[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, NULL}
        T(a_row_counts_once),
        T(an_end_settles_what_ran),
        T(groups),
        T(users_are_apart),
        T(currencies),
        T(all_figures),
        T(what_is_too_much_for_a_number),
        T(days_that_are_over),
        T(random_times),
        T(sums_for_budgets),
        T(old_rows_get_new_costs),
        T(what_ran_is_settled),
        T(what_ran_stands_as_it_was_reserved),
        T(rows_expire),
        T(a_rollback_takes_texts_with_it),
        T(results_are_bounded),
        T(the_null_backend_keeps_no_ledger),
#undef T
    };
    return run_over_backends(tests, sizeof(tests) / sizeof(tests[0]));
}
