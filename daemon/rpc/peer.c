#include "daemon/rpc/peer.h"
#include "daemon/core/log.h"
#include "daemon/rpc/dispatch.h"
#include "daemon/rpc/import.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/stream.h"
#include "daemon/rpc/watch.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes that one read asked for, from which they are sent before the next peer is looked at: gathering more would only
 * need more memory. Fewer wait for the turn's end, so that a client that waits on many connections wakes once. */
#define SEND_EARLY (8u << 10)

static void on_closed(uv_handle_t *h)
{
    struct peer *p = h->data;
    struct server *s = p->server;
    outq_done(&p->out); /* not before: a write under way reads from it */
    s->handles--;
    free(p->client);
    chat_place_done(&p->place);
    free(p);
    server_settle(s);
}

static void charge_input(struct peer *p)
{
    p->account->input_bytes += (int64_t)p->in.cap - (int64_t)p->charged;
    p->charged = p->in.cap;
}

/* An unfinished frame is watched by the server's timer, the longest waiting first. */
static void watch_partial(struct peer *p, bool partial)
{
    bool watched = p->input_us != 0;
    if (watched)
        TAILQ_REMOVE(&p->server->partial, p, partial_link);
    p->input_us = partial ? clock_mono_us() : 0;
    if (partial) {
        TAILQ_INSERT_TAIL(&p->server->partial, p, partial_link);
        server_watch_partial(p->server);
    }
}

void peer_close(struct peer *p)
{
    struct server *s = p->server;
    if (p->state == PEER_CLOSING)
        return;
    p->state = PEER_CLOSING;
    stream_hang_up(p);
    later_hang_up(p);
    watch_hang_up(p);
    import_hang_up(p);
    watch_partial(p, false);
    buf_done(&p->in);
    charge_input(p);
    if (p->dirty)
        TAILQ_REMOVE(&s->dirty, p, dirty_link);
    TAILQ_REMOVE(&s->peers, p, link);
    s->n_peers--;
    p->account->connections--;
    account_put(&s->accounts, p->account);
    uv_close((uv_handle_t *)&p->pipe, on_closed);
    s->setup.activity(s->setup.data);
}

void peer_close_after_write(struct peer *p)
{
    p->last_words = true;
    uv_read_stop((uv_stream_t *)&p->pipe);
    peer_flush(p);
    if (p->state == PEER_OPEN) /* it does not read: it has frame_timeout for its last words */
        watch_partial(p, true);
}

/* -- out -- */

static void read_on(struct peer *p);

/* Some of what waited has been sent. */
static void resume(struct peer *p)
{
    stream_resume(p);
    watch_resume(p);
}

static void on_written(uv_write_t *w, int status)
{
    struct peer *p = w->data;
    p->writing = false;
    if (p->state == PEER_CLOSING)
        return;
    if (status < 0) {
        peer_close(p);
        return;
    }
    outq_sent(&p->out, p->out.unsent_in_flight);
    p->out.unsent_in_flight = 0;
    resume(p);
    if (p->state == PEER_OPEN)
        peer_flush(p);
}

static void write_rest(struct peer *p)
{
    struct iovec iov[OUTQ_IOV];
    uv_buf_t bufs[OUTQ_IOV];
    int n = outq_iov(&p->out, iov);
    size_t total = 0;
    for (int i = 0; i < n; i++) {
        bufs[i] = uv_buf_init(iov[i].iov_base, (unsigned)iov[i].iov_len);
        total += iov[i].iov_len;
    }
    outq_seal(&p->out);
    p->out.unsent_in_flight = total;
    p->writing = true;
    p->write.data = p;
    if (uv_write(&p->write, (uv_stream_t *)&p->pipe, bufs, (unsigned)n, on_written) < 0)
        peer_close(p);
}

