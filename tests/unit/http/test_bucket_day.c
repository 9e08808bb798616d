/* A day of questions to a provider that limits them, on a simulated clock: how many it refuses, how much of what it
 * allows is used, and how long anyone waits. */
#include "tests/unit/http/limited_provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <cmocka.h>

#define HOUR (60 * SIM_MINUTE)
#define DAY (24 * HOUR)

/* Hours in which there is always a further question: short ones, and long ones. */
#define HOUR_SHORT 9
#define HOUR_LONG 15
/* Beyond what the provider itself would have one wait: a head is on its way for up to 3 s, and says what is rounded. */
#define LATE_MAX (5 * SIM_SECOND)
/* A question is at most 7000 tokens, and 80000 come in a minute at least. */
#define WAIT_MAX (10 * SIM_SECOND)

struct flight { /* a request under way */
    TAILQ_ENTRY(flight) link;
    bool arrived;
    int64_t arrives_us, heard_us;
    struct bucket_cost cost;
    struct bucket_mark mark;
    struct response_head head;
};

struct day {
    bool in_order;                   /* nothing overtakes anything */
    struct sim_provider real, ideal; /* ideal: the same questions, asked by one who sees into it */
    struct bucket bucket;
    TAILQ_HEAD(, flight) flights; /* as they were sent */
    uint64_t random;
    int64_t now_us, next_us; /* next_us: when the next question is put */
    int64_t burst;           /* questions that come with it */
    int64_t last_arrives_us, last_heard_us;
    /* what came of it */
    long n_sent, n_refused;
    int64_t longest_wait_us, latest_us;
    struct bucket_sum used[24]; /* what was answered, by the hour */
};

static uint32_t draw(struct day *d, uint32_t below)
{
    d->random = d->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((d->random >> 32) * below) >> 32);
}

static bool is_busy(int64_t now_us)
{
    return now_us / HOUR == HOUR_SHORT || now_us / HOUR == HOUR_LONG;
}

static struct bucket_cost next_cost(struct day *d)
{
    if (d->now_us / HOUR == HOUR_SHORT)
        return (struct bucket_cost){20 + draw(d, 100), 10 + draw(d, 40)};
    if (d->now_us / HOUR == HOUR_LONG)
        return (struct bucket_cost){1000 + draw(d, 5000), 300 + draw(d, 600)};
    return (struct bucket_cost){50 + draw(d, 4000), 20 + draw(d, 400)};
}

static struct bucket_sum sum_of(struct bucket_cost cost)
{
    return (struct bucket_sum){1, cost.input, cost.output};
}

static void send_one(struct day *d, struct bucket_cost cost)
{
    struct flight *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    TAILQ_INSERT_TAIL(&d->flights, f, link);
    int64_t arrives = d->now_us + 20000 + draw(d, 150000);
    if (d->in_order && arrives < d->last_arrives_us)
        arrives = d->last_arrives_us;
    int64_t heard = arrives + 100000 + draw(d, 2900000);
    if (d->in_order && heard < d->last_heard_us)
        heard = d->last_heard_us;
    f->arrives_us = arrives;
    f->heard_us = heard;
    f->cost = cost;
    f->mark = bucket_take(&d->bucket, d->now_us, cost);
    d->last_arrives_us = arrives;
    d->last_heard_us = heard;
    d->n_sent++;
}

static void arrive(struct day *d, struct flight *f)
{
    bool fits = sim_arrive(&d->real, d->now_us, sum_of(f->cost));
    f->head = sim_head(&d->real, d->now_us, fits);
    f->arrived = true;
    d->n_refused += !fits;
    if (fits && d->now_us < DAY) {
        struct bucket_sum *u = &d->used[d->now_us / HOUR];
        *u = (struct bucket_sum){u->requests + 1, u->input + f->cost.input, u->output + f->cost.output};
    }
}

static void hear(struct day *d, struct flight *f)
{
    struct limit rows[LIMITS_MAX];
    size_t n = rate_limits_read(&f->head, SIM_WALL + d->now_us, rows, LIMITS_MAX);
    assert_int_equal(n, d->real.n_limits);
    bucket_learn(&d->bucket, rows, n, &f->mark, d->now_us);
    if (f->head.status == 429)
        bucket_block(&d->bucket, d->now_us, f->head.retry_after);
}

/* The earliest that is to happen to a request under way, of those sent first the first; NULL if none is. */
static struct flight *next_flight(struct day *d, int64_t *ret_us)
{
    struct flight *next = NULL, *f;
    TAILQ_FOREACH (f, &d->flights, link) {
        int64_t at = f->arrived ? f->heard_us : f->arrives_us;
        if (!next || at < *ret_us) {
            next = f;
            *ret_us = at;
        }
    }
    return next;
}

