/* A growable run of bytes that states its maximum where it is born.
 *
 * Invariants: len <= cap; len <= max; data is NULL only while cap is 0; the byte behind the last one is not a NUL
 * unless buf_cstr was called. A failed append leaves what was there untouched and sets `failed`, which stays set until
 * buf_clear, so a writer may append many pieces and look once. */
#ifndef ASKD_BASE_BUF_H
#define ASKD_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* owned */
    size_t len, cap, max;
    bool failed; /* over max, or out of memory */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);  /* frees; the buf may be used again with the same max */
void buf_clear(struct buf *b); /* keeps the memory */

bool buf_grow(struct buf *b, size_t extra); /* what buf_reserve does where the memory at hand does not do */

/* Room for extra more bytes. Inline, as most bytes come in pieces of a few. */
static inline bool buf_reserve(struct buf *b, size_t extra)
{
    if (b->failed || extra > b->max - b->len || extra > b->cap - b->len)
        return buf_grow(b, extra);
    return true;
}

bool buf_append(struct buf *b, const void *data, size_t len);
bool buf_puts(struct buf *b, const char *s);
bool buf_putc(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_consume(struct buf *b, size_t len); /* drops len bytes at the front */

/* The bytes with a NUL behind them; "" for an empty or failed-to-grow buf. Valid until the next append. */
const char *buf_cstr(struct buf *b);

/* Hands the memory to the caller, who frees it; the buf is empty afterwards. Returns NULL when empty. */
uint8_t *buf_take(struct buf *b, size_t *len);

#endif
