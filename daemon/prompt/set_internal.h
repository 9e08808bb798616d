/* What the two halves of a set share: set.c sorts what folder.c finds. */
#ifndef ASKD_PROMPT_SET_INTERNAL_H
#define ASKD_PROMPT_SET_INTERNAL_H

#include "daemon/prompt/set.h"

/* Reading one of the folders. */
struct prompt_walk {
    struct prompt_set *set;
    const char *root;      /* the folder, as it was told */
    char *real;            /* where it lies, links resolved */
    size_t entries, bytes; /* so far, of all folders */
};

/* Adds what the folder w->root holds to the set, in no order. */
void prompt_folder_read(struct prompt_walk *w);

#endif
