/* ledgerfill DIR [ROWS]: a year of the ledger in the store of DIR, in this process, and a report of all of it.
 *
 * The rows are those of one user who works around the clock: in each hour in four of 40 directories, with two of three
 * clients, asking six of 24 models at four providers. Prints name=value lines: the CPU's time for a row, in
 * transactions of one and of 1000, what summing up all the days took, and what reports by day and model and by day and
 * client took, each with a handle of its own and in the store's slices. */
#include "daemon/store/backend.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR_US INT64_C(3600000000)
#define YEAR_US (365 * 24 * HOUR_US)
#define SLICE_US INT64_C(50000)

enum { TOGETHER = 1000, ALONE = 20000 };

static struct store_place place;
static struct error err;

static void fail(const char *what)
{
    fprintf(stderr, "ledgerfill: %s: %s\n", what, err.message);
    exit(2);
}

static char *text(const char *form, int64_t n)
{
    char s[80];
    snprintf(s, sizeof s, form, (long long)n);
    return xstrdup(s);
}

static struct ledger_row row_at(int64_t at_us)
{
    struct ledger_row r = LEDGER_ROW_INIT;
    int64_t hour = at_us / HOUR_US, model = (hour / 3 + random() % 6) % 24;

    id_new(r.answer);
    r.at_us = at_us;
    r.uid = getuid();
    r.client = text("client-%lld", (hour / 5 + random() % 2) % 3);
    r.directory = text("/home/user/projects/project-%lld", (hour / 2 + random() % 4) % 40);
    r.provider = text("provider-%lld", model % 4);
    r.model = text("some/model-%lld-2026-01-01", model);
    r.outcome = LEDGER_DONE;
    r.requests = 1;
    r.usage.input_tokens = random() % 20000;
    r.usage.cached_input_tokens = r.usage.input_tokens / 2;
    r.usage.output_tokens = random() % 2000;
    r.cost_nano = random() % 100000000;
    strcpy(r.currency, "USD");
    r.price = text("since 2026-01-01, input %lld, output 8, currency USD, source https://example.com/", model + 1);
    r.first_ms = (double)(random() % 1000);
    r.total_ms = r.first_ms + (double)(random() % 10000);
    return r;
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* n rows in a transaction; the time of the CPU that it took. */
static int64_t spend(struct store_db *db, int64_t from_us, int64_t step_us, size_t n)
{
    struct store_job *j = store_job_new(STORE_SPEND, NULL, NULL);

    j->spend.rows = xcalloc(n, sizeof *j->spend.rows);
    for (; j->spend.n_rows < n; j->spend.n_rows++)
        j->spend.rows[j->spend.n_rows] = row_at(from_us + (int64_t)j->spend.n_rows * step_us);
    int64_t began_us = cpu_us();
    if (store_sqlite.begin(db, &err) != ERR_NONE)
        fail("begin");
    store_sqlite.run(db, j, INT64_MAX);
    if (j->code != ERR_NONE || store_sqlite.commit(db, &err) != ERR_NONE)
        fail("spend");
    int64_t took_us = cpu_us() - began_us;
    store_job_free(j);
    return took_us;
}

static void fill(int64_t rows)
{
    struct store_db *db = NULL;
    int64_t now_us = clock_wall_us(), step_us = YEAR_US / rows, took_us = 0, i = 0;

    if (store_sqlite.open(&place, &db, &err) != ERR_NONE)
        fail("open");
    for (; i < rows - ALONE; i += TOGETHER)
        took_us += spend(db, now_us - YEAR_US + i * step_us, step_us, TOGETHER);
    printf("together_us=%.2f\n", (double)took_us / (double)i);
    took_us = 0;
    int64_t before = i;
    for (; i < rows; i++)
        took_us += spend(db, now_us - YEAR_US + i * step_us, step_us, 1);
    printf("alone_us=%.2f\n", (double)took_us / (double)(i - before));
    store_sqlite.close(db);
}

/* What the daemon does once a minute. */
static void sum_up_days(void)
{
    struct store_db *db = NULL;
    struct store_job *j = store_job_new(STORE_EXPIRE, NULL, NULL);

    j->expire.answers_max = INT64_MAX;
    j->expire.now_us = clock_wall_us();
    if (store_sqlite.open(&place, &db, &err) != ERR_NONE || store_sqlite.begin(db, &err) != ERR_NONE)
        fail("open");
    int64_t began_us = clock_mono_us();
    store_sqlite.run(db, j, INT64_MAX);
    if (j->code != ERR_NONE || store_sqlite.commit(db, &err) != ERR_NONE)
        fail("sum up");
    printf("days_us=%lld\n", (long long)(clock_mono_us() - began_us));
    store_sqlite.close(db);
    store_job_free(j);
}

static void report(const char *name, enum store_usage_by by)
{
    struct store_db *db = NULL;
    struct store_job *j = store_job_new(STORE_USAGE, NULL, NULL);
    int slices = 1;

    buf_init(&j->out, 64 << 20);
    j->usage.everybody = true;
    j->usage.since_us = clock_wall_us() - 2 * YEAR_US;
    j->usage.by[j->usage.n_by++] = STORE_BY_DAY;
    j->usage.by[j->usage.n_by++] = by;
    int64_t began_us = clock_mono_us();
    if (store_sqlite.open_reader(&place, &db, &err) != ERR_NONE)
        fail("open");
    while (store_sqlite.run(db, j, clock_mono_us() + SLICE_US) == STORE_STEP_MORE)
        slices++;
    printf("%s_us=%lld\n%s_groups=%u\n%s_slices=%d\n", name, (long long)(clock_mono_us() - began_us), name, j->n_out,
           name, slices);
    if (j->code != ERR_NONE || j->n_out == 0)
        fail("report");
    store_sqlite.close(db);
    buf_done(&j->out);
    store_job_free(j);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "usage: ledgerfill DIR [ROWS]\n"), 2;
    place = (struct store_place){.dir = argv[1], .locking = STORE_LOCKING_SHARED, .path_memory = 1 << 20};
    if (argc < 3 || atoll(argv[2]) > 0)
        fill(argc > 2 ? atoll(argv[2]) : 1000000);
    sum_up_days();
    report("model", STORE_BY_MODEL);
    report("client", STORE_BY_CLIENT);
    return 0;
}
