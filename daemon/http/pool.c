/* curl tells which sockets and which time it waits for (watch_socket, watch_time); the loop tells curl when they come,
 * and every such call goes through act(): curl runs and calls transfer.c's callbacks, then settle() does what must not
 * be done while curl is on the stack: take away what was cancelled, report ends, hand over what has become ready. */
#include "daemon/http/pool.h"

#include "daemon/http/transfer.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SPARE_MAX 32       /* idle curl handles kept, as one costs more to make than to reset */
#define CACHE_MAX 256L     /* idle connections kept */
#define CONNECT_MS 300000L /* where no time to connect is given */

struct http_pool {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi; /* NULL until the first transfer */
    struct transfer_room room;
    struct transfer_list ready, running, doomed;
    CURL *spare[SPARE_MAX];
    unsigned n_spare;
    struct http_stats stats;
    unsigned handles; /* of uv, until their close callbacks */
    bool busy;        /* act() is on the stack */
    bool in_curl;     /* and in it, curl */
    bool closing;
    void (*closed)(void *data);
    void *closed_data;
};

/* A socket that curl waits for. */
struct watch {
    uv_poll_t poll;
    curl_socket_t fd;
    int events; /* of uv */
    struct http_pool *pool;
};

static void act(struct http_pool *pool, curl_socket_t fd, int flags);

/* For what fails only by want of memory or by our own fault. */
static void must(CURLMcode rc)
{
    if (rc != CURLM_OK)
        abort();
}

/* --- the states of a transfer --- */

static bool is_open(enum transfer_state state)
{
    return state == TRANSFER_READY || state == TRANSFER_RUNNING;
}

static bool counts_for_host(enum transfer_state state)
{
    return state == TRANSFER_READY || state == TRANSFER_RUNNING || state == TRANSFER_DOOMED;
}

static struct transfer_list *list_of(struct http_transfer *t, enum transfer_state state)
{
    switch (state) {
    case TRANSFER_NONE: return NULL;
    case TRANSFER_READY: return &t->pool->ready;
    case TRANSFER_RUNNING: return &t->pool->running;
    case TRANSFER_DOOMED: return &t->pool->doomed;
    }
    return NULL;
}

/* The one place where a transfer's state, the lists and their counts change. */
static void enter(struct http_transfer *t, enum transfer_state to)
{
    struct transfer_list *from_list = list_of(t, t->state), *to_list = list_of(t, to);
    if (from_list)
        TAILQ_REMOVE(from_list, t, link);
    if (to_list)
        TAILQ_INSERT_TAIL(to_list, t, link);
    t->pool->stats.active += (unsigned)is_open(to) - (unsigned)is_open(t->state);
    t->host->active += (unsigned)counts_for_host(to) - (unsigned)counts_for_host(t->state);
    t->host->used_us = clock_mono_us();
    t->state = to;
}

static void hand_over_ready(struct http_pool *pool)
{
    struct http_transfer *t;
    if (pool->busy)
        return; /* settle will */
    while ((t = TAILQ_FIRST(&pool->ready))) {
        enter(t, TRANSFER_RUNNING);
        must(curl_multi_add_handle(pool->multi, t->easy));
    }
}

/* --- the end of a transfer --- */

static CURL *easy_get(struct http_pool *pool)
{
    CURL *easy = pool->n_spare ? pool->spare[--pool->n_spare] : curl_easy_init();
    if (!easy)
        abort(); /* as alloc.h does */
    return easy;
}

static void easy_put(struct http_pool *pool, CURL *easy)
{
    if (pool->n_spare == SPARE_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    pool->spare[pool->n_spare++] = easy;
}

static void count_connection(struct http_transfer *t)
{
    struct http_stats *stats = &t->pool->stats;
    long opened = 0;
    curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &opened);
    stats->opened += (unsigned long long)opened;
    stats->handshakes += t->handshakes;
    stats->resumed += t->resumed;
    t->host->opened += (unsigned long long)opened;
    if (opened == 0 && t->head_done) {
        stats->reused++;
        t->host->reused++;
    }
}

static void count_response(struct http_transfer *t)
{
    struct http_stats *stats = &t->pool->stats;
    long version = 0;
    if (!t->head_done)
        return;
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    t->host->version = version;
    if (version == CURL_HTTP_VERSION_2_0)
        stats->http2++;
    else
        stats->http1++;
}

/* Out of curl and out of the lists; the transfer's own memory stays. */
static void take_away(struct http_transfer *t)
{
    struct http_pool *pool = t->pool;
    if (t->state == TRANSFER_RUNNING || t->state == TRANSFER_DOOMED) {
        count_connection(t);
        count_response(t);
        transfer_look(t, &t->wire);
        must(curl_multi_remove_handle(pool->multi, t->easy));
    }
    easy_put(pool, t->easy);
    transfer_wipe(t);
    enter(t, TRANSFER_NONE);
}

static void transfer_free(struct http_transfer *t)
{
    exchange_done(&t->x);
    curl_url_cleanup(t->address);
    free(t->location);
    free(t);
}

