#include "daemon/answer/log.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Blocks grow with the log: a short answer takes one small block, a long one few large ones. */
#define BLOCK_MIN 512u
#define BLOCK_MAX (64u << 10)

struct log_block {
    struct log_block *next;
    uint64_t first; /* sequence number of its first event */
    size_t used, cap;
    const uint8_t *data; /* events, each behind its length (uint32_t, little-endian) */
    uint8_t room[];      /* where they are, unless they are somebody else's */
};

struct log {
    unsigned refs;
    struct log_pool *pool;
    size_t max, bytes, charged;
    enum log_state state;
    uint64_t last;
    struct log_block *head, *tail_block;
    struct error *error; /* of an ended log that is not done */
    const uint8_t *tail;
    uint8_t *own_tail; /* where it is, unless it is somebody else's */
    size_t tail_len;
    uint32_t n_tail;
    void (*release)(void *owner); /* of the memory that another owns; NULL: all is ours */
    void *owner;
    LIST_HEAD(, log_waiter) waiters;
    bool dirty;
    TAILQ_ENTRY(log) dirty_link;
};

struct log_pool {
    size_t bytes;
    unsigned logs;
    TAILQ_HEAD(dirty_list, log) dirty;
};

static const char *const state_names[] = {
#define X(code, name) name,
    LOG_STATE_MAP(X)
#undef X
};

const char *log_state_name(enum log_state s)
{
    return state_names[s];
}

bool log_state_from_name(const char *s, size_t len, enum log_state *ret)
{
    for (unsigned i = 0; i < sizeof state_names / sizeof *state_names; i++) {
        if (strlen(state_names[i]) == len && memcmp(state_names[i], s, len) == 0) {
            *ret = (enum log_state)i;
            return true;
        }
    }
    return false;
}

struct log_pool *log_pool_new(void)
{
    struct log_pool *p = NEW(struct log_pool);
    TAILQ_INIT(&p->dirty);
    return p;
}

struct log_pool *log_pool_free(struct log_pool *p)
{
    if (p) {
        assert(p->logs == 0 && p->bytes == 0);
        free(p);
    }
    return NULL;
}

size_t log_pool_bytes(const struct log_pool *p)
{
    return p->bytes;
}

bool log_pool_dirty(const struct log_pool *p)
{
    return !TAILQ_EMPTY(&p->dirty);
}

void log_pool_flush(struct log_pool *p)
{
    struct log *l;
    while ((l = TAILQ_FIRST(&p->dirty))) {
        TAILQ_REMOVE(&p->dirty, l, dirty_link);
        l->dirty = false;
        log_ref(l); /* a woken reader may drop the last reference but this one */
        /* A reader that is woken and waits again goes to a fresh list, so that each is woken once per flush. */
        LIST_HEAD(, log_waiter) woken = LIST_HEAD_INITIALIZER(woken);
        struct log_waiter *w = LIST_FIRST(&l->waiters);
        if (w) {
            woken.lh_first = w;
            w->link.le_prev = &woken.lh_first;
            LIST_INIT(&l->waiters);
        }
        while ((w = LIST_FIRST(&woken))) {
            log_unwait(w);
            w->wake(w);
        }
        log_unref(l);
    }
}

static void charge(struct log *l, size_t bytes)
{
    l->charged += bytes;
    l->pool->bytes += bytes;
}

void log_touch(struct log *l)
{
    if (!l->dirty) {
        l->dirty = true;
        TAILQ_INSERT_TAIL(&l->pool->dirty, l, dirty_link);
    }
}

struct log *log_new(struct log_pool *pool, size_t max)
{
    struct log *l = NEW(struct log);
    l->refs = 1;
    l->pool = pool;
    l->max = max;
    LIST_INIT(&l->waiters);
    pool->logs++;
    charge(l, sizeof *l);
    return l;
}

/* The event at the front, whose length is not to be trusted. 0: there is none, else how many bytes it takes with that.
 */
static size_t front_event(const uint8_t *data, size_t len, uint32_t *ret_len)
{
    uint32_t n;
    if (len < sizeof n)
        return 0;
    memcpy(&n, data, sizeof n);
    *ret_len = n = le32toh(n);
    return n <= len - sizeof n ? sizeof n + n : 0;
}

