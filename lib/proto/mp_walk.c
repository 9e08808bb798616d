#include "lib/proto/mp_walk.h"

#include "lib/base/utf8.h"
#include "lib/proto/frame.h"

enum kind { BAD, PLAIN, UINT, INT, STR, BIN, ARRAY, MAP };

struct lead {
    uint8_t kind;
    uint8_t size; /* bytes of the header, the lead byte included */
    uint8_t mask; /* of the number in the lead byte itself, where that is all of the header */
};

static const struct lead leads[256] = {
    [0x00 ... 0x7f] = {UINT, 1, 0x7f},
    [0x80 ... 0x8f] = {MAP, 1, 0x0f},
    [0x90 ... 0x9f] = {ARRAY, 1, 0x0f},
    [0xa0 ... 0xbf] = {STR, 1, 0x1f},
    [0xc0] = {PLAIN, 1, 0}, /* nil */
    [0xc1] = {BAD, 1, 0},
    [0xc2 ... 0xc3] = {PLAIN, 1, 0}, /* booleans */
    [0xc4] = {BIN, 2, 0},
    [0xc5] = {BIN, 3, 0},
    [0xc6] = {BIN, 5, 0},
    [0xc7 ... 0xc9] = {BAD, 1, 0}, /* ext */
    [0xca] = {PLAIN, 5, 0},        /* floats */
    [0xcb] = {PLAIN, 9, 0},
    [0xcc] = {UINT, 2, 0},
    [0xcd] = {UINT, 3, 0},
    [0xce] = {UINT, 5, 0},
    [0xcf] = {UINT, 9, 0},
    [0xd0] = {INT, 2, 0},
    [0xd1] = {INT, 3, 0},
    [0xd2] = {INT, 5, 0},
    [0xd3] = {INT, 9, 0},
    [0xd4 ... 0xd8] = {BAD, 1, 0}, /* fixext */
    [0xd9] = {STR, 2, 0},
    [0xda] = {STR, 3, 0},
    [0xdb] = {STR, 5, 0},
    [0xdc] = {ARRAY, 3, 0},
    [0xdd] = {ARRAY, 5, 0},
    [0xde] = {MAP, 3, 0},
    [0xdf] = {MAP, 5, 0},
    [0xe0 ... 0xff] = {INT, 1, 0xff},
};

struct head {
    enum kind kind;
    uint64_t n; /* the number, the length of what follows, or the count of it */
};

static void pass(struct mp_walk *w, size_t len)
{
    w->at += len;
    w->left -= len;
}

/* The big-endian number behind the lead byte. */
static uint64_t number(const uint8_t *head, size_t size)
{
    uint64_t v = 0;

    for (size_t i = 1; i < size; i++)
        v = v << 8 | head[i];
    return v;
}

/* Of a header of `size` bytes whose number has a sign. */
static uint64_t extended(uint64_t v, size_t size)
{
    unsigned bits = size == 1 ? 8 : 8 * ((unsigned)size - 1);

    return bits < 64 && v >> (bits - 1) != 0 ? v | UINT64_MAX << bits : v;
}

/* What the bytes behind the header have to be at the least. */
static uint64_t needed(const struct head *h)
{
    switch (h->kind) {
    case STR:
    case BIN:
    case ARRAY: return h->n;
    case MAP: return 2 * h->n;
    default: return 0;
    }
}

static bool take_head(struct mp_walk *w, struct head *h)
{
    if (w->left == 0)
        return false;

    const struct lead *lead = &leads[*w->at];

    if (lead->kind == BAD || w->left < lead->size)
        return false;
    h->kind = lead->kind;
    h->n = lead->size == 1 ? *w->at & lead->mask : number(w->at, lead->size);
    if (h->kind == INT)
        h->n = extended(h->n, lead->size);
    pass(w, lead->size);
    return needed(h) <= w->left;
}

static bool take(struct mp_walk *w, enum kind kind, struct head *h)
{
    return take_head(w, h) && h->kind == kind;
}

static bool take_count(struct mp_walk *w, enum kind kind, uint32_t *n)
{
    struct head h;

    if (!take(w, kind, &h))
        return false;
    *n = (uint32_t)h.n;
    return true;
}

bool mp_walk_array(struct mp_walk *w, uint32_t *n)
{
    return take_count(w, ARRAY, n);
}

bool mp_walk_map(struct mp_walk *w, uint32_t *n)
{
    return take_count(w, MAP, n);
}

bool mp_walk_int(struct mp_walk *w, int64_t *v)
{
    struct head h;

    if (!take_head(w, &h) || (h.kind != INT && (h.kind != UINT || h.n > INT64_MAX)))
        return false;
    *v = (int64_t)h.n;
    return true;
}

bool mp_walk_str(struct mp_walk *w, const char **s, size_t *len)
{
    struct head h;

    if (!take(w, STR, &h) || !utf8_valid(w->at, h.n))
        return false;
    *s = (const char *)w->at;
    *len = h.n;
    pass(w, h.n);
    return true;
}

bool mp_walk_bin(struct mp_walk *w, const uint8_t **p, size_t *len)
{
    struct head h;

    if (!take(w, BIN, &h))
        return false;
    *p = w->at;
    *len = h.n;
    pass(w, h.n);
    return true;
}

bool mp_walk_value(struct mp_walk *w)
{
    uint64_t owed[FRAME_DEPTH_LIMIT]; /* values still to come, at each level */
    size_t depth = 0;
    struct head h;

    do {
        if (!take_head(w, &h) || (h.kind == STR && !utf8_valid(w->at, h.n)))
            return false;
        if (h.kind == STR || h.kind == BIN)
            pass(w, h.n);
        if ((h.kind == ARRAY || h.kind == MAP) && h.n > 0) {
            if (depth == FRAME_DEPTH_LIMIT)
                return false;
            owed[depth++] = needed(&h);
            continue;
        }
        while (depth > 0 && --owed[depth - 1] == 0)
            depth--;
    } while (depth > 0);
    return true;
}
