/* What a command is written for. */
#ifndef CLIENT_ASK_SHELL_SYSTEM_H
#define CLIENT_ASK_SHELL_SYSTEM_H

#include <stddef.h>

#define SHELL_SYSTEM_SIZE 128 /* of a name of it, longer ones are cut */

/* The user's shell as it is run: $SHELL, or "sh". */
const char *shell_system_shell(void);

/* Its name: "zsh". */
const char *shell_system_shell_name(void);

/* The system with its distribution where it has one: "Linux, Debian GNU/Linux 12 (bookworm)". */
void shell_system_name(char name[SHELL_SYSTEM_SIZE]);

#endif
