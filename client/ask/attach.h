/* What is attached to a question: files, standard input, source trees and addresses. Files are opened here and sent as
 * bytes with a name: the daemon may not see what we see. What they are is for the daemon to find out.
 *
 * The bytes are packed as they are read, so that they lie in memory once until they are sent. Blocking. */
#ifndef CLIENT_ASK_ATTACH_H
#define CLIENT_ASK_ATTACH_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <stdbool.h>

#define ATTACH_FILE_MAX ((size_t)32 << 20) /* of one */
#define ATTACH_ALL_MAX                                                                                                 \
    (((size_t)64 << 20) - (64u << 10))    /* of all, packed: a message's bound less what stands beside */
#define ATTACH_TREE_MAX ((size_t)1 << 20) /* of a tree's files, where nothing else is said */

struct attach {
    struct buf parts; /* packed */
    uint32_t n;
    size_t tree_max; /* bytes of all trees' files together */
    size_t tree_len;
    bool has_stdin; /* standard input is attached, and is not the prompt */
};

void attach_init(struct attach *a);
void attach_done(struct attach *a);

/* As -a takes it: an http or https URL, "-" for standard input, a folder with a source tree (tree.h), or a file. What
 * was left out of a tree is told on stderr. ERR_NOT_FOUND: it cannot be opened; ERR_INVALID_REQUEST, ERR_TOO_LARGE,
 * ERR_UNAVAILABLE (git): nothing can be asked. */
enum error_code attach_add(struct attach *a, const char *what, struct error *err);

/* A regular file or a pipe, opened already: its bytes, under that name. Closes fd. */
enum error_code attach_fd(struct attach *a, int fd, const char *name, struct error *err);
/* Bytes that were read already, likewise. */
enum error_code attach_bytes(struct attach *a, const void *data, size_t len, const char *name, struct error *err);

/* Takes back what was attached since it was like that: a copy of the struct, made before. */
void attach_back(struct attach *a, const struct attach *before);

/* What a file is called where its folder says nothing: the last part of its path. */
const char *attach_last_part(const char *path);

/* Appends the list of parts, which `chat` takes as `attachments`. */
void attach_put(struct buf *b, const struct attach *a);

#endif
