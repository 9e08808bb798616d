#include "daemon/engine/attempt.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/fetch.h"
#include "daemon/engine/gap_words.h"
#include "daemon/engine/gate.h"
#include "daemon/engine/vector_read.h"
#include "daemon/provider/gap.h"
#include "daemon/provider/gap_cut.h"
#include "daemon/provider/media.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX (256u << 20) /* bytes of a request body: base64 of the largest frame and its JSON */
#define LEFT_OUT_MAX 1024        /* bytes of the names of what is left out of a question */
#define VECTORS_MAX (64u << 20)  /* bytes of a response that holds vectors */
#define LINGER_MS 5000           /* for the end of the body after the answer has ended */

enum attempt_state {
    ATTEMPT_WAITING, /* for the first event */
    ATTEMPT_STREAMING,
    ATTEMPT_LINGERING, /* the answer has ended, the transfer has not */
    ATTEMPT_OVER,
};

struct attempt {
    struct attempt_room *room;
    TAILQ_ENTRY(attempt) link;
    enum attempt_state state;
    bool released; /* nobody wants to hear of it */
    unsigned busy; /* our own frames on the stack: no free under them */
    struct provider *provider;
    const struct provider_ops *ops;
    struct provider_parser *parser;
    struct gap_cut *cut; /* what a completion's events go through; NULL: it is none */
    struct provider_target target;
    char *model;
    struct gate *gate;
    struct key_use key;             /* its secret is a reference */
    struct http_transfer *transfer; /* NULL once it is over */
    struct timer *timer;
    int64_t started_us, last_event_us;
    struct response_head head;
    bool have_head;
    const struct embed_request *embed; /* NULL: a chat */
    struct buf body;                   /* of an answer with vectors, which is read whole */
    struct vector_read *reading;       /* from the end of that body on */
    struct attempt_callbacks cb;
    void *data;
};

/* The one place that changes the state. */
static void enter(struct attempt *a, enum attempt_state state)
{
    if (a->state == ATTEMPT_OVER)
        return;
    a->state = state;
    switch (state) {
    case ATTEMPT_WAITING: timer_start(a->timer, a->provider->timeout_first_byte_ms); break;
    case ATTEMPT_STREAMING: timer_start(a->timer, a->provider->timeout_idle_ms); break;
    case ATTEMPT_LINGERING: timer_start(a->timer, LINGER_MS); break;
    case ATTEMPT_OVER:
        timer_stop(a->timer);
        if (a->transfer)
            http_cancel(a->transfer);
        a->transfer = NULL;
        a->reading = vector_read_cancel(a->reading);
        gate_leave(a->gate);
        break;
    }
}

static void settle(struct attempt *a)
{
    if (a->busy || !a->released || a->state != ATTEMPT_OVER)
        return;
    TAILQ_REMOVE(&a->room->list, a, link);
    if (a->parser)
        provider_parser_free(a->parser);
    gap_cut_free(a->cut);
    buf_done(&a->body);
    timer_free(a->timer);
    key_use_done(&a->key);
    providers_unref(a->provider->owner);
    free(a->model);
    free(a);
}

static void fail(struct attempt *a, enum fault_cause cause, struct error *err)
{
    if (a->state == ATTEMPT_OVER)
        return;
    error_text(err->provider, sizeof err->provider, a->provider->name, strlen(a->provider->name));
    error_text(err->model, sizeof err->model, a->model, strlen(a->model));
    fault_hide_key(err, a->key.secret);
    fault_name_key(err, a->key.source);
    bool tell = !a->released && a->state != ATTEMPT_LINGERING;
    enter(a, ATTEMPT_OVER);
    if (tell)
        a->cb.on_end(a->data, cause, err, a->have_head ? &a->head : NULL);
}

/* What goes on behind a gap that is filled would cost and is not waited for. */
static void tell_event(void *data, const struct chat_event *ev)
{
    struct attempt *a = data;
    if (a->released)
        return;
    a->cb.on_event(a->data, ev);
    if (ev->kind == EVENT_DONE && a->state == ATTEMPT_STREAMING) {
        a->provider->fills_gaps |= a->target.gap != NULL;
        enter(a, a->cut && gap_cut_over(a->cut) ? ATTEMPT_OVER : ATTEMPT_LINGERING);
        if (!a->released)
            a->cb.on_end(a->data, FAULT_PROVIDER, NULL, &a->head);
    }
}

static void on_event(void *data, const struct chat_event *ev)
{
    struct attempt *a = data;
    if (a->released)
        return;
    a->last_event_us = clock_mono_us();
    if (a->state == ATTEMPT_WAITING) {
        a->provider->latency_ms = (a->last_event_us - a->started_us) / 1000;
        enter(a, ATTEMPT_STREAMING);
    }
    if (a->cut)
        gap_cut_feed(a->cut, ev);
    else
        tell_event(a, ev);
}

/* Of the wait for a first event. */
static int64_t wait_left_ms(const struct attempt *a)
{
    return a->provider->timeout_first_byte_ms - (clock_mono_us() - a->started_us) / 1000;
}

