/* A rate limit as a provider's response tells it: one row for each thing that is counted and each span that it is
 * counted over. A value. */
#ifndef ASKD_CHAT_LIMIT_H
#define ASKD_CHAT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* what is counted, its name on the wire */
#define LIMIT_KIND_MAP(X)                                                                                              \
    X(LIMIT_REQUESTS, "requests")                                                                                      \
    X(LIMIT_TOKENS, "tokens")                                                                                          \
    X(LIMIT_INPUT_TOKENS, "input_tokens")                                                                              \
    X(LIMIT_OUTPUT_TOKENS, "output_tokens")
enum limit_kind {
#define X(code, name) code,
    LIMIT_KIND_MAP(X)
#undef X
};

const char *limit_kind_name(enum limit_kind kind);

struct limit {
    enum limit_kind kind;
    int64_t limit, remaining; /* -1: not told */
    int64_t reset_us;         /* from now until it is full again; -1: not told */
    int64_t window_us;        /* the span it is counted over, 0: not told */
    bool at_once;             /* all of it comes back at the reset, and nothing before */
};

#endif
