/* What each user has used today: rows of the ledger as they are made and, from the start on, what it had of the day
 * before the daemon began. In memory, so that status need not wait for the store. */
#ifndef ASKD_ENGINE_TALLY_H
#define ASKD_ENGINE_TALLY_H

#include "daemon/engine/meter.h"
#include "daemon/ledger/today.h"
#include "daemon/store/store.h"
#include <uv.h>

struct tally;

/* The store and the meter, which is told of each row too, are borrowed, and outlive it. */
struct tally *tally_new(uv_loop_t *loop, struct store *store, struct meter *meter);
struct tally *tally_free(struct tally *t); /* NULL is fine; always returns NULL */

void tally_add(struct tally *t, const struct ledger_row *row);
const struct today_figures *tally_of(struct tally *t, uid_t uid); /* valid until the next call */

#endif
