/* The SSE reader: the same bytes, whole and in pieces, must give the same events. First byte: size of the pieces. */
#include "daemon/provider/sse.h"
#include <stdlib.h>
#include <string.h>

#define EVENT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note(struct buf *out, enum sse_result r, const struct sse_event *ev)
{
    buf_printf(out, "%d ", (int)r);
    if (r == SSE_EVENT) {
        buf_puts(out, ev->name);
        buf_append(out, ev->data, ev->len);
    }
}

static void read_all(const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
    struct sse s;
    struct sse_event ev;
    enum sse_result r = SSE_MORE;

    sse_init(&s, EVENT_MAX);
    for (size_t at = 0; at < size && r != SSE_TOO_LARGE; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(len); /* so that a look beyond the piece is seen */
        const uint8_t *p = memcpy(copy, data + at, len);
        while ((r = sse_next(&s, &p, &len, &ev)) == SSE_EVENT)
            note(out, r, &ev);
        free(copy);
    }
    if (r != SSE_TOO_LARGE)
        r = sse_end(&s, &ev);
    note(out, r, &ev);
    sse_done(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, pieces;

    if (size < 2)
        return 0;
    buf_init(&whole, 1u << 20);
    buf_init(&pieces, 1u << 20);
    read_all(data + 1, size - 1, size, &whole);
    read_all(data + 1, size - 1, data[0] ? data[0] : 1, &pieces);
    /* How long a line may be depends on whether it is kept, so only streams within the bound must agree. */
    if (size < EVENT_MAX && (whole.len != pieces.len || memcmp(whole.data, pieces.data, whole.len) != 0))
        abort();
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
