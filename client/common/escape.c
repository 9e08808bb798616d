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
