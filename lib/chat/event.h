/* What happens to an answer, in order. An event is a view: its strings belong to whoever emits it and live for the
 * call. */
#ifndef ASKD_CHAT_EVENT_H
#define ASKD_CHAT_EVENT_H

#include "lib/base/error.h"
#include "lib/chat/usage.h"

/* kind, name on the wire */
#define EVENT_MAP(X)                                                                                                   \
    X(EVENT_START, "start")                                                                                            \
    X(EVENT_TEXT, "text")                                                                                              \
    X(EVENT_REASONING, "reasoning")                                                                                    \
    X(EVENT_TOOL_CALL, "tool_call")                                                                                    \
    X(EVENT_IMAGE, "image")                                                                                            \
    X(EVENT_PROGRESS, "progress")                                                                                      \
    X(EVENT_RETRY, "retry")                                                                                            \
    X(EVENT_USAGE, "usage")                                                                                            \
    X(EVENT_DONE, "done")                                                                                              \
    X(EVENT_ERROR, "error")
enum event_kind {
#define X(code, name) code,
    EVENT_MAP(X)
#undef X
        EVENT_KIND_COUNT
};

struct event_text { /* not NUL-terminated; NULL where absent */
    const char *data;
    size_t len;
};

struct chat_event {
    enum event_kind kind;
    struct event_text text;      /* TEXT, REASONING (whole UTF-8 characters); PROGRESS message; TOOL_CALL arguments */
    int64_t index;               /* TOOL_CALL */
    struct event_text id, name;  /* TOOL_CALL */
    struct event_text mime;      /* IMAGE */
    struct event_text signature; /* REASONING: goes back to the provider with its text */
    struct event_text opaque;    /* TEXT, REASONING, TOOL_CALL, IMAGE: a packed value that goes back as it came */
    const uint8_t *data;         /* IMAGE */
    size_t data_len;
    double fraction;                         /* PROGRESS, negative if unknown */
    struct event_text provider, model;       /* START, RETRY: whom it goes to */
    double delay;                            /* RETRY, seconds */
    bool cached, shared;                     /* START */
    struct event_text conversation, message; /* START: where it is kept, if it is */
    uint64_t request;                        /* START: msgid of the chat */
    unsigned arm;                            /* START: of those of a compare, from 1; 0: of none */
    struct usage usage;                      /* USAGE */
    enum finish_reason finish;               /* DONE */
    struct error error;                      /* ERROR, RETRY (what went wrong) */
};

const char *event_kind_name(enum event_kind kind);
bool event_is_content(enum event_kind kind); /* something of the answer itself, which the asker is shown */
bool event_kind_from_name(const char *s, size_t len, enum event_kind *kind);

/* Whoever takes events. */
typedef void (*event_sink)(void *data, const struct chat_event *ev);

#endif
