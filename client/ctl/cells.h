/* How much room text takes on a terminal, without a locale: at most so much, since what may be two cells wide counts as
 * two, and escape sequences as nothing. Pure. */
#ifndef CLIENT_CTL_CELLS_H
#define CLIENT_CTL_CELLS_H

#include <stddef.h>

/* The rows of text that is printed from a row's beginning. columns over 0. */
size_t cells_rows(const char *s, size_t len, size_t columns);

/* The bytes at its beginning that take no more than so many cells, whole characters. Without escape sequences. */
size_t cells_fit(const char *s, size_t len, size_t cells);

#endif
