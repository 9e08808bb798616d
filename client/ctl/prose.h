/* Prose on a terminal: its lines end between words, and go on `indent` columns to the right. */
#ifndef CLIENT_CTL_PROSE_H
#define CLIENT_CTL_PROSE_H

#include "client/ctl/ctl.h"

/* The text and a line's end; `indent` columns of its first line are taken already. What stands in it behind a line's
 * end is a line of its own. Where no terminal is, or it is too narrow for a word or two, lines stay as they are, and a
 * word that is longer than a line is never broken. */
void prose_print(struct ctl *c, const char *text, unsigned indent);

#endif
