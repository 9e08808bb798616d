/* A question to whoever sits at the terminal, past what standard input and output are. */
#ifndef CLIENT_ASK_CONFIRM_H
#define CLIENT_ASK_CONFIRM_H

#include <stdbool.h>

/* One letter of the choices, "yne": the first of what is typed in a line, in lower case; asks again for any other. A
 * line that is empty is the last of the choices, as are the end of input, a signal, and where there is no terminal. The
 * question stands before it: "Run it? [y]es, [n]o" and goes out as it is. */
char confirm_choose(const char *question, const char *choices);

/* There is a terminal to ask at. */
bool confirm_possible(void);

#endif
