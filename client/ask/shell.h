/* --shell: a command that does what the words say, proposed, explained, and run after a yes. Where nobody looks on, as
 * in the key bindings of etc/shell, it is printed and nothing else. */
#ifndef CLIENT_ASK_SHELL_H
#define CLIENT_ASK_SHELL_H

#include "client/ask/asking.h"

/* Asks q with the prompt `shell` of the library. On a terminal it becomes the user's shell with that command, and does
 * not return; else the exit status. */
int shell_run(const struct asking *a, struct question *q);

#endif
