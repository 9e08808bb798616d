/* Inputs of before, the newest first: those of this process, and of others from a file, which several may share. The
 * file is libedit's, of mode 0600. What cannot be read or written of it is left alone: a history is a convenience. */
#ifndef CLIENT_TTY_LINE_HISTORY_H
#define CLIENT_TTY_LINE_HISTORY_H

#include <histedit.h>
#include <stdbool.h>

enum {
    LINE_HISTORY_MAX = 1000,           /* inputs that are kept */
    LINE_HISTORY_INPUT_MAX = 16 * 1024 /* characters of one that is: a longer one was pasted */
};

struct line_history;

/* path: of its file, whose folder is made; NULL for none. NULL where memory is out. */
struct line_history *line_history_new(const char *path);
void line_history_free(struct line_history *h); /* NULL is fine */

/* For libedit's own keys. */
HistoryW *line_history_events(struct line_history *h);

/* One that is the same as the newest is not kept again. file: and in the file. */
void line_history_add(struct line_history *h, const wchar_t *input, bool file);

/* The one so many back, from 1; NULL where there is none. Valid until the next call. */
const wchar_t *line_history_back(struct line_history *h, unsigned n);

#endif
