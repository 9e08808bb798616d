/* What is read of the ledger: in groups for people, in sums for budgets. */
#include "daemon/store/ledger_groups.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

const char *const store_usage_names[STORE_BYS + 1] = {
    [STORE_BY_MODEL] = "model",
    [STORE_BY_PROVIDER] = "provider",
    [STORE_BY_CLIENT] = "client",
    [STORE_BY_UID] = "uid",
    [STORE_BY_DAY] = "day",
    [STORE_BY_HOUR] = "hour",
    [STORE_BY_DIRECTORY] = "directory",
    [STORE_BY_CONVERSATION] = "conversation",
    [STORE_BY_LABEL] = "label",
    [STORE_BY_HOST] = "host",
};

/* Where it stands in a sum; by conversation no sum is asked. */
static const enum ledger_key key_of[STORE_BYS] = {
    [STORE_BY_MODEL] = KEY_MODEL,
    [STORE_BY_PROVIDER] = KEY_PROVIDER,
    [STORE_BY_CLIENT] = KEY_CLIENT,
    [STORE_BY_UID] = KEY_UID,
    [STORE_BY_DAY] = KEY_HOUR,
    [STORE_BY_HOUR] = KEY_HOUR,
    [STORE_BY_DIRECTORY] = KEY_DIRECTORY,
    [STORE_BY_LABEL] = KEY_LABEL,
    [STORE_BY_HOST] = KEY_HOST,
};

struct sqlite_usage { /* of a read, between its slices */
    struct store_job *job;
    const enum store_usage_by *by; /* the job's, or ours */
    size_t n_by;
    int64_t by_the_day; /* hours before this one are taken together to days */
    struct ledger_scan scan;
    struct ledger_groups *groups;
    bool scanned;
    size_t told;  /* of the groups */
    char **texts; /* by their numbers; NULL: not looked up yet */
    size_t n_texts;
};

struct sqlite_usage *sqlite_usage_free(struct sqlite_usage *u)
{
    if (!u)
        return NULL;
    for (size_t i = 0; i < u->n_texts; i++)
        free(u->texts[i]);
    free(u->texts);
    ledger_groups_free(u->groups);
    free(u);
    return NULL;
}

static bool asks_for(const enum store_usage_by *by, size_t n, enum store_usage_by what)
{
    for (size_t i = 0; i < n; i++)
        if (by[i] == what)
            return true;
    return false;
}

/* The coarsest that tells of all these. */
static enum ledger_grain grain_for(const enum store_usage_by *by, size_t n)
{
    static const enum ledger_grain grains[STORE_BYS] = {
        [STORE_BY_MODEL] = LEDGER_DAYS,      [STORE_BY_PROVIDER] = LEDGER_DAYS, [STORE_BY_CLIENT] = LEDGER_HOURS,
        [STORE_BY_UID] = LEDGER_DAYS,        [STORE_BY_DAY] = LEDGER_DAYS,      [STORE_BY_HOUR] = LEDGER_HOURS,
        [STORE_BY_DIRECTORY] = LEDGER_HOURS, [STORE_BY_LABEL] = LEDGER_HOURS,   [STORE_BY_CONVERSATION] = LEDGER_ROWS,
        [STORE_BY_HOST] = LEDGER_HOURS,
    };
    enum ledger_grain grain = LEDGER_DAYS;

    for (size_t i = 0; i < n; i++)
        grain = grains[by[i]] < grain ? grains[by[i]] : grain;
    return grain;
}

/* Groups */

static bool group(void *data, const struct ledger_part *p, const struct ledger_entry *e)
{
    struct sqlite_usage *u = data;
    int64_t key[GROUP_KEYS] = {[GROUP_CURRENCY] = p->key[KEY_CURRENCY]};

    for (size_t i = 0; i < u->n_by; i++) {
        enum store_usage_by by = u->by[i];
        int64_t is = by == STORE_BY_CONVERSATION ? 0 : p->key[key_of[by]];
        if (by == STORE_BY_DAY || (by == STORE_BY_HOUR && is < u->by_the_day))
            is -= is % DAY_HOURS;
        key[by] = is;
    }
    if (asks_for(u->by, u->n_by, STORE_BY_CONVERSATION) && e && e->in_conversation) {
        memcpy(&key[STORE_BY_CONVERSATION], e->conversation, 8);
        memcpy(&key[GROUP_CONVERSATION_2], e->conversation + 8, 8);
    }
    if (ledger_groups_add(u->groups, key, p->sums))
        return true;
    store_job_too_large(u->job);
    return false;
}

