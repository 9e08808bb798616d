#include "daemon/answer/table.h"
#include "daemon/core/config.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#define uthash_fatal(msg) abort()
#include <uthash.h>

#define MIB (1ll << 20)
#define RECALLED_SHARE 4 /* a quarter of answer_memory is left to those that run, whatever is recalled */

const struct config_option answer_option_rows[] = {
    {"max_answers", CONFIG_INT, offsetof(struct answer_options, max_answers), 1, 1 << 20, "1024", NULL, CONFIG_RELOAD,
     "How many answers may run at once, those too that wait for what their question brings along. In system mode one "
     "user may have a quarter of them."},
    {"max_answer", CONFIG_SIZE, offsetof(struct answer_options, max_answer), 1024, 1024 * MIB, "32 MiB", NULL,
     CONFIG_RELOAD, "Bytes of events that one answer may have; over it the answer fails and its partial text is kept."},
    {"answer_memory", CONFIG_SIZE, offsetof(struct answer_options, answer_memory), 64 << 10, INT64_MAX, "256 MiB", NULL,
     CONFIG_RELOAD, "Bytes of all answers in memory together. Ended ones leave first, then new questions are refused."},
    {"retain", CONFIG_DURATION, offsetof(struct answer_options, retain_ms), 0, 30ll * 86400 * 1000, "1 h", NULL,
     CONFIG_RELOAD, "How long an answer can be attached to after it has ended."},
    {"retain_max", CONFIG_INT, offsetof(struct answer_options, retain_max), 0, 1 << 24, "10000", NULL, CONFIG_RELOAD,
     "How many ended answers can be attached to at most."},
    {"detached_limit", CONFIG_DURATION, offsetof(struct answer_options, detached_limit_ms), 1000, 30ll * 86400 * 1000,
     "1 h", NULL, CONFIG_RELOAD, "How long a kept answer runs that nobody reads."},
    {0},
};

struct entry {
    char id[ID_LEN + 1];
    struct answer *answer; /* reference */
    int64_t ended_us;      /* monotonic, while it is retained */
    int64_t ended_wall_us;
    bool counted; /* it is one of max_answers */
    enum { ENTRY_RUNNING, ENTRY_ENDED, ENTRY_RECALLED, ENTRY_LISTS } list;
    TAILQ_ENTRY(entry) order; /* in its list */
    UT_hash_handle hh;        /* keeps the order of insertion: oldest first */
};

struct answer_table {
    struct answer_options opt;
    bool share_by_uid;
    struct log_pool *pool;
    struct entry *by_id;
    TAILQ_HEAD(entry_list, entry) lists[ENTRY_LISTS]; /* the oldest first */
    unsigned n[ENTRY_LISTS];
    unsigned counted;
    int64_t surplus_us; /* wall clock: what ended up to then was over retain_max */
};

struct answer_table *answer_table_new(const struct answer_options *opt, bool share_by_uid)
{
    struct answer_table *t = NEW(struct answer_table);
    t->opt = *opt;
    t->share_by_uid = share_by_uid;
    t->pool = log_pool_new();
    for (int i = 0; i < ENTRY_LISTS; i++)
        TAILQ_INIT(&t->lists[i]);
    return t;
}

static void uncount(struct answer_table *t, struct entry *e)
{
    t->counted -= e->counted;
    e->counted = false;
}

static void forget(struct answer_table *t, struct entry *e)
{
    uncount(t, e);
    TAILQ_REMOVE(&t->lists[e->list], e, order);
    t->n[e->list]--;
    HASH_DEL(t->by_id, e);
    answer_unref(e->answer);
    free(e);
}

struct answer_table *answer_table_free(struct answer_table *t)
{
    if (!t)
        return NULL;
    struct entry *e, *next;
    HASH_ITER(hh, t->by_id, e, next)
    {
        forget(t, e);
    }
    log_pool_free(t->pool);
    free(t);
    return NULL;
}

const struct answer_options *answer_table_options(const struct answer_table *t)
{
    return &t->opt;
}

struct log_pool *answer_table_pool(struct answer_table *t)
{
    return t->pool;
}

static bool is_full(const struct answer_table *t)
{
    return log_pool_bytes(t->pool) > (size_t)t->opt.answer_memory;
}

