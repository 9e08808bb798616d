/* The ledger's sums. Those by the hour are kept in step with its rows, in the same transaction. Those by the day are
 * made of them when the day is over, so that no answer pays for them; what comes late goes into both. */
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
        key[KEY_HOST] = of[COLUMN_HOST];
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
#define ROLL_INTO(table, first, key, marks)                                                                            \
    "INSERT INTO " table "(" key LEDGER_SUM_MAP(LEDGER_NAME) ") VALUES(" marks LEDGER_SUM_MAP(                         \
        LEDGER_MARK) ")"                                                                                               \
                     " ON CONFLICT(" key ") DO UPDATE SET " first " = " first                                          \
                     LEDGER_SUM_MAP(PLUS)

static bool put_sums(struct query q, const int64_t *key, size_t n_keys, const int64_t sums[LEDGER_SUMS])
{
    for (size_t i = 0; i < n_keys; i++)
        query_int(&q, key[i]);
    for (size_t i = 0; i < LEDGER_SUMS; i++)
        query_int(&q, sums[i]);
    return query_run(&q);
}

static void day_key(const struct ledger_part *p, int64_t key[LEDGER_DAY_KEYS])
{
    memcpy(key, p->key, LEDGER_DAY_KEYS * sizeof(*key));
    key[0] = p->key[KEY_HOUR] / DAY_HOURS;
}

static bool roll_into_hour(struct store_db *db, const struct ledger_part *p)
{
    return put_sums(query(db, ROLL_INTO("ledger_hour", "hour", LEDGER_HOUR_KEY, "?, ?, ?, ?, ?, ?, ?, ?, ?")), p->key,
                    LEDGER_KEYS, p->sums);
}

static bool roll_into_day(struct store_db *db, const struct ledger_part *p)
{
    int64_t key[LEDGER_DAY_KEYS];

    day_key(p, key);
    return put_sums(query(db, ROLL_INTO("ledger_day", "day", LEDGER_DAY_KEY, "?, ?, ?, ?, ?")), key, LEDGER_DAY_KEYS,
                    p->sums);
}

int64_t sqlite_last_day(struct store_db *db)
{
    int64_t day = -1;
    struct query q = query(db, "SELECT day FROM ledger_day WHERE day >= 0 ORDER BY day DESC LIMIT 1");

    query_number(&q, &day);
    return day;
}

static bool day_is_made(struct store_db *db, const struct ledger_part *p)
{
    if (!db->last_day_known) {
        db->last_day = sqlite_last_day(db);
        db->last_day_known = db->fault == SQLITE_OK;
    }
    return p->key[KEY_HOUR] / DAY_HOURS <= db->last_day;
}

static void roll_part(struct store_db *db, const struct ledger_part *p)
{
    if (roll_into_hour(db, p) && day_is_made(db, p))
        roll_into_day(db, p);
}

bool sqlite_roll(struct store_db *db, const struct ledger_entry *e)
{
    struct ledger_part parts[LEDGER_PARTS_MAX];
    size_t n = ledger_parts(e, parts);

    for (size_t i = 0; i < n; i++)
        roll_part(db, &parts[i]);
    return db->fault == SQLITE_OK;
}

static void drop_empty(struct query q, const int64_t *key, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++)
        query_int(&q, key[i]);
    query_run(&q);
}

static void unroll_part(struct store_db *db, struct ledger_part *p)
{
    int64_t key[LEDGER_DAY_KEYS];

    for (size_t i = 0; i < LEDGER_SUMS; i++)
        p->sums[i] = -p->sums[i];
    roll_part(db, p);
    day_key(p, key);
    drop_empty(query(db, "DELETE FROM ledger_hour WHERE (" LEDGER_HOUR_KEY ") = (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                         " AND entries = 0"),
               p->key, LEDGER_KEYS);
    drop_empty(query(db, "DELETE FROM ledger_day WHERE (" LEDGER_DAY_KEY ") = (?, ?, ?, ?, ?) AND entries = 0"), key,
               LEDGER_DAY_KEYS);
}

bool sqlite_unroll(struct store_db *db, const struct ledger_entry *e)
{
    struct ledger_part parts[LEDGER_PARTS_MAX];
    size_t n = ledger_parts(e, parts);

    for (size_t i = 0; i < n; i++)
        unroll_part(db, &parts[i]);
    return db->fault == SQLITE_OK;
}

/* Days */

static bool make_day(void *data, const struct ledger_part *p, const struct ledger_entry *e)
{
    (void)e;
    return roll_into_day(data, p);
}

/* The first day that has sums, and is not made; -1: none. */
static int64_t next_day(struct store_db *db)
{
    int64_t hour = -1;
    struct query q = query(db, "SELECT hour FROM ledger_hour WHERE hour >= ? ORDER BY hour LIMIT 1");

    query_int(&q, (sqlite_last_day(db) + 1) * DAY_HOURS);
    return query_number(&q, &hour) ? hour / DAY_HOURS : -1;
}

/* Whole or not at all: that a day is there means that all of it is. */
bool sqlite_make_day(struct store_db *db, int64_t now_us)
{
    struct ledger_scan scan = {.uid = -1, .each = make_day, .data = db};
    int64_t day = next_day(db), day_us = DAY_HOURS * HOUR_US;

    if (day < 0 || (day + 1) * day_us > now_us)
        return false;
    scan.ranges[scan.n_ranges++] = (struct ledger_range){LEDGER_HOURS, day * DAY_HOURS, (day + 1) * DAY_HOURS};
    sqlite_scan_enter(&scan);
    while (!sqlite_scan(db, &scan))
        ;
    db->last_day_known = false;
    return db->fault == SQLITE_OK;
}
