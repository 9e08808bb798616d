#include "lib/proto/frame.h"

#include <string.h>

/* What a lead byte begins. INT includes the signed forms: some languages write a small positive number as one. */
enum kind { BAD, PLAIN, INT, FIXSTR, STR, FIXARRAY, ARRAY, FIXMAP, MAP };

struct lead {
    uint8_t kind;
    uint8_t size; /* bytes of the header, the lead byte included; a number is all header */
};

static const struct lead leads[256] = {
    [0x00 ... 0x7f] = {INT, 1},
    [0x80 ... 0x8f] = {FIXMAP, 1},
    [0x90 ... 0x9f] = {FIXARRAY, 1},
    [0xa0 ... 0xbf] = {FIXSTR, 1},
    [0xc0] = {PLAIN, 1},
    [0xc1] = {BAD, 1}, /* reserved */
    [0xc2 ... 0xc3] = {PLAIN, 1},
    [0xc4] = {STR, 2},
    [0xc5] = {STR, 3},
    [0xc6] = {STR, 5},
    [0xc7 ... 0xc9] = {BAD, 1}, /* ext */
    [0xca] = {PLAIN, 5},
    [0xcb] = {PLAIN, 9},
    [0xcc] = {INT, 2},
    [0xcd] = {INT, 3},
    [0xce] = {INT, 5},
    [0xcf] = {INT, 9},
    [0xd0] = {INT, 2},
    [0xd1] = {INT, 3},
    [0xd2] = {INT, 5},
    [0xd3] = {INT, 9},
    [0xd4 ... 0xd8] = {BAD, 1}, /* fixext */
    [0xd9] = {STR, 2},
    [0xda] = {STR, 3},
    [0xdb] = {STR, 5},
    [0xdc] = {ARRAY, 3},
    [0xdd] = {ARRAY, 5},
    [0xde] = {MAP, 3},
    [0xdf] = {MAP, 5},
    [0xe0 ... 0xff] = {PLAIN, 1}, /* negative */
};

/* The big-endian number behind the lead byte of a header of 2, 3, 5 or 9 bytes. */
static uint64_t head_number(const uint8_t *h, size_t size)
{
    uint64_t v = 0;

    for (size_t i = 1; i < size; i++)
        v = v << 8 | h[i];
    return v;
}

static bool is_negative(const uint8_t *h)
{
    return h[0] >= 0xd0 && h[0] <= 0xd3 && (h[1] & 0x80) != 0;
}

/* The value of depth 1 that begins with header h: type, msgid, method, … False refuses the frame. */
static bool take_outer(struct frame_reader *r, const uint8_t *h)
{
    const struct lead *l = &leads[h[0]];
    uint32_t index = r->top++;
    bool four = r->left[0] + index == 4;

    if (index > 1 || (index == 1 && r->type == 2))
        return true;
    if (l->kind != INT || is_negative(h))
        return false;

    uint64_t v = l->size == 1 ? h[0] : head_number(h, l->size);

    if (index == 0) {
        if (v > 2 || (v == 2 && four))
            return false;
        r->type = v;
        r->has_type = true;
        return true;
    }
    if (v > UINT32_MAX)
        return false;
    r->msgid = v;
    r->has_msgid = true;
    return four; /* looked at only here, so that the refusal of a short request can be addressed */
}

/* A value has ended, and with it every container whose last one it was. */
static inline void end_value(struct frame_reader *r)
{
    while (--r->left[r->depth - 1] == 0) {
        if (--r->depth == 0) {
            r->status = FRAME_WHOLE;
            return;
        }
    }
}

static inline void take_string(struct frame_reader *r, uint64_t len)
{
    if (r->bytes + len + r->owed > r->limits.max_bytes)
        r->status = FRAME_TOO_LARGE;
    else if (len > 0)
        r->raw = len;
    else
        end_value(r);
}

static void take_container(struct frame_reader *r, uint64_t n)
{
    if (r->depth == 0 && n != 3 && n != 4)
        r->status = FRAME_MALFORMED;
    else if (r->bytes + n + r->owed > r->limits.max_bytes)
        r->status = FRAME_TOO_LARGE;
    else if (r->values + n > r->limits.max_values)
        r->status = FRAME_TOO_MANY;
    else if (r->depth >= r->limits.max_depth)
        r->status = FRAME_TOO_DEEP; /* an empty one too: msgpack-c pushes it before it looks */
    else if (n == 0)
        end_value(r);
    else {
        r->values += (uint32_t)n;
        r->owed += n;
        r->left[r->depth++] = (uint32_t)n;
    }
}

