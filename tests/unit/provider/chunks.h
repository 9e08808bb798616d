/* How every parser test feeds its bytes: whole, one by one, and cut at random with fixed seeds. */
#ifndef ASKD_TEST_CHUNKS_H
#define ASKD_TEST_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#define CHUNKINGS 8

struct chunker {
    unsigned way; /* 0: whole, 1: byte by byte, else a seed */
    uint32_t state;
};

/* The size of the next piece, of the `left` bytes that remain. */
static inline size_t chunk_next(struct chunker *c, size_t left)
{
    if (c->way == 0)
        return left;
    if (c->way == 1)
        return 1;
    c->state = (c->state ? c->state : c->way * 2654435761u) * 1664525u + 1013904223u;
    size_t n = 1 + (c->state >> 16) % 40;
    return n < left ? n : left;
}

#endif
