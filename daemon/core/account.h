/* What each user holds: connections and bytes of unfinished frames. Everything that a peer can make the daemon hold is
 * charged to its uid; freeing the account asserts that all was given back. */
#ifndef ASKD_CORE_ACCOUNT_H
#define ASKD_CORE_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct account {
    uid_t uid;
    unsigned refs;
    int64_t connections, input_bytes;
    struct account *next;
};

struct accounts {
    struct account *first; /* few: one per user of the machine who is connected */
};

struct account *account_get(struct accounts *as, uid_t uid); /* a reference */
void account_put(struct accounts *as, struct account *a);

#endif
