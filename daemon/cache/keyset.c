#include "daemon/cache/keyset.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    BITS_LOG2 = 18, /* 16 for each of KEYSET_MAX */
    WORDS = 1 << (BITS_LOG2 - 6),
    MARKS = 3, /* bits of a key */
};

struct keyset {
    size_t n; /* added, the same one again too */
    uint64_t words[WORDS];
};

struct keyset *keyset_new(void)
{
    return NEW(struct keyset);
}

struct keyset *keyset_free(struct keyset *s)
{
    free(s);
    return NULL;
}

/* A key is a hash: any of its bits will do. */
static uint32_t mark(const struct cache_key *key, size_t i)
{
    uint32_t bits;
    memcpy(&bits, key->bytes + i * sizeof bits, sizeof bits);
    return bits & ((1u << BITS_LOG2) - 1);
}

void keyset_add(struct keyset *s, const struct cache_key *key)
{
    s->n++;
    for (size_t i = 0; i < MARKS; i++)
        s->words[mark(key, i) / 64] |= UINT64_C(1) << mark(key, i) % 64;
}

void keyset_add_all(struct keyset *s, const struct keyset *of)
{
    s->n += of->n;
    for (size_t i = 0; i < WORDS; i++)
        s->words[i] |= of->words[i];
}

bool keyset_may_have(const struct keyset *s, const struct cache_key *key)
{
    bool all = true;
    for (size_t i = 0; i < MARKS; i++)
        all = all && s->words[mark(key, i) / 64] >> mark(key, i) % 64 & 1;
    return all || s->n > KEYSET_MAX;
}
