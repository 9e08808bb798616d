/* The project file `.askd`: what ask takes for granted in a folder and below it. Where it is, what is in it, and what
 * that says. Whether it is trusted is another matter (trust.h). Blocking, for a small local file. */
#ifndef CLIENT_PROJECT_FILE_H
#define CLIENT_PROJECT_FILE_H

#include "client/common/context_set.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <limits.h>

#define PROJECT_FILE_NAME ".askd"
#define PROJECT_FILE_MAX ((size_t)64 << 10)
#define PROJECT_PATTERNS 32  /* `attach` lines */
#define PROJECT_LABEL_MAX 64 /* bytes of a budget's name */

struct project_file {
    char path[PATH_MAX]; /* of the file; without links, where it was found */
    int folder;          /* that it lies in, O_PATH; -1 where none is open */
    struct buf content;  /* read once: what is trusted, shown and used is the same */
    /* what it says, with a NUL behind; empty where it does not */
    struct buf model, system, prompt, budget;
    struct buf attach[PROJECT_PATTERNS];
    size_t n_attach;
    struct context_sets contexts;
};

/* Before any of the others, and at the end. */
void project_file_init(struct project_file *p);
void project_file_done(struct project_file *p);

/* Looks in the working folder and upwards: to the root, to the home folder where it begins below that, and not past the
 * root of a file system, as git does. The first that is there counts, and its content is read. ERR_NOT_FOUND: there is
 * none; ERR_PERMISSION_DENIED: it is not ours or root's, or others may write it; ERR_INVALID_REQUEST: no regular file;
 * ERR_TOO_LARGE. p->path tells which one, also of an error. */
enum error_code project_file_find(struct project_file *p, struct error *err);
/* The same of one that is named. */
enum error_code project_file_open(struct project_file *p, const char *path, struct error *err);

/* Reads the content. ERR_INVALID_REQUEST: with file and line; ERR_INTERNAL: libinih is not there. */
enum error_code project_file_read(struct project_file *p, struct error *err);

/* What it sets, as "model, attach, 1 set of context". Cut where there is no room. */
void project_file_keys(const struct project_file *p, char *out, size_t size);

#endif
