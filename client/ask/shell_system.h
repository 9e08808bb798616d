/* What a command is written for. */
#ifndef CLIENT_ASK_SHELL_SYSTEM_H
#define CLIENT_ASK_SHELL_SYSTEM_H

#include "client/ask/question.h"

#define SHELL_SYSTEM_SIZE 128 /* of a name of it, longer ones are cut */

/* The user's shell as it is run: $SHELL, or "sh". */
const char *shell_system_shell(void);

/* Its name: "zsh". */
const char *shell_system_shell_name(void);

/* The system with its distribution where it has one: "Linux, Debian GNU/Linux 12 (bookworm)". */
void shell_system_name(char name[SHELL_SYSTEM_SIZE]);

/* The same as variables of prompts of the library. */
enum { SHELL_VAR_SIZE = 300 };

struct shell_vars {
    char shell[SHELL_VAR_SIZE], system[SHELL_VAR_SIZE];
    const char *list[2]; /* of both */
};

void shell_vars_find(struct shell_vars *v);
/* The question is asked by that prompt of the library, with them. Borrows v. */
void shell_vars_put(struct question *q, const char *template, const struct shell_vars *v);

#endif
