/* Where libedit puts what is typed: it does not tell, and whoever writes between its lines has to know. Pure; needs a
 * locale of UTF-8. */
#ifndef CLIENT_TTY_LINE_LAYOUT_H
#define CLIENT_TTY_LINE_LAYOUT_H

#include <stddef.h>
#include <wchar.h>

/* Behind and in front of each piece of a prompt that moves no cursor. */
#define LINE_LITERAL L'\1'

struct line_place {
    unsigned row, column; /* from where the prompt begins */
};

/* Moves the place over n characters of text, on a terminal of that many columns (1 at least). */
void line_layout_text(struct line_place *p, const wchar_t *s, size_t n, unsigned columns);

/* The same over a prompt. */
void line_layout_prompt(struct line_place *p, const wchar_t *s, unsigned columns);

#endif