static struct sqlite_usage *begin(struct store_db *db, struct store_job *job, const enum store_usage_by *by, size_t n)
{
    struct sqlite_usage *u = NEW(struct sqlite_usage);

    u->job = job;
    u->by = by;
    u->n_by = n;
    u->scan = (struct ledger_scan){.uid = -1, .each = group, .data = u};
    u->groups = ledger_groups_new(job->out.max);
    sqlite_cursor_new(db, job)->usage = u;
    return u;
}

static struct sqlite_usage *under_way(const struct store_job *job)
{
    const struct sqlite_cursor *c = job->cursor;
    return c ? c->usage : NULL;
}

/* All groups are there, in order; false: not yet, or there is no room for them, as the job says. */
static bool scanned(struct store_db *db, struct sqlite_usage *u)
{
    if (!u->scanned && sqlite_scan(db, &u->scan) && db->fault == SQLITE_OK) {
        ledger_groups_sort(u->groups);
        u->scanned = true;
    }
    return u->scanned && u->job->code == ERR_NONE;
}

static const char *text_of(struct store_db *db, struct sqlite_usage *u, int64_t num)
{
    if (num <= 0)
        return NULL;
    while ((size_t)num >= u->n_texts) {
        u->texts = grow_one(u->texts, u->n_texts, sizeof(*u->texts));
        u->n_texts++;
    }
    if (!u->texts[num])
        u->texts[num] = sqlite_text(db, num);
    return u->texts[num];
}

/* STORE_USAGE */

static void put_by(struct store_db *db, struct sqlite_usage *u, const struct ledger_group *g, enum store_usage_by by)
{
    struct buf *b = &u->job->out;
    int64_t is = g->key[by];
    uint8_t packed[16];
    char id[STORE_ID];

    switch (by) {
    case STORE_BY_UID: mp_put_entry_int(b, store_usage_names[by], is); break;
    case STORE_BY_DAY:
    case STORE_BY_HOUR: mp_put_entry_time(b, store_usage_names[by], is * HOUR_US); break;
    case STORE_BY_CONVERSATION:
        memcpy(packed, &g->key[by], 8);
        memcpy(packed + 8, &g->key[GROUP_CONVERSATION_2], 8);
        sqlite_unpack_id(packed, id);
        mp_put_entry(b, store_usage_names[by], is || g->key[GROUP_CONVERSATION_2] ? id : NULL);
        break;
    default: mp_put_entry(b, store_usage_names[by], text_of(db, u, is)); break;
    }
}

/* Sums that go out as they are. */
static const struct {
    const char *name;
    enum ledger_sum sum;
} counts[] = {
    {"requests", SUM_REQUESTS},
    {"answers", SUM_ANSWERS},
    {"errors", SUM_ERRORS},
    {"cache_hits", SUM_CACHED},
    {"shared", SUM_SHARED},
    {"input_tokens", SUM_INPUT},
    {"cached_input_tokens", SUM_CACHED_INPUT},
    {"cache_write_tokens", SUM_CACHE_WRITE},
    {"output_tokens", SUM_OUTPUT},
    {"reasoning_tokens", SUM_REASONING},
    {"input_audio_tokens", SUM_INPUT_AUDIO},
    {"output_audio_tokens", SUM_OUTPUT_AUDIO},
    {"images", SUM_IMAGES},
    {"provider_cost_nano", SUM_PROVIDER_COST},
    {"compared_nano", SUM_COMPARED},
};
enum { N_COUNTS = sizeof(counts) / sizeof(counts[0]) };

static void put_group(struct store_db *db, struct sqlite_usage *u, const struct ledger_group *g)
{
    struct buf *b = &u->job->out;
    const char *currency = text_of(db, u, g->key[GROUP_CURRENCY]);

    mp_put_map(b, (uint32_t)u->n_by + N_COUNTS + 3 + (currency ? 4 : 0));
    for (size_t i = 0; i < u->n_by; i++)
        put_by(db, u, g, u->by[i]);
    for (size_t i = 0; i < N_COUNTS; i++)
        mp_put_entry_int(b, counts[i].name, g->sums[counts[i].sum]);
    mp_put_entry_nano(b, "premium_requests", g->sums[SUM_PREMIUM]);
    mp_put_entry_int(b, "premium_nano", g->sums[SUM_PREMIUM]);
    mp_put_entry(b, "currency", currency);
    if (currency) {
        mp_put_entry_nano(b, "cost", g->sums[SUM_COST]);
        mp_put_entry_int(b, "cost_nano", g->sums[SUM_COST]);
        mp_put_entry_nano(b, "saved", g->sums[SUM_SAVED]);
        mp_put_entry_int(b, "saved_nano", g->sums[SUM_SAVED]);
    }
}

