/* mockllm [PORT]: an OpenAI-style provider that streams, on 127.0.0.1; without PORT on a free one. Prints the port.
 *
 * One thread, keep-alive. A POST is answered with `max_tokens` chunks, `seed` microseconds apart (0: as fast as the
 * socket takes them), the first at once; each content is a space and the CLOCK_MONOTONIC nanosecond at which the chunk
 * was written. Where the body has "in_turns", every other chunk is reasoning. The streams' phases are spread, so that
 * their tokens do not come in step. GET /posts tells how many POSTs there were; any other request gets a list of one
 * model.
 */
#include "tests/bench/load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FD_MAX = 8192, REQUEST_MAX = 1 << 20, UNSENT_MAX = 65536 };

struct conn {
    int fd;
    size_t in_len, out_len, out_cap;
    char *out; /* what the socket did not take */
    bool wants_out, streaming, usage, spread, reasons;
    long left; /* tokens */
    int64_t gap, due;
    int slot; /* in paced[], -1 if not there */
    char in[REQUEST_MAX];
};

static struct conn *conns[FD_MAX]; /* by descriptor */
static struct conn *paced[FD_MAX]; /* those that wait for their next token's time */
static int n_paced, ep;
static long posts;

static void pace(struct conn *c)
{
    c->slot = n_paced;
    paced[n_paced++] = c;
}

static void unpace(struct conn *c)
{
    if (c->slot < 0)
        return;
    paced[c->slot] = paced[--n_paced];
    paced[c->slot]->slot = c->slot;
    c->slot = -1;
}

static void conn_close(struct conn *c)
{
    unpace(c);
    conns[c->fd] = NULL;
    close(c->fd);
    free(c->out);
    free(c);
}

static void watch(struct conn *c, bool out)
{
    if (c->wants_out == out)
        return;
    struct epoll_event e = {.events = out ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.fd = c->fd};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    c->wants_out = out;
}

/* Sends or keeps; false where the peer has gone. */
static bool put(struct conn *c, const char *p, size_t n)
{
    ssize_t w = 0;
    if (c->out_len == 0 && (w = write(c->fd, p, n)) < 0) {
        if (errno != EAGAIN)
            return false;
        w = 0;
    }
    p += w;
    n -= (size_t)w;
    if (n == 0)
        return true;
    if (c->out_len + n > c->out_cap) {
        c->out_cap = (c->out_len + n) * 2;
        c->out = realloc(c->out, c->out_cap);
        if (!c->out)
            die("out of memory");
    }
    memcpy(c->out + c->out_len, p, n);
    c->out_len += n;
    watch(c, true);
    return true;
}

static bool flush(struct conn *c)
{
    ssize_t w = write(c->fd, c->out, c->out_len);
    if (w < 0)
        return errno == EAGAIN;
    c->out_len -= (size_t)w;
    memmove(c->out, c->out + w, c->out_len);
    if (c->out_len == 0)
        watch(c, false);
    return true;
}

#define CHUNK_HEAD                                                                                                     \
    "data: "                                                                                                           \
    "{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"mock-model\","  \
    "\"choices\":["
#define FINISH CHUNK_HEAD "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE CHUNK_HEAD "],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":100,\"total_tokens\":110}}\n\n"

static bool put_chunk(struct conn *c, const char *body, int n)
{
    char chunk[1024];
    int len = snprintf(chunk, sizeof chunk, "%x\r\n%.*s\r\n", (unsigned)n, n, body);
    return put(c, chunk, (size_t)len);
}

static bool put_token(struct conn *c)
{
    char body[512];
    int n = snprintf(body, sizeof body,
                     CHUNK_HEAD "{\"index\":0,\"delta\":{\"%s\":\" %lld\"},\"finish_reason\":null}]}\n\n",
                     c->reasons && c->left % 2 == 0 ? "reasoning_content" : "content", (long long)now_ns());
    return put_chunk(c, body, n);
}

static bool put_end(struct conn *c)
{
    char body[768];
    int n = snprintf(body, sizeof body, "%s%sdata: [DONE]\n\n", FINISH, c->usage ? USAGE : "");
    c->streaming = false;
    unpace(c);
    return put_chunk(c, body, n) && put(c, "0\r\n\r\n", 5);
}

/* Writes what is due at `now`; false where the peer has gone. */
static bool stream(struct conn *c, int64_t now)
{
    static unsigned nth;
    while (c->streaming) {
        if (c->left == 0)
            return put_end(c);
        if (c->gap ? now < c->due : c->out_len > UNSENT_MAX)
            return true;
        if (!put_token(c))
            return false;
        c->left--;
        c->due += c->spread ? (int64_t)((double)c->gap * ((double)(nth++ * 2654435769u % 4096) / 4096)) : c->gap;
        c->spread = false;
    }
    return true;
}

static const char *find(const char *in, size_t n, const char *what)
{
    return memmem(in, n, what, strlen(what));
}

