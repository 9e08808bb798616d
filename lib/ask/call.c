#include "lib/ask/internal.h"
#include "lib/base/buf.h"
#include "lib/proto/frame.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, VALUES_MAX = 262144 };
#define OWN_MSGID UINT32_MAX /* of requests that the caller does not know of */

struct ask {
    int fd;
    uint32_t next_msgid;
    struct frame_reader reader;
    struct buf in;
    size_t done;    /* bytes at the front of `in` that were handed out */
    size_t scanned; /* bytes behind those that the reader has passed, all of the current frame */
    size_t last;    /* bytes of the message that was handed out last */
    bool forwarded; /* ssh accepts, whether or not there is a daemon at its other end */
    bool heard;     /* something came */
    bool unheard;   /* a response to what libask itself has said is still to come, and to be passed over: */
    int64_t due;    /* until then, else the daemon hangs */
};

struct ask *connection_new(int fd, struct ask_error *err)
{
    struct ask *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        (void)close(fd);
        (void)failure_set(err, ASK_SYSTEM, "out of memory");
        return NULL;
    }
    a->fd = fd;
    const struct frame_limits limits = {
        .max_bytes = MESSAGE_MAX, .max_values = VALUES_MAX, .max_depth = FRAME_DEPTH_LIMIT};
    frame_init(&a->reader, &limits);
    buf_init(&a->in, MESSAGE_MAX + 2 * (size_t)READ_SIZE);
    return a;
}

struct ask *ask_open(const struct ask_options *opt, struct ask_error *err)
{
    struct place place;
    int fd = -1;
    if (locate_place(opt, &place, err) != ASK_OK)
        return NULL;
    enum ask_status status = locate_connect(&place, &fd, err);
    bool found = status == ASK_OK;
    if (status == ASK_NO_DAEMON && place.kind == PLACE_USER)
        status = start_daemon(opt, &place, &fd, err);
    if (status != ASK_OK)
        return NULL;
    struct ask *a = connection_new(fd, err);
    if (a != NULL)
        a->forwarded = place_is_forwarded(&place);
    /* One that was just started is what there is; only one that was found may be older than it has to be. */
    if (a != NULL && found && place.kind == PLACE_USER && start_is_allowed(opt))
        a = handover(a, opt, &place, err);
    else if (a != NULL)
        introduce(a);
    return a;
}

void ask_close(struct ask *a)
{
    if (a == NULL)
        return;
    (void)close(a->fd);
    buf_done(&a->in);
    free(a);
}

int ask_fd(const struct ask *a)
{
    return a->fd;
}

static enum ask_status failure_closed(const struct ask *a, struct ask_error *err)
{
    if (a->forwarded && !a->heard)
        return failure_set(
            err, ASK_NO_DAEMON,
            "no daemon runs where ssh forwards this socket from: start one there (systemctl --user enable "
            "--now askd.socket has one start whenever it is needed)");
    return failure_set(err, ASK_CLOSED, "the daemon closed the connection: look at its log");
}

/* A walk over a frame that the reader has found whole, so no header here can point beyond its end. */
static uint64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* The value at p: the size of its header, of the payload behind that, and how many values follow as its elements. */
static void value_shape(const unsigned char *p, size_t *head, uint64_t *payload, uint64_t *elements)
{
    unsigned char b = *p;
    *head = 1;
    *payload = *elements = 0;
    if (b < 0x80 || b >= 0xe0 || (b >= 0xc0 && b <= 0xc3))
        return; /* fixint, nil, bool */
    if (b < 0x90) {
        *elements = 2 * (uint64_t)(b & 0x0f);
    } else if (b < 0xa0) {
        *elements = b & 0x0f;
    } else if (b < 0xc0) {
        *payload = b & 0x1f;
    } else if (b <= 0xc6 || (b >= 0xd9 && b <= 0xdb)) { /* bin, str */
        size_t width = (size_t)1 << (b <= 0xc6 ? b - 0xc4 : b - 0xd9);
        *head += width;
        *payload = big_endian(p + 1, width);
    } else if (b <= 0xc9) { /* ext */
        size_t width = (size_t)1 << (b - 0xc7);
        *head += width;
        *payload = 1 + big_endian(p + 1, width);
    } else if (b <= 0xcb) { /* float */
        *payload = b == 0xca ? 4 : 8;
    } else if (b <= 0xd3) { /* uint, int */
        *payload = (uint64_t)1 << ((b - 0xcc) & 3);
    } else if (b <= 0xd8) { /* fixext */
        *payload = 1 + ((uint64_t)1 << (b - 0xd4));
    } else { /* array, map */
        size_t width = (b & 1) == 0 ? 2 : 4;
        *head += width;
        *elements = big_endian(p + 1, width) * (b >= 0xde ? 2 : 1);
    }
}

