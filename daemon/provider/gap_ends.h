/* What the text around a gap says of the two ends of an answer that is to go into it: what it may begin with that is no
 * part of the gap, and what of the text behind the gap it may end with. Used by gap_cut.c alone, which has the rules in
 * sentences. Pure. */
#ifndef ASKD_PROVIDER_GAP_ENDS_H
#define ASKD_PROVIDER_GAP_ENDS_H

#include "lib/chat/gap.h"
#include <stdint.h>

/* -- its beginning -- */

#define GAP_HEADS_MAX 10
#define GAP_FENCE_MAX 16 /* backquotes of a fence */

struct gap_head {  /* zeroed at first */
    bool markdown; /* fences are text there */
    struct gap_head_again {
        char *text;
        size_t len;
    } again[GAP_HEADS_MAX]; /* what of the prefix it may say again, with its end; owned */
    size_t n;
};

struct gap_head_found {
    size_t n;                      /* bytes that are no part of the gap */
    char fence[GAP_FENCE_MAX + 2]; /* ends it, behind a line's end; "": no fence began it */
    bool empty;                    /* the fence held nothing: nothing of it is a part of the gap */
};

void gap_head_init(struct gap_head *h, const struct chat_gap *g);
void gap_head_done(struct gap_head *h);
/* False: more has to come before that can be said. last: nothing more comes. */
bool gap_head_look(const struct gap_head *h, const char *text, size_t len, bool last, struct gap_head_found *ret);

/* -- its end -- */

struct gap_tail { /* zeroed at first */
    char *suffix; /* its beginning; owned */
    size_t len;
    unsigned open[3];   /* brackets of each kind that what has passed leaves open */
    unsigned quotes[3]; /* of each kind, in it */
    char before;        /* its last byte */
};

void gap_tail_init(struct gap_tail *t, const struct chat_gap *g, size_t max);
void gap_tail_done(struct gap_tail *t);
void gap_tail_pass(struct gap_tail *t, const char *text, size_t len); /* a part of the gap */
/* How many bytes at the end of that text are the suffix's first ones, at most. */
size_t gap_tail_overlap(const struct gap_tail *t, const char *text, size_t len);
/* How much of the answer's last bytes, all that has not passed, is a part of the gap: without what it says again of the
 * suffix. */
size_t gap_tail_own(const struct gap_tail *t, const char *text, size_t len);

/* -- what ends it wherever it comes -- */

/* The suffix as far as `max`, where that is enough to know it by; else nothing. */
struct gap_text gap_ends_suffix(const struct chat_gap *g, size_t max);
/* Its first whole line that is not blank, without its end, likewise. *first: it is where the suffix begins. */
struct gap_text gap_ends_line(const struct chat_gap *g, size_t max, bool *first);

#endif
