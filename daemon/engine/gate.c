#include "daemon/engine/gate.h"
#include "daemon/core/timer.h"
#include "daemon/engine/turns.h"
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
#define TELL_TICK_MS 100 /* while somebody waits: who is to be told of it? */

enum { QUEUE_INTERACTIVE, QUEUE_REST, QUEUES };

struct named_bucket {
    struct bucket bucket;
    char model[128];
    char key[KEY_SIZE]; /* number of the provider's key, and the model */
    unsigned tickets;   /* that wait for it */
    /* Whose turn came, and who waits for its limit: nobody of its queue goes before, however little he wants of it. */
    struct gate_ticket *held[QUEUES];
    int64_t used_us;
    uint64_t pass; /* of pump: it let nobody else go */
    UT_hash_handle hh;
};

struct gate_ticket {
    struct gate *gate;
    struct gate_wish wish; /* its strings are not used any more */
    struct named_bucket *bucket;
    const struct gate_hooks *hooks;
    void *data;
    struct turn turn;
    struct place_told told;
    bool due; /* to be told, by this link: */
    TAILQ_ENTRY(gate_ticket) link;
};

struct gate {
    char *name;
    struct named_bucket *buckets;
    unsigned active, waiting;
    unsigned wanted; /* buckets that somebody waits for */
    bool left;       /* a place is free again, for those who wait: pump gives it */
    struct turns turns[QUEUES];
    struct timer *timer; /* until somebody can go */
    struct timer *teller;
    TAILQ_HEAD(, gate_ticket) due; /* to be told their places */
    uint64_t passes;
    UT_hash_handle hh;
};

struct gate_room {
    uv_loop_t *loop;
    struct gate *gates; /* by name */
};

static void pump(void *data);
static void tell_places(void *data);

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
        timer_free(g->teller);
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
        turns_init(&g->turns[i]);
    TAILQ_INIT(&g->due);
    g->timer = timer_new(room->loop, pump, g);
    g->teller = timer_new(room->loop, tell_places, g);
    HASH_ADD_KEYPTR(hh, room->gates, g->name, strlen(g->name), g);
    return g;
}

static unsigned queue_of(const struct gate_ticket *t)
{
    return t->wish.interactive ? QUEUE_INTERACTIVE : QUEUE_REST;
}

static bool is_held(const struct gate_ticket *t)
{
    return t->bucket->held[queue_of(t)] == t;
}

static struct gate_ticket *put_in(struct gate *g, const struct gate_wish *wish, struct named_bucket *b)
{
    struct gate_ticket *t = NEW(struct gate_ticket);
    *t = (struct gate_ticket){.gate = g, .wish = *wish, .bucket = b, .told.since_us = clock_mono_us()};
    turns_add(&g->turns[queue_of(t)], &t->turn, t, wish->uid, wish->client);
    g->waiting++;
    g->wanted += b->tickets++ == 0;
    if (!timer_active(g->teller))
        timer_start(g->teller, TELL_TICK_MS);
    return t;
}

/* served: its turn has come, and its client's next one waits for the others'. */
static void take_out(struct gate_ticket *t, bool served)
{
    struct gate *g = t->gate;
    (served ? turns_serve : turns_remove)(&g->turns[queue_of(t)], &t->turn);
    if (is_held(t))
        t->bucket->held[queue_of(t)] = NULL;
    if (t->due)
        TAILQ_REMOVE(&g->due, t, link);
    g->waiting--;
    g->wanted -= --t->bucket->tickets == 0;
}

static void open_for(struct gate_ticket *t, const struct bucket_mark *mark, const struct error *err)
{
    const struct gate_hooks *hooks = t->hooks;
    void *data = t->data;
    take_out(t, !err);
    free(t);
    hooks->opened(data, mark, err);
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
 * *wait_us is then when somebody can, -1: when somebody leaves. Mostly the first that is looked at; only those are
 * passed over who wait for a limit that is known to hold. */
static struct gate_ticket *next_ticket(struct gate *g, int64_t now_us, int64_t *wait_us)
{
    const struct turn *turn;
    uint64_t pass = ++g->passes;
    unsigned n_closed = 0;
    *wait_us = -1;
    for (size_t q = 0; q < QUEUES; q++) {
        for (turn = turns_next(&g->turns[q], NULL); turn; turn = turns_next(&g->turns[q], turn)) {
            struct gate_ticket *t = turn->owner;
            struct named_bucket *b = t->bucket;
            if (g->active >= (uint64_t)t->wish.max_active || n_closed == g->wanted)
                return NULL;
            if (b->pass == pass || (b->held[q] && b->held[q] != t))
                continue; /* one before it waits for the same */
            int64_t wait = bucket_wait_us(&b->bucket, now_us, t->wish.cost);
            if (wait == 0 || too_long(wait)) {
                *wait_us = wait;
                return t;
            }
            b->held[q] = t;
            b->pass = pass;
            n_closed++;
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
            open_for(t, NULL, &err);
        } else {
            struct bucket_mark mark = take(g, t->bucket, t->wish.cost, now);
            open_for(t, &mark, NULL);
        }
        now = clock_mono_us();
    }
    g->left = false;
    if (wait > 0)
        timer_start(g->timer, wait / 1000 + 1);
}

static bool must_queue(struct gate *g, const struct gate_wish *wish, const struct named_bucket *b)
{
    return g->active >= (uint64_t)wish->max_active || b->tickets > 0 || g->left;
}

enum error_code gate_enter(struct gate *g, const struct gate_wish *wish, const struct gate_hooks *hooks, void *data,
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
    *ret = put_in(g, wish, b);
    (*ret)->hooks = hooks;
    (*ret)->data = data;
    if (g->active < (uint64_t)wish->max_active)
        timer_start(g->timer, 0);
    return ERR_NONE;
}

void gate_cancel(struct gate_ticket *t)
{
    take_out(t, false);
    free(t);
}

/* Not pumped from here: whoever leaves may be in the midst of ending. */
void gate_leave(struct gate *g)
{
    assert(g->active > 0);
    g->active--;
    g->left = g->waiting > 0;
    if (g->left)
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

/* -- what those who wait are told -- */

struct numbering {
    int64_t now_us;
    unsigned n;
};

static void number(void *data, struct turn *turn)
{
    struct numbering *numbering = data;
    struct gate_ticket *t = turn->owner;
    struct gate *g = t->gate;
    struct place p = {.nth = ++numbering->n, .of = g->waiting};
    int64_t wait = is_held(t) ? bucket_wait_us(&t->bucket->bucket, numbering->now_us, t->wish.cost) : 0;
    if (wait > 0)
        p.until_us = numbering->now_us + wait;
    if (!place_due(&t->told, &p, numbering->now_us))
        return;
    t->due = true;
    TAILQ_INSERT_TAIL(&g->due, t, link);
}

/* First it is seen who is due, since whoever is told may go, and others with him. */
static void tell_places(void *data)
{
    struct gate *g = data;
    struct gate_ticket *t;
    struct numbering numbering = {.now_us = clock_mono_us()};
    for (size_t q = 0; q < QUEUES; q++)
        turns_each(&g->turns[q], number, &numbering);
    while ((t = TAILQ_FIRST(&g->due))) {
        TAILQ_REMOVE(&g->due, t, link);
        t->due = false;
        t->hooks->place(t->data, &t->told.place);
    }
    if (g->waiting)
        timer_start(g->teller, TELL_TICK_MS);
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
