/* Rows of the ledger for the tests of backends, and what is read of them as a line of text. */
#ifndef ASKD_TESTS_STORE_LEDGER_JOBS_H
#define ASKD_TESTS_STORE_LEDGER_JOBS_H

#include "tests/unit/store/backend_jobs.h"

#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define D0 (T0 / DAY * DAY) /* the beginning of a day */

static inline void set_uuid(char id[STORE_ID], unsigned n)
{
    snprintf(id, STORE_ID, "018bcfe5-6800-7000-8000-%012x", n);
}

/* Of answer n, asked at D0 + at: one request of 10 tokens in and 5 out, which cost so much. */
static inline struct ledger_row make_row(unsigned n, int64_t at, const char *model, int64_t nano)
{
    struct ledger_row r = LEDGER_ROW_INIT;

    set_uuid(r.answer, n);
    r.at_us = D0 + at;
    r.uid = ME;
    r.provider = xstrdup("openai");
    r.model = xstrdup(model);
    r.outcome = LEDGER_DONE;
    r.requests = 1;
    r.usage.input_tokens = 10;
    r.usage.output_tokens = 5;
    r.cost_nano = nano;
    if (nano >= 0) {
        strcpy(r.currency, "USD");
        r.price = xstrdup("input 1, currency USD");
    }
    return r;
}

/* The rows are the job's. */
static inline struct store_job *spend_of(const struct ledger_row *rows, size_t n)
{
    struct store_job *j = job(STORE_SPEND);

    j->spend.rows = xcalloc(n, sizeof(*rows));
    memcpy(j->spend.rows, rows, n * sizeof(*rows));
    j->spend.n_rows = n;
    return j;
}

static inline void spend(struct fixture *f, struct ledger_row row)
{
    assert_int_equal(does(f, spend_of(&row, 1)), ERR_NONE);
}

/* Times from D0 on; by: words with spaces between. */
static inline struct store_job *usage_of(int64_t since, int64_t until, const char *by)
{
    struct store_job *j = job(STORE_USAGE);

    j->usage.uid = ME;
    j->usage.since_us = D0 + since;
    j->usage.until_us = D0 + until;
    for (size_t len; *by; by += len + (by[len] == ' ')) {
        len = strcspn(by, " ");
        for (int i = 0; i < STORE_BYS; i++)
            if (strlen(store_usage_names[i]) == len && strncmp(by, store_usage_names[i], len) == 0)
                j->usage.by[j->usage.n_by++] = (enum store_usage_by)i;
    }
    return j;
}

static inline int64_t entry(const msgpack_object *map, const char *name)
{
    int64_t v = -1;
    const msgpack_object *o = mp_get(&map->via.map, name);

    if (o)
        assert_true(mp_int(o, &v));
    return v;
}

static inline void put_entry(char *to, size_t size, const msgpack_object *map, enum store_usage_by by)
{
    const msgpack_object *o = mp_get(&map->via.map, store_usage_names[by]);
    double v = 0;

    if (!o)
        snprintf(to, size, "-");
    else if (o->type == MSGPACK_OBJECT_STR)
        snprintf(to, size, "%.*s", (int)o->via.str.size, o->via.str.ptr);
    else if (mp_double(o, &v))
        snprintf(to, size, "%g", by == STORE_BY_UID ? v : (v - (double)(D0 / SECOND)) / 3600);
}

/* Each group as "what of by: answers/requests cost currency", with ~cached, $saved, !errors, where there are any. Times
 * are hours since D0. */
static inline void assert_usage(struct fixture *f, struct store_job *j, const char *want)
{
    char got[4096] = "", word[80];
    size_t at = 0;
    msgpack_unpacked item;

    if (run(f, j) != ERR_NONE)
        fail_msg("%s", j->error.message);
    msgpack_unpacked_init(&item);
    for (uint32_t i = 0; i < j->n_out; i++) {
        assert_int_equal(msgpack_unpack_next(&item, (const char *)j->out.data, j->out.len, &at),
                         MSGPACK_UNPACK_SUCCESS);
        char *to = got + strlen(got);
        size_t room = sizeof(got) - strlen(got);
        int len = snprintf(to, room, "%s", i ? "|" : "");
        for (size_t k = 0; k < j->usage.n_by; k++) {
            put_entry(word, sizeof(word), &item.data, j->usage.by[k]);
            len += snprintf(to + len, room - (size_t)len, "%s%s", k ? "," : "", word);
        }
        const msgpack_object *currency = mp_get(&item.data.via.map, "currency");
        len += snprintf(to + len, room - (size_t)len, ": %d/%d", (int)entry(&item.data, "answers"),
                        (int)entry(&item.data, "requests"));
        if (currency)
            len += snprintf(to + len, room - (size_t)len, " %lld %.*s", (long long)entry(&item.data, "cost_nano"),
                            (int)currency->via.str.size, currency->via.str.ptr);
        else
            assert_null(mp_get(&item.data.via.map, "cost"));
        if (entry(&item.data, "cache_hits") > 0)
            len += snprintf(to + len, room - (size_t)len, " ~%lld", (long long)entry(&item.data, "cache_hits"));
        if (entry(&item.data, "saved_nano") > 0)
            len += snprintf(to + len, room - (size_t)len, " $%lld", (long long)entry(&item.data, "saved_nano"));
        if (entry(&item.data, "errors") > 0)
            snprintf(to + len, room - (size_t)len, " !%lld", (long long)entry(&item.data, "errors"));
    }
    assert_int_equal(at, j->out.len);
    msgpack_unpacked_destroy(&item);
    assert_string_equal(got, want);
    store_job_free(j);
}

#endif