/* Is it so many events, and nothing else? */
static bool holds_events(const uint8_t *data, size_t len, uint32_t events)
{
    for (; events > 0; events--) {
        uint32_t n;
        size_t taken = front_event(data, len, &n);
        if (!taken)
            return false;
        data += taken;
        len -= taken;
    }
    return len == 0;
}

static void link_block(struct log *l, struct log_block *b)
{
    if (l->tail_block)
        l->tail_block->next = b;
    else
        l->head = b;
    l->tail_block = b;
    charge(l, sizeof *b + (b->data == b->room ? b->cap : 0));
}

/* Full, so that nothing is written there. */
static void add_foreign_block(struct log *l, uint64_t first, const uint8_t *data, size_t len)
{
    struct log_block *b = NEW(struct log_block);
    *b = (struct log_block){.first = first, .used = len, .cap = len, .data = data};
    link_block(l, b);
}

struct log *log_over(struct log_pool *pool, const struct log_whole *w)
{
    if (!holds_events(w->runs, w->runs_len, w->events))
        return NULL;
    struct log *l = log_new(pool, w->runs_len);
    add_foreign_block(l, 1, w->runs, w->runs_len);
    l->bytes = w->runs_len - w->events * sizeof(uint32_t);
    l->last = w->events;
    l->state = LOG_DONE;
    l->tail = w->tail;
    l->tail_len = w->tail_len;
    l->n_tail = w->n_tail;
    l->release = w->release;
    l->owner = w->owner;
    pool->bytes -= l->charged;
    l->charged = 0;
    return l;
}

void log_take_over(struct log *l)
{
    assert(l->charged == 0);
    charge(l, LOG_OVER_BYTES + l->head->used + l->tail_len);
}

static void release_log(void *owner)
{
    log_unref(owner);
}

struct log *log_fork(struct log *from)
{
    struct log *l = log_new(from->pool, SIZE_MAX / 2); /* of from's size, and the event that ends it */
    for (const struct log_block *b = from->head; b; b = b->next)
        add_foreign_block(l, b->first, b->data, b->used);
    l->bytes = from->bytes;
    l->last = from->last;
    l->release = release_log;
    l->owner = log_ref(from);
    return l;
}

struct log *log_ref(struct log *l)
{
    l->refs++;
    return l;
}

