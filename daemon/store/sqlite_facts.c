/* What a filter of the search asks of a message, close together. A common word is in half of all messages, and to look
 * at each where it lies means to read the whole table of texts; their facts are a fiftieth of it.
 *
 * Facts only say that a message cannot pass. What they let through is looked at where it lies, and so is a message that
 * has none, as in a database that was there before them. They are written as a message comes into the index, since from
 * then on nothing of them changes, and leave when it is purged. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    FACT_BYTES = 28,
    ROW_FACTS = 144, /* as many as a page of the database holds */
    ROW_BYTES = ROW_FACTS * FACT_BYTES
};

struct fact {
    int64_t conversation, created_us; /* conversation 0: there are no facts */
    uint32_t uid;
    uint32_t model, name; /* what filters call it, as prints: "model" and "provider/model" */
};

/* In the file: numbers in the order above, each with its highest byte first. */

static uint8_t *put(uint8_t *at, uint64_t v, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0; v >>= 8)
        at[i] = (uint8_t)v;
    return at + bytes;
}

static uint64_t get(const uint8_t **at, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | *(*at)++;
    return v;
}

static void put_fact(uint8_t *at, const struct fact *f)
{
    at = put(at, (uint64_t)f->conversation, 8);
    at = put(at, (uint64_t)f->created_us, 8);
    at = put(at, f->uid, 4);
    at = put(at, f->model, 4);
    put(at, f->name, 4);
}

static struct fact get_fact(const uint8_t *at)
{
    struct fact f;

    f.conversation = (int64_t)get(&at, 8);
    f.created_us = (int64_t)get(&at, 8);
    f.uid = (uint32_t)get(&at, 4);
    f.model = (uint32_t)get(&at, 4);
    f.name = (uint32_t)get(&at, 4);
    return f;
}

/* FNV-1a; NULL as "". */
static uint32_t print_of(const char *s)
{
    uint32_t h = UINT32_C(2166136261);

    for (; s && *s; s++)
        h = (h ^ (uint8_t)*s) * UINT32_C(16777619);
    return h;
}

/* Rows of facts */

static int64_t row_of(int64_t num)
{
    return (int64_t)((uint64_t)num / ROW_FACTS);
}

static size_t place_of(int64_t num)
{
    return (size_t)((uint64_t)num % ROW_FACTS) * FACT_BYTES;
}

/* Zeros where there is none. */
static void read_row(struct store_db *db, int64_t row, uint8_t bytes[ROW_BYTES])
{
    struct query q = query(db, "SELECT facts FROM search_facts WHERE num = ?");

    memset(bytes, 0, ROW_BYTES);
    query_int(&q, row);
    if (!query_next(&q))
        return;
    struct store_bytes found = query_get(&q, 0);
    if (found.len == ROW_BYTES)
        memcpy(bytes, found.data, ROW_BYTES);
    query_end(&q);
}

static void write_row(struct store_db *db, int64_t row, uint8_t bytes[ROW_BYTES])
{
    static const uint8_t none[ROW_BYTES];
    struct query q;

    if (memcmp(bytes, none, ROW_BYTES) == 0) {
        q = query(db, "DELETE FROM search_facts WHERE num = ?");
        query_int(&q, row);
    } else {
        q = query(db, "INSERT OR REPLACE INTO search_facts(num, facts) VALUES(?, ?)");
        query_int(&q, row);
        query_blob(&q, &(struct store_bytes){bytes, ROW_BYTES});
    }
    query_run(&q);
}

static void store_fact(struct store_db *db, int64_t num, const struct fact *f)
{
    uint8_t bytes[ROW_BYTES];

    read_row(db, row_of(num), bytes);
    put_fact(bytes + place_of(num), f);
    write_row(db, row_of(num), bytes);
}

static bool find_fact(struct store_db *db, int64_t num, struct fact *ret)
{
    struct query q = query(db, "SELECT m.conversation, m.created, c.uid, m.model, m.provider || '/' || m.model"
                               " FROM message m CROSS JOIN conversation c ON c.num = m.conversation WHERE m.num = ?");

    query_int(&q, num);
    if (!query_next(&q))
        return false;
    *ret = (struct fact){query_get_int(&q, 0), query_get_int(&q, 1), (uint32_t)query_get_int(&q, 2),
                         print_of(query_get_text(&q, 3)), print_of(query_get_text(&q, 4))};
    query_end(&q);
    return true;
}

void sqlite_take_facts(struct store_db *db, int64_t num)
{
    struct fact f;

    if (find_fact(db, num, &f))
        store_fact(db, num, &f);
}

void sqlite_drop_facts(struct store_db *db, int64_t num)
{
    store_fact(db, num, &(struct fact){0});
}

/* The sieve. What does not pass stays within SQLite, so a search that finds nothing would not end with its slice: when
 * that is over, the next message is let through, whatever it is. */

