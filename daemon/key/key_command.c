#include "daemon/key/key_command.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/key/key_internal.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/queue.h>

#define ENDING_MS 2000 /* between SIGTERM and SIGKILL */
#define REST_MS 1000   /* for what is left in a pipe */

struct key_wait {
    struct key_room *room;
    struct keys *keys; /* reference */
    uint64_t number;
    void (*got)(void *data, const struct error *err);
    void *data;
    TAILQ_ENTRY(key_wait) link;
};

struct key_room {
    uv_loop_t *loop;
    struct key_run_times times;
    TAILQ_HEAD(, key_wait) waits; /* in order of arrival: the first one's command is the next to run */
    uint64_t numbered;
    struct key_run *run;  /* NULL while none is under way */
    struct keys *running; /* reference: whose that is */
    struct timer *soon;
    void (*closed)(void *data); /* NULL until it is to close */
    void *closed_data;
};

static void serve(void *data);

struct key_room *key_room_new(uv_loop_t *loop, const struct key_run_times *times)
{
    struct key_room *r = NEW(struct key_room);
    r->loop = loop;
    r->times = times ? *times : (struct key_run_times){RUN_S * 1000, ENDING_MS, REST_MS};
    TAILQ_INIT(&r->waits);
    r->soon = timer_new(loop, serve, r);
    return r;
}

static void settle_close(struct key_room *r)
{
    if (!r->closed || r->run)
        return;
    void (*closed)(void *) = r->closed;
    void *data = r->closed_data;
    free(r);
    closed(data);
}

void key_room_close(struct key_room *r, void (*closed)(void *data), void *data)
{
    assert(TAILQ_EMPTY(&r->waits));
    r->soon = timer_free(r->soon);
    r->closed = closed;
    r->closed_data = data;
    if (r->run)
        key_run_kill(r->run);
    settle_close(r);
}

struct key_wait *keys_wait(struct key_room *room, struct keys *k, void (*got)(void *data, const struct error *err),
                           void *data)
{
    struct key_wait *w = NEW(struct key_wait);
    *w = (struct key_wait){.room = room, .keys = keys_ref(k), .number = ++room->numbered, .got = got, .data = data};
    TAILQ_INSERT_TAIL(&room->waits, w, link);
    timer_start(room->soon, 0);
    return w;
}

void key_wait_cancel(struct key_wait *w)
{
    if (!w)
        return;
    TAILQ_REMOVE(&w->room->waits, w, link);
    keys_unref(w->keys);
    free(w);
}

static void on_ended(void *data, struct secret *key, const struct error *err)
{
    struct key_room *r = data;
    struct key_command *c = r->running->command;
    if (key)
        command_brought(c, key);
    else
        command_fails(c, err);
    if (!key && !r->closed)
        log_event(LOG_LEVEL_NOTICE, &(struct log_fields){.provider = err->provider, .code = error_name(err->code)},
                  "%s", err->message);
    r->run = NULL;
    r->running = keys_unref(r->running);
    if (r->closed)
        settle_close(r);
    else
        serve(r);
}

static bool is_settled(const struct key_wait *w, bool *failed, struct error *err)
{
    const struct key_command *c = w->keys ? w->keys->command : NULL;
    *failed = c && !c->secret && command_failed(c, err);
    return !c || c->secret || *failed;
}

/* The first that can be told, among those that were there when this began. */
static bool tell_one(struct key_room *r, uint64_t up_to)
{
    struct key_wait *w;
    struct error err = ERROR_INIT;
    bool failed;
    TAILQ_FOREACH (w, &r->waits, link)
        if (w->number <= up_to && is_settled(w, &failed, &err))
            break;
    if (!w)
        return false;
    void (*got)(void *, const struct error *) = w->got;
    void *data = w->data;
    key_wait_cancel(w);
    got(data, failed ? &err : NULL);
    return true;
}

/* Tells whom there is something to tell, and runs what the next one waits for. */
static void serve(void *data)
{
    struct key_room *r = data;
    uint64_t up_to = r->numbered;
    while (tell_one(r, up_to))
        ;
    struct key_wait *w = TAILQ_FIRST(&r->waits);
    bool failed;
    struct error err = ERROR_INIT;
    if (r->run || !w)
        return;
    if (is_settled(w, &failed, &err)) { /* it came meanwhile */
        timer_start(r->soon, 0);
        return;
    }
    const struct key_command *c = w->keys->command;
    r->running = keys_ref(w->keys);
    log_debug("running %s for a key", c->source);
    r->run = key_run_start(r->loop, c->argv, c->source, &r->times, on_ended, r);
}