/* Lets all happen that happens up to until_us, or only the next thing, and puts the clock there. */
static void pass(struct day *d, int64_t until_us)
{
    int64_t at = 0;
    struct flight *f = next_flight(d, &at);
    if (!f || at > until_us) {
        d->now_us = until_us;
        return;
    }
    d->now_us = at;
    if (!f->arrived) {
        arrive(d, f);
        return;
    }
    hear(d, f);
    TAILQ_REMOVE(&d->flights, f, link);
    free(f);
}

/* Waits as the bucket says, and sends. */
static void ask(struct day *d, struct bucket_cost cost)
{
    int64_t put_us = d->now_us;
    int64_t wait;
    while ((wait = bucket_wait_us(&d->bucket, d->now_us, cost)) > 0) {
        if (wait > d->longest_wait_us)
            d->longest_wait_us = wait;
        pass(d, d->now_us + wait);
    }
    int64_t ideal = sim_soonest(&d->ideal, put_us, sum_of(cost));
    assert_true(sim_arrive(&d->ideal, ideal, sum_of(cost)));
    if (!is_busy(put_us) && d->now_us - ideal > d->latest_us)
        d->latest_us = d->now_us - ideal;
    send_one(d, cost);
}

/* When the next questions are put, and how many: one by one, with bursts between. */
static void plan(struct day *d)
{
    d->burst = draw(d, 40) == 0 ? 50 + draw(d, 500) : 1 + draw(d, 3);
    d->next_us += (int64_t)draw(d, 12000) * 1000 * (d->burst > 3 ? 10 : 1);
}

static void live(struct day *d)
{
    while (d->now_us < DAY) {
        if (is_busy(d->now_us)) {
            ask(d, next_cost(d));
            d->next_us = d->now_us + 2 * SIM_MINUTE;
            d->ideal = d->real; /* what busy hours leave is for both */
        } else if (d->now_us < d->next_us) {
            pass(d, d->next_us);
        } else {
            while (d->burst-- > 0)
                ask(d, next_cost(d));
            plan(d);
        }
    }
}

static struct day *day_new(bool anthropic, bool in_order)
{
    static const struct sim_limit openai_limits[] = {{LIMIT_REQUESTS, 500, 500, 0}, {LIMIT_TOKENS, 200000, 200000, 0}};
    static const struct sim_limit anthropic_limits[] = {{LIMIT_REQUESTS, 400, 400, 0},
                                                        {LIMIT_INPUT_TOKENS, 200000, 200000, 0},
                                                        {LIMIT_OUTPUT_TOKENS, 80000, 80000, 0},
                                                        {LIMIT_TOKENS, 280000, 280000, 0}};
    struct day *d = calloc(1, sizeof(*d));
    assert_non_null(d);
    TAILQ_INIT(&d->flights);
    d->in_order = in_order;
    d->random = 1;
    d->real.anthropic = anthropic;
    d->real.n_limits = anthropic ? 4 : 2;
    memcpy(d->real.limits, anthropic ? anthropic_limits : openai_limits, d->real.n_limits * sizeof(d->real.limits[0]));
    d->ideal = d->real;
    bucket_init(&d->bucket);
    d->burst = 1;
    return d;
}

static void day_free(struct day *d)
{
    struct flight *f;
    while ((f = TAILQ_FIRST(&d->flights))) {
        TAILQ_REMOVE(&d->flights, f, link);
        free(f);
    }
    free(d);
}

/* What was answered in that hour of what the limit allows. */
static double used(const struct day *d, int hour, unsigned limit)
{
    const struct sim_limit *l = &d->real.limits[limit];
    return sim_need(l, d->used[hour]) / (60.0 * (double)l->limit);
}

static void check_day(bool anthropic, bool in_order)
{
    struct day *d = day_new(anthropic, in_order);
    send_one(d, (struct bucket_cost){100, 100}); /* nothing is known before the first head */
    pass(d, SIM_MINUTE);
    pass(d, SIM_MINUTE);
    assert_true(TAILQ_EMPTY(&d->flights));
    live(d);
    assert_true(d->n_sent > 100000);
    assert_true(d->n_refused <= (in_order ? 0 : d->n_sent / 1000));
    assert_true(used(d, HOUR_SHORT, 0) >= 0.95);
    assert_true(used(d, HOUR_LONG, 1) >= 0.95);
    assert_true(d->longest_wait_us > 0 && d->longest_wait_us <= WAIT_MAX);
    assert_true(d->latest_us <= LATE_MAX);
    day_free(d);
}

static void openai_in_order(void **state)
{
    (void)state;
    check_day(false, true);
}

static void openai_out_of_order(void **state)
{
    (void)state;
    check_day(false, false);
}

static void anthropic_in_order(void **state)
{
    (void)state;
    check_day(true, true);
}

static void anthropic_out_of_order(void **state)
{
    (void)state;
    check_day(true, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai_in_order),
        cmocka_unit_test(openai_out_of_order),
        cmocka_unit_test(anthropic_in_order),
        cmocka_unit_test(anthropic_out_of_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
