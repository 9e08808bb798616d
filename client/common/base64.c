#include "client/common/base64.h"
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_put(struct buf *out, const void *data, size_t len)
{
    const unsigned char *p = data;
    if (!buf_reserve(out, BASE64_LEN(len)))
        return false;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);
        const char text[4] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < len ? digits[v >> 6 & 63] : '=',
                              i + 2 < len ? digits[v & 63] : '='};
        (void)buf_append(out, text, sizeof(text));
    }
    return true;
}

static int value_of(char c)
{
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

bool base64_take(struct buf *out, const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == '=')
        len--;
    uint32_t bits = 0;
    bool ok = len % 4 != 1;
    for (size_t i = 0; i < len && ok; i++) {
        int v = value_of(text[i]);
        ok = v >= 0;
        bits = bits << 6 | (uint32_t)(v & 63);
        if (i % 4 > 0) /* the second digit completes the first byte, and so on */
            ok = ok && buf_putc(out, (char)(bits >> (6 - 2 * (i % 4))));
    }
    return ok;
}