/* The number behind "key": in a JSON text, dflt where there is none. The text ends with a byte that is no digit. */
static long json_number(const char *json, size_t n, const char *key, long dflt)
{
    const char *p = find(json, n, key);
    if (!p)
        return dflt;
    p += strlen(key);
    p += strspn(p, ": ");
    return *p >= '0' && *p <= '9' ? strtol(p, NULL, 10) : dflt;
}

static bool answer_json(struct conn *c, const char *json)
{
    char out[256];
    int len =
        snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(json), json);
    return put(c, out, (size_t)len);
}

static bool answer(struct conn *c, const char *body, size_t n)
{
    static const char models[] = "{\"object\":\"list\",\"data\":[{\"id\":\"mock-model\",\"object\":\"model\"}]}";
    char count[32];
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    if (strncmp(c->in, "POST ", 5) != 0) {
        snprintf(count, sizeof count, "%ld\n", posts);
        return answer_json(c, strncmp(c->in, "GET /posts ", 11) == 0 ? count : models);
    }
    posts++;
    c->streaming = true;
    c->left = json_number(body, n, "\"max_tokens\"", 100);
    c->gap = json_number(body, n, "\"seed\"", 0) * 1000;
    c->reasons = find(body, n, "\"in_turns\"") != NULL;
    c->usage = find(body, n, "\"include_usage\"") != NULL;
    c->spread = true;
    c->due = now_ns();
    if (c->gap)
        pace(c);
    return put(c, head, sizeof head - 1) && stream(c, c->due);
}

/* Length of the header with its empty line, 0 if it is not complete; *body gets the content's length. */
static size_t header(const char *in, size_t n, size_t *body)
{
    const char *end = find(in, n, "\r\n\r\n");
    *body = 0;
    if (!end)
        return 0;
    for (const char *line = in; line < end; line = find(line, n, "\r\n") + 2) {
        if (strncasecmp(line, "content-length:", 15) == 0)
            *body = strtoul(line + 15, NULL, 10);
        n = (size_t)(end + 4 - line);
    }
    return (size_t)(end - in) + 4;
}

/* Answers the requests that have come as a whole; false where the connection is to be closed. */
static bool requests(struct conn *c)
{
    while (!c->streaming && c->in_len) {
        size_t body, head = header(c->in, c->in_len, &body);
        if (head == 0 || c->in_len - head < body)
            return c->in_len < REQUEST_MAX - 1;
        if (!answer(c, c->in + head, body))
            return false;
        c->in_len -= head + body;
        memmove(c->in, c->in + head + body, c->in_len + 1);
    }
    return true;
}

static bool on_readable(struct conn *c)
{
    ssize_t r = read(c->fd, c->in + c->in_len, REQUEST_MAX - 1 - c->in_len);
    if (r < 0)
        return errno == EAGAIN;
    c->in_len += (size_t)r;
    c->in[c->in_len] = 0;
    return r > 0 && requests(c);
}

static void on_connection(int listener)
{
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conn *c = fd < FD_MAX ? calloc(1, sizeof *c) : NULL;
        if (!c)
            die("too many connections");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        c->fd = fd;
        c->slot = -1;
        conns[fd] = c;
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    }
}

static int listen_on(int port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&a, len) || listen(fd, 4096) || getsockname(fd, (struct sockaddr *)&a, &len))
        die("port %d: %s", port, strerror(errno));
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    printf("%d\n", ntohs(a.sin_port));
    fflush(stdout);
    return fd;
}

static int wait_events(struct epoll_event *events, int max)
{
    if (n_paced == 0)
        return epoll_wait(ep, events, max, -1);
    int64_t first = paced[0]->due, now = now_ns();
    for (int i = 1; i < n_paced; i++) {
        if (paced[i]->due < first)
            first = paced[i]->due;
    }
    int64_t d = first > now ? first - now : 0;
    struct timespec t = {.tv_sec = d / 1000000000, .tv_nsec = d % 1000000000};
    return epoll_pwait2(ep, events, max, &t, NULL);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    ep = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(argc > 1 ? (int)number(argv[1], 0, 65535) : 0);
    for (;;) {
        struct epoll_event events[256];
        int n = wait_events(events, 256);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener) {
                on_connection(listener);
                continue;
            }
            struct conn *c = conns[events[i].data.fd];
            bool ok = true;
            if (events[i].events & EPOLLOUT)
                ok = flush(c) && stream(c, now_ns()) && requests(c);
            if (ok && events[i].events & ~(uint32_t)EPOLLOUT)
                ok = on_readable(c);
            if (!ok)
                conn_close(c);
        }
        int64_t now = now_ns();
        for (int i = n_paced - 1; i >= 0; i--) { /* downwards, as one that ends is replaced by the last */
            struct conn *c = paced[i];
            if (now >= c->due && !stream(c, now))
                conn_close(c);
        }
    }
}
