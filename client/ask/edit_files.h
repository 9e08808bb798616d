/* The files that `ask --edit` may change: which of the words they are, what they hold, and whether that is so still.
 * Blocking. */
#ifndef CLIENT_ASK_EDIT_FILES_H
#define CLIENT_ASK_EDIT_FILES_H

#include "client/ask/attach.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <stdbool.h>
#include <sys/stat.h>

#define EDIT_FILES_MAX 64u
#define EDIT_FILE_MAX ((size_t)1 << 20) /* of one, before and after */
#define EDIT_ALL_MAX ((size_t)16 << 20) /* of all, before */

struct edit_file {
    const char *name; /* as it was given, borrowed */
    char *path;       /* without links; owned */
    bool there;       /* else it is made */
    struct stat stat; /* as it was read */
    struct buf before, after;
    bool changes; /* after is what it is to hold; else it stays */
};

struct edit_files {
    struct edit_file *list;
    unsigned n;
};

/* How many of the words are files: the first, and behind it those that name a file that is there, or look like a path:
 * no blank, but a slash or a name with an extension. What follows is the prompt. */
int edit_files_count(char *const *words, int n);

void edit_files_init(struct edit_files *f);
void edit_files_done(struct edit_files *f);

/* Reads the first n words' files. One that is not there is made, where it looks like a path and its folder is there.
 * ERR_INVALID_REQUEST: a name that cannot be edited (no text in UTF-8, a folder, one file twice, other hard links);
 * ERR_TOO_LARGE. */
enum error_code edit_files_read(struct edit_files *f, char *const *words, int n, struct error *err);

/* Attaches what they hold, and appends what a model is to know of their names: "a.c, b.c (is empty)". */
enum error_code edit_files_attach(const struct edit_files *f, struct attach *a, struct buf *names, struct error *err);

/* Whether they could be written: ERR_PERMISSION_DENIED where one is protected or its folder is. */
enum error_code edit_files_writable(const struct edit_files *f, struct error *err);

/* Whether they hold what they held: ERR_OVERLOADED where one was changed, or came or went. */
enum error_code edit_files_unchanged(const struct edit_files *f, struct error *err);

/* The one of that name; NULL where none is. rooted: a slash at its front is part of it, which behind a/ in a diff it is
 * not. */
struct edit_file *edit_files_find(const struct edit_files *f, const char *name, size_t len, bool rooted);

#endif
