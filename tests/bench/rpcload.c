/* rpcload: closed-loop load of one fixed request over a Unix socket.
 *
 *   rpcload -u SOCKET [-c CONNECTIONS] [-t MILLISECONDS] [-m METHOD | -R]     requests as fast as they are answered
 *   rpcload -u SOCKET [-c CONNECTIONS] -i                                     connections only, until standard input
 * ends
 *
 * The request is the MessagePack-RPC method METHOD ("hello"), or with -R a RESP PING, so that redis is driven by the
 * very same loop. An answer that is an error ends the run. */
#include "tests/bench/load.h"
#include <errno.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ANSWER_MAX = 65536 };

struct conn {
    int fd;
    int64_t asked;
    size_t have;
    unsigned char in[ANSWER_MAX];
};

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

/* Length of the response at p, 0 where it is not there as a whole. */
static size_t rpc_answer(const unsigned char *p, size_t n)
{
    static const unsigned char good[] = {0x94, 1, 1, 0xc0}; /* [1, msgid 1, nil, ... */
    size_t at = 0;
    for (unsigned long left = 1; left; left--) {
        unsigned long inside, values;
        size_t k = head(p + at, n - at, &inside, &values);
        if (k == 0 || n - at - k < inside)
            return 0;
        at += k + inside;
        left += values;
    }
    if (at < sizeof good || memcmp(p, good, sizeof good) != 0)
        die("an answer that is an error, or no answer to the request");
    return at;
}

static size_t resp_answer(const unsigned char *p, size_t n)
{
    const unsigned char *end = memchr(p, '\n', n);
    if (end && *p != '+')
        die("RESP: '%.*s'", (int)(end - p), (const char *)p);
    return end ? (size_t)(end - p) + 1 : 0;
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

/* Reads; true when the answer has come. */
static bool answered(struct conn *c, size_t (*answer)(const unsigned char *, size_t))
{
    ssize_t r = read(c->fd, c->in + c->have, sizeof c->in - c->have);
    if (r < 0 && errno == EAGAIN)
        return false;
    if (r <= 0)
        die("the connection was closed, or an answer is over %d bytes", ANSWER_MAX);
    c->have += (size_t)r;
    size_t used = answer(c->in, c->have);
    if (used && used != c->have)
        die("more than one answer to one request");
    if (used)
        c->have = 0;
    return used != 0;
}

int main(int argc, char **argv)
{
    const char *path = NULL, *method = "hello";
    long conns = 1, duration = 1000;
    bool resp = false, idle = false;
    for (int o; (o = getopt(argc, argv, "u:c:t:m:Ri")) != -1;) {
        switch (o) {
        case 'u': path = optarg; break;
        case 'c': conns = number(optarg, 1, 10000); break;
        case 't': duration = number(optarg, 1, 600000); break;
        case 'm': method = optarg; break;
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

    msgpack_sbuffer request;
    msgpack_sbuffer_init(&request);
    if (resp)
        msgpack_sbuffer_write(&request, "*1\r\n$4\r\nPING\r\n", 14);
    else
        pack(&request, method);
    struct samples latency = {0};
    int64_t start = now_ns(), end = start + duration * 1000000, now = start;
    for (long i = 0; i < conns; i++) {
        cs[i].asked = now_ns();
        send_all(cs[i].fd, request.data, request.size);
    }
    while (now < end) {
        struct epoll_event events[256];
        int n = epoll_wait(ep, events, 256, 1000);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (!answered(c, resp ? resp_answer : rpc_answer))
                continue;
            now = now_ns();
            samples_add(&latency, now - c->asked);
            c->asked = now;
            send_all(c->fd, request.data, request.size);
        }
        if (n <= 0)
            now = now_ns();
    }
    if (!latency.n)
        die("no answer in %ld ms", duration);
    printf("answers=%zu ops_s=%.0f p50_us=%.1f p99_us=%.1f\n", latency.n,
           (double)latency.n * 1e9 / (double)(now - start), samples_us(&latency, .5), samples_us(&latency, .99));
    return 0;
}
