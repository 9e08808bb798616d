/* One line that says that something goes on, and what is known of it, while there is nothing else to show. Pure: it is
 * told the time, in monotonic microseconds. */
#ifndef CLIENT_TTY_SPINNER_H
#define CLIENT_TTY_SPINNER_H

#include "lib/base/buf.h"
#include <msgpack.h>

enum {
    SPINNER_AFTER_MS = 120, /* an answer that is quicker is shown without it */
    SPINNER_FRAME_MS = 100,
    SPINNER_SAID_SIZE = 512
};

struct spinner {
    int64_t began_us;
    char asked[SPINNER_SAID_SIZE]; /* who answers; "" while that is not known */
    char said[SPINNER_SAID_SIZE];  /* what is told of it, "" for nothing */
    char again[SPINNER_SAID_SIZE]; /* why another is asked, or the same once more, at retry_us */
    int64_t retry_us;              /* 0 where nobody is */
};

void spinner_init(struct spinner *s, int64_t now_us);

/* What comes of the answer, each as a map of the protocol. */
void spinner_start(struct spinner *s, const msgpack_object_map *start);
void spinner_retry(struct spinner *s, const msgpack_object_map *retry, int64_t now_us);
void spinner_calls(struct spinner *s, const msgpack_object_map *call); /* a tool call; of later fragments nothing */
void spinner_say(struct spinner *s, const char *text, size_t len);     /* in place of what was said before */

/* Milliseconds until its line changes; before SPINNER_AFTER_MS it has none. */
int spinner_wait(const struct spinner *s, int64_t now_us);

/* Appends the line, of less than `columns` cells. Nothing before it is due. */
void spinner_put(const struct spinner *s, int64_t now_us, unsigned columns, bool colour, struct buf *lines);

#endif
