/* The prompt: the words of the command line, and what is piped in behind them, or where they say. */
#ifndef CLIENT_ASK_INPUT_H
#define CLIENT_ASK_INPUT_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define INPUT_MAX ((size_t)32 << 20)
#define INPUT_PLACE "{{input}}"

/* Joins words by spaces. Where fd is no terminal (and not -1: none), all that can be read from it takes the place of
 * each INPUT_PLACE in them, less the line ends behind it, as a shell's $(...) does it; a backslash before one has it
 * stand for itself. Without such a place it follows after a blank line, or is the prompt alone. out->max should be
 * INPUT_MAX. ERR_TOO_LARGE; else it is what input_check says. */
enum error_code input_read(struct buf *out, char *const *words, int n_words, int fd, struct error *err);

/* ERR_NOT_FOUND: there is no prompt, or nothing but blanks; ERR_INVALID_REQUEST: no UTF-8. */
enum error_code input_check(const struct buf *prompt, struct error *err);
bool input_is_blank(const struct buf *prompt);

#endif