enum store_step sqlite_usage(struct store_db *db, struct store_job *job)
{
    const struct store_usage *asked = &job->usage;
    struct sqlite_usage *u = under_way(job);

    if (!u) {
        u = begin(db, job, asked->by, asked->n_by);
        u->scan.uid = asked->everybody ? -1 : (int64_t)asked->uid;
        sqlite_scan_begin(db, &u->scan, asked->since_us, asked->until_us, grain_for(asked->by, asked->n_by));
    }
    if (!scanned(db, u))
        return job->code == ERR_NONE && db->fault == SQLITE_OK ? STORE_STEP_MORE : STORE_STEP_DONE;
    while (u->told < ledger_groups_count(u->groups) && !job->out.failed) {
        put_group(db, u, ledger_groups_at(u->groups, u->told++));
        job->n_out++;
        if (sqlite_late(db))
            return STORE_STEP_MORE;
    }
    return STORE_STEP_DONE;
}

/* STORE_SPENT */

static void make_sum(struct store_db *db, struct sqlite_usage *u, const struct ledger_group *g, struct ledger_row *r)
{
    const char *currency = text_of(db, u, g->key[GROUP_CURRENCY]);

    *r = (struct ledger_row)LEDGER_ROW_INIT;
    r->at_us = g->key[STORE_BY_HOUR] * HOUR_US;
    r->uid = (uid_t)g->key[STORE_BY_UID];
    r->client = xstrdup(text_of(db, u, g->key[STORE_BY_CLIENT]));
    r->label = xstrdup(text_of(db, u, g->key[STORE_BY_LABEL]));
    r->directory = xstrdup(text_of(db, u, g->key[STORE_BY_DIRECTORY]));
    r->host = xstrdup(text_of(db, u, g->key[STORE_BY_HOST]));
    r->provider = xstrdup(text_of(db, u, g->key[STORE_BY_PROVIDER]));
    r->model = xstrdup(text_of(db, u, g->key[STORE_BY_MODEL]));
    r->how = LEDGER_FRESH;
    r->outcome = LEDGER_DONE;
    r->requests = g->sums[SUM_REQUESTS];
    r->usage.input_tokens = g->sums[SUM_INPUT];
    r->usage.cached_input_tokens = g->sums[SUM_CACHED_INPUT];
    r->usage.cache_write_tokens = g->sums[SUM_CACHE_WRITE];
    r->usage.output_tokens = g->sums[SUM_OUTPUT];
    r->usage.reasoning_tokens = g->sums[SUM_REASONING];
    r->usage.input_audio_tokens = g->sums[SUM_INPUT_AUDIO];
    r->usage.output_audio_tokens = g->sums[SUM_OUTPUT_AUDIO];
    r->usage.images = g->sums[SUM_IMAGES];
    r->premium_nano = g->sums[SUM_PREMIUM];
    if (currency) {
        r->cost_nano = g->sums[SUM_COST];
        error_text(r->currency, sizeof(r->currency), currency, strlen(currency));
    }
}

enum store_step sqlite_spent(struct store_db *db, struct store_job *job)
{
    static const enum store_usage_by by[] = {STORE_BY_HOUR,     STORE_BY_UID,   STORE_BY_CLIENT,    STORE_BY_LABEL,
                                             STORE_BY_PROVIDER, STORE_BY_MODEL, STORE_BY_DIRECTORY, STORE_BY_HOST};
    struct store_spent *s = &job->spent;
    struct sqlite_usage *u = under_way(job);

    if (!u) {
        u = begin(db, job, by, sizeof(by) / sizeof(by[0]));
        u->by_the_day = s->now_us / HOUR_US / DAY_HOURS * DAY_HOURS;
        sqlite_scan_begin(db, &u->scan, s->since_us - s->since_us % HOUR_US, 0, LEDGER_HOURS);
    }
    if (!scanned(db, u))
        return job->code == ERR_NONE && db->fault == SQLITE_OK ? STORE_STEP_MORE : STORE_STEP_DONE;
    while (u->told < ledger_groups_count(u->groups)) {
        s->rows = grow_one(s->rows, s->n_rows, sizeof(*s->rows));
        make_sum(db, u, ledger_groups_at(u->groups, u->told++), &s->rows[s->n_rows++]);
        if (sqlite_late(db))
            return STORE_STEP_MORE;
    }
    return STORE_STEP_DONE;
}
