#include "daemon/rpc/server.h"
#include "daemon/core/config.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/rpc/dispatch.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <stdlib.h>

#define MIB (1ll << 20)
#define AT(field) offsetof(struct rpc_options, field)

const struct config_option rpc_option_rows[] = {
    {"max_message", CONFIG_SIZE, AT(max_message), 1024, 1024 * MIB, "64 MiB", NULL, CONFIG_RELOAD,
     "Bytes of one MessagePack-RPC message from a client."},
    {"max_values", CONFIG_INT, AT(max_values), 64, 1 << 24, "262144", NULL, CONFIG_RELOAD,
     "Values (elements, keys, strings, numbers) in one message."},
    {"max_connections", CONFIG_INT, AT(max_connections), 1, 1 << 20, "4096", NULL, CONFIG_RELOAD,
     "Client connections at once. In system mode one user may have a quarter of them."},
    {"max_requests", CONFIG_INT, AT(max_requests), 1, 1 << 20, "1024", NULL, CONFIG_RELOAD,
     "Requests of one connection that wait for their answer."},
    {"max_watches", CONFIG_INT, AT(max_watches), 1, 1 << 16, "64", NULL, CONFIG_RELOAD,
     "Watches of conversations and of the log that one connection may have."},
    {"max_compare", CONFIG_INT, AT(max_compare), 1, 256, "16", NULL, CONFIG_RELOAD,
     "How many models one comparison may ask at once."},
    {"max_input", CONFIG_SIZE, AT(max_input), 64 << 10, 65536 * MIB, "256 MiB", NULL, CONFIG_RELOAD,
     "Bytes of one user's messages that have not come whole."},
    {"max_output", CONFIG_SIZE, AT(max_output), 64 << 10, 65536 * MIB, "256 MiB", NULL, CONFIG_RELOAD,
     "Bytes of results that one user's clients have asked for and not read."},
    {"peer_buffer", CONFIG_SIZE, AT(peer_buffer), 4096, 1024 * MIB, "64 KiB", NULL, CONFIG_RELOAD,
     "Bytes that wait to be sent to a client before its events, and the reading of its requests, wait too."},
    {"frame_timeout", CONFIG_DURATION, AT(frame_timeout_ms), 100, 3600 * 1000, "30 s", NULL, CONFIG_RELOAD,
     "How long an unfinished message may go without a further byte."},
    {"max_imports", CONFIG_INT, AT(max_imports), 1, 1024, "4", NULL, CONFIG_RELOAD,
     "Imports of conversations that one user may have under way."},
    {"max_import", CONFIG_SIZE, AT(max_import), 1024, INT64_MAX / 2, "4 GiB", NULL, CONFIG_RELOAD,
     "Bytes of one import, all pieces together. A database is gathered in the state folder first."},
    {"max_import_entry", CONFIG_SIZE, AT(max_import_entry), 1024, 1024 * MIB, "32 MiB", NULL, CONFIG_RELOAD,
     "Bytes of one conversation in it; a longer one is skipped. So much is held in memory, and what is made of it."},
    {"import_timeout", CONFIG_DURATION, AT(import_timeout_ms), 100, 3600 * 1000, "60 s", NULL, CONFIG_RELOAD,
     "How long an import waits for its next piece before it ends."},
    {0},
};

void server_settle(struct server *s)
{
    if (!s->closing || s->handles)
        return;
    msgpack_zone_destroy(&s->zone);
    outq_spare_done(&s->spare);
    buf_done(&s->scratch);
    buf_done(&s->method_names);
    void (*closed)(void *) = s->closed;
    void *data = s->closed_data;
    free(s);
    closed(data);
}

static void on_handle_closed(uv_handle_t *h)
{
    struct server *s = h->data;
    s->handles--;
    server_settle(s);
}

/* Once per turn, before the loop sleeps: readers are told what has come, and what was written for a peer leaves in one
 * write. Either may make work for the other. Timers have run by then, and with them a request has left for its
 * provider, who works on it while its reader is told that it has begun. */
static void flush(struct server *s)
{
    struct log_pool *pool = answer_table_pool(engine_table(s->engine));
    while (log_pool_dirty(pool) || !TAILQ_EMPTY(&s->dirty)) {
        log_pool_flush(pool);
        struct peer *p;
        while ((p = TAILQ_FIRST(&s->dirty)))
            peer_flush_awake(p);
    }
}

static void on_before_poll(uv_prepare_t *h)
{
    flush(h->data);
}

