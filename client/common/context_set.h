/* Named sets of context, which a question takes along by -x NAME: files and what commands print. They stand in sections
 * [context "NAME"] of the project file and of the configuration. Here is what is written there; read, or run, nothing
 * of it is. */
#ifndef CLIENT_CONTEXT_SET_H
#define CLIENT_CONTEXT_SET_H

#include "client/common/ini_read.h"
#include "lib/base/error.h"
#include <stdbool.h>

#define CONTEXT_KIND "context"
#define CONTEXT_NAME_MAX 40     /* bytes, as the daemon takes it */
#define CONTEXT_SETS_MAX 1024   /* in all files */
#define CONTEXT_FILES_MAX 32    /* patterns of one */
#define CONTEXT_COMMANDS_MAX 16 /* of one */

/* A key that may stand several times. */
struct context_list {
    char **items; /* owned */
    size_t n;
    unsigned file; /* that gave them */
};

/* A key that stands once. */
struct context_text {
    char *text; /* owned, NULL where not given */
    unsigned file;
};

struct context_set {
    char *name, *path; /* the file that spoke of it last */
    struct context_list files, commands;
    struct context_text text, description;
};

struct context_sets {
    struct context_set *list;
    size_t n;
    unsigned file; /* the number of the file that is being read */
    size_t open;   /* the set whose keys come */
};

void context_sets_init(struct context_sets *s);
void context_sets_done(struct context_sets *s);

/* Begins a file: what it gives of a set's key takes the place of what an earlier file gave of it. */
void context_sets_begin_file(struct context_sets *s);

/* A section's line, once ini_named has found it to be one of ours, and what stands in it. As struct ini_handler has it.
 */
bool context_sets_section(struct context_sets *s, struct ini_reader *r, const char *path, const char *name, size_t len);
bool context_sets_key(struct context_sets *s, struct ini_reader *r, const char *key);
bool context_sets_pair(struct context_sets *s, struct ini_reader *r, const char *key, const struct buf *value);

/* NULL: there is none. */
const struct context_set *context_sets_find(const struct context_sets *s, const char *name);

/* Those of the configuration: /etc/askd/askd.conf, then the user's over it, and the drop-ins beside each, merged key by
 * key as the daemon merges them. ERR_INVALID_REQUEST: with file and line; ERR_PERMISSION_DENIED: others may write to a
 * file with such a section. Blocking, for small local files. */
enum error_code context_config_read(struct context_sets *s, struct error *err);

#endif
