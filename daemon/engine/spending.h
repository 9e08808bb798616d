/* The engine's budgets: what was spent before is read of the ledger, when the daemon starts and when budgets change;
 * until that is known nothing is reserved, and who asks waits. Where the ledger cannot be read they begin at 0, and it
 * is tried again. */
#ifndef ASKD_ENGINE_SPENDING_H
#define ASKD_ENGINE_SPENDING_H

#include "daemon/engine/engine.h"
#include "daemon/ledger/budgets.h"
#include <sys/queue.h>

struct spending;
struct spending_wait; /* somebody waits for what was spent */

struct spending *spending_new(struct engine *e);
struct spending *spending_free(struct spending *s); /* nobody waits any more; always returns NULL */
void spending_give_up(struct spending *s);          /* the daemon ends: who waits is told that it is as it is */
void spending_configure(struct spending *s, struct budget_rules *rules);

struct budgets *spending_budgets(const struct spending *s);
bool spending_known(const struct spending *s);
/* While it is not known: ready is called once it is, or cannot be. */
struct spending_wait *spending_wait(struct spending *s, void (*ready)(void *data), void *data);
void spending_wait_cancel(struct spending_wait *w); /* NULL is fine */

#endif
