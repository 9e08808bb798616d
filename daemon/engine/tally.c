#include "daemon/engine/tally.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 10000

struct tally {
    struct store *store;
    struct meter *meter;
    struct today *today;
    int64_t began_us; /* what was asked before that only the ledger knows */
    struct store_job *reading;
    struct timer *retry;
};

static void read_ledger(void *data);

struct tally *tally_new(uv_loop_t *loop, struct store *store, struct meter *meter)
{
    struct tally *t = NEW(struct tally);
    t->store = store;
    t->meter = meter;
    t->today = today_new();
    t->began_us = clock_wall_us();
    t->retry = timer_new(loop, read_ledger, t);
    if (store_stores(store))
        read_ledger(t);
    return t;
}

struct tally *tally_free(struct tally *t)
{
    if (!t)
        return NULL;
    if (t->reading)
        t->reading->data = NULL;
    timer_free(t->retry);
    today_free(t->today);
    free(t);
    return NULL;
}

static int64_t figure_of(const msgpack_object_map *row, const char *name)
{
    const msgpack_object *o = mp_get(row, name);
    int64_t n = 0;
    return o && mp_int(o, &n) ? n : 0;
}

/* A user and a currency, as STORE_USAGE finds them. */
static void take_row(struct tally *t, const msgpack_object_map *row)
{
    struct today_sum sum = {.cost_nano = figure_of(row, "cost_nano"), .saved_nano = figure_of(row, "saved_nano")};
    const msgpack_object *currency = mp_get(row, "currency");
    const char *s;
    size_t len;
    if (currency && mp_str(currency, &s, &len) && len < sizeof sum.currency)
        memcpy(sum.currency, s, len);
    const struct today_figures had = {.requests = figure_of(row, "requests"),
                                      .answers = figure_of(row, "answers"),
                                      .cache_hits = figure_of(row, "cache_hits"),
                                      .shared = figure_of(row, "shared"),
                                      .input_tokens = figure_of(row, "input_tokens"),
                                      .output_tokens = figure_of(row, "output_tokens"),
                                      .premium_nano = figure_of(row, "premium_nano"),
                                      .sums = &sum,
                                      .n_sums = sum.currency[0] ? 1 : 0};
    today_recall(t->today, (uid_t)figure_of(row, "uid"), t->began_us, &had);
}

static void take_rows(struct tally *t, const struct store_job *job)
{
    msgpack_unpacked row;
    msgpack_object_map map;
    size_t at = 0;
    msgpack_unpacked_init(&row);
    while (msgpack_unpack_next(&row, (const char *)job->out.data, job->out.len, &at) == MSGPACK_UNPACK_SUCCESS)
        if (mp_map(&row.data, &map))
            take_row(t, &map);
    msgpack_unpacked_destroy(&row);
}

static void on_read(void *data, struct store_job *job)
{
    struct tally *t = data;
    if (t) {
        t->reading = NULL;
        if (job->code == ERR_NONE) {
            take_rows(t, job);
        } else {
            log_notice("today's figures lack what was used before the start, until the ledger can be read: %s",
                       job->error.message);
            timer_start(t->retry, RETRY_MS);
        }
    }
    store_job_free(job);
}

static void read_ledger(void *data)
{
    struct tally *t = data;
    struct store_job *job = store_job_new(STORE_USAGE, on_read, t);
    job->usage = (struct store_usage){.everybody = true,
                                      .since_us = today_begins(t->began_us),
                                      .until_us = t->began_us,
                                      .by = {STORE_BY_UID},
                                      .n_by = 1};
    t->reading = job;
    if (store_submit(t->store, job, NULL) == ERR_NONE)
        return;
    t->reading = NULL; /* too much waits for the store: soon */
    timer_start(t->retry, RETRY_MS);
}

void tally_add(struct tally *t, const struct ledger_row *row)
{
    today_add(t->today, row);
    meter_add(t->meter, row);
}

const struct today_figures *tally_of(struct tally *t, uid_t uid)
{
    return today_of(t->today, uid, clock_wall_us());
}
