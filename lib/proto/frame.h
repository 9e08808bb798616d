/* Bytes to MessagePack-RPC frames, bounded. A pure walk over MessagePack headers that runs before msgpack-c sees a
 * byte.
 *
 * The reader keeps no payload: it tells how many of the bytes given belong to the current frame and whether that frame
 * is whole. Refused as soon as the header says so: a length or count that cannot fit into what the bound leaves (each
 * value takes at least a byte), more than max_values values, nesting over max_depth, the reserved byte 0xc1, a frame
 * that is no array of 3 or 4. After a refusal the reader is dead; `has_msgid` tells whether an error response can be
 * addressed. */
#ifndef ASKD_PROTO_FRAME_H
#define ASKD_PROTO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_DEPTH_LIMIT 32 /* what msgpack-c's embedded stack carries */

struct frame_limits {
    size_t max_bytes;
    uint32_t max_values;
    uint32_t max_depth; /* at most FRAME_DEPTH_LIMIT */
};

enum frame_status { FRAME_MORE, FRAME_WHOLE, FRAME_TOO_LARGE, FRAME_TOO_MANY, FRAME_TOO_DEEP, FRAME_MALFORMED };

struct frame_reader {
    struct frame_limits limits;
    size_t bytes;  /* of this frame so far */
    uint64_t raw;  /* payload bytes of the current string still to pass */
    uint64_t owed; /* values announced and not yet seen */
    uint32_t values, depth;
    uint32_t left[FRAME_DEPTH_LIMIT]; /* values left at each level; a map counts keys and values */
    uint8_t head[9], head_len;
    uint32_t top; /* values of the outer array seen */
    bool has_type, has_msgid;
    uint64_t type, msgid;
    enum frame_status status;
};

void frame_init(struct frame_reader *r, const struct frame_limits *limits);
void frame_next(struct frame_reader *r); /* after FRAME_WHOLE: begins the next frame */

/* Passes over data; *used bytes belong to the current frame. Stops at the frame's end. */
enum frame_status frame_feed(struct frame_reader *r, const uint8_t *data, size_t len, size_t *used);

const char *frame_status_text(enum frame_status s); /* "nesting over the bound", … */

#endif
