/* A command that is proposed to whoever sits at the terminal: shown, explained, edited, and run after a yes. */
#ifndef CLIENT_ASK_SHELL_PROPOSE_H
#define CLIENT_ASK_SHELL_PROPOSE_H

#include "client/ask/asking.h"
#include "client/ask/shell_answer.h"
#include "client/ask/shell_system.h"

/* Says why an answer is no command that could be run, and gives the exit status. EXIT_OK: it is one. */
int shell_judge(const struct shell_answer *command);

/* q: what was asked for it. The command is in text, both of which an edit changes. After a yes we become the user's
 * shell with it, and this does not return; else the exit status. */
int shell_propose(const struct asking *a, const struct question *q, const struct shell_vars *v, struct buf *text,
                  struct shell_answer *command);

#endif
