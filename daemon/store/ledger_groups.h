/* Sums of the ledger in groups. Pure. A group is known by numbers, of which those that were not asked for are 0. */
#ifndef ASKD_STORE_LEDGER_GROUPS_H
#define ASKD_STORE_LEDGER_GROUPS_H

#include "daemon/store/sqlite_ledger.h"

enum {
    GROUP_CURRENCY = STORE_BYS, /* number of its text */
    GROUP_CONVERSATION_2,       /* the second half of the id, behind STORE_BY_CONVERSATION */
    GROUP_KEYS,                 /* day and hour: the hour since 1970 that they begin with */
};

struct ledger_group {
    int64_t key[GROUP_KEYS];
    int64_t sums[LEDGER_SUMS];
};

struct ledger_groups; /* owned by whoever made it */
struct ledger_groups *ledger_groups_new(size_t max_bytes);
struct ledger_groups *ledger_groups_free(struct ledger_groups *g); /* NULL is fine; always returns NULL */
/* False: another group would be over max_bytes, and nothing was added. */
bool ledger_groups_add(struct ledger_groups *g, const int64_t key[GROUP_KEYS], const int64_t sums[LEDGER_SUMS]);
/* By time, then the dearest first, then what was asked for most. Nothing may be added any more. */
void ledger_groups_sort(struct ledger_groups *g);
size_t ledger_groups_count(const struct ledger_groups *g);
const struct ledger_group *ledger_groups_at(const struct ledger_groups *g, size_t i);

#endif
