#include "tests/bench/load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void die(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

long number(const char *arg, long min, long max)
{
    char *end;
    errno = 0;
    long v = strtol(arg, &end, 10);
    if (errno || end == arg || *end || v < min || v > max)
        die("'%s' is not a number from %ld to %ld", arg, min, max);
    return v;
}

static int dial(int family, const struct sockaddr *address, socklen_t len)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket: %s", strerror(errno));
    if (connect(fd, address, len))
        die("connect: %s", strerror(errno));
    if (fcntl(fd, F_SETFL, O_NONBLOCK))
        die("fcntl: %s", strerror(errno));
    return fd;
}

int dial_unix(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        die("%s: too long for a socket's path", path);
    memcpy(a.sun_path, path, strlen(path));
    return dial(AF_UNIX, (struct sockaddr *)&a, sizeof a);
}

int dial_tcp(int port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = dial(AF_INET, (struct sockaddr *)&a, sizeof a);
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
        die("TCP_NODELAY: %s", strerror(errno));
    return fd;
}

size_t read_request(const char *path, void *to, size_t max)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(to, 1, max, f) : 0;
    if (n == 0 || fgetc(f) != EOF)
        die("%s: no request of 1 to %zu bytes", path, max);
    fclose(f);
    return n;
}

void send_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w < 0 && errno == EAGAIN) {
            struct pollfd f = {.fd = fd, .events = POLLOUT};
            if (poll(&f, 1, 10000) != 1)
                die("the server does not read");
            continue;
        }
        if (w < 0)
            die("send: %s", strerror(errno));
        p += w;
        n -= (size_t)w;
    }
}

size_t read_some(int fd, void *to, size_t max)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, PATIENCE_MS) != 1)
        die("nothing came in %d s", PATIENCE_MS / 1000);
    ssize_t r = read(fd, to, max);
    if (r <= 0)
        die("no answer: %s", r ? strerror(errno) : "the server closed the connection");
    return (size_t)r;
}

pid_t spawn_quiet(char **command, int null)
{
    pid_t pid = vfork();
    if (pid < 0)
        die("vfork: %s", strerror(errno));
    if (pid == 0) {
        for (int fd = 0; fd < 3; fd++)
            dup2(null, fd);
        execvp(command[0], command);
        _exit(127);
    }
    return pid;
}

void samples_add(struct samples *s, int64_t ns)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 4096;
        s->v = realloc(s->v, s->cap * sizeof *s->v);
        if (!s->v)
            die("out of memory");
    }
    s->v[s->n++] = ns;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

double samples_us(struct samples *s, double quantile)
{
    if (!s->n)
        return 0;
    qsort(s->v, s->n, sizeof *s->v, ascending);
    return (double)s->v[(size_t)(quantile * (double)(s->n - 1) + 0.5)] / 1e3;
}

void stats_token(struct stream_stats *s, int64_t now, int64_t written)
{
    int64_t relay = now - written;
    if (written <= 0 || relay < 0)
        die("a token that is no time in the past: %lld", (long long)written);
    s->tokens++;
    if (relay >= 35000000 && relay < 50000000)
        s->near_40ms++;
    samples_add(s->opened < s->streams ? &s->opening : &s->relay, relay);
}

void stats_first(struct stream_stats *s, int64_t now, int64_t asked, int newly_open)
{
    samples_add(&s->ttft, now - asked);
    if (newly_open)
        s->opened++;
}

void stats_print(struct stream_stats *s)
{
    double seconds = (double)(now_ns() - s->started) / 1e9;
    printf("answers=%ld tokens=%ld tok_s=%.0f ttft_p50_us=%.1f ttft_p99_us=%.1f ttft_max_us=%.1f relay_p50_us=%.1f "
           "relay_p99_us=%.1f relay_max_us=%.1f opening_max_us=%.1f near_40ms=%ld\n",
           s->answers, s->tokens, (double)s->tokens / seconds, samples_us(&s->ttft, .5), samples_us(&s->ttft, .99),
           samples_us(&s->ttft, 1), samples_us(&s->relay, .5), samples_us(&s->relay, .99), samples_us(&s->relay, 1),
           samples_us(&s->opening, 1), s->near_40ms);
}
