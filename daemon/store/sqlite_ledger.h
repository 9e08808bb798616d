/* What the files of the ledger share (job.h says what it is): sqlite_ledger.c has its rows and writes them,
 * sqlite_rollup.c their sums by the hour and by the day, sqlite_scan.c walks
 * through both for sqlite_usage.c, sqlite_reprice.c new costs.
 *
 * An *entry* is a row of the ledger as the table has it: all numbers but the ids, with texts as the numbers that
 * ledger_text gave them, 0 for none. A *part* is what an entry adds to the sums under one key. */
#ifndef ASKD_STORE_SQLITE_LEDGER_H
#define ASKD_STORE_SQLITE_LEDGER_H

#include "daemon/store/sqlite_internal.h"

/* Columns of ledger behind its key (at, answer, arm) and conversation. Counts and money: -1 where not known. */
#define LEDGER_COLUMN_MAP(X)                                                                                           \
    X(COLUMN_UID, uid)                                                                                                 \
    X(COLUMN_CLIENT, client)                                                                                           \
    X(COLUMN_LABEL, label)                                                                                             \
    X(COLUMN_PROVIDER, provider)                                                                                       \
    X(COLUMN_MODEL, model)                                                                                             \
    X(COLUMN_DIRECTORY, directory)                                                                                     \
    X(COLUMN_HOST, host)                                                                                               \
    X(COLUMN_HOW, how)                                                                                                 \
    X(COLUMN_OUTCOME, outcome)                                                                                         \
    X(COLUMN_ANSWERS, answers)                                                                                         \
    X(COLUMN_REQUESTS, requests)                                                                                       \
    X(COLUMN_INPUT, input)                                                                                             \
    X(COLUMN_CACHED_INPUT, cached_input)                                                                               \
    X(COLUMN_CACHE_WRITE, cache_write)                                                                                 \
    X(COLUMN_OUTPUT, output)                                                                                           \
    X(COLUMN_REASONING, reasoning)                                                                                     \
    X(COLUMN_IMAGES, images)                                                                                           \
    X(COLUMN_INPUT_AUDIO, input_audio)                                                                                 \
    X(COLUMN_OUTPUT_AUDIO, output_audio)                                                                               \
    X(COLUMN_ESTIMATED, estimated)                                                                                     \
    X(COLUMN_PROVIDER_COST, provider_cost)                                                                             \
    X(COLUMN_COST, cost)                                                                                               \
    X(COLUMN_CURRENCY, currency)                                                                                       \
    X(COLUMN_PRICE, price)                                                                                             \
    X(COLUMN_PREMIUM, premium)                                                                                         \
    X(COLUMN_SAVED, saved)                                                                                             \
    X(COLUMN_SAVED_CURRENCY, saved_currency)                                                                           \
    X(COLUMN_FIRST_US, first_us)                                                                                       \
    X(COLUMN_TOTAL_US, total_us)                                                                                       \
    X(COLUMN_NEW_COST, new_cost)         /* by STORE_REPRICE; what came first stays beside it */                       \
    X(COLUMN_NEW_CURRENCY, new_currency) /* 0: it was never given another cost */                                      \
    X(COLUMN_NEW_PRICE, new_price)
enum ledger_column {
#define X(code, name) code,
    LEDGER_COLUMN_MAP(X)
#undef X
        LEDGER_COLUMNS
};

/* The key of ledger_hour: hours since 1970, and numbers of texts. Days of ledger_day have the first of them alone. */
#define LEDGER_KEY_MAP(X)                                                                                              \
    X(KEY_HOUR, hour)                                                                                                  \
    X(KEY_UID, uid)                                                                                                    \
    X(KEY_PROVIDER, provider)                                                                                          \
    X(KEY_MODEL, model)                                                                                                \
    X(KEY_CURRENCY, currency)                                                                                          \
    X(KEY_CLIENT, client)                                                                                              \
    X(KEY_LABEL, label)                                                                                                \
    X(KEY_DIRECTORY, directory)                                                                                        \
    X(KEY_HOST, host)
#define LEDGER_HOUR_KEY "hour, uid, provider, model, currency, client, label, directory, host" /* as the map has it */
#define LEDGER_DAY_KEY "day, uid, provider, model, currency"
enum ledger_key {
#define X(code, name) code,
    LEDGER_KEY_MAP(X)
#undef X
        LEDGER_KEYS,
    LEDGER_DAY_KEYS = KEY_CLIENT /* the first one is the day */
};

