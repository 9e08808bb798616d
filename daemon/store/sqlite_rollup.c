/* The ledger's sums by the hour, kept in step with its rows in the same transaction. */
#include "daemon/store/sqlite_ledger.h"
#include <string.h>

static int64_t known(int64_t n)
{
    return n > 0 ? n : 0;
}

static void add_up(const struct ledger_entry *e, int64_t sums[LEDGER_SUMS])
{
    const int64_t *of = e->of;
    int64_t answers = e->arm == 0 ? known(of[COLUMN_ANSWERS]) : 0;
    bool failed = of[COLUMN_OUTCOME] == LEDGER_FAILED || of[COLUMN_OUTCOME] == LEDGER_INTERRUPTED;
    bool compared = of[COLUMN_PROVIDER_COST] >= 0 && ledger_entry_cost(e) >= 0;

    sums[SUM_ANSWERS] = answers;
    sums[SUM_ERRORS] = failed ? answers : 0;
    sums[SUM_CACHED] = of[COLUMN_HOW] == LEDGER_CACHED ? answers : 0;
    sums[SUM_SHARED] = of[COLUMN_HOW] == LEDGER_SHARED ? answers : 0;
    sums[SUM_COST] = known(ledger_entry_cost(e));
    sums[SUM_PREMIUM] = known(of[COLUMN_PREMIUM]);
    if (of[COLUMN_HOW] != LEDGER_FRESH)
        return;
    sums[SUM_REQUESTS] = known(of[COLUMN_REQUESTS]);
    sums[SUM_INPUT] = known(of[COLUMN_INPUT]);
    sums[SUM_CACHED_INPUT] = known(of[COLUMN_CACHED_INPUT]);
    sums[SUM_CACHE_WRITE] = known(of[COLUMN_CACHE_WRITE]);
    sums[SUM_OUTPUT] = known(of[COLUMN_OUTPUT]);
    sums[SUM_REASONING] = known(of[COLUMN_REASONING]);
    sums[SUM_IMAGES] = known(of[COLUMN_IMAGES]);
    sums[SUM_INPUT_AUDIO] = known(of[COLUMN_INPUT_AUDIO]);
    sums[SUM_OUTPUT_AUDIO] = known(of[COLUMN_OUTPUT_AUDIO]);
    sums[SUM_PROVIDER_COST] = known(of[COLUMN_PROVIDER_COST]);
    sums[SUM_COMPARED] = compared ? ledger_entry_cost(e) : 0;
}

size_t ledger_parts(const struct ledger_entry *e, struct ledger_part parts[LEDGER_PARTS_MAX])
{
    const int64_t *of = e->of;
    int64_t currency = ledger_entry_currency(e), saved_in = of[COLUMN_SAVED] > 0 ? of[COLUMN_SAVED_CURRENCY] : 0;
    bool apart = currency && saved_in && currency != saved_in;

    if (of[COLUMN_OUTCOME] == LEDGER_RUNNING)
        return 0;
    memset(parts, 0, LEDGER_PARTS_MAX * sizeof(*parts));
    for (size_t i = 0; i < LEDGER_PARTS_MAX; i++) {
        int64_t *key = parts[i].key;
        key[KEY_HOUR] = e->at_us / HOUR_US;
        key[KEY_UID] = of[COLUMN_UID];
        key[KEY_PROVIDER] = of[COLUMN_PROVIDER];
        key[KEY_MODEL] = of[COLUMN_MODEL];
        key[KEY_CLIENT] = of[COLUMN_CLIENT];
        key[KEY_LABEL] = of[COLUMN_LABEL];
        key[KEY_DIRECTORY] = of[COLUMN_DIRECTORY];
        parts[i].sums[SUM_ENTRIES] = 1;
    }
    parts[0].key[KEY_CURRENCY] = currency ? currency : saved_in;
    add_up(e, parts[0].sums);
    parts[1].key[KEY_CURRENCY] = saved_in;
    parts[apart ? 1 : 0].sums[SUM_SAVED] = saved_in ? of[COLUMN_SAVED] : 0;
    return apart ? 2 : 1;
}

void ledger_add(int64_t sums[LEDGER_SUMS], const int64_t more[LEDGER_SUMS])
{
    for (size_t i = 0; i < LEDGER_SUMS; i++)
        if (__builtin_add_overflow(sums[i], more[i], &sums[i]))
            sums[i] = INT64_MAX;
}

#define PLUS(code, name) ", " #name " = " #name " + excluded." #name

static bool roll_part(struct store_db *db, const struct ledger_part *p)
{
    struct query q = query(db, "INSERT INTO ledger_hour(" LEDGER_KEY LEDGER_SUM_MAP(
                                   LEDGER_NAME) ")"
                                                " VALUES(?, ?, ?, ?, ?, ?, ?, ?" LEDGER_SUM_MAP(
                                                    LEDGER_MARK) ")"
                                                                 " ON CONFLICT(" LEDGER_KEY
                                                                 ") DO UPDATE SET hour = hour" LEDGER_SUM_MAP(PLUS));

    for (size_t i = 0; i < LEDGER_KEYS; i++)
        query_int(&q, p->key[i]);
    for (size_t i = 0; i < LEDGER_SUMS; i++)
        query_int(&q, p->sums[i]);
    return query_run(&q);
}

bool sqlite_roll(struct store_db *db, const struct ledger_entry *e)
{
    struct ledger_part parts[LEDGER_PARTS_MAX];
    size_t n = ledger_parts(e, parts);

    for (size_t i = 0; i < n; i++)
        roll_part(db, &parts[i]);
    return db->fault == SQLITE_OK;
}

static void drop_empty(struct store_db *db, const struct ledger_part *p)
{
    struct query q = query(db, "DELETE FROM ledger_hour WHERE (" LEDGER_KEY ") = (?, ?, ?, ?, ?, ?, ?, ?)"
                               " AND entries = 0");

    for (size_t i = 0; i < LEDGER_KEYS; i++)
        query_int(&q, p->key[i]);
    query_run(&q);
}

bool sqlite_unroll(struct store_db *db, const struct ledger_entry *e)
{
    struct ledger_part parts[LEDGER_PARTS_MAX];
    size_t n = ledger_parts(e, parts);

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < LEDGER_SUMS; k++)
            parts[i].sums[k] = -parts[i].sums[k];
        roll_part(db, &parts[i]);
        drop_empty(db, &parts[i]);
    }
    return db->fault == SQLITE_OK;
}