static void on_frame_timer(void *data)
{
    struct server *s = data;
    struct peer *p;
    int64_t now = clock_mono_us();
    while ((p = TAILQ_FIRST(&s->partial))) {
        int64_t left = p->input_us + s->setup.opt.frame_timeout_ms * 1000 - now;
        if (left > 0) {
            timer_start(s->frame_timer, left / 1000 + 1);
            return;
        }
        log_event(LOG_LEVEL_INFO, &(struct log_fields){.client = p->client},
                  "uid %u: no byte of an unfinished message for frame_timeout: connection closed", (unsigned)p->uid);
        peer_close(p);
    }
}

void server_watch_partial(struct server *s)
{
    if (!timer_active(s->frame_timer) && !s->closing)
        timer_start(s->frame_timer, s->setup.opt.frame_timeout_ms);
}

static void put_method_names(struct buf *b)
{
    uint32_t n = 0;
    while (methods[n].name)
        n++;
    mp_put_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        mp_put_cstr(b, methods[i].name);
}

struct server *server_new(uv_loop_t *loop, struct engine *engine, const struct server_setup *setup)
{
    struct server *s = NEW(struct server);
    s->loop = loop;
    s->engine = engine;
    s->setup = *setup;
    TAILQ_INIT(&s->peers);
    TAILQ_INIT(&s->imports);
    TAILQ_INIT(&s->partial);
    TAILQ_INIT(&s->dirty);
    TAILQ_INIT(&s->watches);
    TAILQ_INIT(&s->held);
    store_on_written(engine_store(engine), conversation_watch_written, s);
    log_watch_init(s);
    msgpack_zone_init(&s->zone, 8192);
    buf_init(&s->scratch, SIZE_MAX / 2); /* of an answer's size, which is bounded */
    buf_init(&s->method_names, 64 << 10);
    put_method_names(&s->method_names);
    s->started_us = clock_mono_us();
    s->frame_timer = timer_new(loop, on_frame_timer, s);
    uv_prepare_init(loop, &s->before_poll);
    s->before_poll.data = s;
    uv_prepare_start(&s->before_poll, on_before_poll);
    s->handles++;
    return s;
}

void server_configure(struct server *s, const struct rpc_options *opt)
{
    s->setup.opt = *opt;
    if (timer_active(s->frame_timer))
        timer_start(s->frame_timer, 0); /* looks anew at who has waited how long */
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status < 0)
        log_warn("accept: %s", uv_strerror(status));
    else
        peer_accept(listener->data, listener);
}

enum error_code server_listen(struct server *s, int fd, struct error *err)
{
    uv_pipe_init(s->loop, &s->listener, 0);
    s->listener.data = s;
    s->handles++;
    s->listening = true;
    int r = uv_pipe_open(&s->listener, fd);
    if (r == 0)
        r = uv_listen((uv_stream_t *)&s->listener, 511, on_connection);
    return r ? error_set(err, ERR_INTERNAL, "cannot listen: %s", uv_strerror(r)) : ERR_NONE;
}

void server_stop_listening(struct server *s)
{
    if (s->listening)
        uv_close((uv_handle_t *)&s->listener, on_handle_closed);
    s->listening = false;
}

void server_close(struct server *s, void (*closed)(void *data), void *data)
{
    log_watch_tell(s); /* why we end is among it */
    flush(s);
    s->closing = true;
    s->closed = closed;
    s->closed_data = data;
    server_stop_listening(s);
    store_on_written(engine_store(s->engine), NULL, NULL);
    struct peer *p;
    while ((p = TAILQ_FIRST(&s->peers)))
        peer_close(p);
    s->frame_timer = timer_free(s->frame_timer);
    log_watch_close(s, on_handle_closed);
    uv_close((uv_handle_t *)&s->before_poll, on_handle_closed);
}

unsigned server_peers(const struct server *s)
{
    return s->n_peers;
}

bool server_busy(const struct server *s)
{
    const struct peer *p;
    TAILQ_FOREACH (p, &s->peers, link) {
        if (p->out.unsent || !TAILQ_EMPTY(&p->streams) || p->n_laters)
            return true;
    }
    return false;
}

enum error_code server_may_send(const struct server *s, const struct peer *p, size_t len, struct error *err)
{
    const struct peer *other;
    size_t unsent = 0;
    if (len <= (size_t)s->setup.opt.peer_buffer)
        return ERR_NONE;
    TAILQ_FOREACH (other, &s->peers, link)
        if (other->uid == p->uid)
            unsent += other->out.unsent;
    if (unsent + len <= (size_t)s->setup.opt.max_output || unsent == 0)
        return ERR_NONE;
    return error_set(err, ERR_OVERLOADED,
                     "your clients have %zu bytes to read before they may ask for %zu more (max_output)", unsent, len);
}

uid_t server_scope(const struct server *s, const struct peer *p)
{
    return s->setup.system ? p->uid : s->setup.owner;
}

bool server_is_admin(const struct server *s, const struct peer *p)
{
    return p->uid == s->setup.owner || p->uid == 0;
}
