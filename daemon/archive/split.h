/* Finds the entries of a JSON file as it comes in pieces, cut anywhere: the elements of the list at its top, or the
 * values that stand there one after the other. Holds one entry at a time. Pure.
 *
 * It looks at brackets and strings alone; whether an entry is JSON is for whoever parses it. */
#ifndef ASKD_ARCHIVE_SPLIT_H
#define ASKD_ARCHIVE_SPLIT_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define SPLIT_VALUES_MAX 1000000 /* of an entry, counted by its commas, colons and brackets */
#define SPLIT_DEPTH_MAX 28

enum split_place {
    SPLIT_BEFORE, /* nothing has come but blanks */
    SPLIT_TOP,    /* between values that stand one after the other */
    SPLIT_ITEM,   /* an element is due, or the list's end */
    SPLIT_COMMA,  /* behind an element */
    SPLIT_INSIDE, /* an entry */
    SPLIT_AFTER,  /* the list has ended */
};

struct split {
    struct buf entry; /* its max bounds an entry */
    enum split_place place;
    bool list, in_string, escaped, nested; /* nested: it began with a bracket */
    unsigned depth;
    size_t values;
    uint64_t at;         /* bytes passed */
    enum error_code why; /* this entry is refused, and passed over */
    struct error error;
};

enum split_found {
    SPLIT_MORE,  /* the piece is used up */
    SPLIT_ENTRY, /* entry holds one, until the next call */
    SPLIT_SKIP,  /* one was passed over: *err says why */
    SPLIT_BAD,   /* this is no JSON: *err says where. Nothing more can be read */
};

void split_init(struct split *s, size_t max_entry);
void split_done(struct split *s);
/* Goes on in the piece; *p and *len are what is left of it. */
enum split_found split_next(struct split *s, const uint8_t **p, size_t *len, struct error *err);
/* After the last piece, until it says SPLIT_MORE. */
enum split_found split_end(struct split *s, struct error *err);

#endif