/* A timer that is moved at every event would cost a heap operation per token: it is left alone and looks at the clock
 * when it fires. */
static void on_timer(void *data)
{
    struct attempt *a = data;
    struct error err = ERROR_INIT;
    a->busy++;
    if (a->state == ATTEMPT_LINGERING) {
        enter(a, ATTEMPT_OVER);
    } else if (a->state == ATTEMPT_WAITING && wait_left_ms(a) > 0) {
        timer_start(a->timer, wait_left_ms(a));
    } else if (a->state == ATTEMPT_WAITING) {
        error_set(&err, ERR_TIMEOUT, "%s sent nothing of an answer for %lld s (timeout_first_byte)", a->provider->name,
                  (long long)a->provider->timeout_first_byte_ms / 1000);
        fail(a, FAULT_FIRST_BYTE, &err);
    } else if (a->state == ATTEMPT_STREAMING) {
        int64_t left = a->provider->timeout_idle_ms - (clock_mono_us() - a->last_event_us) / 1000;
        if (left > 0) {
            timer_start(a->timer, left);
        } else {
            error_set(&err, ERR_TIMEOUT, "%s stopped in the middle of its answer for %lld s (timeout_idle)",
                      a->provider->name, (long long)a->provider->timeout_idle_ms / 1000);
            fail(a, FAULT_IDLE, &err);
        }
    }
    a->busy--;
    settle(a);
}

static void on_head(void *data, const struct response_head *head)
{
    struct attempt *a = data;
    a->head = *head;
    a->have_head = true;
    if (head->status >= 300 && head->status < 400) {
        struct error err = ERROR_INIT;
        error_set(&err, ERR_BAD_RESPONSE,
                  "%s answered with a redirect (HTTP %d), which is not followed; correct base_url", a->provider->name,
                  head->status);
        err.status = head->status;
        a->busy++;
        fail(a, FAULT_PROVIDER, &err);
        a->busy--;
        settle(a);
        return;
    }
    if (!a->embed)
        a->parser = provider_parser_new(a->ops, &a->target, &a->head, on_event, a);
}

static void collect(struct attempt *a, const uint8_t *bytes, size_t len)
{
    struct error err = ERROR_INIT;
    if (buf_append(&a->body, bytes, len))
        return;
    error_set(&err, ERR_TOO_LARGE, "%s sent more than %u bytes of vectors; ask for fewer texts at once",
              a->provider->name, VECTORS_MAX);
    fail(a, FAULT_OWN, &err);
}

static void on_body(void *data, const uint8_t *bytes, size_t len)
{
    struct attempt *a = data;
    if (a->state == ATTEMPT_LINGERING || a->state == ATTEMPT_OVER)
        return;
    struct error err = ERROR_INIT;
    a->busy++;
    if (a->embed)
        collect(a, bytes, len);
    else if (provider_feed(a->parser, bytes, len, &err) != ERR_NONE)
        fail(a, FAULT_PROVIDER, &err);
    a->busy--;
    settle(a);
}

static void on_read(void *data, const struct vectors *v, const struct error *why)
{
    struct attempt *a = data;
    const struct chat_event done = {.kind = EVENT_DONE, .finish = FINISH_STOP};
    a->reading = NULL;
    a->busy++;
    if (v) {
        const struct chat_event usage = {.kind = EVENT_USAGE, .usage = v->usage};
        a->cb.on_vectors(a->data, v->numbers, v->dimension);
        on_event(a, &usage);
        on_event(a, &done);
        enter(a, ATTEMPT_OVER);
    } else {
        struct error err = *why;
        fail(a, FAULT_PROVIDER, &err);
    }
    a->busy--;
    settle(a);
}

static void read_vectors(struct attempt *a)
{
    const struct vector_response from = {
        .ops = a->ops, .dialect = a->target.dialect, .head = &a->head, .body = &a->body, .n = a->embed->n_input};
    a->reading = vector_read_start(a->room->loop, &from, on_read, a);
}

static void on_end(void *data, enum error_code code, const struct error *why)
{
    struct attempt *a = data;
    struct error err = ERROR_INIT;
    a->transfer = NULL;
    a->busy++;
    if (a->state == ATTEMPT_LINGERING) {
        enter(a, ATTEMPT_OVER);
    } else if (!a->have_head || (a->embed && code != ERR_NONE)) {
        err = *why;
        fail(a, FAULT_TRANSPORT, &err);
    } else if (a->embed) {
        read_vectors(a);
    } else {
        enum error_code ended = provider_finish(a->parser, code == ERR_NONE, &err);
        /* A broken connection tells more than "the stream ended early". */
        if (ended == ERR_UNAVAILABLE && code != ERR_NONE && a->head.status < 400)
            err = *why;
        if (ended != ERR_NONE)
            fail(a, ended == ERR_UNAVAILABLE && a->head.status < 400 ? FAULT_TRANSPORT : FAULT_PROVIDER, &err);
        else if (a->state == ATTEMPT_LINGERING)
            enter(a, ATTEMPT_OVER);
    }
    a->busy--;
    settle(a);
}

