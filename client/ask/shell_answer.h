/* The command in an answer that was to be a command and nothing else. Pure.
 *
 * Line ends around it, a code fence, backticks and a prompt sign are no part of it, and whoever decides on it is told
 * what was taken off. All other bytes are the command's own. */
#ifndef CLIENT_ASK_SHELL_ANSWER_H
#define CLIENT_ASK_SHELL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define SHELL_ANSWER_MAX ((size_t)16 << 10) /* bytes of a command: nobody reads more before a yes */

enum shell_kind {
    SHELL_COMMAND,
    SHELL_NONE,     /* comments alone, which say why there is no command */
    SHELL_EMPTY,    /* nothing */
    SHELL_TOO_LONG, /* over SHELL_ANSWER_MAX */
    SHELL_NUL,      /* with a NUL in it, where a shell's command would end */
    SHELL_OPTION    /* with a dash or a plus at its front, which a shell takes for options of its own */
};

/* Borrowed from the answer. */
struct shell_answer {
    enum shell_kind kind;
    const char *text;
    size_t len;
    const char *taken_off; /* "a code fence"; NULL: nothing */
    unsigned left_out;     /* lines that stood before or behind the fence */
};

void shell_answer_read(struct shell_answer *ret, const char *text, size_t len);

/* The same for what somebody has written: nothing is taken off but line ends. */
void shell_answer_take(struct shell_answer *ret, const char *text, size_t len);

#endif
