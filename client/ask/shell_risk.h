/* What is known to destroy much, in a command that somebody is to decide on. Pure.
 *
 * A small table of usual ways. It sees words, not what they come to when they are run: that it says nothing means
 * nothing. */
#ifndef CLIENT_ASK_SHELL_RISK_H
#define CLIENT_ASK_SHELL_RISK_H

#include <stddef.h>

/* What the command does by the table's at-th row, counted from *at, which is moved behind it: "deletes files …".
 * NULL: by no further one. */
const char *shell_risk_next(const char *command, size_t *at);

#endif