struct log *log_unref(struct log *l)
{
    if (!l || --l->refs > 0)
        return NULL;
    assert(LIST_EMPTY(&l->waiters));
    if (l->dirty)
        TAILQ_REMOVE(&l->pool->dirty, l, dirty_link);
    for (struct log_block *b = l->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    l->pool->bytes -= l->charged;
    l->pool->logs--;
    free(l->error);
    free(l->own_tail);
    if (l->release)
        l->release(l->owner);
    free(l);
    return NULL;
}

static bool add_block(struct log *l, size_t need)
{
    const struct log_block *last = l->tail_block;
    size_t cap = last && last->data == last->room ? last->cap * 2 : BLOCK_MIN;
    if (cap > BLOCK_MAX)
        cap = BLOCK_MAX;
    if (cap < need)
        cap = need;
    struct log_block *b = malloc(sizeof *b + cap); /* as large as a provider makes it: no xmalloc */
    if (!b)
        return false;
    *b = (struct log_block){.first = l->last + 1, .cap = cap, .data = b->room};
    link_block(l, b);
    return true;
}

static enum error_code append(struct log *l, const void *event, size_t len)
{
    size_t need = sizeof(uint32_t) + len;
    struct log_block *b = l->tail_block;
    if (!b || b->cap - b->used < need) {
        if (!add_block(l, need))
            return ERR_TOO_LARGE;
        b = l->tail_block;
    }
    uint32_t n = htole32((uint32_t)len);
    memcpy(b->room + b->used, &n, sizeof n);
    memcpy(b->room + b->used + sizeof n, event, len);
    b->used += need;
    l->bytes += len;
    l->last++;
    log_touch(l);
    return ERR_NONE;
}

enum error_code log_append(struct log *l, const void *event, size_t len)
{
    if (l->state != LOG_RUNNING)
        return ERR_INTERNAL;
    if (l->bytes > l->max || len > l->max - l->bytes || len > UINT32_MAX)
        return ERR_TOO_LARGE;
    return append(l, event, len);
}

enum error_code log_append_closing(struct log *l, const void *event, size_t len)
{
    return l->state == LOG_RUNNING ? append(l, event, len) : ERR_INTERNAL;
}

bool log_end(struct log *l, enum log_state state, const struct error *err, const void *tail, size_t tail_len,
             uint32_t n_tail)
{
    assert(state != LOG_RUNNING);
    if (l->state != LOG_RUNNING)
        return false;
    l->state = state;
    if (err && state != LOG_DONE) {
        l->error = NEW(struct error);
        *l->error = *err;
        charge(l, sizeof *err);
    }
    /* The tail repeats what the events hold, so its size is bounded as theirs is. */
    l->tail = l->own_tail = tail_len ? malloc(tail_len) : NULL;
    if (l->own_tail) {
        memcpy(l->own_tail, tail, tail_len);
        l->tail_len = tail_len;
        l->n_tail = n_tail;
        charge(l, tail_len);
    }
    log_touch(l);
    return true;
}

enum log_state log_state(const struct log *l)
{
    return l->state;
}

const struct error *log_failure(const struct log *l)
{
    return l->error;
}

const uint8_t *log_tail(const struct log *l, size_t *len, uint32_t *n)
{
    *len = l->tail_len;
    *n = l->n_tail;
    return l->tail;
}

uint64_t log_last(const struct log *l)
{
    return l->last;
}

size_t log_bytes(const struct log *l)
{
    return l->bytes;
}

size_t log_memory(const struct log *l)
{
    return l->charged;
}

/* The block in which the next event lies, pos being placed before it there; NULL where there is none. */
static const struct log_block *next_block(const struct log *l, struct log_pos *pos)
{
    const struct log_block *b = pos->block ? pos->block : l->head;
    if (!b || pos->seq >= l->last)
        return NULL;
    if (pos->offset == b->used) {
        b = b->next;
        pos->offset = 0;
    }
    return b;
}

bool log_next(const struct log *l, struct log_pos *pos, const uint8_t **event, size_t *len)
{
    const struct log_block *b = next_block(l, pos);
    uint32_t n;
    if (!b)
        return false;
    memcpy(&n, b->data + pos->offset, sizeof n);
    n = le32toh(n);
    *event = b->data + pos->offset + sizeof n;
    *len = n;
    pos->block = b;
    pos->offset += sizeof n + n;
    pos->seq++;
    return true;
}

void log_seek(const struct log *l, struct log_pos *pos, uint64_t seq)
{
    *pos = (struct log_pos){0};
    if (!l->head || seq <= 1)
        return;
    const struct log_block *b = l->head;
    while (b->next && b->next->first <= seq)
        b = b->next;
    pos->block = b;
    pos->seq = b->first - 1;
    const uint8_t *event;
    size_t len;
    while (pos->seq + 1 < seq && log_next(l, pos, &event, &len))
        ;
}

bool log_next_run(const struct log *l, struct log_pos *pos, struct log_run *ret)
{
    const struct log_block *b = next_block(l, pos);
    if (!b)
        return false;
    uint64_t end = b->next ? b->next->first : l->last + 1;
    *ret = (struct log_run){pos->seq + 1, (uint32_t)(end - pos->seq - 1), b->data + pos->offset, b->used - pos->offset};
    *pos = (struct log_pos){b, b->used, end - 1};
    return true;
}

enum error_code log_append_run(struct log *l, const uint8_t *data, size_t len)
{
    while (len > 0) {
        uint32_t n;
        size_t taken = front_event(data, len, &n);
        enum error_code code = taken ? log_append(l, data + taken - n, n) : ERR_BAD_RESPONSE;
        if (code != ERR_NONE)
            return code;
        data += taken;
        len -= taken;
    }
    return ERR_NONE;
}

void log_wait(struct log *l, struct log_waiter *w)
{
    if (w->waiting)
        return;
    w->waiting = true;
    LIST_INSERT_HEAD(&l->waiters, w, link);
}

void log_unwait(struct log_waiter *w)
{
    if (w->waiting) {
        w->waiting = false;
        LIST_REMOVE(w, link);
    }
}
