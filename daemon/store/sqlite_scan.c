/* Walks through what was spent within a time: whole days and hours by their sums, the rest by its rows. */
#include "daemon/store/sqlite_ledger.h"
#include <string.h>

static int64_t oldest_row(struct store_db *db)
{
    int64_t at_us = INT64_MAX;
    struct query q = query(db, "SELECT at FROM ledger WHERE at >= 0 ORDER BY at LIMIT 1");

    query_number(&q, &at_us);
    return at_us;
}

static void add_range(struct ledger_scan *s, enum ledger_grain grain, int64_t from, int64_t until)
{
    if (from < until)
        s->ranges[s->n_ranges++] = (struct ledger_range){grain, from, until};
}

/* Before the first row and the first sum of the range. */
void sqlite_scan_enter(struct ledger_scan *s)
{
    int64_t from = s->ranges[s->range].from;

    s->at_us = from - 1;
    s->n_answer = 0; /* NULL: behind all rows of that moment */
    s->key[0] = from;
    for (size_t i = 1; i < LEDGER_KEYS; i++)
        s->key[i] = -1;
}

static void add_hours(struct store_db *db, struct ledger_scan *s, int64_t from, int64_t until, bool days)
{
    int64_t first = days ? (from + DAY_HOURS - 1) / DAY_HOURS : 0, end = days ? sqlite_last_day(db) + 1 : 0;

    if (end > until / DAY_HOURS)
        end = until / DAY_HOURS;
    if (first >= end) {
        add_range(s, LEDGER_HOURS, from, until);
        return;
    }
    add_range(s, LEDGER_HOURS, from, first * DAY_HOURS);
    add_range(s, LEDGER_DAYS, first, end);
    add_range(s, LEDGER_HOURS, end * DAY_HOURS, until);
}

void sqlite_scan_begin(struct store_db *db, struct ledger_scan *s, int64_t since_us, int64_t until_us,
                       enum ledger_grain grain)
{
    since_us = since_us > 0 ? since_us : 0;
    until_us = until_us > 0 ? until_us : INT64_MAX;
    /* Whole hours between them. */
    int64_t from = since_us / HOUR_US + (since_us % HOUR_US > 0), until = until_us / HOUR_US;

    if (grain == LEDGER_ROWS || from > until) {
        add_range(s, LEDGER_ROWS, since_us, until_us);
    } else {
        /* Rows leave by whole hours: one that begins before the oldest row's has none any more. */
        int64_t end = until < oldest_row(db) / HOUR_US && until * HOUR_US < until_us ? until + 1 : until;
        add_range(s, LEDGER_ROWS, since_us, from * HOUR_US);
        add_hours(db, s, from, end, grain == LEDGER_DAYS);
        add_range(s, LEDGER_ROWS, end * HOUR_US, until_us);
    }
    if (s->n_ranges > 0)
        sqlite_scan_enter(s);
}

/* Each part to whoever asks, until he has enough. */
static void tell(struct ledger_scan *s, const struct ledger_part *parts, size_t n, const struct ledger_entry *e)
{
    for (size_t i = 0; i < n && !s->stopped; i++) {
        bool asked_for = s->uid < 0 || parts[i].key[KEY_UID] == s->uid;
        s->stopped = asked_for && !s->each(s->data, &parts[i], e);
    }
}

/* False: the slice is over, and there may be more in the range. */
static bool scan_rows(struct store_db *db, struct ledger_scan *s)
{
    struct ledger_part parts[LEDGER_PARTS_MAX];
    struct ledger_entry e;
    struct store_bytes answer = {s->answer, s->n_answer};
    struct query q = query(db, "SELECT " LEDGER_ENTRY " FROM ledger WHERE (at, answer, arm) > (?, ?, ?) AND at < ?"
                               " ORDER BY at, answer, arm");

    query_int(&q, s->at_us);
    query_blob(&q, &answer);
    query_int(&q, s->arm);
    query_int(&q, s->ranges[s->range].until);
    while (!s->stopped && query_next(&q)) {
        ledger_entry_read(&q, &e);
        tell(s, parts, ledger_parts(&e, parts), &e);
        if (sqlite_late(db)) {
            s->at_us = e.at_us;
            s->arm = e.arm;
            s->n_answer = sizeof(s->answer);
            memcpy(s->answer, e.answer, sizeof(s->answer));
            query_end(&q);
            return false;
        }
    }
    query_end(&q);
    return true;
}

#define SUMS_BEHIND(table, first, key, marks)                                                                          \
    "SELECT " key LEDGER_SUM_MAP(LEDGER_NAME) " FROM " table " WHERE (" key ") > (" marks ") AND " first " < ?"        \
                                              " ORDER BY " key

static bool scan_sums(struct store_db *db, struct ledger_scan *s)
{
    bool days = s->ranges[s->range].grain == LEDGER_DAYS;
    int n_keys = days ? LEDGER_DAY_KEYS : LEDGER_KEYS;
    struct query q = days ? query(db, SUMS_BEHIND("ledger_day", "day", LEDGER_DAY_KEY, "?, ?, ?, ?, ?"))
                          : query(db, SUMS_BEHIND("ledger_hour", "hour", LEDGER_HOUR_KEY, "?, ?, ?, ?, ?, ?, ?, ?, ?"));

    for (int i = 0; i < n_keys; i++)
        query_int(&q, s->key[i]);
    query_int(&q, s->ranges[s->range].until);
    while (!s->stopped && query_next(&q)) {
        struct ledger_part p = {0};
        for (int i = 0; i < n_keys; i++)
            s->key[i] = p.key[i] = query_get_int(&q, i);
        for (int i = 0; i < LEDGER_SUMS; i++)
            p.sums[i] = query_get_int(&q, n_keys + i);
        if (days)
            p.key[KEY_HOUR] *= DAY_HOURS;
        tell(s, &p, 1, NULL);
        if (sqlite_late(db)) {
            query_end(&q);
            return false;
        }
    }
    query_end(&q);
    return true;
}

bool sqlite_scan(struct store_db *db, struct ledger_scan *s)
{
    while (s->range < s->n_ranges && !s->stopped && db->fault == SQLITE_OK) {
        if (!(s->ranges[s->range].grain == LEDGER_ROWS ? scan_rows(db, s) : scan_sums(db, s)))
            return false;
        if (++s->range < s->n_ranges)
            sqlite_scan_enter(s);
    }
    return true;
}
