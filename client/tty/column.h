/* One answer of several, as a column: lines of a width, made as its text comes. Pure. */
#ifndef CLIENT_TTY_COLUMN_H
#define CLIENT_TTY_COLUMN_H

#include "client/ask/arms.h"
#include "client/tty/md.h"
#include "client/tty/prose.h"

struct column {
    const struct arm *arm; /* borrowed */
    enum args_reasoning reasoning;
    bool colour;
    unsigned width;
    unsigned turn;        /* of the arm, whose lines these are */
    size_t text, thought; /* bytes of the arm's text and reasoning that are in the lines */
    bool failed;          /* not all could be made lines */
    struct md *md;        /* NULL before there is any text */
    struct prose prose;
    struct buf thoughts, lines, live; /* settled lines of the reasoning and of the text; those that may change */
};

/* reasoning: show, hide or only. */
void column_init(struct column *c, const struct arm *arm, enum args_reasoning reasoning, bool colour, unsigned width);
void column_done(struct column *c);

/* Makes lines of what is new in the arm; of all of it where the width is another, or what it said before is void. */
void column_update(struct column *c, unsigned width);

/* Appends the lines above the answer: the model as it was asked for, and as it answered. */
void column_put_head(const struct column *c, struct buf *lines);
/* The lines of the answer, the last `most` of them. */
void column_put_body(const struct column *c, size_t most, struct buf *lines);
/* Those below it: how it ended and what it took, or what goes on; now_ms: since it was asked. */
void column_put_foot(const struct column *c, double now_ms, struct buf *lines);

#endif