static const unsigned char *value_end(const unsigned char *p)
{
    uint64_t due = 1;
    while (due > 0) {
        size_t head;
        uint64_t payload, elements;
        value_shape(p, &head, &payload, &elements);
        p += head + payload;
        due += elements - 1;
    }
    return p;
}

static bool read_uint32(const unsigned char *p, uint32_t *v)
{
    if (*p < 0x80) {
        *v = *p;
        return true;
    }
    if (*p < 0xcc || *p > 0xcf)
        return false;
    uint64_t wide = big_endian(p + 1, (size_t)1 << (*p - 0xcc));
    *v = (uint32_t)wide;
    return wide <= UINT32_MAX;
}

static bool read_str(const unsigned char *p, const char **s, size_t *len)
{
    if (!((*p >= 0xa0 && *p < 0xc0) || (*p >= 0xd9 && *p <= 0xdb)))
        return false;
    size_t head;
    uint64_t payload, elements;
    value_shape(p, &head, &payload, &elements);
    *s = (const char *)p + head;
    *len = (size_t)payload;
    return true;
}

/* Splits a whole frame. False for what is an array of 3 or 4 but neither a response nor a notification. */
static bool read_message(const unsigned char *p, struct ask_message *m)
{
    size_t head;
    uint64_t payload, elements;
    value_shape(p, &head, &payload, &elements);
    p += head;
    uint32_t type;
    if (!read_uint32(p, &type) || type != (elements == 4 ? (uint32_t)ASK_RESPONSE : (uint32_t)ASK_NOTIFICATION))
        return false;
    p = value_end(p);

    *m = (struct ask_message){.kind = (enum ask_kind)type};
    if (m->kind == ASK_RESPONSE) {
        if (!read_uint32(p, &m->msgid))
            return false;
        p = value_end(p);
        m->error = *p != 0xc0 ? p : NULL;
    } else if (!read_str(p, &m->method, &m->method_len)) {
        return false;
    }
    m->body = value_end(p);
    if (m->error != NULL)
        m->error_len = (size_t)(m->body - p);
    m->body_len = (size_t)(value_end(m->body) - m->body);
    return true;
}

/* Takes a message out of what has come. ASK_TIMEOUT where more bytes are needed. */
static enum ask_status take_message(struct ask *a, struct ask_message *m, struct ask_error *err)
{
    const unsigned char *frame = a->in.data + a->done;
    size_t fresh = a->in.len - a->done - a->scanned;
    if (fresh == 0)
        return ASK_TIMEOUT;
    size_t used = 0;
    enum frame_status status = frame_feed(&a->reader, frame + a->scanned, fresh, &used);
    a->scanned += used;
    if (status == FRAME_MORE)
        return ASK_TIMEOUT;
    if (status != FRAME_WHOLE)
        return failure_set(err, ASK_PROTOCOL, "the daemon's message is refused (%s): check that %s",
                           frame_status_text(status), "the socket is askd's");
    a->done += a->scanned;
    a->last = a->scanned;
    a->scanned = 0;
    frame_next(&a->reader);
    if (!read_message(frame, m))
        return failure_set(err, ASK_PROTOCOL,
                           "the peer does not speak MessagePack-RPC: check that the socket is askd's");
    return ASK_OK;
}

