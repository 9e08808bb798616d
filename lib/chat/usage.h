/* Token counts and how an answer ended. Counts are of the daemon's convention (all input with cached, all output with
 * reasoning); -1 means that the provider did not say. */
#ifndef ASKD_CHAT_USAGE_H
#define ASKD_CHAT_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct usage {
    int64_t input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens;
    int64_t cost_nano; /* what the provider says that it cost, in billionths of a US dollar */
    bool estimated;
};
#define USAGE_INIT                                                                                                     \
    {                                                                                                                  \
        -1, -1, -1, -1, -1, -1, false                                                                                  \
    }

/* finish reason, name on the wire */
#define FINISH_MAP(X)                                                                                                  \
    X(FINISH_STOP, "stop")                                                                                             \
    X(FINISH_LENGTH, "length")                                                                                         \
    X(FINISH_TOOL_CALLS, "tool_calls")                                                                                 \
    X(FINISH_CONTENT_FILTER, "content_filter")                                                                         \
    X(FINISH_REFUSAL, "refusal")                                                                                       \
    X(FINISH_PAUSE, "pause")                                                                                           \
    X(FINISH_OTHER, "other")
enum finish_reason {
#define X(code, name) code,
    FINISH_MAP(X)
#undef X
};

const char *finish_name(enum finish_reason f);
bool finish_from_name(const char *s, size_t len, enum finish_reason *f);
bool usage_known(const struct usage *u); /* any figure at all */

#endif
