#include "daemon/engine/gate.h"
#include "daemon/core/timer.h"
#include "daemon/provider/rate_limits.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#define BUCKETS_MAX 256 /* of a provider: the one that was used longest ago is forgotten */
#define KEY_SIZE 160

enum { QUEUE_INTERACTIVE, QUEUE_REST, QUEUES };

struct named_bucket {
    struct bucket bucket;
    char model[128];
    char key[KEY_SIZE]; /* number of the provider's key, and the model */
    unsigned tickets;   /* that wait for it */
    int64_t used_us;
    uint64_t pass; /* of pump: it let nobody else go */
    UT_hash_handle hh;
};

struct gate_ticket {
    struct gate *gate;
    struct gate_wish wish; /* model is not used any more */
    struct named_bucket *bucket;
    gate_opened *open;
    void *data;
    TAILQ_ENTRY(gate_ticket) link;
};

TAILQ_HEAD(ticket_list, gate_ticket);

struct gate {
    char *name;
    struct named_bucket *buckets;
    unsigned active, waiting;
    struct ticket_list queues[QUEUES];
    struct timer *timer; /* until somebody can go */
    uint64_t passes;
    UT_hash_handle hh;
};

struct gate_room {
    uv_loop_t *loop;
    struct gate *gates; /* by name */
};

static void pump(void *data);

static void forget(struct gate *g, struct named_bucket *b)
{
    HASH_DEL(g->buckets, b);
    free(b);
}

static void make_room(struct gate *g)
{
    struct named_bucket *b, *next, *oldest = NULL;
    if (HASH_COUNT(g->buckets) < BUCKETS_MAX)
        return;
    HASH_ITER(hh, g->buckets, b, next)
    if (!b->tickets && (!oldest || b->used_us < oldest->used_us))
        oldest = b;
    if (oldest)
        forget(g, oldest);
}

static struct named_bucket *bucket_of(struct gate *g, const char *model, unsigned which, int64_t now_us)
{
    struct named_bucket *b;
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "%u %s", which, model);
    HASH_FIND_STR(g->buckets, key, b);
    if (!b) {
        make_room(g);
        b = NEW(struct named_bucket);
        bucket_init(&b->bucket);
        error_text(b->model, sizeof b->model, model, strlen(model));
        memcpy(b->key, key, sizeof key);
        HASH_ADD_STR(g->buckets, key, b);
    }
    b->used_us = now_us;
    return b;
}

struct gate_room *gate_room_new(uv_loop_t *loop)
{
    struct gate_room *room = NEW(struct gate_room);
    room->loop = loop;
    return room;
}

struct gate_room *gate_room_free(struct gate_room *room)
{
    struct gate *g, *next;
    HASH_ITER(hh, room->gates, g, next)
    {
        assert(!g->waiting);
        HASH_DEL(room->gates, g);
        while (g->buckets)
            forget(g, g->buckets);
        timer_free(g->timer);
        free(g->name);
        free(g);
    }
    free(room);
    return NULL;
}

struct gate *gate_of(struct gate_room *room, const char *provider)
{
    struct gate *g;
    HASH_FIND_STR(room->gates, provider, g);
    if (g)
        return g;
    g = NEW(struct gate);
    g->name = xstrdup(provider);
    for (size_t i = 0; i < QUEUES; i++)
        TAILQ_INIT(&g->queues[i]);
    g->timer = timer_new(room->loop, pump, g);
    HASH_ADD_KEYPTR(hh, room->gates, g->name, strlen(g->name), g);
    return g;
}

static struct ticket_list *queue_of(struct gate *g, const struct gate_wish *wish)
{
    return &g->queues[wish->interactive ? QUEUE_INTERACTIVE : QUEUE_REST];
}

static void take_out(struct gate_ticket *t)
{
    TAILQ_REMOVE(queue_of(t->gate, &t->wish), t, link);
    t->gate->waiting--;
    t->bucket->tickets--;
}

static void tell(struct gate_ticket *t, const struct bucket_mark *mark, const struct error *err)
{
    gate_opened *open = t->open;
    void *data = t->data;
    take_out(t);
    free(t);
    open(data, mark, err);
}

static enum error_code refuse(const struct gate *g, int64_t wait_us, struct error *err)
{
    double seconds = ceil((double)wait_us / 1e6);
    error_set(err, ERR_RATE_LIMITED, "%s takes no more requests for %.0f s, as its rate limit tells", g->name, seconds);
    if (err)
        err->retry_after = seconds;
    return ERR_RATE_LIMITED;
}

static bool too_long(int64_t wait_us)
{
    return wait_us > GATE_WAIT_MAX_MS * 1000ll;
}

static struct bucket_mark take(struct gate *g, struct named_bucket *b, struct bucket_cost cost, int64_t now_us)
{
    g->active++;
    return bucket_take(&b->bucket, now_us, cost);
}

