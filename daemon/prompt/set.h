/* The prompts of several folders, as they were read together, and what has to be watched to know when to read again.
 *
 * A folder's NAME.md and NAME/system.md are prompts; a folder without system.md is a group, whose prompts are
 * GROUP/NAME. What is hidden, and README.md, is passed over. A folder that comes later goes over those before it, by
 * name. A file that cannot be used is a prompt with an error, and so is a name that one folder has twice.
 *
 * A folder may itself be a link. A link within it is followed to a file or a prompt's folder that lies within it too;
 * one that leads out is an error: a collection that somebody else wrote must not make a prompt of what it could not
 * read. No name is ever made a path, so that none can lead out either. */
#ifndef ASKD_PROMPT_SET_H
#define ASKD_PROMPT_SET_H

#include "daemon/prompt/prompt.h"
#include <sys/types.h>

#define PROMPT_FOLDERS_MAX 3
#define PROMPT_SET_MAX 2048                     /* prompts of all folders together */
#define PROMPT_SET_ENTRIES_MAX 16384            /* files and folders looked at */
#define PROMPT_SET_BYTES_MAX ((size_t)16 << 20) /* bytes of their files */
#define PROMPT_SET_DEPTH_MAX 4                  /* groups in groups */
#define PROMPT_SET_WATCHES_MAX 512              /* folders; where there are more, none is trusted to be watched */

/* A folder whose changes matter. */
struct prompt_watch {
    char *path;
    dev_t dev; /* with ino: another folder in its place is another one to be watched */
    ino_t ino;
    char *awaits; /* only what happens to this entry; NULL: to any */
};

struct prompt_set {
    struct prompt **prompts; /* by name */
    size_t n;
    struct prompt_watch *watches;
    size_t n_watches;
    bool unwatchable; /* changes may go unseen whatever is watched: links, a network's file system, too many folders */
    char *warning;    /* what was left out, NULL for nothing */
};

/* Blocks: for a worker. paths is NULL-ended, at most PROMPT_FOLDERS_MAX; one that is not there holds nothing. */
struct prompt_set *prompt_set_read(const char *const *paths);
struct prompt_set *prompt_set_free(struct prompt_set *s); /* NULL is fine; always returns NULL */

const struct prompt *prompt_set_find(const struct prompt_set *s, const char *name, size_t len);

#endif
