/* rpcload: closed-loop load of one fixed request over a Unix socket.
 *
 *   rpcload -u SOCKET [-c CONNECTIONS] [-t MILLISECONDS] [-P REQUESTS] [-m METHOD | -f FILE] [-R]
 *       requests as fast as they are answered, REQUESTS (1) of them in one write, the next when all are answered
 *   rpcload -u SOCKET [-c CONNECTIONS] -i
 *       connections only, until standard input ends
 *
 * The request is the MessagePack-RPC method METHOD ("hello"), or the bytes of FILE (a frame with msgid 1). With -R both
 * it and the answers are RESP (a PING, or FILE's), so that redis is driven by the very same loop. An answer that is an
 * error ends the run; notifications before it are its events, and counted. */
#include "tests/bench/load.h"
#include <errno.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { READ_SIZE = 65536, HEAD_MAX = 32, REQUEST_MAX = 65536 };

/* What comes is walked as it comes: an answer may be larger than any buffer. */
struct conn {
    int fd;
    int64_t asked;
    long due; /* answers */
    bool inside, event;
    unsigned long values, skip; /* of the frame that has begun: values to come, bytes of the last one to come */
    size_t kept;                /* of a head that is not there as a whole */
    unsigned char keep[HEAD_MAX];
};

static long events; /* all that came */

static unsigned long be(const unsigned char *p, unsigned n)
{
    unsigned long v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

/* Length of the head of a MessagePack value: *inside bytes and *values values follow it. 0 where n bytes do not hold
 * it. */
static size_t head(const unsigned char *p, size_t n, unsigned long *inside, unsigned long *values)
{
    /* From 0xc0 on: bytes of a length field, or of the value itself where it has no length field. */
    static const unsigned char length_bytes[] = {[0xc4 - 0xc0] = 1, 2, 4, 1, 2, 4, [0xd9 - 0xc0] = 1, 2, 4, 2, 4, 2, 4};
    static const unsigned char fixed_bytes[] = {[0xca - 0xc0] = 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17,
                                                [0xdf - 0xc0] = 0};
    *inside = *values = 0;
    if (n == 0)
        return 0;
    unsigned char b = p[0];
    if (b < 0x80 || b >= 0xe0)
        return 1;
    if (b < 0x90)
        *values = 2UL * (b & 15);
    else if (b < 0xa0)
        *values = b & 15;
    else if (b < 0xc0)
        *inside = b & 31;
    else {
        unsigned bytes = length_bytes[b - 0xc0];
        *inside = fixed_bytes[b - 0xc0];
        if (n < 1 + bytes)
            return 0;
        unsigned long count = be(p + 1, bytes);
        if (b >= 0xdc)
            *values = b >= 0xde ? 2 * count : count;
        else if (bytes)
            *inside = count + (b >= 0xc7 && b <= 0xc9); /* ext: one byte of type */
        return 1 + bytes;
    }
    return 1;
}

/* Begins a frame: a response without an error, or a notification. */
static size_t rpc_begin(struct conn *c, const unsigned char *p, size_t n)
{
    static const unsigned char good[] = {0x94, 1, 1, 0xc0}; /* [1, msgid 1, nil, ... */
    static const unsigned char event[] = {0x93, 2};
    if (n < sizeof good)
        return 0;
    c->event = memcmp(p, event, sizeof event) == 0;
    if (!c->event && memcmp(p, good, sizeof good) != 0)
        die("an answer that is an error, or no answer to the request");
    c->values = c->event ? 2 : 1;
    return c->event ? sizeof event : sizeof good;
}

/* A line, behind which a bulk string's bytes and its line's end come. */
static size_t resp_begin(struct conn *c, const unsigned char *p, size_t n)
{
    const unsigned char *end = memchr(p, '\n', n);
    if (!end)
        return 0;
    if ((*p != '+' && *p != '$') || p[1] == '-')
        die("RESP: '%.*s'", (int)(end - p), (const char *)p);
    c->values = 0;
    if (*p == '$')
        c->skip = strtoul((const char *)p + 1, NULL, 10) + 2;
    return (size_t)(end - p) + 1;
}

typedef size_t begin_fn(struct conn *c, const unsigned char *p, size_t n);

/* One step on: the bytes used up, 0 where there are too few. */
static size_t step(struct conn *c, const unsigned char *p, size_t n, begin_fn *begin)
{
    unsigned long inside, values;
    if (c->skip) {
        size_t k = n < c->skip ? n : c->skip;
        c->skip -= k;
        return k;
    }
    if (!c->inside)
        return begin(c, p, n);
    size_t k = head(p, n, &inside, &values);
    if (k) {
        c->skip = inside;
        c->values += values - 1;
    }
    return k;
}

/* Walks what has come; true when the last answer due has. */
static bool walk(struct conn *c, const unsigned char *p, size_t n, begin_fn *begin)
{
    while (n) {
        size_t k = step(c, p, n, begin);
        if (k == 0)
            break;
        p += k;
        n -= k;
        c->inside = c->values || c->skip;
        if (c->inside)
            continue;
        events += c->event;
        c->due -= !c->event;
    }
    if (n > sizeof c->keep || c->due < 0)
        die(c->due < 0 ? "more answers than requests" : "a head of %zu bytes", n);
    memcpy(c->keep, p, n);
    c->kept = n;
    return c->due == 0;
}

static void pack(msgpack_sbuffer *out, const char *method)
{
    msgpack_packer p;
    msgpack_packer_init(&p, out, msgpack_sbuffer_write);
    msgpack_pack_array(&p, 4);
    msgpack_pack_int(&p, 0);
    msgpack_pack_int(&p, 1);
    msgpack_pack_str_with_body(&p, method, strlen(method));
    msgpack_pack_array(&p, 0);
}

static struct conn *open_all(const char *path, long conns, int ep)
{
    struct conn *cs = calloc((size_t)conns, sizeof *cs);
    if (!cs)
        die("out of memory");
    for (long i = 0; i < conns; i++) {
        cs[i].fd = dial_unix(path);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &cs[i]};
        if (epoll_ctl(ep, EPOLL_CTL_ADD, cs[i].fd, &e))
            die("epoll_ctl: %s", strerror(errno));
    }
    return cs;
}

