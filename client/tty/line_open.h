/* Whether what was typed goes on with another line. Pure. */
#ifndef CLIENT_TTY_LINE_OPEN_H
#define CLIENT_TTY_LINE_OPEN_H

#include <stddef.h>
#include <wchar.h>

enum line_open {
    LINE_CLOSED,
    LINE_OPEN_BACKSLASH, /* its last character is a backslash, and no other stands before that for itself */
    LINE_OPEN_FENCE      /* a block of code (``` or ~~~) was begun and not ended */
};

enum line_open line_open(const wchar_t *s, size_t n);

#endif
