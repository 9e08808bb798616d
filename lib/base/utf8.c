#include "lib/base/utf8.h"
#include "lib/base/buf.h"
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool is_continuation(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

/* How long a character with this first byte is, 0 for a byte that cannot be first. */
static size_t lead_len(uint8_t c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xc2) /* a continuation, or an overlong form of ASCII */
        return 0;
    if (c < 0xe0)
        return 2;
    if (c < 0xf0)
        return 3;
    return c < 0xf5 ? 4 : 0;
}

/* The second byte is where overlong forms, surrogates and what is over U+10FFFF show. */
static bool second_allowed(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second < 0xa0;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second < 0x90;
    default: return true;
    }
}

size_t utf8_char(const void *data, size_t len)
{
    const uint8_t *p = data;
    size_t n = len ? lead_len(p[0]) : 0;

    if (n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (!is_continuation(p[i]))
            return 0;
    return n < 2 || second_allowed(p[0], p[1]) ? n : 0;
}

/* The length of the ASCII run at the front, 32 bytes at a time: most text is that. */
static size_t ascii_run(const uint8_t *p, size_t len)
{
    size_t i = 0;

    for (uint64_t w[4]; len - i >= sizeof(w); i += sizeof(w)) {
        memcpy(w, p + i, sizeof(w));
        if ((w[0] | w[1] | w[2] | w[3]) & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

/* The length of the valid run at the front. */
static size_t valid_run(const uint8_t *p, size_t len)
{
    size_t i = 0;

    for (;;) {
        i += ascii_run(p + i, len - i);
        size_t n = utf8_char(p + i, len - i);
        if (n == 0)
            return i;
        i += n;
    }
}

bool utf8_valid(const void *data, size_t len)
{
    return len == 0 || valid_run(data, len) == len;
}

size_t utf8_whole(const char *data, size_t len)
{
    /* Walk back to the last first byte; only if its character wants more than there is, it is cut. */
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t c = (uint8_t)data[len - back];
        if (is_continuation(c))
            continue;
        return lead_len(c) > back ? len - back : len;
    }
    return len;
}

bool utf8_append_repaired(struct buf *out, const char *data, size_t len)
{
    size_t before = out->len, done = 0;

    while (done < len) {
        size_t n = valid_run((const uint8_t *)data + done, len - done);
        bool ok = buf_append(out, data + done, n);
        done += n;
        if (ok && done < len) {
            ok = buf_puts(out, REPLACEMENT);
            done++;
        }
        if (!ok) {
            out->len = before; /* all or nothing, as every append */
            return false;
        }
    }
    return !out->failed;
}

/* U+0080 to U+009F are 0xC2 and a byte below 0xA0. */
bool utf8_is_control(const char *s, size_t len)
{
    const unsigned char c = (unsigned char)s[0];
    return c < 0x20 || c == 0x7f || (len == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0);
}

bool utf8_is_line(const char *s, size_t len, size_t *chars)
{
    size_t n = 0;
    for (size_t at = 0, k; at < len; at += k, n++) {
        k = utf8_char(s + at, len - at);
        if (k == 0 || utf8_is_control(s + at, k))
            return false;
    }
    *chars = n;
    return true;
}
