/* What an answer took and how it ended. Counts are of the daemon's convention (all input with cached, all output with
 * reasoning); -1 means that the provider did not say. */
#ifndef ASKD_CHAT_USAGE_H
#define ASKD_CHAT_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct usage {
    int64_t input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens;
    int64_t input_audio_tokens, output_audio_tokens; /* the share of input and output that is sound */
    int64_t images;       /* that the provider counts by themselves, sent or made: not those that it counts in tokens */
    int64_t cost_nano;    /* by the provider itself, or else by the catalogue, in billionths of the currency */
    char currency[8];     /* "": US dollars */
    int64_t premium_nano; /* billionths of a premium request; 0: none, or the provider does not count them */
    bool estimated;
};

/* The figures; each is a field of the struct, and a key on the wire by the same name. */
#define USAGE_FIGURE_MAP(X)                                                                                            \
    X(input_tokens)                                                                                                    \
    X(output_tokens)                                                                                                   \
    X(cached_input_tokens)                                                                                             \
    X(cache_write_tokens)                                                                                              \
    X(reasoning_tokens)                                                                                                \
    X(input_audio_tokens)                                                                                              \
    X(output_audio_tokens)                                                                                             \
    X(images)                                                                                                          \
    X(cost_nano)

#define USAGE_NONE(figure) .figure = -1,
#define USAGE_INIT                                                                                                     \
    {                                                                                                                  \
        USAGE_FIGURE_MAP(USAGE_NONE).estimated = false                                                                 \
    }

#define USAGE_CURRENCY "USD" /* of cost_nano, where none is told */

/* Whether what a provider says that answers cost is over so many per cent off what they cost by our prices, both in
 * billionths of USAGE_CURRENCY. False where either is negative, not known; a billionth is rounding. */
#define USAGE_COST_PERCENT 1
bool usage_cost_differs(int64_t ours_nano, int64_t theirs_nano);

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
