#include "daemon/cache/redis/value.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "askd:"

bool value_sign(const struct secret *secret, struct item_bytes blob, uint8_t mac[VALUE_MAC])
{
    unsigned len = 0;
    return HMAC(EVP_sha256(), secret_reveal(secret), (int)secret_len(secret), blob.data, blob.len, mac, &len) &&
           len == VALUE_MAC;
}

bool value_open(const struct secret *secret, const void *value, size_t len, struct item_bytes *blob)
{
    uint8_t mac[VALUE_MAC];
    if (len <= VALUE_MAC || len > VALUE_MAX)
        return false;
    struct item_bytes rest = {(const uint8_t *)value + VALUE_MAC, len - VALUE_MAC};
    if (!value_sign(secret, rest, mac) || CRYPTO_memcmp(mac, value, VALUE_MAC) != 0)
        return false;
    *blob = rest;
    return true;
}

struct cache_item *value_item(const struct secret *secret, const void *value, size_t len, const char *scope,
                              const struct cache_key *key)
{
    struct item_bytes blob;
    return value_open(secret, value, len, &blob) ? item_from_blob(blob.data, blob.len, key, scope) : NULL;
}

size_t value_name(const char *scope, const struct cache_key *key, char name[VALUE_NAME_MAX])
{
    char hex[KEY_HEX + 1];
    key_hex(key, hex);
    int len = snprintf(name, VALUE_NAME_MAX, PREFIX "%s:%s", scope, hex);
    return len > 0 && (size_t)len < VALUE_NAME_MAX ? (size_t)len : 0;
}

bool value_name_key(const char *scope, const char *name, size_t len, struct cache_key *ret)
{
    size_t prefix = strlen(PREFIX), n = strlen(scope);
    return len == prefix + n + 1 + KEY_HEX && memcmp(name, PREFIX, prefix) == 0 &&
           memcmp(name + prefix, scope, n) == 0 && name[prefix + n] == ':' &&
           key_from_hex(name + prefix + n + 1, KEY_HEX, ret);
}

void value_pattern(const char *scope, struct buf *out)
{
    buf_puts(out, PREFIX);
    for (const char *c = scope; *c; c++) {
        if (strchr("*?[]^-\\", *c))
            buf_putc(out, '\\');
        buf_putc(out, *c);
    }
    buf_puts(out, ":*");
}
