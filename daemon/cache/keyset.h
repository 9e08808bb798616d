/* Which keys a tier may have: what tells, in memory and at once, that it certainly has not got one. A Bloom filter of a
 * fixed size, so it never forgets a key, and takes a few for known that are not: 1 in 200 when it is full. Pure. */
#ifndef ASKD_CACHE_KEYSET_H
#define ASKD_CACHE_KEYSET_H

#include "daemon/cache/key.h"

#define KEYSET_MAX 16384u /* keys; beyond that any may be in it */

struct keyset;
struct keyset *keyset_new(void);              /* 32 KiB */
struct keyset *keyset_free(struct keyset *s); /* NULL is fine; always returns NULL */
void keyset_add(struct keyset *s, const struct cache_key *key);
void keyset_add_all(struct keyset *s, const struct keyset *of);
bool keyset_may_have(const struct keyset *s, const struct cache_key *key);

#endif