static void wait_for_end_of_input(void)
{
    char byte;
    printf("open\n");
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
}

/* Reads; true when all that is due has been answered. */
static bool answered(struct conn *c, begin_fn *begin)
{
    static unsigned char in[HEAD_MAX + READ_SIZE];
    memcpy(in, c->keep, c->kept);
    ssize_t r = read(c->fd, in + c->kept, READ_SIZE);
    if (r < 0 && errno == EAGAIN)
        return false;
    if (r <= 0)
        die("the connection was closed");
    return walk(c, in, c->kept + (size_t)r, begin);
}

static void read_file(msgpack_sbuffer *out, const char *path)
{
    char bytes[REQUEST_MAX];
    msgpack_sbuffer_write(out, bytes, read_request(path, bytes, sizeof bytes));
}

struct request {
    msgpack_sbuffer bytes; /* of all in one write */
    long n;                /* how many these are */
    begin_fn *begin;
};

static void repeat(struct request *r, long n)
{
    size_t len = r->bytes.size;
    char *one = malloc(len);
    if (!one)
        die("out of memory");
    memcpy(one, r->bytes.data, len);
    for (r->n = 1; r->n < n; r->n++)
        msgpack_sbuffer_write(&r->bytes, one, len);
    free(one);
}

static void ask(struct conn *c, const struct request *r)
{
    c->due = r->n;
    c->asked = now_ns();
    send_all(c->fd, r->bytes.data, r->bytes.size);
}

static void run(struct conn *cs, long conns, int ep, const struct request *request, long duration)
{
    struct samples latency = {0};
    int64_t start = now_ns(), end = start + duration * 1000000, now = start;
    for (long i = 0; i < conns; i++)
        ask(&cs[i], request);
    while (now < end) {
        struct epoll_event ready[256];
        int n = epoll_wait(ep, ready, 256, 1000);
        for (int i = 0; i < n; i++) {
            struct conn *c = ready[i].data.ptr;
            if (!answered(c, request->begin))
                continue;
            now = now_ns();
            samples_add(&latency, now - c->asked);
            ask(c, request);
        }
        if (n <= 0)
            now = now_ns();
    }
    if (!latency.n)
        die("no answer in %ld ms", duration);
    double seconds = (double)(now - start) / 1e9, answers = (double)latency.n * (double)request->n;
    printf("answers=%.0f ops_s=%.0f events_s=%.0f p50_us=%.1f p99_us=%.1f\n", answers, answers / seconds,
           (double)events / seconds, samples_us(&latency, .5), samples_us(&latency, .99));
}

int main(int argc, char **argv)
{
    const char *path = NULL, *method = "hello", *file = NULL;
    long conns = 1, duration = 1000, together = 1;
    bool resp = false, idle = false;
    for (int o; (o = getopt(argc, argv, "u:c:t:P:m:f:Ri")) != -1;) {
        switch (o) {
        case 'u': path = optarg; break;
        case 'c': conns = number(optarg, 1, 10000); break;
        case 't': duration = number(optarg, 1, 600000); break;
        case 'P': together = number(optarg, 1, 1000); break;
        case 'm': method = optarg; break;
        case 'f': file = optarg; break;
        case 'R': resp = true; break;
        case 'i': idle = true; break;
        default: return 2;
        }
    }
    if (!path)
        die("-u SOCKET is needed");
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct conn *cs = open_all(path, conns, ep);
    if (idle) {
        wait_for_end_of_input();
        return 0;
    }
    struct request request = {.begin = resp ? resp_begin : rpc_begin};
    msgpack_sbuffer_init(&request.bytes);
    if (file)
        read_file(&request.bytes, file);
    else if (resp)
        msgpack_sbuffer_write(&request.bytes, "*1\r\n$4\r\nPING\r\n", 14);
    else
        pack(&request.bytes, method);
    repeat(&request, together);
    run(cs, conns, ep, &request, duration);
    return 0;
}