/* Reads once what there is. The buffer grows by what has come, whatever a header announces. */
static enum ask_status read_some(struct ask *a, int flags, struct ask_error *err)
{
    if (a->done > 0) {
        buf_consume(&a->in, a->done);
        a->done = 0;
    }
    if (!buf_reserve(&a->in, READ_SIZE))
        return failure_set(err, ASK_SYSTEM, "out of memory for the daemon's message");
    ssize_t n = recv(a->fd, a->in.data + a->in.len, READ_SIZE, flags);
    if (n > 0) {
        a->in.len += (size_t)n;
        a->heard = true;
        return ASK_OK;
    }
    if (n == 0 || errno == ECONNRESET)
        return failure_closed(a, err);
    if (errno == EINTR)
        return failure_set(err, ASK_INTERRUPTED, "interrupted");
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return failure_set(err, ASK_TIMEOUT, "no message came in time");
    return failure_set(err, ASK_SYSTEM, "cannot read from the daemon: %s", strerror(errno));
}

/* Until there is room to send. What comes meanwhile is taken in: a daemon that is full of what it has for us reads
 * nothing more, and each would wait for the other. */
static enum ask_status wait_writable(struct ask *a, struct ask_error *err)
{
    struct pollfd p = {.fd = a->fd, .events = POLLIN | POLLOUT};
    if (poll(&p, 1, -1) < 0 || (p.revents & POLLOUT) != 0)
        return ASK_OK; /* also after a signal: the next attempt tells */
    enum ask_status status = read_some(a, MSG_DONTWAIT, err);
    return status == ASK_TIMEOUT || status == ASK_INTERRUPTED ? ASK_OK : status;
}

/* Writes all of it. A signal does not stop it half-way, since half a frame would make the connection useless. */
static enum ask_status send_all(struct ask *a, struct iovec *part, size_t parts, struct ask_error *err)
{
    while (parts > 0) {
        struct msghdr msg = {.msg_iov = part, .msg_iovlen = parts};
        ssize_t n = sendmsg(a->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            enum ask_status status = wait_writable(a, err);
            if (status != ASK_OK)
                return status;
            continue;
        }
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            return failure_closed(a, err);
        if (n < 0)
            return failure_set(err, ASK_SYSTEM, "cannot send to the daemon: %s", strerror(errno));
        size_t sent = (size_t)n;
        while (parts > 0 && sent >= part->iov_len) {
            sent -= part->iov_len;
            part++;
            parts--;
        }
        if (parts > 0) {
            part->iov_base = (char *)part->iov_base + sent;
            part->iov_len -= sent;
        }
    }
    return ASK_OK;
}

static enum ask_status send_request(struct ask *a, uint32_t id, const char *method, const void *params, size_t len,
                                    struct ask_error *err)
{
    struct buf head;
    buf_init(&head, 4096);
    mp_put_array(&head, 4);
    mp_put_uint(&head, 0);
    mp_put_uint(&head, id);
    mp_put_str(&head, method, strlen(method));
    mp_put_array(&head, params != NULL ? 1 : 0);

    enum ask_status status;
    if (head.failed) {
        status =
            failure_set(err, ASK_SYSTEM, "cannot write a request: its method's name is too long, or out of memory");
    } else if (params != NULL && len > MESSAGE_MAX - head.len) {
        status = failure_set(err, ASK_SYSTEM, "a request is bounded by 64 MiB: send less");
    } else {
        struct iovec parts[2] = {{.iov_base = head.data, .iov_len = head.len},
                                 {.iov_base = (void *)(uintptr_t)params, .iov_len = len}};
        status = send_all(a, parts, params != NULL ? 2 : 1, err);
    }
    buf_done(&head);
    /* A daemon that refuses a connection says why and closes it: that is to be received first, also where it was read
     * when an earlier request could not be sent. */
    if ((status == ASK_CLOSED || status == ASK_NO_DAEMON) &&
        (a->in.len > a->done + a->scanned || read_some(a, MSG_DONTWAIT, NULL) == ASK_OK))
        status = ASK_OK;
    return status;
}

enum ask_status ask_send(struct ask *a, const char *method, const void *params, size_t len, uint32_t *msgid,
                         struct ask_error *err)
{
    uint32_t id = a->next_msgid;
    a->next_msgid = id + 1 != OWN_MSGID ? id + 1 : 0;
    enum ask_status status = send_request(a, id, method, params, len, err);
    if (status == ASK_OK && msgid != NULL)
        *msgid = id;
    return status;
}

