/* New costs for old rows of the ledger. The first cost stays beside the new one, and the sums follow. */
#include "daemon/store/sqlite_ledger.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

static struct store_repriced *sum_of(struct store_reprice *r, const char *currency)
{
    for (size_t i = 0; i < r->n_sums; i++)
        if (strcmp(r->sums[i].currency, currency) == 0)
            return &r->sums[i];
    r->sums = grow_one(r->sums, r->n_sums, sizeof(*r->sums));
    struct store_repriced *s = &r->sums[r->n_sums++];
    error_text(s->currency, sizeof(s->currency), currency, strlen(currency));
    return s;
}

static void add_nano(int64_t *sum, int64_t nano)
{
    if (nano > 0 && __builtin_add_overflow(*sum, nano, sum))
        *sum = INT64_MAX;
}

static bool put_cost(struct store_db *db, const struct ledger_entry *e)
{
    struct store_bytes answer = {(uint8_t *)(uintptr_t)e->answer, sizeof(e->answer)};
    struct query q = query(db, "UPDATE ledger SET new_cost = ?, new_currency = ?, new_price = ?"
                               " WHERE at = ? AND answer = ? AND arm = ?");

    query_int(&q, e->of[COLUMN_NEW_COST]);
    query_int(&q, e->of[COLUMN_NEW_CURRENCY]);
    query_int(&q, e->of[COLUMN_NEW_PRICE]);
    query_int(&q, e->at_us);
    query_blob(&q, &answer);
    query_int(&q, e->arm);
    return query_run(&q);
}

/* What the row costs now, where that is known. */
static void reprice_entry(struct store_db *db, struct store_reprice *r, struct ledger_entry *e)
{
    struct ledger_row row;
    struct ledger_entry now = *e;
    char currency[8] = "", *price = NULL;
    int64_t nano = 0;

    sqlite_entry_row(db, e, &row);
    bool known = r->price(r->price_data, &row, &nano, currency, &price);
    if (known) {
        now.of[COLUMN_NEW_COST] = nano;
        now.of[COLUMN_NEW_CURRENCY] = sqlite_text_num(db, currency);
        now.of[COLUMN_NEW_PRICE] = sqlite_text_num(db, price);
    }
    bool changed = ledger_entry_cost(&now) != ledger_entry_cost(e) ||
                   ledger_entry_currency(&now) != ledger_entry_currency(e) ||
                   ledger_entry_price(&now) != ledger_entry_price(e);
    if (changed && sqlite_unroll(db, e) && put_cost(db, &now))
        sqlite_roll(db, &now);
    r->n_rows++;
    r->n_changed += changed;
    if (row.currency[0])
        add_nano(&sum_of(r, row.currency)->before_nano, row.cost_nano);
    if (known)
        add_nano(&sum_of(r, currency)->after_nano, nano);
    else if (row.currency[0])
        add_nano(&sum_of(r, row.currency)->after_nano, row.cost_nano);
    free(price);
    ledger_row_done(&row);
}

/* The first one behind where it stands. */
static bool next_entry(struct store_db *db, const struct store_reprice *r, struct ledger_entry *e)
{
    struct store_bytes answer = {(uint8_t *)(uintptr_t)r->answer, r->at_us < r->since_us ? 0 : sizeof(r->answer)};
    struct query q = query(db, "SELECT " LEDGER_ENTRY " FROM ledger WHERE (at, answer, arm) > (?, ?, ?) AND at < ?"
                               " ORDER BY at, answer, arm LIMIT 1");

    query_int(&q, r->at_us);
    query_blob(&q, &answer);
    query_int(&q, r->arm);
    query_int(&q, r->until_us > 0 ? r->until_us : INT64_MAX);
    bool found = query_next(&q);
    if (found)
        ledger_entry_read(&q, e);
    query_end(&q);
    return found;
}

static void begin(struct store_reprice *r)
{
    free(r->sums);
    r->sums = NULL;
    r->n_sums = r->n_rows = r->n_changed = 0;
    r->at_us = r->since_us - 1;
}

/* The first slice may be run again, the others not: so it begins anew, which gives the same rows the same cost. */
enum store_step sqlite_reprice(struct store_db *db, struct store_job *job)
{
    struct store_reprice *r = &job->reprice;
    struct ledger_entry e;

    if (!job->more)
        begin(r);
    while (next_entry(db, r, &e)) {
        if ((r->everybody || e.of[COLUMN_UID] == (int64_t)r->uid) && e.of[COLUMN_OUTCOME] != LEDGER_RUNNING)
            reprice_entry(db, r, &e);
        r->at_us = e.at_us;
        r->arm = (unsigned)e.arm;
        memcpy(r->answer, e.answer, sizeof(r->answer));
        if (sqlite_late(db))
            return STORE_STEP_MORE;
    }
    return STORE_STEP_DONE;
}
