#include "daemon/provider/base64.h"
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

uint8_t *base64_decode(const char *text, size_t len, size_t *n)
{
    char *plain = len < INT_MAX - 4 ? malloc(len + 4) : NULL;
    uint8_t *bytes = plain ? malloc(len / 4 * 3 + 6) : NULL;
    size_t at = 0;
    int got = -1;

    for (size_t i = 0; plain && i < len && text[i] != '='; i++)
        if (!strchr(" \r\n\t", text[i]))
            plain[at++] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    size_t pad = (4 - at % 4) % 4;
    if (bytes && pad < 3) {
        memset(plain + at, '=', pad);
        got = EVP_DecodeBlock(bytes, (unsigned char *)plain, (int)(at + pad));
    }
    free(plain);
    if (got <= (int)pad) {
        free(bytes);
        return NULL;
    }
    *n = (size_t)got - pad;
    return bytes;
}
