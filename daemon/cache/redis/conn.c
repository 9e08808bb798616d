#include "daemon/cache/redis/conn.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define CHUNK (64u << 10) /* read at once */

enum conn_state {
    CONN_RESOLVING,
    CONN_CONNECTING, /* to one address after the other */
    CONN_GREETING,
    CONN_READY,
    CONN_FAILED,
    CONN_CLOSING,
};

/* A socket; it outlives the connection's interest in it until its handle is closed. */
struct wire {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    uv_connect_t connect;
    struct conn *conn;
    bool dropped; /* conn does not want to hear of it */
};

/* A look-up cannot be called back: it may end long after the connection has gone. */
struct lookup {
    uv_getaddrinfo_t req;
    struct conn *conn; /* NULL: it is gone */
};

struct waiting { /* for a reply */
    STAILQ_ENTRY(waiting) link;
    conn_told *told;
    void *data;
};

struct output {
    uv_write_t req;
    struct buf bytes;
};

struct conn {
    uv_loop_t *loop;
    const struct redis_url *url;
    const struct conn_hooks *hooks;
    void *data;
    enum conn_state state;
    struct lookup *lookup;
    struct addrinfo *addresses, *next; /* next: to be tried */
    struct wire *wire;                 /* NULL: none */
    uv_timer_t timer;
    unsigned handles;  /* not closed: the timer, wires */
    const char *fault; /* static; found where nothing may be called back: the timer tells it */
    redisReader *reader;
    redisReplyObjectFunctions functions;
    size_t unread; /* bytes of a reply that is not complete */
    STAILQ_HEAD(, waiting) waiting;
    char *chunk;
};

/* -- its end -- */

static void handle_closed(struct conn *c)
{
    if (--c->handles > 0)
        return;
    if (c->reader)
        redisReaderFree(c->reader);
    free(c->chunk);
    c->hooks->gone(c->data);
    free(c);
}

static void on_wire_closed(uv_handle_t *h)
{
    struct wire *w = h->data;
    struct conn *c = w->conn;
    free(w);
    handle_closed(c);
}

static void on_timer_closed(uv_handle_t *h)
{
    handle_closed(h->data);
}

static void drop_wire(struct conn *c)
{
    if (c->wire) {
        c->wire->dropped = true;
        uv_close(&c->wire->handle, on_wire_closed);
    }
    c->wire = NULL;
}

static void drop_addresses(struct conn *c)
{
    if (c->lookup)
        c->lookup->conn = NULL;
    c->lookup = NULL;
    if (c->addresses)
        uv_freeaddrinfo(c->addresses);
    c->addresses = c->next = NULL;
}