/* The first whose turn it is, with how long it has to wait all the same: 0, or too long. NULL where nobody can go;
 * *wait_us is then when somebody can, -1: when somebody leaves. */
static struct gate_ticket *next_ticket(struct gate *g, int64_t now_us, int64_t *wait_us)
{
    struct gate_ticket *t;
    uint64_t pass = ++g->passes;
    *wait_us = -1;
    for (size_t q = 0; q < QUEUES; q++) {
        TAILQ_FOREACH (t, &g->queues[q], link) {
            if (g->active >= (uint64_t)t->wish.max_active)
                return NULL;
            if (t->bucket->pass == pass)
                continue; /* one before it waits for the same */
            int64_t wait = bucket_wait_us(&t->bucket->bucket, now_us, t->wish.cost);
            if (wait == 0 || too_long(wait)) {
                *wait_us = wait;
                return t;
            }
            t->bucket->pass = pass;
            if (*wait_us < 0 || wait < *wait_us)
                *wait_us = wait;
        }
    }
    return NULL;
}

static void pump(void *data)
{
    struct gate *g = data;
    struct gate_ticket *t;
    int64_t now = clock_mono_us(), wait;
    while ((t = next_ticket(g, now, &wait))) {
        struct error err = ERROR_INIT;
        if (wait > 0) {
            refuse(g, wait, &err);
            tell(t, NULL, &err);
        } else {
            struct bucket_mark mark = take(g, t->bucket, t->wish.cost, now);
            tell(t, &mark, NULL);
        }
        now = clock_mono_us();
    }
    if (wait > 0)
        timer_start(g->timer, wait / 1000 + 1);
}

static bool must_queue(struct gate *g, const struct gate_wish *wish, const struct named_bucket *b)
{
    return g->active >= (uint64_t)wish->max_active || b->tickets > 0;
}

enum error_code gate_enter(struct gate *g, const struct gate_wish *wish, gate_opened *open, void *data,
                           struct gate_ticket **ret, struct bucket_mark *mark, struct error *err)
{
    int64_t now = clock_mono_us();
    struct named_bucket *b = bucket_of(g, wish->model, wish->key, now);
    int64_t wait = bucket_wait_us(&b->bucket, now, wish->cost);
    if (too_long(wait))
        return refuse(g, wait, err);
    *ret = NULL;
    if (wait == 0 && !must_queue(g, wish, b)) {
        *mark = take(g, b, wish->cost, now);
        return ERR_NONE;
    }
    if (g->waiting >= (uint64_t)wish->max_waiting)
        return error_set(err, ERR_OVERLOADED, "%u requests wait for their turn at %s already (max_waiting)", g->waiting,
                         g->name);
    struct gate_ticket *t = NEW(struct gate_ticket);
    *t = (struct gate_ticket){.gate = g, .wish = *wish, .bucket = b, .open = open, .data = data};
    TAILQ_INSERT_TAIL(queue_of(g, wish), t, link);
    g->waiting++;
    b->tickets++;
    if (g->active < (uint64_t)wish->max_active)
        timer_start(g->timer, 0);
    *ret = t;
    return ERR_NONE;
}

void gate_cancel(struct gate_ticket *t)
{
    take_out(t);
    free(t);
}

/* Not pumped from here: whoever leaves may be in the midst of ending. */
void gate_leave(struct gate *g)
{
    assert(g->active > 0);
    g->active--;
    if (g->waiting)
        timer_start(g->timer, 0);
}

void gate_hear(struct gate *g, const char *model, unsigned key, const struct bucket_mark *mark,
               const struct response_head *head, const struct error *err)
{
    struct limit limits[LIMITS_MAX];
    int64_t now = clock_mono_us();
    size_t n = head ? rate_limits_read(head, clock_wall_us(), limits, LIMITS_MAX) : 0;
    /* One that wants to be left alone for longer than anybody would wait says so itself to whoever asks. */
    bool block = err && err->code == ERR_RATE_LIMITED && err->retry_after * 1000 <= GATE_WAIT_MAX_MS;
    struct named_bucket *b = bucket_of(g, model, key, now);
    if (head)
        bucket_learn(&b->bucket, limits, n, mark, now);
    else
        bucket_end(&b->bucket, mark, now);
    if (block)
        bucket_block(&b->bucket, now, err->retry_after);
    if (g->waiting)
        timer_start(g->timer, 0);
}

void gate_report(const struct gate *g, struct gate_report *ret)
{
    *ret = (struct gate_report){g->active, g->waiting};
}

void gate_each_limit(const struct gate *g, void (*each)(void *data, const char *model, const struct limit *limit),
                     void *data)
{
    const struct named_bucket *b;
    struct limit limits[LIMITS_MAX];
    int64_t now = clock_mono_us();
    for (b = g->buckets; b; b = b->hh.next) {
        size_t n = bucket_report(&b->bucket, now, limits, LIMITS_MAX);
        for (size_t i = 0; i < n; i++)
            each(data, b->model, &limits[i]);
    }
}
