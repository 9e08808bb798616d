/* What a terminal shows, cut to the last command and its output. Pure.
 *
 * The text ends with the line by which we were run. Where the last command is known, the line at whose end it stands
 * begins its output; else the nearest one above ours with our line's prompt; else nobody knows, and the last lines are
 * taken. */
#ifndef CLIENT_ASK_EXPLAIN_CUT_H
#define CLIENT_ASK_EXPLAIN_CUT_H

#include "lib/base/buf.h"

#define EXPLAIN_BYTES_MAX ((size_t)64 << 10) /* of what is kept, from its end; the command's line goes before */
#define EXPLAIN_LINES_UNKNOWN 60u            /* that are taken where nobody knows */
#define EXPLAIN_OPTION "--explain-last"      /* in the line by which we were run */

struct explain_cut {
    bool found;        /* the command's line; it is the first one then */
    unsigned lines;    /* that are kept */
    unsigned left_out; /* behind the first one, since all would be over the bound */
};

/* Appends what is kept, each line with its end, and where some are left out a line that says so. command: the last one,
 * NULL where not known. */
void explain_cut_screen(struct buf *out, const char *screen, size_t len, const char *command, struct explain_cut *ret);

/* The same for what begins with the command's line and ends with its output. */
void explain_cut_output(struct buf *out, const char *text, size_t len, struct explain_cut *ret);

#endif
