/* The ledger's rows: texts as numbers, rows as entries, and how they are written. */
#include "daemon/store/sqlite_ledger.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Texts. The same few come with every row, so their numbers are kept at hand. */

static size_t slot_of(const char *text)
{
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT32_C(16777619);
    return (hash ^ hash >> 16) % SQLITE_TEXTS;
}

static int64_t find_or_make(struct store_db *db, const char *text)
{
    int64_t num = 0;
    struct query q = query(db, "SELECT num FROM ledger_text WHERE text = ?");

    query_text(&q, text);
    if (query_number(&q, &num) || db->fault != SQLITE_OK)
        return num;
    q = query(db, "INSERT INTO ledger_text(text) VALUES(?)");
    query_text(&q, text);
    return query_run(&q) ? sqlite3_last_insert_rowid(db->sql) : 0;
}

int64_t sqlite_text_num(struct store_db *db, const char *text)
{
    if (!text)
        return 0;
    struct sqlite_known_text *known = &db->texts[slot_of(text)];
    if (known->text && strcmp(known->text, text) == 0)
        return known->num;
    int64_t num = find_or_make(db, text);
    if (num != 0) {
        free(known->text);
        *known = (struct sqlite_known_text){xstrdup(text), num};
    }
    return num;
}

void sqlite_ledger_forget(struct store_db *db)
{
    db->last_day_known = false;
    for (size_t i = 0; i < SQLITE_TEXTS; i++) {
        free(db->texts[i].text);
        db->texts[i] = (struct sqlite_known_text){0};
    }
}

char *sqlite_text(struct store_db *db, int64_t num)
{
    char *text = NULL;

    if (num == 0)
        return NULL;
    struct query q = query(db, "SELECT text FROM ledger_text WHERE num = ?");
    query_int(&q, num);
    if (query_next(&q))
        text = query_get_copy(&q, 0);
    query_end(&q);
    return text;
}

/* Ids, in half their length */

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void pack_id(const char *id, uint8_t ret[16])
{
    size_t at = 0;

    assert(id_valid(id, strlen(id)));
    for (const char *c = id; *c; c++)
        if (*c != '-') {
            ret[at / 2] = (uint8_t)((unsigned)ret[at / 2] << 4 | digit(*c));
            at++;
        }
}

void sqlite_unpack_id(const uint8_t packed[16], char id[STORE_ID])
{
    static const char digits[] = "0123456789abcdef";
    char *c = id;

    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *c++ = '-';
        *c++ = digits[packed[i] >> 4];
        *c++ = digits[packed[i] & 15];
    }
    *c = '\0';
}

/* Entries */

static int64_t us_of(double ms)
{
    return ms < 0 ? -1 : (int64_t)(ms * 1000 + 0.5);
}

static double ms_of(int64_t us)
{
    return us < 0 ? -1 : (double)us / 1000;
}

static const char *text_or_none(const char *s)
{
    return *s ? s : NULL;
}

static void make_entry(struct store_db *db, const struct ledger_row *r, struct ledger_entry *e)
{
    *e = (struct ledger_entry){.at_us = r->at_us,
                               .arm = r->arm,
                               .in_conversation = r->conversation[0] != '\0',
                               .of = {
                                   [COLUMN_UID] = r->uid,
                                   [COLUMN_CLIENT] = sqlite_text_num(db, r->client),
                                   [COLUMN_LABEL] = sqlite_text_num(db, r->label),
                                   [COLUMN_PROVIDER] = sqlite_text_num(db, r->provider),
                                   [COLUMN_MODEL] = sqlite_text_num(db, r->model),
                                   [COLUMN_DIRECTORY] = sqlite_text_num(db, r->directory),
                                   [COLUMN_HOST] = sqlite_text_num(db, r->host),
                                   [COLUMN_HOW] = r->how,
                                   [COLUMN_OUTCOME] = r->outcome,
                                   [COLUMN_ANSWERS] = r->answers,
                                   [COLUMN_REQUESTS] = r->requests,
                                   [COLUMN_INPUT] = r->usage.input_tokens,
                                   [COLUMN_CACHED_INPUT] = r->usage.cached_input_tokens,
                                   [COLUMN_CACHE_WRITE] = r->usage.cache_write_tokens,
                                   [COLUMN_OUTPUT] = r->usage.output_tokens,
                                   [COLUMN_REASONING] = r->usage.reasoning_tokens,
                                   [COLUMN_IMAGES] = r->usage.images,
                                   [COLUMN_INPUT_AUDIO] = r->usage.input_audio_tokens,
                                   [COLUMN_OUTPUT_AUDIO] = r->usage.output_audio_tokens,
                                   [COLUMN_ESTIMATED] = r->usage.estimated,
                                   [COLUMN_PROVIDER_COST] = r->usage.cost_nano,
                                   [COLUMN_COST] = r->cost_nano,
                                   [COLUMN_CURRENCY] = sqlite_text_num(db, text_or_none(r->currency)),
                                   [COLUMN_PRICE] = sqlite_text_num(db, r->price),
                                   [COLUMN_PREMIUM] = r->premium_nano,
                                   [COLUMN_SAVED] = r->saved_nano,
                                   [COLUMN_SAVED_CURRENCY] = sqlite_text_num(db, text_or_none(r->saved_currency)),
                                   [COLUMN_FIRST_US] = us_of(r->first_ms),
                                   [COLUMN_TOTAL_US] = us_of(r->total_ms),
                                   [COLUMN_NEW_COST] = -1,
                               }};
    pack_id(r->answer, e->answer);
    if (e->in_conversation)
        pack_id(r->conversation, e->conversation);
}