/* curl tells of the connection until the handle is taken from it, and only if it keeps it. */
static void note_kept(struct http_transfer *t)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd != CURL_SOCKET_BAD)
        host_keep(&t->pool->room.hosts, t->host, fd);
}

static void finish(struct http_transfer *t, CURLcode rc)
{
    struct error err = ERROR_INIT;
    enum error_code code = transfer_outcome(t, rc, &err);
    note_kept(t);
    take_away(t);
    if (t->cb.on_end)
        t->cb.on_end(t->data, code, code ? &err : NULL);
    transfer_free(t);
}

void http_cancel(struct http_transfer *t)
{
    struct http_pool *pool = t->pool;
    if (!is_open(t->state))
        return; /* from inside its own last callback */
    if (t->state == TRANSFER_RUNNING && pool->in_curl) {
        enter(t, TRANSFER_DOOMED);
        return;
    }
    take_away(t);
    transfer_free(t);
    hand_over_ready(pool);
}

/* --- curl and the loop --- */

static void handle_closed(struct http_pool *pool)
{
    if (--pool->handles)
        return;
    if (pool->closed)
        pool->closed(pool->closed_data);
    free(pool->room.user_agent);
    free(pool);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;
    struct http_pool *pool = w->pool;
    free(w);
    handle_closed(pool);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    /* libuv stops a poll that reports an error. curl finds the error, and what can still be read before it, by reading.
     */
    if (status < 0)
        events = w->events;
    int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    act(w->pool, w->fd, flags);
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        uv_poll_start(poll, w->events, on_poll);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static struct watch *watch_new(struct http_pool *pool, curl_socket_t fd)
{
    struct watch *w = NEW(struct watch);
    if (uv_poll_init_socket(pool->loop, &w->poll, fd) < 0)
        abort(); /* no more watches from the system: libuv itself gives up there */
    w->poll.data = w;
    w->fd = fd;
    w->pool = pool;
    pool->handles++;
    must(curl_multi_assign(pool->multi, fd, w));
    return w;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
    (void)easy;
    struct http_pool *pool = data;
    struct watch *w = socket_data;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            uv_close((uv_handle_t *)&w->poll, on_watch_closed);
        return 0;
    }
    if (!w)
        w = watch_new(pool, fd);
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (events != w->events)
        uv_poll_start(&w->poll, events, on_poll);
    w->events = events;
    return 0;
}

/* A time of 0 comes at the loop's next turn, never from here: curl is on the stack. */
static int watch_time(CURLM *multi, long timeout_ms, void *data)
{
    (void)multi;
    struct http_pool *pool = data;
    if (timeout_ms < 0)
        return uv_timer_stop(&pool->timer);
    return uv_timer_start(&pool->timer, on_timer, (uint64_t)timeout_ms, 0);
}

static void report_ends(struct http_pool *pool)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(pool->multi, &left))) {
        struct http_transfer *t = NULL;
        CURLcode rc = msg->data.result; /* msg dies with the handle */
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
        finish(t, rc);
    }
}

static void tear_down(struct http_pool *pool);

static void settle(struct http_pool *pool)
{
    struct http_transfer *t;
    while ((t = TAILQ_FIRST(&pool->doomed))) {
        take_away(t);
        transfer_free(t);
    }
    report_ends(pool);
    pool->busy = false;
    hand_over_ready(pool);
    if (pool->closing)
        tear_down(pool);
}

static void act(struct http_pool *pool, curl_socket_t fd, int flags)
{
    int running;
    pool->busy = pool->in_curl = true;
    must(curl_multi_socket_action(pool->multi, fd, flags, &running));
    pool->in_curl = false;
    settle(pool);
}

/* --- the pool --- */

struct http_pool *http_pool_new(uv_loop_t *loop, const char *user_agent)
{
    struct http_pool *pool = NEW(struct http_pool);
    pool->loop = loop;
    pool->room.user_agent = xstrdup(user_agent);
    TAILQ_INIT(&pool->ready);
    TAILQ_INIT(&pool->running);
    TAILQ_INIT(&pool->doomed);
    uv_timer_init(loop, &pool->timer);
    pool->timer.data = pool;
    pool->handles = 1;
    return pool;
}

static void open_multi(struct http_pool *pool)
{
    if (pool->multi)
        return;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(pool->multi = curl_multi_init()) ||
        !(pool->room.sessions = curl_share_init()) ||
        curl_share_setopt(pool->room.sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION))
        abort();                                                         /* as alloc.h does */
    pool->room.has_ca_file = curl_version_info(CURLVERSION_NOW)->cainfo; /* it makes texts each time */
    must(curl_multi_setopt(pool->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX));
    must(curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, CACHE_MAX));
    must(curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, watch_socket));
    must(curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool));
    must(curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, watch_time));
    must(curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool));
}

