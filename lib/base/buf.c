#include "lib/base/buf.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_CAP 64

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_done(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

/* Makes cap at least `need`. The one byte over max that cap may reach is for the NUL of buf_cstr and buf_printf. */
static bool grow(struct buf *b, size_t need)
{
    if (need <= b->cap)
        return true;

    size_t limit = b->max < SIZE_MAX ? b->max + 1 : SIZE_MAX;
    size_t cap = b->cap > limit / 2 ? limit : b->cap * 2;
    if (cap < BUF_FIRST_CAP)
        cap = BUF_FIRST_CAP;
    if (cap < need)
        cap = need;
    if (cap > limit)
        cap = limit;
    uint8_t *data = cap < need ? NULL : realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    return true;
}

bool buf_grow(struct buf *b, size_t extra)
{
    if (b->failed)
        return false;
    if (extra > b->max - b->len || !grow(b, b->len + extra))
        b->failed = true;
    return !b->failed;
}

bool buf_append(struct buf *b, const void *data, size_t len)
{
    if (!buf_reserve(b, len))
        return false;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    return true;
}

bool buf_puts(struct buf *b, const char *s)
{
    return buf_append(b, s, strlen(s));
}

bool buf_putc(struct buf *b, char c)
{
    return buf_append(b, &c, 1);
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
    if (b->failed)
        return false;

    size_t room = b->cap - b->len;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(room ? (char *)b->data + b->len : NULL, room, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n > b->max - b->len) {
        b->failed = true;
        return false;
    }
    if ((size_t)n >= room) {
        if (!grow(b, b->len + (size_t)n + 1)) {
            b->failed = true;
            return false;
        }
        va_start(ap, fmt);
        vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    b->len += (size_t)n;
    return true;
}

void buf_consume(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (len == 0)
        return;
    b->len -= len;
    memmove(b->data, b->data + len, b->len);
}

const char *buf_cstr(struct buf *b)
{
    if (b->failed || b->len == 0 || !grow(b, b->len + 1))
        return "";
    b->data[b->len] = '\0';
    return (const char *)b->data;
}

uint8_t *buf_take(struct buf *b, size_t *len)
{
    uint8_t *data = NULL;

    *len = b->len;
    if (b->len > 0) {
        data = b->data;
        b->data = NULL;
        b->len = b->cap = 0;
    }
    return data;
}