static bool get_packed(const struct query *q, int column, uint8_t ret[16])
{
    struct store_bytes b = query_get(q, column);

    if (b.len != 16)
        return false;
    memcpy(ret, b.data, 16);
    return true;
}

void ledger_entry_read(const struct query *q, struct ledger_entry *e)
{
    *e = (struct ledger_entry){.at_us = query_get_int(q, 0), .arm = query_get_int(q, 2)};
    get_packed(q, 1, e->answer);
    e->in_conversation = get_packed(q, 3, e->conversation);
    for (int i = 0; i < LEDGER_COLUMNS; i++)
        e->of[i] = query_get_int(q, 4 + i);
}

static void get_currency(struct store_db *db, int64_t num, char currency[8])
{
    char *text = sqlite_text(db, num);

    error_text(currency, 8, text ? text : "", text ? strlen(text) : 0);
    free(text);
}

void sqlite_entry_row(struct store_db *db, const struct ledger_entry *e, struct ledger_row *ret)
{
    const int64_t *of = e->of;

    *ret = (struct ledger_row){
        .arm = (unsigned)e->arm,
        .at_us = e->at_us,
        .uid = (uid_t)of[COLUMN_UID],
        .client = sqlite_text(db, of[COLUMN_CLIENT]),
        .label = sqlite_text(db, of[COLUMN_LABEL]),
        .directory = sqlite_text(db, of[COLUMN_DIRECTORY]),
        .host = sqlite_text(db, of[COLUMN_HOST]),
        .provider = sqlite_text(db, of[COLUMN_PROVIDER]),
        .model = sqlite_text(db, of[COLUMN_MODEL]),
        .how = (enum ledger_how)of[COLUMN_HOW],
        .outcome = (enum ledger_outcome)of[COLUMN_OUTCOME],
        .answers = of[COLUMN_ANSWERS],
        .requests = of[COLUMN_REQUESTS],
        .usage = {.input_tokens = of[COLUMN_INPUT],
                  .output_tokens = of[COLUMN_OUTPUT],
                  .cached_input_tokens = of[COLUMN_CACHED_INPUT],
                  .cache_write_tokens = of[COLUMN_CACHE_WRITE],
                  .reasoning_tokens = of[COLUMN_REASONING],
                  .input_audio_tokens = of[COLUMN_INPUT_AUDIO],
                  .output_audio_tokens = of[COLUMN_OUTPUT_AUDIO],
                  .images = of[COLUMN_IMAGES],
                  .cost_nano = of[COLUMN_PROVIDER_COST],
                  .estimated = of[COLUMN_ESTIMATED] != 0},
        .cost_nano = ledger_entry_cost(e),
        .price = sqlite_text(db, ledger_entry_price(e)),
        .premium_nano = of[COLUMN_PREMIUM],
        .saved_nano = of[COLUMN_SAVED],
        .first_ms = ms_of(of[COLUMN_FIRST_US]),
        .total_ms = ms_of(of[COLUMN_TOTAL_US]),
    };
    sqlite_unpack_id(e->answer, ret->answer);
    if (e->in_conversation)
        sqlite_unpack_id(e->conversation, ret->conversation);
    get_currency(db, ledger_entry_currency(e), ret->currency);
    get_currency(db, of[COLUMN_SAVED_CURRENCY], ret->saved_currency);
}