void peer_flush(struct peer *p)
{
    while (p->state == PEER_OPEN && !p->writing && p->out.unsent) {
        struct iovec iov[OUTQ_IOV];
        uv_buf_t bufs[OUTQ_IOV];
        int n = outq_iov(&p->out, iov);
        for (int i = 0; i < n; i++)
            bufs[i] = uv_buf_init(iov[i].iov_base, (unsigned)iov[i].iov_len);
        int sent = uv_try_write((uv_stream_t *)&p->pipe, bufs, (unsigned)n);
        if (sent == UV_EAGAIN) {
            write_rest(p);
        } else if (sent < 0) {
            peer_close(p);
        } else {
            outq_sent(&p->out, (size_t)sent);
            resume(p);
        }
    }
    if (p->state == PEER_OPEN && p->last_words && !p->writing)
        peer_close(p);
    if (p->state == PEER_OPEN)
        read_on(p);
}

void peer_wake(struct peer *p)
{
    if (p->state == PEER_OPEN && !p->dirty) {
        p->dirty = true;
        TAILQ_INSERT_TAIL(&p->server->dirty, p, dirty_link);
    }
}

void peer_flush_awake(struct peer *p)
{
    if (p->dirty) {
        p->dirty = false;
        TAILQ_REMOVE(&p->server->dirty, p, dirty_link);
        peer_flush(p);
    }
}

struct buf *peer_begin(struct peer *p)
{
    return outq_begin(&p->out);
}

bool peer_commit(struct peer *p)
{
    bool ok = outq_commit(&p->out);
    peer_wake(p);
    return ok;
}

void peer_pin(struct peer *p, const void *bytes, size_t len, void (*release)(void *owner), void *owner)
{
    outq_pin(&p->out, bytes, len, release, owner);
    peer_wake(p);
}

bool peer_has_room(const struct peer *p)
{
    return p->out.unsent < (size_t)p->server->setup.opt.peer_buffer;
}

static bool may_ask(const struct peer *p)
{
    return peer_has_room(p) && p->n_laters < PEER_LATERS;
}

/* -- in -- */

static void refuse(struct peer *p, enum frame_status status)
{
    struct error err = ERROR_INIT;
    const struct rpc_options *o = &p->server->setup.opt;
    bool large = status == FRAME_TOO_LARGE || status == FRAME_TOO_MANY;
    error_set(&err, large ? ERR_TOO_LARGE : ERR_INVALID_REQUEST,
              "%s (max_message %lld bytes, max_values %lld, depth %d)", frame_status_text(status),
              (long long)o->max_message, (long long)o->max_values, FRAME_DEPTH_LIMIT);
    log_event(LOG_LEVEL_INFO, &(struct log_fields){.client = p->client}, "uid %u: frame refused: %s", (unsigned)p->uid,
              frame_status_text(status));
    if (p->reader.has_msgid)
        dispatch_error(p, p->reader.msgid, &err, NULL);
    peer_close_after_write(p);
}

/* Handles the whole frames at the front of data, of which the first `walked` bytes the reader has passed already.
 * Returns the bytes used up; p->walked tells how far the reader has come in the rest. */
static size_t take_frames(struct peer *p, const uint8_t *data, size_t len)
{
    size_t start = 0, at = p->walked;
    while (at < len && p->state == PEER_OPEN && !p->last_words) {
        if (!may_ask(p)) {
            peer_flush(p);
            if (p->state == PEER_OPEN && !may_ask(p)) {
                p->paused = true;
                uv_read_stop((uv_stream_t *)&p->pipe);
                break;
            }
            continue;
        }
        size_t used;
        enum frame_status status = frame_feed(&p->reader, data + at, len - at, &used);
        at += used;
        if (status == FRAME_MORE)
            break;
        if (status != FRAME_WHOLE) {
            refuse(p, status);
            break;
        }
        frame_next(&p->reader);
        dispatch_frame(p, data + start, at - start);
        start = at;
    }
    p->walked = at - start;
    return start;
}

static void take_input(struct peer *p)
{
    size_t used = take_frames(p, p->in.data, p->in.len);
    if (p->state != PEER_OPEN || p->last_words)
        return;
    buf_consume(&p->in, used);
    if (p->in.len == 0)
        buf_done(&p->in);
    charge_input(p);
    watch_partial(p, p->in.len > 0 && !p->paused);
}

