#include "daemon/rpc/stream.h"
#include "daemon/rpc/dispatch.h"
#include "daemon/rpc/notify.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

struct stream {
    struct peer *peer;
    struct cursor cursor;
    uint64_t msgid;
    enum stream_reply reply;
    bool events, owner, until_accepted, cancelled;
    void (*ended)(void *data, bool gone); /* NULL but for STREAM_PART */
    void *data;
    char *buffer;      /* what a completion is for, NULL: nothing is named */
    struct buf before; /* what every notification begins with, up to the sequence number */
    TAILQ_ENTRY(stream) link;
};

/* gone: with its peer. */
static void stream_free(struct stream *t, bool gone)
{
    void (*ended)(void *data, bool gone) = t->ended;
    void *data = t->data;
    TAILQ_REMOVE(&t->peer->streams, t, link);
    t->peer->in_flight--;
    if (answer_readers(t->cursor.answer) == 1)
        engine_taken(t->peer->server->engine, t->cursor.answer);
    cursor_close(&t->cursor);
    buf_done(&t->before);
    free(t->buffer);
    free(t);
    if (ended)
        ended(data, gone);
}

static void release_log(void *owner)
{
    log_unref(owner);
}

/* Large runs stay where they are, in the log, held by a reference; small ones are copied, which is cheaper. */
static void put_run(struct peer *p, const uint8_t *bytes, size_t len, struct log *l)
{
    if (len >= OUTQ_PIN) {
        peer_commit(p);
        peer_pin(p, bytes, len, release_log, log_ref(l));
    } else {
        buf_append(peer_begin(p), bytes, len);
        peer_commit(p);
    }
}

static void put_event(struct stream *t, const struct cursor_event *ev)
{
    struct buf *b = peer_begin(t->peer);
    buf_append(b, t->before.data, t->before.len);
    mp_put_uint(b, ev->seq);
    put_run(t->peer, ev->data, ev->len, t->cursor.log); /* event 0 is small */
}

static void put_head(struct buf *b, const struct answer *a, uint32_t n_tail)
{
    const char *message = answer_message(a);
    size_t at = mp_open_map(b);
    mp_put_cstr(b, "answer");
    mp_put_str(b, answer_id(a), ID_LEN);
    mp_put_entry(b, "state", log_state_name(answer_state(a)));
    if (*message) {
        mp_put_entry(b, "conversation", answer_conversation(a));
        mp_put_entry(b, "message", message);
    }
    uint32_t n = 2u + (*message ? 2 : 0) + answer_put_facts(b, a);
    mp_close_map(b, at, n + n_tail);
}

void stream_put_answer(struct peer *p, struct buf *b, const struct answer *a)
{
    const uint8_t *tail;
    size_t len;
    struct buf *scratch = &p->server->scratch;
    buf_clear(scratch);
    uint32_t n = engine_answer_tail(a, scratch, &tail, &len);
    put_head(b, a, n);
    buf_append(b, tail, len);
    buf_done(scratch);
}

static void put_map(struct stream *t)
{
    struct answer *a = t->cursor.answer;
    const uint8_t *tail;
    size_t len;
    struct buf *scratch = &t->peer->server->scratch;
    buf_clear(scratch);
    uint32_t n = engine_answer_tail(a, scratch, &tail, &len);
    struct buf *b = peer_begin(t->peer);
    dispatch_put_response(b, t->msgid);
    put_head(b, a, n);
    if (tail == scratch->data) { /* not the log's own memory: nothing of it may stay behind */
        buf_append(b, tail, len);
        peer_commit(t->peer);
        buf_done(scratch);
    } else {
        put_run(t->peer, tail, len, answer_log(a));
    }
}

/* What STREAM_ACCEPTED and STREAM_ENDED wait for. */
static void put_short(struct stream *t, const char *key, const char *value)
{
    struct buf *b = peer_begin(t->peer);
    dispatch_put_response(b, t->msgid);
    mp_put_map(b, key ? 1 : 0);
    if (key) {
        mp_put_cstr(b, key);
        mp_put_cstr(b, value);
    }
    peer_commit(t->peer);
}

static void put_response(struct stream *t)
{
    const struct answer *a = t->cursor.answer;
    bool accepted = answer_accepted(a);
    if (t->reply == STREAM_ENDED)
        put_short(t, NULL, NULL);
    else if (t->reply == STREAM_ACCEPTED && accepted)
        put_short(t, "answer", answer_id(a));
    else if (answer_state(a) == LOG_DONE)
        put_map(t);
    else /* one whose question was not accepted never was */
        dispatch_error(t->peer, t->msgid, answer_error(a), accepted ? answer_id(a) : NULL);
}

