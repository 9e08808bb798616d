/* The prompt: the words of the command line, and behind them what is piped in. */
#ifndef CLIENT_ASK_INPUT_H
#define CLIENT_ASK_INPUT_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define INPUT_MAX ((size_t)32 << 20)

/* Joins words by spaces. Where fd is no terminal (and not -1: none), all that can be read from it follows after a blank
 * line, or is the prompt alone. out->max should be INPUT_MAX. ERR_NOT_FOUND: there is no prompt, or nothing but blanks;
 * ERR_TOO_LARGE; ERR_INVALID_REQUEST: no UTF-8. */
enum error_code input_read(struct buf *out, char *const *words, int n_words, int fd, struct error *err);

#endif
