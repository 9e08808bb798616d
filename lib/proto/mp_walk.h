/* Reading MessagePack where it lies, value by value, from bytes that nobody has looked at yet. Nothing is allocated and
 * nothing recurses; a length or a count is believed only as far as there are bytes for it (each value takes at least
 * one).
 *
 * All return false for another type, a form that is malformed, and bytes that end too early. Where the walk stands then
 * is undefined: whoever walks gives up. Views point into the bytes. */
#ifndef ASKD_PROTO_MP_WALK_H
#define ASKD_PROTO_MP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp_walk {
    const uint8_t *at;
    size_t left; /* bytes from there on */
};

bool mp_walk_array(struct mp_walk *w, uint32_t *n); /* the header; n values follow */
bool mp_walk_map(struct mp_walk *w, uint32_t *n);   /* likewise; n pairs follow */
bool mp_walk_int(struct mp_walk *w, int64_t *v);
bool mp_walk_str(struct mp_walk *w, const char **s, size_t *len); /* UTF-8 */
bool mp_walk_bin(struct mp_walk *w, const uint8_t **p, size_t *len);

/* Passes over one value with all that is in it. False also for what no peer is sent: an ext, a str that is not UTF-8,
 * nesting over FRAME_DEPTH_LIMIT. */
bool mp_walk_value(struct mp_walk *w);

#endif