static void finish(struct stream *t)
{
    struct server *s = t->peer->server;
    if (t->owner)
        engine_taken(s->engine, t->cursor.answer);
    if (t->reply != STREAM_PART)
        put_response(t);
    stream_free(t, false);
    s->setup.activity(s->setup.data);
}

/* Writes what there is and what the peer takes. May free the stream. */
static void pump(struct stream *t)
{
    struct peer *p = t->peer;
    while (p->state == PEER_OPEN && peer_has_room(p)) {
        struct cursor_event ev;
        if (t->until_accepted && answer_accepted(t->cursor.answer)) {
            finish(t);
            return;
        }
        switch (cursor_next(&t->cursor, &ev)) {
        case CURSOR_EVENT:
            if (t->events)
                put_event(t, &ev);
            break;
        case CURSOR_WAIT: return;
        case CURSOR_END: finish(t); return;
        }
    }
}

static void on_wake(void *data)
{
    pump(data);
}

void stream_open(struct peer *p, struct answer *a, const struct stream_setup *setup)
{
    struct stream *t = NEW(struct stream);
    t->peer = p;
    t->msgid = setup->msgid;
    t->reply = setup->reply;
    t->events = setup->events;
    t->owner = setup->owner;
    t->until_accepted = setup->until_accepted || setup->reply == STREAM_ACCEPTED;
    t->ended = setup->ended;
    t->data = setup->data;
    t->buffer = xstrdup(setup->buffer);
    buf_init(&t->before, NOTIFY_MAX);
    if (t->events) { /* [id, seq, event]; all before seq is the same for every event */
        notify_begin(&t->before, "answer.event", setup->notify, 3);
        mp_put_str(&t->before, answer_id(a), ID_LEN);
    }
    TAILQ_INSERT_TAIL(&p->streams, t, link);
    p->in_flight++;
    /* Who wants no events waits for the end alone. */
    cursor_open(&t->cursor, a, setup->events ? setup->from : UINT64_MAX, on_wake, t);
    pump(t);
}

/* Each stream in turn, the one that was served goes last: a long answer does not starve the others of the connection.
 */
void stream_resume(struct peer *p)
{
    struct stream *last = TAILQ_LAST(&p->streams, stream_list), *t;
    bool more = last != NULL;
    while (more && p->state == PEER_OPEN && peer_has_room(p)) {
        t = TAILQ_FIRST(&p->streams);
        more = t != last;
        TAILQ_REMOVE(&p->streams, t, link);
        TAILQ_INSERT_TAIL(&p->streams, t, link);
        if (!t->cursor.waiter.waiting)
            pump(t);
    }
}

/* buffer: what was asked for that, but not by msgid; NULL: what was asked by msgid. */
static bool is_meant(const struct stream *t, uint64_t msgid, const char *buffer)
{
    if (!buffer)
        return t->msgid == msgid;
    return t->msgid != msgid && t->buffer && strcmp(t->buffer, buffer) == 0;
}

/* One that is cancelled may end its stream, and with it others': the list is walked anew after each. */
static void cancel(struct peer *p, uint64_t msgid, const char *buffer)
{
    struct stream *t;
    do {
        TAILQ_FOREACH (t, &p->streams, link)
            if (t->owner && !t->cancelled && is_meant(t, msgid, buffer))
                break;
        if (!t)
            break;
        t->cancelled = true;
        struct answer *a = answer_ref(t->cursor.answer);
        answer_cancel(a);
        answer_unref(a);
    } while (p->state == PEER_OPEN);
}

void stream_cancel(struct peer *p, uint64_t msgid)
{
    cancel(p, msgid, NULL);
}

void stream_cancel_older(struct peer *p, uint64_t msgid, const char *buffer)
{
    cancel(p, msgid, buffer);
}

void stream_hang_up(struct peer *p)
{
    struct stream *t;
    while ((t = TAILQ_FIRST(&p->streams))) {
        struct answer *a = answer_ref(t->cursor.answer);
        bool drop = t->owner && !answer_kept(a);
        stream_free(t, true);
        if (drop)
            answer_cancel(a);
        answer_unref(a);
    }
}
