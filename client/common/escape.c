#include "client/common/escape.h"
#include "lib/base/utf8.h"
#include <stdbool.h>
#include <string.h>

static bool is_c1(const unsigned char *p, size_t n)
{
    return n == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

size_t escape_harmless(const char *s, size_t len, const char *kept)
{
    size_t at = 0;
    while (at < len) {
        const unsigned char *p = (const unsigned char *)s + at;
        size_t n = utf8_char(p, len - at);
        bool control = *p == 0x7f || (*p < 0x20 && (*p == 0 || strchr(kept, *p) == NULL));
        if (n == 0 || control || is_c1(p, n))
            break;
        at += n;
    }
    return at;
}

size_t escape_char(const char *s, size_t len, char out[ESCAPE_LEN])
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)s;
    size_t n = utf8_char(p, len);
    const unsigned char shown = is_c1(p, n) ? p[1] : p[0];
    memcpy(out, (const char[]){'\\', 'x', digits[shown >> 4], digits[shown & 15]}, ESCAPE_LEN);
    return n > 0 ? n : 1;
}

static uint32_t code_point(const unsigned char *p, size_t n)
{
    uint32_t c = n == 1 ? p[0] : p[0] & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

bool escape_deceptive(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0xad, 0xad},     {0x61c, 0x61c},   {0x115f, 0x1160}, {0x17b4, 0x17b5},  {0x180b, 0x180f},
                  {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},  {0xfe00, 0xfe0f},
                  {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* Looks like a blank, or like nothing, and is none to a program that reads it. */
static bool is_false_blank(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0xa0, 0xa0},     {0x34f, 0x34f},   {0x1680, 0x1680}, {0x2000, 0x200a},   {0x202f, 0x202f},
                  {0x205f, 0x205f}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

void escape_visible(struct buf *out, const char *s, size_t len, const char *kept)
{
    for (size_t at = 0, n; at < len; at += n) {
        const unsigned char *p = (const unsigned char *)s + at;
        char shown[ESCAPE_LEN];
        n = utf8_char(p, len - at);
        if (n > 1 && (escape_deceptive(code_point(p, n)) || is_false_blank(code_point(p, n)))) {
            (void)buf_printf(out, "\\u{%x}", code_point(p, n));
        } else if (n == 0 || escape_harmless(s + at, n, kept) == 0) {
            n = escape_char(s + at, len - at, shown);
            (void)buf_append(out, shown, ESCAPE_LEN);
        } else {
            (void)buf_append(out, p, n);
        }
    }
}
