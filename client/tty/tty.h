/* ask-tty: what only a terminal needs, a program of its own so that ask and askctl stay small. They run it with a
 * MessagePack value on its input. Each verb is a row of the table in main.c and one function here.
 *
 * table: {columns: [{name, align?, trunc?, width?, drop?}], rows: [[str or nil]], width?}, drawn as wide as that, else as
 * wide as the terminal. A column has:
 *   align  "right"; else left
 *   trunc  the cells may be cut, with a mark, to `width` characters or the name's
 *   drop   the column may be left out; where space is short, the highest number goes first. 0: it stays */
#ifndef CLIENT_TTY_TTY_H
#define CLIENT_TTY_TTY_H

#include <msgpack.h>

#define TTY_PROGRAM "ask-tty"

/* Returns the exit status, and tells on stderr what went wrong. */
typedef int tty_verb(const msgpack_object *input);

tty_verb tty_table;

#endif
