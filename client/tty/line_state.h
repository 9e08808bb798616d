/* What the parts of the line editor share; for line*.c alone. */
#ifndef CLIENT_TTY_LINE_STATE_H
#define CLIENT_TTY_LINE_STATE_H

#include "client/tty/line.h"
#include "client/tty/line_history.h"
#include <histedit.h>
#include <stdbool.h>

struct line {
    EditLine *el;
    struct line_history *history;
    struct line_hooks hooks;
    wchar_t *prompt, *start; /* owned; start: to be put into the line */
    int signals;             /* a signalfd: what changes the terminal, or takes it away */
    bool ended;              /* the reading, for the reason `end`, by no key */
    enum line_end end;
    unsigned back;  /* so many inputs before the one being typed is shown */
    wchar_t *typed; /* that one, meanwhile; owned */
    bool pasting;   /* what comes was pasted */
    size_t at, len; /* of bytes that were read */
    unsigned char bytes[4096];
};

/* The keys and what they do. */
void line_keys_bind(struct line *l);
struct line *line_of(EditLine *el);

/* Appends the characters in UTF-8, without those that are none. */
void line_narrow(const wchar_t *s, size_t n, struct buf *text);

/* Takes the line off the screen; the cursor stands where its prompt began. */
void line_hide(struct line *l);
/* Draws it there. */
void line_show(struct line *l);
/* Goes to the beginning of the line below it. */
void line_pass(struct line *l);

#endif
