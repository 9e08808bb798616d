/* What somebody types at a terminal, of one line or of several: libedit, with pasting, history in a file, and others
 * that may write above the line while it is typed.
 *
 * Enter ends the input unless it is open (line_open.h). Alt-Enter begins a new line of it. Ctrl-C clears it. One at a
 * time in a process: the terminal's modes are changed while it reads, and are as they were behind it. Needs
 * signals_catch() and a locale of UTF-8; standard input and output are the terminal. */
#ifndef CLIENT_TTY_LINE_H
#define CLIENT_TTY_LINE_H

#include "client/tty/complete.h"
#include "lib/base/buf.h"

enum {
    LINE_CHARS_MAX = 1 << 20, /* of an input; what is pasted beyond it is not taken: it is to be attached */
    LINE_BYTES_MAX = 4 * LINE_CHARS_MAX + 1
};

enum line_end {
    LINE_TEXT,
    LINE_EOF,     /* Ctrl-D in an empty line */
    LINE_CLEARED, /* Ctrl-C */
    LINE_SIGNAL,  /* another signal is pending (signals.h) */
    LINE_HANGUP,  /* the terminal is gone */
    LINE_FAILED   /* memory */
};

struct line_hooks {
    void *data;
    /* What else is waited for; -1 for nothing. */
    int (*fd)(void *data);
    /* It can be read: takes what came. True where something is to be shown now. */
    bool (*heard)(void *data);
    /* Shows it. The line is hidden meanwhile, the cursor at the beginning of one, and is to be left so. */
    void (*show)(void *data);
    /* Fills c with what may stand for the word that ends at `cursor`, in bytes. */
    void (*complete)(void *data, const char *text, size_t cursor, struct complete *c);
};

struct line;

/* NULL where memory is out. history: the path of its file, NULL for none. hooks is copied. */
struct line *line_new(const struct line_hooks *hooks, const char *history);
void line_free(struct line *l); /* NULL is fine */

/* Reads one input into *text, in UTF-8. prompt as line_layout.h has it, in UTF-8. It begins with the text `start`,
 * NULL for none. */
enum line_end line_read(struct line *l, const char *prompt, const char *start, struct buf *text);

/* Keeps it for the arrow keys and Ctrl-R; in the file too where `keep`. */
void line_remember(struct line *l, const char *text, bool keep);

#endif
