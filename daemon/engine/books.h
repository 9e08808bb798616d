/* Rows of the ledger on their way to the store, which no answer waits for: of answers that cost nothing (cached, or
 * shared with who pays), and of what is billed when its answer has gone already. They are written together, some half a
 * second later, those that are alike as one row, and tried again for as long as there is room for them. */
#ifndef ASKD_ENGINE_BOOKS_H
#define ASKD_ENGINE_BOOKS_H

#include "daemon/engine/tally.h"
#include "daemon/store/store.h"
#include "lib/chat/ledger_row.h"
#include <uv.h>

#define BOOKS_WAITING_MAX 65536 /* rows; over it the oldest are given up, which is logged */

struct books;

struct books *books_new(uv_loop_t *loop, struct store *store, struct tally *tally); /* both borrowed: they outlive it */
/* Hands over what waits. What the store cannot take then is lost. */
struct books *books_close(struct books *b); /* NULL is fine; always returns NULL */

/* Counts the row in the tally, too. Takes over what it holds, and leaves it empty. */
void books_add(struct books *b, struct ledger_row *row);
void books_add_copy(struct books *b, const struct ledger_row *row);
void books_flush(struct books *b); /* for whoever is about to read */
/* Rows that the store could not take, and the tally has: they wait with the others. Leaves them empty. */
void books_take_back(struct books *b, struct ledger_row *rows, size_t n);

/* Rows that somebody waits for, and the tally has: they go at once, and as the others where that fails. rows is taken
 * over. done: once, when they are stored or cannot be for now. */
struct books_write;
struct books_write *books_write(struct books *b, struct ledger_row *rows, size_t n, void (*done)(void *data),
                                void *data);
void books_write_forget(struct books_write *w); /* nobody waits any more; NULL is fine */

#endif
