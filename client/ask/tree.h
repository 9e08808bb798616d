/* A source tree as attachments: the files that git lists there (tracked, or new and not ignored), each under its name
 * below the folder. What is no text (it holds a NUL near its front), symbolic links, empty files and submodules are
 * left out; how many, a line on stderr says. */
#ifndef CLIENT_ASK_TREE_H
#define CLIENT_ASK_TREE_H

#include "client/ask/attach.h"

#define TREE_FILES_MAX 20000u            /* as many as fit into a message's bound of values */
#define TREE_LIST_MAX ((size_t)16 << 20) /* bytes of git's list */

/* ERR_INVALID_REQUEST: no git tree, nothing in it. ERR_TOO_LARGE: over attach.tree_max; it names the largest files.
 * ERR_UNAVAILABLE: git cannot be run. */
enum error_code tree_attach(struct attach *a, const char *dir, struct error *err);

#endif