static void on_input(struct peer *p, const uint8_t *data, size_t len)
{
    if (p->in.len == 0) {
        size_t used = take_frames(p, data, len);
        if (p->state != PEER_OPEN || p->last_words)
            return;
        if (used == len) {
            return;
        }
        data += used;
        len -= used;
        buf_append(&p->in, data, len);
        charge_input(p);
        watch_partial(p, !p->paused);
    } else {
        buf_append(&p->in, data, len);
        take_input(p);
        if (p->state != PEER_OPEN)
            return;
    }
    struct error err = ERROR_INIT;
    if (p->in.failed || p->account->input_bytes > p->server->setup.opt.max_input) {
        error_set(&err, ERR_OVERLOADED, "your unfinished requests hold more than max_input (%lld bytes)",
                  (long long)p->server->setup.opt.max_input);
        if (p->reader.has_msgid)
            dispatch_error(p, p->reader.msgid, &err, NULL);
        peer_close_after_write(p);
    }
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct peer *p = h->data;
    (void)suggested;
    *buf = uv_buf_init((char *)p->server->read_buffer, sizeof p->server->read_buffer);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct peer *p = stream->data;
    if (n < 0)
        peer_close(p);
    else if (n > 0 && p->state == PEER_OPEN && !p->last_words)
        on_input(p, (const uint8_t *)buf->base, (size_t)n);
    if (p->state == PEER_OPEN && p->out.unsent >= SEND_EARLY)
        peer_flush_awake(p);
}

static void read_on(struct peer *p)
{
    if (!p->paused || p->last_words || !may_ask(p))
        return;
    p->paused = false;
    take_input(p);
    if (p->state == PEER_OPEN && !p->paused && !p->last_words)
        uv_read_start((uv_stream_t *)&p->pipe, on_alloc, on_read);
}

/* -- coming -- */

static void send_refusal(struct peer *p, enum error_code code, const char *why)
{
    struct error err = ERROR_INIT;
    error_set(&err, code, "%s", why);
    log_event(LOG_LEVEL_NOTICE, &(struct log_fields){.code = error_name(code)}, "uid %u: connection refused: %s",
              (unsigned)p->uid, why);
    dispatch_error(p, 0, &err, NULL); /* no request was read: msgid 0 is what a client sends first */
    peer_close_after_write(p);
}

void peer_accept(struct server *s, uv_stream_t *listener)
{
    struct peer *p = NEW(struct peer);
    p->server = s;
    uv_pipe_init(s->loop, &p->pipe, 0);
    p->pipe.data = p;
    s->handles++;
    outq_init(&p->out, &s->spare);
    TAILQ_INIT(&p->streams);
    TAILQ_INIT(&p->laters);
    TAILQ_INIT(&p->watches);
    const struct rpc_options *o = &s->setup.opt;
    buf_init(&p->in, (size_t)o->max_message + sizeof s->read_buffer);
    struct frame_limits limits = {(size_t)o->max_message, (uint32_t)o->max_values, FRAME_DEPTH_LIMIT};
    frame_init(&p->reader, &limits);
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t len = sizeof who;
    int fd = -1;
    bool accepted = uv_accept(listener, (uv_stream_t *)&p->pipe) == 0 && uv_fileno((uv_handle_t *)&p->pipe, &fd) == 0 &&
                    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0;
    p->uid = who.uid;
    p->account = account_get(&s->accounts, p->uid);
    p->account->connections++;
    s->n_peers++;
    TAILQ_INSERT_TAIL(&s->peers, p, link);
    if (!accepted) {
        peer_close(p);
        return;
    }
    if (!s->setup.system && p->uid != s->setup.owner && p->uid != 0)
        send_refusal(p, ERR_PERMISSION_DENIED, "this daemon serves its owner only");
    else if (s->n_peers > (unsigned)o->max_connections)
        send_refusal(p, ERR_OVERLOADED, "too many connections (max_connections)");
    else if (s->setup.system && p->account->connections > (o->max_connections + 3) / 4)
        send_refusal(p, ERR_OVERLOADED, "too many connections of one user (a quarter of max_connections)");
    else
        uv_read_start((uv_stream_t *)&p->pipe, on_alloc, on_read);
    s->setup.activity(s->setup.data);
}