/* With no transfer left and curl not on the stack. */
static void tear_down(struct http_pool *pool)
{
    assert(TAILQ_EMPTY(&pool->running) && TAILQ_EMPTY(&pool->ready));
    while (pool->n_spare)
        curl_easy_cleanup(pool->spare[--pool->n_spare]);
    if (pool->multi) {
        curl_multi_cleanup(pool->multi);
        curl_share_cleanup(pool->room.sessions);
        curl_global_cleanup();
    }
    hosts_done(&pool->room.hosts);
    uv_close((uv_handle_t *)&pool->timer, on_timer_closed);
}

void http_pool_close(struct http_pool *pool, void (*closed)(void *data), void *data)
{
    struct http_transfer *t;
    pool->closing = true;
    pool->closed = closed;
    pool->closed_data = data;
    while ((t = TAILQ_FIRST(&pool->ready)))
        http_cancel(t);
    while ((t = TAILQ_FIRST(&pool->running)))
        http_cancel(t);
    if (!pool->busy)
        tear_down(pool);
}

static enum error_code prepare(struct http_transfer *t, const struct http_options *opt, struct error *err)
{
    struct http_pool *pool = t->pool;
    char *key = NULL;
    enum error_code code = transfer_parse_url(t->x.url, &t->address, &key, err);
    if (code)
        return code;
    t->host = host_get(&pool->room.hosts, key);
    t->easy = easy_get(pool);
    code = transfer_prepare(t, opt, &pool->room, err);
    if (code)
        take_away(t);
    return code;
}

static struct http_transfer *transfer_new(struct http_pool *pool, struct exchange *x, const struct http_callbacks *cb,
                                          void *data)
{
    struct http_transfer *t = NEW(struct http_transfer);
    t->pool = pool;
    t->x = *x;
    exchange_init(x, t->x.body.max);
    t->cb = *cb;
    t->data = data;
    t->wire = (struct http_wire){.connect_us = -1, .handshake_us = -1};
    return t;
}

/* Takes t over where it fails. */
static enum error_code begin(struct http_transfer *t, const struct http_options *opt, struct error *err)
{
    struct http_pool *pool = t->pool;
    t->timeout_connect_ms = opt->timeout_connect_ms > 0 ? opt->timeout_connect_ms : CONNECT_MS;
    enum error_code code = pool->closing ? error_set(err, ERR_UNAVAILABLE, "the daemon is about to end") : ERR_NONE;
    if (!code) {
        open_multi(pool);
        code = prepare(t, opt, err);
    }
    if (code) {
        transfer_free(t);
        return code;
    }
    pool->stats.started++;
    pool->stats.warmed += t->warm;
    enter(t, TRANSFER_READY);
    hand_over_ready(pool);
    return ERR_NONE;
}

enum error_code http_start(struct http_pool *pool, struct exchange *x, const struct http_options *opt,
                           const struct http_callbacks *cb, void *data, struct http_transfer **ret, struct error *err)
{
    struct http_transfer *t = transfer_new(pool, x, cb, data);
    enum error_code code = begin(t, opt, err);
    if (code == ERR_NONE)
        *ret = t;
    return code;
}

static void on_warm_end(void *data, enum error_code code, const struct error *err)
{
    const struct http_host *host = data;
    if (code && host->warm_failed)
        host->warm_failed(err);
}

void http_warm(struct http_pool *pool, const char *url, const struct http_options *opt,
               void (*failed)(const struct error *err))
{
    static const struct http_callbacks cb = {.on_end = on_warm_end};
    struct exchange x;
    char *key;
    if (strncasecmp(url, "https:", 6) != 0 || transfer_parse_url(url, NULL, &key, NULL) != ERR_NONE)
        return;
    struct http_host *host = host_get(&pool->room.hosts, key);
    if (!host_is_cold(&pool->room.hosts, host, clock_mono_us()))
        return;
    exchange_init(&x, 0);
    x.method = "HEAD";
    x.url = xstrdup(url);
    struct http_transfer *t = transfer_new(pool, &x, &cb, host);
    t->warm = true;
    host->warm_failed = failed;
    struct http_options cold = {
        .proxy = opt->proxy, .ca_file = opt->ca_file, .timeout_connect_ms = opt->timeout_connect_ms};
    struct error err = ERROR_INIT;
    if (begin(t, &cold, &err) != ERR_NONE && failed)
        failed(&err);
}

void http_look(const struct http_transfer *t, struct http_wire *ret)
{
    if (t->state == TRANSFER_RUNNING || t->state == TRANSFER_DOOMED)
        transfer_look(t, ret);
    else
        *ret = t->wire;
}

void http_pool_stats(const struct http_pool *pool, struct http_stats *ret)
{
    *ret = pool->stats;
}

void http_host_stats(const struct http_pool *pool, const char *url, struct http_host_stats *ret)
{
    char *key;
    *ret = (struct http_host_stats){0};
    if (transfer_parse_url(url, NULL, &key, NULL) != ERR_NONE)
        return;
    const struct http_host *host = host_find(&pool->room.hosts, key);
    free(key);
    if (!host)
        return;
    ret->opened = host->opened;
    ret->reused = host->reused;
    ret->protocol = host_protocol(host->version);
}