static void prepare_gap(struct attempt *a, const struct chat_gap *gap)
{
    if (!gap_words_for(a->provider, a->model))
        a->target.gap = provider_gap_form(a->ops, a->target.dialect, a->model);
    a->cut = gap_cut_new(gap, !a->target.gap, tell_event, a);
}

static struct attempt *attempt_new(struct attempt_room *room, const struct attempt_question *q,
                                   const struct attempt_callbacks *cb, void *data)
{
    struct attempt *a = NEW(struct attempt);
    a->room = room;
    TAILQ_INSERT_TAIL(&room->list, a, link);
    a->provider = q->provider;
    providers_ref(a->provider->owner);
    a->ops = a->provider->ops;
    a->model = xstrdup(q->model);
    a->gate = q->gate;
    a->embed = q->embed;
    buf_init(&a->body, VECTORS_MAX);
    a->key = *q->key;
    secret_ref(a->key.secret);
    a->target = (struct provider_target){.base_url = a->provider->base_url,
                                         .dialect = a->provider->dialect,
                                         .model = a->model,
                                         .key = a->key.secret,
                                         .headers = (const char *const *)a->provider->headers};
    a->cb = *cb;
    a->data = data;
    if (q->chat && q->chat->gap)
        prepare_gap(a, q->chat->gap);
    a->started_us = clock_mono_us();
    a->timer = timer_new(room->loop, on_timer, a);
    return a;
}

/* No adapter knows of text files: they are texts by then. */
static enum error_code build_chat(struct attempt *a, const struct chat_request *chat, struct exchange *x,
                                  struct buf *left_out, struct error *err)
{
    enum error_code code = media_check(&a->target, a->ops, chat, err);
    if (code != ERR_NONE || !media_has_text_file(chat))
        return code != ERR_NONE ? code : a->ops->build(&a->target, chat, x, left_out, err);
    struct chat_request *told = media_told(chat, x->body.max, err);
    code = told ? a->ops->build(&a->target, told, x, left_out, err) : err->code;
    media_told_free(told, chat);
    return code;
}

static enum error_code build(struct attempt *a, const struct attempt_question *q, struct exchange *x, struct error *err)
{
    struct buf left_out;
    if (a->embed)
        return provider_build_embed(a->ops, &a->target, a->embed, x, err);
    if (a->target.gap)
        return provider_build_gap(a->ops, &a->target, q->chat, x, err);
    buf_init(&left_out, LEFT_OUT_MAX);
    a->target.conversation = q->conversation[0] ? q->conversation : NULL;
    enum error_code code = build_chat(a, q->chat, x, &left_out, err);
    a->target.conversation = NULL; /* it is the caller's */
    if (code == ERR_NONE && left_out.len > 0 && !a->cut)
        log_event(LOG_LEVEL_NOTICE, &(struct log_fields){.provider = a->provider->name, .model = a->model},
                  "%s/%s takes no %s: left out of what it is told", a->provider->name, a->model, buf_cstr(&left_out));
    buf_done(&left_out);
    return code;
}

enum error_code attempt_start(struct attempt_room *room, const struct attempt_question *q,
                              const struct attempt_callbacks *cb, void *data, struct attempt **ret, struct error *err)
{
    static const struct http_callbacks http_cb = {on_head, on_body, on_end};
    struct attempt *a = attempt_new(room, q, cb, data);
    struct exchange x;
    exchange_init(&x, REQUEST_MAX);
    enum error_code code = build(a, q, &x, err);
    if (code == ERR_NONE) {
        struct http_options opt = fetch_reach(a->provider);
        opt.fresh = q->fresh;
        code = http_start(room->pool, &x, &opt, &http_cb, a, &a->transfer, err);
    }
    exchange_done(&x);
    if (code != ERR_NONE) {
        a->released = true;
        enter(a, ATTEMPT_OVER);
        settle(a);
        return code;
    }
    enter(a, ATTEMPT_WAITING);
    *ret = a;
    return ERR_NONE;
}

bool attempt_has_form(const struct attempt *a)
{
    return a->target.gap;
}

void attempt_look(const struct attempt *a, struct http_wire *ret)
{
    *ret = (struct http_wire){.connect_us = -1, .handshake_us = -1};
    if (a->transfer)
        http_look(a->transfer, ret);
}

struct attempt *attempt_release(struct attempt *a)
{
    if (!a)
        return NULL;
    a->released = true;
    if (a->state != ATTEMPT_LINGERING && a->state != ATTEMPT_OVER)
        enter(a, ATTEMPT_OVER);
    settle(a);
    return NULL;
}

void attempt_room_init(struct attempt_room *room, uv_loop_t *loop, struct http_pool *pool)
{
    room->loop = loop;
    room->pool = pool;
    TAILQ_INIT(&room->list);
}

void attempt_room_close(struct attempt_room *room)
{
    struct attempt *a, *next;
    for (a = TAILQ_FIRST(&room->list); a; a = next) {
        next = TAILQ_NEXT(a, link);
        enter(a, ATTEMPT_OVER);
        settle(a);
    }
}