/* The one way out of the states before. */
static void end(struct conn *c, enum conn_state state)
{
    c->state = state;
    drop_addresses(c);
    drop_wire(c);
    uv_timer_stop(&c->timer);
    struct waiting *w;
    while ((w = STAILQ_FIRST(&c->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&c->waiting, link);
        w->told(w->data, NULL);
        free(w);
    }
}

static void fail(struct conn *c, const char *why)
{
    if (c->state >= CONN_FAILED)
        return;
    end(c, CONN_FAILED);
    if (c->state == CONN_FAILED) /* whoever was told may have closed it */
        c->hooks->failed(c->data, c, why);
}

void conn_close(struct conn *c)
{
    if (c->state == CONN_CLOSING)
        return;
    end(c, CONN_CLOSING);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

/* -- time -- */

static void on_timer(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    fail(c, c->fault ? c->fault : "it does not answer");
}

static void fail_later(struct conn *c, const char *why)
{
    c->fault = why;
    uv_timer_start(&c->timer, on_timer, 0, 0);
}

/* Measures how long the first of those that wait does. */
static void measure(struct conn *c)
{
    if (c->state != CONN_READY || c->fault)
        return;
    if (STAILQ_EMPTY(&c->waiting))
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, CONN_ANSWER_MS, 0);
}

/* -- replies -- */

#if HIREDIS_MAJOR >= 1
typedef size_t array_size;
#else
typedef int array_size;
#endif
static void *(*create_array)(const redisReadTask *task, array_size elements); /* hiredis's own */

static void *create_bounded_array(const redisReadTask *task, array_size elements)
{
    return elements <= CONN_ELEMENTS_MAX ? create_array(task, elements) : NULL;
}

static redisReader *new_reader(struct conn *c)
{
    redisReader *reader = redisReaderCreate();
    if (!reader)
        return NULL;
    c->functions = *reader->fn;
    create_array = c->functions.createArray;
    c->functions.createArray = create_bounded_array;
    reader->fn = &c->functions;
    return reader;
}

static bool is_open(const struct conn *c)
{
    return c->state == CONN_GREETING || c->state == CONN_READY;
}

static void tell(struct conn *c, redisReply *reply)
{
    struct waiting *w = STAILQ_FIRST(&c->waiting);
    c->unread = 0;
    if (!w) {
        freeReplyObject(reply);
        fail(c, "it says what nobody asked");
        return;
    }
    STAILQ_REMOVE_HEAD(&c->waiting, link);
    measure(c);
    w->told(w->data, reply);
    free(w);
}

static void read_replies(struct conn *c, size_t len)
{
    void *reply = NULL;
    c->unread += len;
    if (redisReaderFeed(c->reader, c->chunk, len) != REDIS_OK) {
        fail(c, "there is no memory for its reply");
        return;
    }
    while (is_open(c)) {
        if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
            fail(c, "it sends what is not Redis's protocol, or too much");
        else if (!reply)
            break;
        else
            tell(c, reply);
    }
    if (c->unread > CONN_REPLY_MAX)
        fail(c, "its reply is too large");
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct wire *w = h->data;
    *buf = uv_buf_init(w->conn->chunk, CHUNK);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    struct wire *w = stream->data;
    if (n > 0)
        read_replies(w->conn, (size_t)n);
    else if (n < 0)
        fail(w->conn, n == UV_EOF ? "it has closed the connection" : uv_strerror((int)n));
}

/* -- commands -- */

static void free_output(struct output *o)
{
    secret_wipe(o->bytes.data, o->bytes.len); /* it may be the password */
    buf_done(&o->bytes);
    free(o);
}

static void on_written(uv_write_t *req, int status)
{
    struct wire *w = req->handle->data;
    free_output(req->data);
    if (status < 0 && !w->dropped)
        fail(w->conn, uv_strerror(status));
}

static void write_out(struct conn *c, const struct buf *command)
{
    struct output *o = NEW(struct output);
    o->bytes = *command;
    o->req.data = o;
    uv_buf_t b = uv_buf_init((char *)o->bytes.data, (unsigned)o->bytes.len);
    if (uv_write(&o->req, &c->wire->stream, &b, 1, on_written) == 0)
        return;
    free_output(o);
    fail_later(c, "nothing can be sent to it");
}

bool conn_send(struct conn *c, struct buf *command, conn_told *told, void *data)
{
    struct buf taken = *command;
    buf_init(command, COMMAND_MAX);
    if (taken.failed || !is_open(c)) {
        buf_done(&taken);
        return false;
    }
    struct waiting *w = NEW(struct waiting);
    w->told = told;
    w->data = data;
    bool first = STAILQ_EMPTY(&c->waiting);
    STAILQ_INSERT_TAIL(&c->waiting, w, link);
    if (first)
        measure(c);
    write_out(c, &taken);
    return true;
}

/* -- the greeting -- */

static void on_greeted(struct conn *c, redisReply *reply, bool taken, const char *refused)
{
    if (reply && !taken)
        fail(c, reply_is_plain_error(reply) ? refused : reply_refusal(reply));
    if (reply)
        freeReplyObject(reply);
}

static void on_auth(void *data, redisReply *reply)
{
    on_greeted(data, reply, reply && reply_is_status(reply, "OK"), "it does not take this user and password");
}

static void on_select(void *data, redisReply *reply)
{
    on_greeted(data, reply, reply && reply_is_status(reply, "OK"), "it has no database of this number");
}

static void on_ping(void *data, redisReply *reply)
{
    struct conn *c = data;
    bool taken = reply && reply_is_status(reply, "PONG");
    on_greeted(c, reply, taken, "it refuses a command");
    if (!taken)
        return;
    c->state = CONN_READY;
    measure(c);
    c->hooks->ready(c->data, c);
}

static void greet(struct conn *c)
{
    struct buf command;
    c->state = CONN_GREETING;
    if (c->url->password) {
        command_begin(&command, c->url->user ? 3 : 2);
        command_text(&command, "AUTH");
        if (c->url->user)
            command_text(&command, c->url->user);
        command_word(&command, secret_reveal(c->url->password), secret_len(c->url->password));
        (void)conn_send(c, &command, on_auth, c);
    }
    if (c->url->db > 0) {
        command_begin(&command, 2);
        command_text(&command, "SELECT");
        command_number(&command, c->url->db);
        (void)conn_send(c, &command, on_select, c);
    }
    command_begin(&command, 1);
    command_text(&command, "PING");
    if (!conn_send(c, &command, on_ping, c))
        fail(c, "there is no memory for a command");
}

/* -- connecting -- */

static int connect_next(struct conn *c);

static void on_connect(uv_connect_t *req, int status)
{
    struct wire *w = req->data;
    struct conn *c = w->conn;
    if (w->dropped)
        return;
    if (status == 0)
        status = uv_read_start(&w->stream, on_alloc, on_read);
    if (status == 0) {
        drop_addresses(c);
        greet(c);
        return;
    }
    drop_wire(c);
    int more = c->next ? connect_next(c) : status;
    if (more < 0)
        fail(c, uv_strerror(more));
}

static struct wire *new_wire(struct conn *c)
{
    struct wire *w = NEW(struct wire);
    if (c->url->path)
        uv_pipe_init(c->loop, &w->pipe, 0);
    else
        uv_tcp_init(c->loop, &w->tcp);
    w->handle.data = w;
    w->connect.data = w;
    w->conn = c;
    c->handles++;
    return w;
}

/* The socket, or the next address that can be tried at all; else why none can. */
static int connect_next(struct conn *c)
{
    c->state = CONN_CONNECTING;
    if (c->url->path) {
        c->wire = new_wire(c);
        uv_pipe_connect(&c->wire->connect, &c->wire->pipe, c->url->path, on_connect);
        return 0;
    }
    int status = UV_EAI_NONAME;
    while (c->next) {
        const struct addrinfo *a = c->next;
        c->next = a->ai_next;
        c->wire = new_wire(c);
        uv_tcp_nodelay(&c->wire->tcp, 1);
        status = uv_tcp_connect(&c->wire->connect, &c->wire->tcp, a->ai_addr, on_connect);
        if (status == 0)
            return 0;
        drop_wire(c);
    }
    return status;
}

static void on_lookup(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct lookup *l = req->data;
    struct conn *c = l->conn;
    free(l);
    if (!c) {
        uv_freeaddrinfo(found);
        return;
    }
    c->lookup = NULL;
    c->addresses = c->next = found;
    if (status == 0)
        status = connect_next(c);
    if (status < 0)
        fail(c, uv_strerror(status));
}

static int look_up(struct conn *c)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct lookup *l = NEW(struct lookup);
    l->req.data = l;
    l->conn = c;
    int status = uv_getaddrinfo(c->loop, &l->req, on_lookup, c->url->host, c->url->port, &wanted);
    if (status == 0)
        c->lookup = l;
    else
        free(l);
    return status;
}

struct conn *conn_new(uv_loop_t *loop, const struct redis_url *url, const struct conn_hooks *hooks, void *data)
{
    struct conn *c = NEW(struct conn);
    c->loop = loop;
    c->url = url;
    c->hooks = hooks;
    c->data = data;
    STAILQ_INIT(&c->waiting);
    c->chunk = xmalloc(CHUNK);
    c->reader = new_reader(c);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->handles = 1;
    uv_timer_start(&c->timer, on_timer, CONN_GREET_MS, 0);
    int status = !c->reader ? UV_ENOMEM : url->path ? connect_next(c) : look_up(c);
    if (status < 0)
        fail_later(c, uv_strerror(status));
    return c;
}
