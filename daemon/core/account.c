#include "daemon/core/account.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <stdlib.h>

struct account *account_get(struct accounts *as, uid_t uid)
{
    for (struct account *a = as->first; a; a = a->next) {
        if (a->uid == uid) {
            a->refs++;
            return a;
        }
    }
    struct account *a = NEW(struct account);
    *a = (struct account){.uid = uid, .refs = 1, .next = as->first};
    as->first = a;
    return a;
}

void account_put(struct accounts *as, struct account *a)
{
    if (--a->refs)
        return;
    assert(a->connections == 0 && a->input_bytes == 0);
    struct account **p = &as->first;
    while (*p != a)
        p = &(*p)->next;
    *p = a->next;
    free(a);
}