/* A header is there as a whole and counted in r->bytes. */
static inline void take_head(struct frame_reader *r, const uint8_t *h)
{
    const struct lead *l = &leads[h[0]];

    r->owed--;
    if (r->depth <= 1) {
        bool good = r->depth == 1 ? take_outer(r, h) : l->kind == FIXARRAY || l->kind == ARRAY;

        if (!good) {
            r->status = FRAME_MALFORMED;
            return;
        }
    }
    switch ((enum kind)l->kind) {
    case PLAIN:
    case INT: end_value(r); break;
    case FIXSTR: take_string(r, h[0] & 0x1f); break;
    case STR: take_string(r, head_number(h, l->size)); break;
    case FIXARRAY: take_container(r, h[0] & 0x0f); break;
    case ARRAY: take_container(r, head_number(h, l->size)); break;
    case FIXMAP: take_container(r, (h[0] & 0x0f) * 2u); break;
    case MAP: take_container(r, head_number(h, l->size) * 2); break;
    case BAD: r->status = FRAME_MALFORMED; break;
    }
}

/* The next value. Where its header is cut, what is there waits in r->head. */
static inline size_t begin_value(struct frame_reader *r, const uint8_t *p, size_t len)
{
    size_t size = leads[*p].size;

    if (r->bytes + size + r->owed - 1 > r->limits.max_bytes) {
        r->status = FRAME_TOO_LARGE;
        return 0;
    }
    if (len < size) {
        memcpy(r->head, p, len);
        r->head_len = (uint8_t)len;
        r->bytes += len;
        return len;
    }
    r->bytes += size;
    take_head(r, p);
    return size;
}

static size_t complete_head(struct frame_reader *r, const uint8_t *p, size_t len)
{
    size_t lacking = (size_t)leads[r->head[0]].size - r->head_len;
    size_t n = len < lacking ? len : lacking;

    memcpy(r->head + r->head_len, p, n);
    r->head_len = (uint8_t)(r->head_len + n);
    r->bytes += n;
    if (n == lacking) {
        r->head_len = 0;
        take_head(r, r->head);
    }
    return n;
}

static inline size_t pass_payload(struct frame_reader *r, size_t len)
{
    size_t n = len < r->raw ? len : (size_t)r->raw;

    r->raw -= n;
    r->bytes += n;
    if (r->raw == 0)
        end_value(r);
    return n;
}

void frame_init(struct frame_reader *r, const struct frame_limits *limits)
{
    memset(r, 0, sizeof(*r));
    r->limits = *limits;
    if (r->limits.max_depth > FRAME_DEPTH_LIMIT)
        r->limits.max_depth = FRAME_DEPTH_LIMIT;
    frame_next(r);
}

void frame_next(struct frame_reader *r)
{
    r->bytes = 0;
    r->raw = 0;
    r->owed = 1; /* the outer array, itself a value */
    r->values = 1;
    r->depth = 0;
    r->head_len = 0;
    r->top = 0;
    r->has_type = r->has_msgid = false;
    r->type = r->msgid = 0;
    r->status = FRAME_MORE;
}

enum frame_status frame_feed(struct frame_reader *r, const uint8_t *data, size_t len, size_t *used)
{
    size_t at = 0;

    while (r->status == FRAME_MORE && at < len) {
        if (r->raw > 0)
            at += pass_payload(r, len - at);
        else if (r->head_len > 0)
            at += complete_head(r, data + at, len - at);
        else
            at += begin_value(r, data + at, len - at);
    }
    *used = at;
    return r->status;
}

const char *frame_status_text(enum frame_status s)
{
    switch (s) {
    case FRAME_MORE: return "frame not whole yet";
    case FRAME_WHOLE: return "whole frame";
    case FRAME_TOO_LARGE: return "message over the bound";
    case FRAME_TOO_MANY: return "number of values over the bound";
    case FRAME_TOO_DEEP: return "nesting over the bound";
    case FRAME_MALFORMED: return "not a MessagePack-RPC message";
    }
    return "unknown";
}
