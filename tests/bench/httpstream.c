/* httpstream: closed-loop asker of an OpenAI-style server over TCP, for what askd is compared with.
 *
 *   httpstream -p PORT [-n STREAMS] [-r ROUNDS] [-t TOKENS] [-g GAP_US]
 *
 * STREAMS connections, each with a streamed question at once and ROUNDS of them one after another. Every answer must
 * have its TOKENS tokens and [DONE]. */
#include "tests/bench/load.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

enum state { STATUS, HEADER, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER };

struct line {
    size_t len;
    char text[1024];
};

struct stream {
    int fd;
    enum state state;
    bool chunked, done, open;
    size_t chunk_left;
    long rounds_left, tokens;
    int64_t asked;
    struct line http, sse;
};

static long tokens = 100, gap, running;
static struct stream_stats stats;

static void ask(struct stream *s)
{
    static long nth;
    char body[512], request[1024];
    int n = snprintf(body, sizeof body,
                     "{\"model\":\"mock-model\",\"messages\":[{\"role\":\"user\",\"content\":\"Say hello %ld %lld\"}],"
                     "\"max_tokens\":%ld,\"seed\":%ld,\"stream\":true}",
                     nth++, (long long)now_ns(), tokens, gap);
    int len = snprintf(request, sizeof request,
                       "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       n, body);
    s->state = STATUS;
    s->chunked = s->done = false;
    s->tokens = 0;
    s->asked = now_ns();
    send_all(s->fd, request, (size_t)len);
}

/* Takes bytes up to the end of a line; true when it is there, without its end and with a NUL. */
static bool take_line(struct line *l, const char **p, const char *end)
{
    while (*p < end) {
        char byte = *(*p)++;
        if (byte == '\n') {
            if (l->len && l->text[l->len - 1] == '\r')
                l->len--;
            l->text[l->len] = 0;
            l->len = 0;
            return true;
        }
        if (l->len == sizeof l->text - 1)
            die("a line is too long");
        l->text[l->len++] = byte;
    }
    return false;
}

static void on_sse_line(struct stream *s, const char *line, int64_t now)
{
    static const char key[] = "\"content\":\" ";
    if (strcmp(line, "data: [DONE]") == 0)
        s->done = true;
    const char *token = strstr(line, key);
    if (!token)
        return;
    if (s->tokens++ == 0)
        stats_first(&stats, now, s->asked, !s->open);
    stats_token(&stats, now, strtoll(token + sizeof key - 1, NULL, 10));
    s->open = true;
}

static void on_end(struct stream *s)
{
    if (!s->done || s->tokens != tokens)
        die("an answer of %ld tokens, %s [DONE]", s->tokens, s->done ? "with" : "without");
    stats.answers++;
    if (--s->rounds_left)
        ask(s);
    else
        running--;
}

static void on_http_line(struct stream *s, const char *line)
{
    switch (s->state) {
    case STATUS:
        if (strncmp(line, "HTTP/1.1 200", 12) != 0)
            die("%s", line);
        s->state = HEADER;
        break;
    case HEADER:
        if (strcasecmp(line, "transfer-encoding: chunked") == 0)
            s->chunked = true;
        if (*line == 0 && !s->chunked)
            die("the answer is not chunked");
        if (*line == 0)
            s->state = CHUNK_SIZE;
        break;
    case CHUNK_SIZE:
        s->chunk_left = strtoul(line, NULL, 16);
        s->state = s->chunk_left ? CHUNK : TRAILER;
        break;
    case CHUNK_END: s->state = CHUNK_SIZE; break;
    case TRAILER:
        if (*line == 0)
            on_end(s);
        break;
    case CHUNK: break; /* bytes, not lines */
    }
}

static void on_bytes(struct stream *s, const char *p, const char *end, int64_t now)
{
    while (p < end) {
        if (s->state != CHUNK) {
            if (take_line(&s->http, &p, end))
                on_http_line(s, s->http.text);
            continue;
        }
        const char *start = p, *stop = (size_t)(end - p) < s->chunk_left ? end : p + s->chunk_left;
        while (p < stop) {
            if (take_line(&s->sse, &p, stop))
                on_sse_line(s, s->sse.text, now);
        }
        s->chunk_left -= (size_t)(p - start);
        if (s->chunk_left == 0)
            s->state = CHUNK_END;
    }
}

int main(int argc, char **argv)
{
    int port = 0;
    long streams = 1, rounds = 1;
    for (int o; (o = getopt(argc, argv, "p:n:r:t:g:")) != -1;) {
        switch (o) {
        case 'p': port = (int)number(optarg, 1, 65535); break;
        case 'n': streams = number(optarg, 1, 4000); break;
        case 'r': rounds = number(optarg, 1, 1000000); break;
        case 't': tokens = number(optarg, 1, 1000000); break;
        case 'g': gap = number(optarg, 0, 10000000); break;
        default: return 2;
        }
    }
    if (!port)
        die("-p PORT is needed");
    struct stream *all = calloc((size_t)streams, sizeof *all);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    for (long i = 0; all && i < streams; i++) {
        all[i].fd = dial_tcp(port);
        all[i].rounds_left = rounds;
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(ep, EPOLL_CTL_ADD, all[i].fd, &e))
            die("epoll_ctl: %s", strerror(errno));
    }
    stats = (struct stream_stats){.streams = streams, .started = now_ns()};
    for (running = 0; all && running < streams; running++)
        ask(&all[running]);

    static char in[262144];
    while (running) {
        struct epoll_event events[256];
        int n = epoll_wait(ep, events, 256, 30000);
        if (n == 0)
            die("nothing came for 30 s");
        for (int i = 0; i < n; i++) {
            struct stream *s = events[i].data.ptr;
            ssize_t r = read(s->fd, in, sizeof in);
            if (r == 0 || (r < 0 && errno != EAGAIN))
                die("the server closed the connection");
            if (r > 0)
                on_bytes(s, in, in + r, now_ns());
        }
    }
    stats_print(&stats);
    return 0;
}