enum {
    TOGETHER = 16, /* conversations that are judged at once: to seek one takes as long as to read some */
    KEPT = 16,     /* verdicts: messages of one conversation come near each other */
    GLANCES = 32   /* messages between two glances at the clock, which takes as long as one of them */
};

/* On TOGETHER conversations, a bit for each, the first one's lowest. */
struct verdict {
    int64_t first;        /* its number, a multiple of TOGETHER; -1: none */
    uint32_t live, model; /* it is there for the user, and in the folder asked for; it has the model asked for */
};

struct sqlite_sieve {
    const struct store_search *search;
    uint32_t model; /* its print */
    unsigned asked; /* messages */
    int64_t row;    /* the one that is in bytes; -1: none */
    uint8_t bytes[ROW_BYTES];
    struct verdict verdicts[KEPT];
};

static uint32_t bit_of(int64_t conversation)
{
    return UINT32_C(1) << ((uint64_t)conversation % TOGETHER);
}

/* The pluses keep SQLite from other ways than that by number. */
static void judge_conversations(struct store_db *db, const struct store_search *s, struct verdict *v)
{
    struct query q = query(db, "SELECT c.num, c.model = ?4 FROM conversation c WHERE c.num BETWEEN ?1 AND ?2"
                               " AND +c.uid = ?3 AND +c.state = " CONVERSATION_LIVE);

    query_int(&q, v->first);
    query_int(&q, v->first + TOGETHER - 1);
    query_int(&q, s->uid);
    query_text(&q, s->model);
    while (query_next(&q)) {
        uint32_t bit = bit_of(query_get_int(&q, 0));
        v->live |= bit;
        v->model |= query_get_int(&q, 1) != 0 ? bit : 0;
    }
}

static uint32_t asked_there(struct store_db *db, const struct store_search *s, int64_t first)
{
    uint32_t bits = 0;
    struct query q = query(db, "SELECT p.conversation FROM place p WHERE p.conversation BETWEEN ?1 AND ?2"
                               " AND +p.uid = ?3 AND (?4 IS NULL OR p.directory = ?4)"
                               " AND (?5 IS NULL OR p.host = ?5)");

    query_int(&q, first);
    query_int(&q, first + TOGETHER - 1);
    query_int(&q, s->uid);
    query_text(&q, s->directory);
    query_text(&q, s->host);
    while (query_next(&q))
        bits |= bit_of(query_get_int(&q, 0));
    return bits;
}

static const struct verdict *verdict_on(struct store_db *db, struct sqlite_sieve *s, int64_t conversation)
{
    int64_t at = conversation / TOGETHER;
    struct verdict *v = &s->verdicts[(uint64_t)at % KEPT];

    if (v->first != at * TOGETHER) {
        *v = (struct verdict){.first = at * TOGETHER};
        uint32_t here = s->search->directory || s->search->host ? asked_there(db, s->search, v->first) : UINT32_MAX;
        if (here != 0)
            judge_conversations(db, s->search, v);
        v->live &= here;
    }
    return v;
}

static struct fact fact_of(struct store_db *db, struct sqlite_sieve *s, int64_t num)
{
    if (s->row != row_of(num)) {
        s->row = row_of(num);
        read_row(db, s->row, s->bytes);
    }
    return get_fact(s->bytes + place_of(num));
}

static bool may_pass(struct store_db *db, struct sqlite_sieve *s, int64_t num)
{
    struct fact f = fact_of(db, s, num);

    if (f.conversation <= 0 || (s->asked++ % GLANCES == 0 && sqlite_late(db)))
        return true;
    if (f.uid != (uint32_t)s->search->uid || f.created_us < s->search->since_us)
        return false;
    const struct verdict *v = verdict_on(db, s, f.conversation);
    uint32_t bit = bit_of(f.conversation);
    return (v->live & bit) && (!s->search->model || (v->model & bit) || f.model == s->model || f.name == s->model);
}

static void on_may_pass(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct store_db *db = sqlite3_user_data(context);
    (void)n;

    sqlite3_result_int(context, may_pass(db, db->sieve, sqlite3_value_int64(args[0])));
}

bool sqlite_facts_open(struct store_db *db)
{
    int rc = sqlite3_create_function_v2(db->sql, "may_pass", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, db, on_may_pass, NULL,
                                        NULL, NULL);

    if (rc != SQLITE_OK)
        sqlite_note(db, rc);
    return rc == SQLITE_OK;
}

void sqlite_sieve_begin(struct store_db *db, const struct store_search *search)
{
    db->sieve = NEW(struct sqlite_sieve);
    db->sieve->search = search;
    db->sieve->model = print_of(search->model);
    db->sieve->row = -1;
    for (size_t i = 0; i < KEPT; i++)
        db->sieve->verdicts[i].first = -1;
}

void sqlite_sieve_end(struct store_db *db)
{
    free(db->sieve);
    db->sieve = NULL;
}