/* What is summed up in both. Tokens are those that went to a provider. */
#define LEDGER_SUM_MAP(X)                                                                                              \
    X(SUM_ENTRIES, entries)                                                                                            \
    X(SUM_ANSWERS, answers)                                                                                            \
    X(SUM_REQUESTS, requests)                                                                                          \
    X(SUM_ERRORS, errors)                                                                                              \
    X(SUM_CACHED, cached)                                                                                              \
    X(SUM_SHARED, shared)                                                                                              \
    X(SUM_INPUT, input)                                                                                                \
    X(SUM_CACHED_INPUT, cached_input)                                                                                  \
    X(SUM_CACHE_WRITE, cache_write)                                                                                    \
    X(SUM_OUTPUT, output)                                                                                              \
    X(SUM_REASONING, reasoning)                                                                                        \
    X(SUM_IMAGES, images)                                                                                              \
    X(SUM_INPUT_AUDIO, input_audio)                                                                                    \
    X(SUM_OUTPUT_AUDIO, output_audio)                                                                                  \
    X(SUM_COST, cost)                                                                                                  \
    X(SUM_PROVIDER_COST, provider_cost)                                                                                \
    X(SUM_COMPARED, compared)                                                                                          \
    X(SUM_PREMIUM, premium)                                                                                            \
    X(SUM_SAVED, saved)
enum ledger_sum {
#define X(code, name) code,
    LEDGER_SUM_MAP(X)
#undef X
        LEDGER_SUMS
};

#define HOUR_US INT64_C(3600000000)
#define DAY_HOURS 24

#define LEDGER_NAME(code, name) ", " #name
#define LEDGER_MARK(code, name) ", ?"

struct ledger_entry {
    int64_t at_us, arm;
    uint8_t answer[16], conversation[16];
    bool in_conversation;
    int64_t of[LEDGER_COLUMNS];
};

struct ledger_part {
    int64_t key[LEDGER_KEYS], sums[LEDGER_SUMS];
};

/* Texts. The number of one, which gets one where it has none; 0 for NULL and after a fault. */
int64_t sqlite_text_num(struct store_db *db, const char *text);
char *sqlite_text(struct store_db *db, int64_t num); /* the caller's; NULL for 0 */

void sqlite_unpack_id(const uint8_t packed[16], char id[STORE_ID]);

/* Entries. To select one, and the next row as one. */
#define LEDGER_ENTRY "at, answer, arm, conversation" LEDGER_COLUMN_MAP(LEDGER_NAME)
void ledger_entry_read(const struct query *q, struct ledger_entry *e);
void sqlite_entry_row(struct store_db *db, const struct ledger_entry *e, struct ledger_row *ret); /* the caller's */
/* What counts: the newest figure there is. */
int64_t ledger_entry_cost(const struct ledger_entry *e);
int64_t ledger_entry_currency(const struct ledger_entry *e);
int64_t ledger_entry_price(const struct ledger_entry *e);

/* Sums. Those of an entry: none while it runs, two where what it saved is in another currency than what it cost. */
enum { LEDGER_PARTS_MAX = 2 };
size_t ledger_parts(const struct ledger_entry *e, struct ledger_part parts[LEDGER_PARTS_MAX]);
void ledger_add(int64_t sums[LEDGER_SUMS], const int64_t more[LEDGER_SUMS]); /* what does not fit is INT64_MAX */
bool sqlite_roll(struct store_db *db, const struct ledger_entry *e);         /* into them; false after a fault */
bool sqlite_unroll(struct store_db *db, const struct ledger_entry *e);       /* out of them */
/* The last day that ledger_day has; all before it are there too. -1: none. */
int64_t sqlite_last_day(struct store_db *db);

/* What a time is read from: nothing but rows; sums of whole hours too; those of whole days too, which tell of no
 * client, label, directory or host. */
enum ledger_grain { LEDGER_ROWS, LEDGER_HOURS, LEDGER_DAYS };
enum { LEDGER_RANGES_MAX = 5 };

/* Parts within a time, in slices. It is a plain value, and begins as {.uid, .each, .data}. */
struct ledger_scan {
    int64_t uid; /* -1: everybody's */
    bool (*each)(void *data, const struct ledger_part *p, const struct ledger_entry *e /* NULL: a sum */);
    void *data; /* each: false ends the scan */
    struct ledger_range {
        enum ledger_grain grain;
        int64_t from, until; /* until is not part of it. Times, hours or days since 1970 */
    } ranges[LEDGER_RANGES_MAX];
    size_t n_ranges, range; /* and where in that it stands: behind this row, or this sum */
    int64_t at_us, arm, key[LEDGER_KEYS];
    uint8_t answer[16];
    size_t n_answer;
    bool stopped;
};
/* until_us 0: no end. */
void sqlite_scan_begin(struct store_db *db, struct ledger_scan *s, int64_t since_us, int64_t until_us,
                       enum ledger_grain grain);
void sqlite_scan_enter(struct ledger_scan *s);                /* begins the first of the ranges that it has */
bool sqlite_scan(struct store_db *db, struct ledger_scan *s); /* false: the slice is over; true after a fault too */

#endif
