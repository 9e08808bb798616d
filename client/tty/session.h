/* `ask` without a prompt on a terminal: question after question in one conversation. */
#ifndef CLIENT_TTY_SESSION_H
#define CLIENT_TTY_SESSION_H

#include "client/ask/asking.h"

/* The frontend's `session` (client/ask/command.h). base: what was read for all questions, without a prompt; what is
 * attached goes with the first one, sets of context with each, read anew. Needs signals_catch(). Returns how to exit.
 */
int session_run(const struct asking *a, const struct question *base);

#endif
