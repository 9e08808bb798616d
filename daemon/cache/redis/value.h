/* What stands in Redis: its names and values.
 *
 * A name is "askd:SCOPE:HEXKEY". A value is an HMAC-SHA256 of the blob under the secret that all who share the cache
 * have, and the blob, which itself says whose item it is. Whoever can write to Redis and has not the secret can so
 * remove answers, but not make one up. */
#ifndef ASKD_CACHE_REDIS_VALUE_H
#define ASKD_CACHE_REDIS_VALUE_H

#include "daemon/cache/item.h"
#include "lib/base/buf.h"
#include "lib/base/secret.h"

#define VALUE_MAC 32
#define VALUE_MAX (64u << 20) /* bytes, with the MAC; a larger one is not put, and not taken */

/* Without a NUL. */
#define VALUE_NAME_MAX (sizeof("askd:") + ITEM_SCOPE_MAX + KEY_HEX)

/* False where libcrypto cannot. */
bool value_sign(const struct secret *secret, struct item_bytes blob, uint8_t mac[VALUE_MAC]);
/* The blob in it; false for a value that was not made with this secret. */
bool value_open(const struct secret *secret, const void *value, size_t len, struct item_bytes *blob);
/* The item in it; NULL where it is none of that scope and key. The reference is the caller's. */
struct cache_item *value_item(const struct secret *secret, const void *value, size_t len, const char *scope,
                              const struct cache_key *key);

/* Its length. */
size_t value_name(const char *scope, const struct cache_key *key, char name[VALUE_NAME_MAX]);
/* False: it is not one of this scope. */
bool value_name_key(const char *scope, const char *name, size_t len, struct cache_key *ret);
/* Appends the glob pattern that all names of the scope match (and maybe some of others: value_name_key). */
void value_pattern(const char *scope, struct buf *out);

#endif
