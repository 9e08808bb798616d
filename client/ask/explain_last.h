/* --explain-last: the command that ran last in this terminal, with what it printed, as an input of the prompt
 * `explain`.
 *
 * What it printed is known where tmux keeps it, or kitty, by the marks that shells set around output (OSC 133). Else
 * the command has to be run once more, which somebody is asked for. The command is known from $ASK_LAST_COMMAND, which
 * the files of etc/shell set, or from the prompt that stands before it. */
#ifndef CLIENT_ASK_EXPLAIN_LAST_H
#define CLIENT_ASK_EXPLAIN_LAST_H

#include "client/ask/args.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

#define EXPLAIN_LAST_PROMPT "explain" /* of the library */

/* Appends the question that the words ask, where there are any, and the command with its output; says on stderr how
 * much that is. out->max should be INPUT_MAX. ERR_UNAVAILABLE: there is nothing to explain; ERR_CANCELLED: a signal
 * came. */
enum error_code explain_last_read(struct buf *out, const struct args *args, const char *program, struct error *err);

#endif
