/* How fast models begin to answer, kept from one start to the next. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/grow.h"
#include <string.h>

static void save(struct store_db *db, const struct store_speed *s)
{
    struct query q = query(db, "INSERT INTO speed(provider, model, first_ms, samples, updated) VALUES(?, ?, ?, ?, ?)"
                               " ON CONFLICT(provider, model) DO UPDATE SET first_ms = excluded.first_ms,"
                               " samples = excluded.samples, updated = excluded.updated");

    query_text(&q, s->provider);
    query_text(&q, s->model);
    query_real(&q, s->first_ms);
    query_int(&q, s->samples);
    query_int(&q, s->updated_us);
    query_run(&q);
}

static void drop_oldest(struct store_db *db)
{
    int64_t n = 0;
    struct query q = query(db, "SELECT count(*) FROM speed WHERE updated > 0");

    if (!query_number(&q, &n) || n <= STORE_SPEEDS_MAX)
        return;
    q = query(db, "DELETE FROM speed WHERE (provider, model) IN"
                  " (SELECT provider, model FROM speed WHERE updated > 0 ORDER BY updated LIMIT ?)");
    query_int(&q, n - STORE_SPEEDS_MAX);
    query_run(&q);
}

/* At once: a slice is time enough for as many rows as there can be. */
enum store_step sqlite_speeds_save(struct store_db *db, struct store_job *job)
{
    const struct store_speeds *s = &job->speeds;

    for (size_t i = 0; i < s->n; i++)
        save(db, &s->speeds[i]);
    drop_oldest(db);
    return STORE_STEP_DONE;
}

static void get_name(const struct query *q, int column, char *ret, size_t size)
{
    const char *name = query_get_text(q, column);

    error_text(ret, size, name ? name : "", name ? strlen(name) : 0);
}

enum store_step sqlite_speeds(struct store_db *db, struct store_job *job)
{
    struct store_speeds *s = &job->speeds;
    struct query q = query(db, "SELECT provider, model, first_ms, samples, updated FROM speed WHERE updated > 0"
                               " ORDER BY updated DESC LIMIT ?");

    query_int(&q, STORE_SPEEDS_MAX);
    while (query_next(&q)) {
        if ((s->n + 1) * sizeof(*s->speeds) > job->out.max) {
            store_job_too_large(job);
            break;
        }
        s->speeds = grow_one(s->speeds, s->n, sizeof(*s->speeds));
        struct store_speed *speed = &s->speeds[s->n++];
        get_name(&q, 0, speed->provider, sizeof(speed->provider));
        get_name(&q, 1, speed->model, sizeof(speed->model));
        speed->first_ms = query_get_real(&q, 2);
        speed->samples = query_get_int(&q, 3);
        speed->updated_us = query_get_int(&q, 4);
    }
    query_end(&q);
    return STORE_STEP_DONE;
}