int64_t time_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static enum ask_status wait_readable(int fd, int64_t deadline, struct ask_error *err)
{
    int64_t left = deadline - time_ms();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = poll(&p, 1, left > 0 ? (int)left : 0);
    if (n > 0)
        return ASK_OK;
    if (n == 0)
        return failure_set(err, ASK_TIMEOUT, "no message came in time");
    if (errno == EINTR)
        return failure_set(err, ASK_INTERRUPTED, "interrupted");
    return failure_set(err, ASK_SYSTEM, "cannot wait for the daemon: %s", strerror(errno));
}

int ask_patience(const struct ask *a)
{
    if (!a->unheard)
        return -1;
    int64_t left = a->due - time_ms();
    return left > 0 ? (int)left : 0;
}

enum ask_status failure_silent(struct ask_error *err)
{
    return failure_set(
        err, ASK_SILENT,
        "the daemon does not answer within %d s: end it (pkill -KILL -x askd, or systemctl --user restart askd)",
        REPLY_WAIT_MS / 1000);
}

/* What the kernel has, or what comes until the deadline; 0: at once, negative: never. ASK_SILENT where the daemon owed
 * us a response by then. */
static enum ask_status read_until(struct ask *a, int64_t deadline, struct ask_error *err)
{
    const bool greeting = a->unheard && (deadline < 0 || a->due < deadline);
    enum ask_status status = ASK_OK;
    if (deadline > 0 || (greeting && deadline < 0))
        status = wait_readable(a->fd, greeting ? a->due : deadline, err);
    if (status == ASK_OK)
        status = read_some(a, deadline < 0 && !greeting ? 0 : MSG_DONTWAIT, err);
    return status == ASK_TIMEOUT && a->unheard && time_ms() >= a->due ? failure_silent(err) : status;
}

enum ask_status ask_receive(struct ask *a, int timeout, struct ask_message *m, struct ask_error *err)
{
    const int64_t deadline = timeout > 0 ? time_ms() + timeout : timeout;
    for (;;) {
        enum ask_status status = take_message(a, m, err);
        if (status == ASK_OK && a->unheard && m->kind == ASK_RESPONSE && m->msgid == OWN_MSGID) {
            a->unheard = false;
            continue;
        }
        if (status != ASK_TIMEOUT)
            return status;
        status = read_until(a, deadline, err);
        if (status != ASK_OK)
            return status;
    }
}

enum ask_status ask_call(struct ask *a, const char *method, const void *params, size_t len, struct ask_message *m,
                         struct ask_error *err)
{
    uint32_t msgid;
    enum ask_status status = ask_send(a, method, params, len, &msgid, err);
    while (status == ASK_OK) {
        status = ask_receive(a, -1, m, err);
        if (status == ASK_INTERRUPTED)
            status = ASK_OK; /* the response would be lost to the caller, who has no msgid to wait for */
        else if (status == ASK_OK && m->kind == ASK_RESPONSE && m->msgid == msgid)
            break;
    }
    return status;
}

void connection_tell(struct ask *a, const char *method, const void *params, size_t len)
{
    a->unheard = send_request(a, OWN_MSGID, method, params, len, NULL) == ASK_OK;
    a->due = time_ms() + REPLY_WAIT_MS;
}

enum ask_status connection_call(struct ask *a, const char *method, const void *params, size_t len, int timeout,
                                struct ask_message *m, struct ask_error *err)
{
    enum ask_status status = send_request(a, OWN_MSGID, method, params, len, err);
    int64_t deadline = time_ms() + timeout;
    while (status == ASK_OK) {
        int64_t left = deadline - time_ms();
        status = ask_receive(a, left > 1 ? (int)left : 1, m, err);
        if (status != ASK_OK || m->kind != ASK_RESPONSE)
            continue;
        if (m->msgid != OWN_MSGID) {
            a->done -= a->last; /* nothing was read since: it is still there */
            *m = (struct ask_message){0};
        }
        break;
    }
    return status;
}
