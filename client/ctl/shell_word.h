/* A word as the shell reads it, for commands that are shown to be pasted. Pure. */
#ifndef CLIENT_CTL_SHELL_WORD_H
#define CLIENT_CTL_SHELL_WORD_H

#include "lib/base/buf.h"
#include <limits.h>

enum { SHELL_WORD_SIZE = PATH_MAX + 64 };

/* Quoted where it has to be, and harmless on a terminal; what does not fit is "…". Returns out. */
const char *shell_word(char out[SHELL_WORD_SIZE], const char *word);
/* Appends it between quotes, whole, for a shell that is run. */
void shell_quote(struct buf *b, const char *word);

#endif