int64_t ledger_entry_cost(const struct ledger_entry *e)
{
    return e->of[COLUMN_NEW_CURRENCY] ? e->of[COLUMN_NEW_COST] : e->of[COLUMN_COST];
}

int64_t ledger_entry_currency(const struct ledger_entry *e)
{
    return e->of[COLUMN_NEW_CURRENCY] ? e->of[COLUMN_NEW_CURRENCY] : e->of[COLUMN_CURRENCY];
}

int64_t ledger_entry_price(const struct ledger_entry *e)
{
    return e->of[COLUMN_NEW_CURRENCY] ? e->of[COLUMN_NEW_PRICE] : e->of[COLUMN_PRICE];
}

/* Writing */

#define SET(code, name) ", " #name " = excluded." #name

/* False where it is there already, and has ended, or after a fault. */
static bool put_entry(struct store_db *db, const struct ledger_entry *e)
{
    struct store_bytes answer = {(uint8_t *)(uintptr_t)e->answer, 16};
    struct store_bytes conversation = {(uint8_t *)(uintptr_t)e->conversation, e->in_conversation ? 16 : 0};
    struct query q =
        query(db, "INSERT INTO ledger(" LEDGER_ENTRY ") VALUES(?, ?, ?, ?" LEDGER_COLUMN_MAP(
                      LEDGER_MARK) ")"
                                   " ON CONFLICT(at, answer, arm) DO UPDATE SET conversation = "
                                   "excluded.conversation" LEDGER_COLUMN_MAP(SET) " WHERE ledger.outcome = 0");

    query_int(&q, e->at_us);
    query_blob(&q, &answer);
    query_int(&q, e->arm);
    query_blob(&q, &conversation);
    for (size_t i = 0; i < LEDGER_COLUMNS; i++)
        query_int(&q, e->of[i]);
    return query_run(&q) && sqlite3_changes(db->sql) > 0;
}

void sqlite_put_ledger(struct store_db *db, const struct ledger_row *rows, size_t n)
{
    struct ledger_entry e;

    for (size_t i = 0; i < n && db->fault == SQLITE_OK; i++) {
        make_entry(db, &rows[i], &e);
        if (put_entry(db, &e))
            sqlite_roll(db, &e);
    }
}

enum store_step sqlite_spend(struct store_db *db, struct store_job *job)
{
    sqlite_put_ledger(db, job->spend.rows, job->spend.n_rows);
    return STORE_STEP_DONE;
}

/* What was left running */

static bool next_running(struct store_db *db, const char *answer, struct ledger_entry *e)
{
    uint8_t packed[16];
    struct store_bytes id = {packed, sizeof(packed)};
    struct query q = answer ? query(db, "SELECT " LEDGER_ENTRY " FROM ledger WHERE answer = ? AND outcome = 0 LIMIT 1")
                            : query(db, "SELECT " LEDGER_ENTRY " FROM ledger WHERE answer >= x'' AND outcome = 0"
                                        " LIMIT 1");

    if (answer) {
        pack_id(answer, packed);
        query_blob(&q, &id);
    }
    bool found = query_next(&q);
    if (found)
        ledger_entry_read(&q, e);
    query_end(&q);
    return found;
}

bool sqlite_ledger_runs(struct store_db *db, const char *answer)
{
    struct ledger_entry e;

    return id_valid(answer, strlen(answer)) && next_running(db, answer, &e);
}

bool sqlite_settle(struct store_db *db, const struct store_place *place, const char *answer,
                   const struct store_reply *reply)
{
    struct ledger_entry e;
    struct ledger_row row;

    if (!next_running(db, answer, &e))
        return false;
    sqlite_entry_row(db, &e, &row);
    row.outcome = LEDGER_INTERRUPTED;
    if (place->recovery.settle)
        place->recovery.settle(&row, row.arm == 0 ? reply : NULL);
    sqlite_put_ledger(db, &row, 1);
    ledger_row_done(&row);
    return db->fault == SQLITE_OK;
}