void answer_table_make_room(struct answer_table *t)
{
    struct entry *e;
    while (is_full(t) && (e = TAILQ_FIRST(&t->lists[ENTRY_RECALLED])))
        forget(t, e);
    while ((e = TAILQ_FIRST(&t->lists[ENTRY_ENDED]))) {
        if (t->n[ENTRY_ENDED] > (unsigned)t->opt.retain_max)
            t->surplus_us = e->ended_wall_us;
        else if (!is_full(t))
            break;
        forget(t, e);
    }
}

size_t answer_table_room(const struct answer_table *t)
{
    size_t bytes = log_pool_bytes(t->pool), bound = (size_t)t->opt.answer_memory;
    return bytes < bound ? bound - bytes : 0;
}

void answer_table_configure(struct answer_table *t, const struct answer_options *opt)
{
    t->opt = *opt;
    answer_table_make_room(t);
}

static unsigned running_of(const struct answer_table *t, uid_t uid)
{
    unsigned n = 0;
    const struct entry *e;
    TAILQ_FOREACH (e, &t->lists[ENTRY_RUNNING], order)
        n += e->counted && answer_uid(e->answer) == uid;
    return n;
}

enum error_code answer_table_admit(struct answer_table *t, uid_t uid, struct error *err)
{
    if (t->counted >= (unsigned)t->opt.max_answers)
        return error_set(err, ERR_OVERLOADED, "%lld answers are running (max_answers); try again when some have ended",
                         (long long)t->opt.max_answers);
    if (t->share_by_uid && running_of(t, uid) >= (unsigned)(t->opt.max_answers + 3) / 4)
        return error_set(err, ERR_OVERLOADED, "you have %lld answers running, a quarter of max_answers",
                         (long long)(t->opt.max_answers + 3) / 4);
    answer_table_make_room(t);
    if (is_full(t))
        return error_set(err, ERR_OVERLOADED,
                         "running answers fill answer_memory (%lld bytes); try again when some have ended",
                         (long long)t->opt.answer_memory);
    return ERR_NONE;
}

struct log *answer_table_log(struct answer_table *t)
{
    return log_new(t->pool, (size_t)t->opt.max_answer);
}

static void insert(struct answer_table *t, struct entry *e, int list)
{
    e->list = list;
    TAILQ_INSERT_TAIL(&t->lists[list], e, order);
    t->n[list]++;
}

void answer_table_add(struct answer_table *t, struct answer *a)
{
    struct entry *e = NEW(struct entry);
    memcpy(e->id, answer_id(a), sizeof e->id);
    e->answer = answer_ref(a);
    insert(t, e, ENTRY_RUNNING);
    HASH_ADD_STR(t->by_id, id, e);
}

static struct entry *find(struct answer_table *t, const char *id, size_t len)
{
    struct entry *e = NULL;
    if (len == ID_LEN)
        HASH_FIND(hh, t->by_id, id, (unsigned)len, e);
    return e;
}

void answer_table_count(struct answer_table *t, struct answer *a)
{
    struct entry *e = find(t, answer_id(a), ID_LEN);
    assert(e && e->list == ENTRY_RUNNING && !e->counted);
    e->counted = true;
    t->counted++;
}

bool answer_table_counts(struct answer_table *t, const struct answer *a)
{
    const struct entry *e = find(t, answer_id(a), ID_LEN);
    return e && e->counted;
}

void answer_table_uncount(struct answer_table *t, const struct answer *a)
{
    struct entry *e = find(t, answer_id(a), ID_LEN);
    if (e)
        uncount(t, e);
}

void answer_table_pass_count(struct answer_table *t, struct answer *from, struct answer *to)
{
    struct entry *e = find(t, answer_id(from), ID_LEN);
    if (!e || !e->counted)
        return;
    uncount(t, e);
    answer_table_count(t, to);
}

void answer_table_ended(struct answer_table *t, struct answer *a)
{
    struct entry *e = find(t, answer_id(a), ID_LEN);
    if (!e || e->list != ENTRY_RUNNING)
        return;
    TAILQ_REMOVE(&t->lists[ENTRY_RUNNING], e, order);
    t->n[ENTRY_RUNNING]--;
    uncount(t, e);
    e->ended_us = clock_mono_us();
    e->ended_wall_us = clock_wall_us();
    insert(t, e, ENTRY_ENDED);
    answer_table_make_room(t);
}

