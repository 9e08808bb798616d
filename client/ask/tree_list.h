/* git's list of the files of a tree. */
#ifndef CLIENT_ASK_TREE_LIST_H
#define CLIENT_ASK_TREE_LIST_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

/* Appends the names of the files below dir, tracked or new and not ignored, each ended by a NUL. Runs git, without a
 * shell and without what the tree's own configuration would have it run. ERR_INVALID_REQUEST: git has no list of it;
 * ERR_TOO_LARGE: over names->max; ERR_UNAVAILABLE: git cannot be run. */
enum error_code tree_list(const char *dir, struct buf *names, struct error *err);

#endif
