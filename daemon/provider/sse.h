/* Server-sent events by the WHATWG rules: bytes in any pieces in, whole events out. Pure and bounded.
 *
 * The reader pulls: hand over a piece, call sse_next until it says SSE_MORE, then hand over the next piece. An event
 * whose bytes lie in one piece is not copied: its payload points into that piece. */
#ifndef ASKD_PROVIDER_SSE_H
#define ASKD_PROVIDER_SSE_H

#include "lib/base/buf.h"

enum sse_result { SSE_MORE, SSE_EVENT, SSE_TOO_LARGE };

struct sse_event {
    const char *name; /* "message" where the stream does not say; cut at 31 bytes */
    const char *data; /* not NUL-terminated; valid until the next call and as long as the piece is */
    size_t len;
};

struct sse {
    struct buf line;     /* a line whose end has not come yet */
    struct buf data;     /* data lines of the event so far, where they could not stay in the piece */
    const uint8_t *held; /* the only data line so far, in the piece; NULL if there is none such */
    size_t held_len;
    bool has_data;  /* a data line was seen, perhaps an empty one */
    bool copied;    /* it is in `data` */
    bool emitted;   /* the last call gave an event: forget it first */
    bool line_done; /* `line` was processed: forget it first */
    bool after_cr;  /* an LF that comes now belongs to the CR before it */
    bool started;   /* the first line, before which a BOM may stand, is over */
    char name[32];
};

void sse_init(struct sse *s, size_t max); /* max: bytes of one event */
void sse_done(struct sse *s);

/* Takes bytes off the front of the piece (*bytes, *len). After SSE_TOO_LARGE the stream cannot be read on. */
enum sse_result sse_next(struct sse *s, const uint8_t **bytes, size_t *len, struct sse_event *ev);

/* The stream has ended: what stands there without its blank line, if it is anything. SSE_MORE: nothing. */
enum sse_result sse_end(struct sse *s, struct sse_event *ev);

#endif
