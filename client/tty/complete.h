/* What Tab makes of a word: a list of what may stand for it. Pure. */
#ifndef CLIENT_TTY_COMPLETE_H
#define CLIENT_TTY_COMPLETE_H

#include "lib/base/buf.h"

enum {
    COMPLETE_WORDS_MAX = 4096,       /* more than a folder or a list of models usually has */
    COMPLETE_BYTES_MAX = 512 * 1024, /* of all of them */
    COMPLETE_SHOWN_MAX = 100         /* that are listed where they are not one */
};

struct complete {
    size_t from;      /* where the word begins in the text */
    struct buf words; /* each with a NUL */
    unsigned n;
    bool more; /* there are some that found no room */
};

void complete_init(struct complete *c);
void complete_done(struct complete *c);

/* Adds the candidate where it begins with the word's len bytes. */
void complete_add(struct complete *c, const char *candidate, const char *word, size_t len);

/* Orders them, each once. */
void complete_sort(struct complete *c);

/* The next one behind `word`, NULL at the end; the first for NULL. */
const char *complete_next(const struct complete *c, const char *word);

/* How many bytes all of them have in common, in whole characters. */
size_t complete_common(const struct complete *c);

/* Appends them in columns for a terminal, made harmless, each line with its end; what is not shown is told. */
void complete_list(const struct complete *c, unsigned columns, struct buf *out);

#endif
