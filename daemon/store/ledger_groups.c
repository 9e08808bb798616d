#include "daemon/store/ledger_groups.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 }; /* a power of two, as all sizes after it */

struct ledger_groups {
    struct ledger_group *groups;
    size_t n, max;
    uint32_t *slots; /* 1 + index in groups, 0: free; more than half of them are */
    size_t n_slots;
};

struct ledger_groups *ledger_groups_new(size_t max_bytes)
{
    struct ledger_groups *g = NEW(struct ledger_groups);

    g->max = max_bytes / sizeof(struct ledger_group);
    g->n_slots = FIRST_SLOTS;
    g->slots = xcalloc(g->n_slots, sizeof(*g->slots));
    g->groups = xcalloc(g->n_slots / 2, sizeof(*g->groups));
    return g;
}

struct ledger_groups *ledger_groups_free(struct ledger_groups *g)
{
    if (!g)
        return NULL;
    free(g->slots);
    free(g->groups);
    free(g);
    return NULL;
}

static uint64_t hash(const int64_t key[GROUP_KEYS])
{
    uint64_t h = 0;

    for (size_t i = 0; i < GROUP_KEYS; i++)
        h = (h ^ (uint64_t)key[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/* The slot of that key, or the free one where it would go. */
static uint32_t *slot_of(const struct ledger_groups *g, const int64_t key[GROUP_KEYS])
{
    size_t i = hash(key) & (g->n_slots - 1);

    while (g->slots[i] && memcmp(g->groups[g->slots[i] - 1].key, key, GROUP_KEYS * sizeof(*key)) != 0)
        i = (i + 1) & (g->n_slots - 1);
    return &g->slots[i];
}

static void grow(struct ledger_groups *g)
{
    free(g->slots);
    g->n_slots *= 2;
    g->slots = xcalloc(g->n_slots, sizeof(*g->slots));
    g->groups = xrealloc(g->groups, g->n_slots / 2 * sizeof(*g->groups));
    for (size_t i = 0; i < g->n; i++)
        *slot_of(g, g->groups[i].key) = (uint32_t)i + 1;
}

bool ledger_groups_add(struct ledger_groups *g, const int64_t key[GROUP_KEYS], const int64_t sums[LEDGER_SUMS])
{
    uint32_t *slot = slot_of(g, key);

    if (*slot) {
        ledger_add(g->groups[*slot - 1].sums, sums);
        return true;
    }
    if (g->n == g->max)
        return false;
    if (g->n == g->n_slots / 2) {
        grow(g);
        slot = slot_of(g, key);
    }
    struct ledger_group *group = &g->groups[g->n++];
    memcpy(group->key, key, sizeof(group->key));
    memcpy(group->sums, sums, sizeof(group->sums));
    *slot = (uint32_t)g->n;
    return true;
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *one, const void *two)
{
    const struct ledger_group *a = one, *b = two;
    int by = order(a->key[STORE_BY_DAY], b->key[STORE_BY_DAY]);

    if (by == 0)
        by = order(a->key[STORE_BY_HOUR], b->key[STORE_BY_HOUR]);
    if (by == 0)
        by = order(b->sums[SUM_COST], a->sums[SUM_COST]);
    if (by == 0)
        by = order(b->sums[SUM_REQUESTS], a->sums[SUM_REQUESTS]);
    for (size_t i = 0; by == 0 && i < GROUP_KEYS; i++)
        by = order(a->key[i], b->key[i]);
    return by;
}

void ledger_groups_sort(struct ledger_groups *g)
{
    qsort(g->groups, g->n, sizeof(*g->groups), compare);
}

size_t ledger_groups_count(const struct ledger_groups *g)
{
    return g->n;
}

const struct ledger_group *ledger_groups_at(const struct ledger_groups *g, size_t i)
{
    return &g->groups[i];
}
