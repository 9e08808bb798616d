/* What rows of the ledger would cost by the catalogue as it is now. */
#ifndef ASKD_ENGINE_REPRICE_H
#define ASKD_ENGINE_REPRICE_H

#include "daemon/engine/engine.h"
#include "lib/chat/ledger_row.h"

struct reprice;

/* By the catalogue and the providers that are in force; for any thread from then on. */
struct reprice *reprice_new(const struct engine *e);
struct reprice *reprice_free(struct reprice *r); /* NULL is fine; always returns NULL */

/* A row's cost by the price that held when it was asked, as store_reprice.price tells it; data: a struct reprice. False
 * for one that cost nothing, was counted by nobody, or has no known price. *price is the caller's. */
bool reprice_row(void *data, const struct ledger_row *row, int64_t *nano, char currency[8], char **price);

#endif
