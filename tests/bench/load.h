/* What the load generators share: time, samples, sockets, and the figures of a set of token streams.
 *
 * Every token's text is the CLOCK_MONOTONIC nanosecond at which the mock wrote it, so that the time between the mock's
 * write and our read (the *relay time*) is known for each token, one way, on one clock. */
#ifndef ASKD_BENCH_LOAD_H
#define ASKD_BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int64_t now_ns(void);

/* Prints "program: message" and exits with 1. A benchmark that meets anything unexpected has no figure to give. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

long number(const char *arg, long min, long max); /* dies when arg is not one in that range */

/* Connected and non-blocking; they die when they cannot be. */
int dial_unix(const char *path);
int dial_tcp(int port); /* on 127.0.0.1 */

/* The bytes of a file, at most max; dies where there are none, or more. */
size_t read_request(const char *path, void *to, size_t max);

void send_all(int fd, const void *bytes, size_t n); /* waits where the socket is full */

/* What comes next, at least a byte; dies where nothing comes in a minute, or no more. */
size_t read_some(int fd, void *to, size_t max);

/* Starts a command with the descriptor `null` as its input and output. vfork, so that nothing of ours is copied. */
pid_t spawn_quiet(char **command, int null);

struct samples {
    int64_t *v;
    size_t n, cap;
};

void samples_add(struct samples *s, int64_t ns);
double samples_us(struct samples *s, double quantile); /* sorts; 0 without samples, quantile 1 is the largest */

/* N streams at once. They open all together, and until each has its first token the server is busy with opening them:
 * that phase is told by the time to first token, and its relay times are kept apart from those of the steady state. */
struct stream_stats {
    long streams, opened;
    long tokens, answers;
    long near_40ms; /* relay times of 35 to 50 ms, the mark that Nagle with delayed ACK leaves */
    int64_t started;
    struct samples ttft, opening, relay;
};

/* One token that was written at `written` and read at `now`. `first` holds for the first of an answer that was asked
 * for at `asked`, `newly_open` for the first of a stream's first answer. */
void stats_token(struct stream_stats *s, int64_t now, int64_t written);
void stats_first(struct stream_stats *s, int64_t now, int64_t asked, int newly_open);
void stats_print(struct stream_stats *s);

#endif