/* The first of those that have ended and can come back. */
static struct entry *first_stored(struct answer_table *t)
{
    struct entry *e;
    TAILQ_FOREACH (e, &t->lists[ENTRY_ENDED], order)
        if (answer_stored(e->answer))
            return e;
    return NULL;
}

enum error_code answer_table_admit_recalled(struct answer_table *t, struct error *err)
{
    size_t share = (size_t)t->opt.answer_memory / RECALLED_SHARE * (RECALLED_SHARE - 1);
    struct entry *e;
    while (log_pool_bytes(t->pool) > share && ((e = TAILQ_FIRST(&t->lists[ENTRY_RECALLED])) || (e = first_stored(t))))
        forget(t, e);
    if (log_pool_bytes(t->pool) <= share)
        return ERR_NONE;
    return error_set(err, ERR_OVERLOADED,
                     "answers that are running or being read fill answer_memory (%lld bytes); try again later",
                     (long long)t->opt.answer_memory);
}

void answer_table_add_recalled(struct answer_table *t, struct answer *a, int64_t ended_wall_us)
{
    struct entry *e = NEW(struct entry);
    memcpy(e->id, answer_id(a), sizeof e->id);
    e->answer = answer_ref(a);
    e->ended_wall_us = ended_wall_us;
    e->ended_us = clock_mono_us() - (clock_wall_us() - ended_wall_us);
    insert(t, e, ENTRY_RECALLED);
    HASH_ADD_STR(t->by_id, id, e);
}

void answer_table_drop(struct answer_table *t, struct answer *a)
{
    struct entry *e = find(t, answer_id(a), ID_LEN);
    if (e)
        forget(t, e);
}

struct answer *answer_table_find(struct answer_table *t, uid_t uid, const char *id, size_t len)
{
    struct entry *e = find(t, id, len);
    return e && answer_uid(e->answer) == uid && !answer_hidden(e->answer) ? e->answer : NULL;
}

void answer_table_each(struct answer_table *t, uid_t uid, bool (*each)(void *data, struct answer *a), void *data)
{
    struct entry *e = t->by_id ? ELMT_FROM_HH(t->by_id->hh.tbl, t->by_id->hh.tbl->tail) : NULL;
    for (struct entry *before; e; e = before) {
        before = e->hh.prev;
        if (answer_uid(e->answer) == uid && !answer_hidden(e->answer) && !each(data, e->answer))
            return;
    }
}

int64_t answer_table_not_before_us(const struct answer_table *t)
{
    int64_t retained = clock_wall_us() - t->opt.retain_ms * 1000;
    return retained > t->surplus_us ? retained : t->surplus_us + 1;
}

unsigned answer_table_running(const struct answer_table *t)
{
    return t->n[ENTRY_RUNNING];
}

unsigned answer_table_retained(const struct answer_table *t)
{
    return t->n[ENTRY_ENDED];
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || b < a ? b : a;
}

/* Those of a list that have outlived `retain`. */
static int64_t let_go(struct answer_table *t, int list, int64_t now, int64_t next)
{
    struct entry *e;
    while ((e = TAILQ_FIRST(&t->lists[list]))) {
        int64_t left = e->ended_us + t->opt.retain_ms * 1000 - now;
        if (left > 0)
            return sooner(next, left);
        forget(t, e);
    }
    return next;
}

int64_t answer_table_sweep(struct answer_table *t)
{
    int64_t now = clock_mono_us(), next = -1;
    struct entry *e, *following;
    for (e = TAILQ_FIRST(&t->lists[ENTRY_RUNNING]); e; e = following) {
        following = TAILQ_NEXT(e, order);
        if (answer_readers(e->answer) > 0)
            continue;
        int64_t left = answer_idle_since_us(e->answer) + t->opt.detached_limit_ms * 1000 - now;
        if (left <= 0)
            answer_cancel(e->answer);
        else
            next = sooner(next, left);
    }
    next = let_go(t, ENTRY_ENDED, now, next);
    next = let_go(t, ENTRY_RECALLED, now, next);
    return next < 0 ? -1 : next / 1000 + 1;
}
