/* The last edit, so that it can be taken back: for each file where it is, what it held and the SHA-256 of what it was
 * given. It is kept before the first file is changed, in the file askd/undo/last of the state folder, a packed map; the
 * next edit takes its place.
 *
 * Whoever has it open is alone with it. Blocking. */
#ifndef CLIENT_ASK_UNDO_H
#define CLIENT_ASK_UNDO_H

#include "client/ask/edit_files.h"
#include "client/common/out.h"

#define UNDO_MAX (EDIT_ALL_MAX + EDIT_FILES_MAX * (size_t)(2 * PATH_MAX)) /* of its file */

struct undo {
    int folder, lock; /* -1 where not open */
};

/* ERR_NOT_FOUND: there is none, and create was not asked for; ERR_OVERLOADED: another process has it. undo_close in any
 * case. */
enum error_code undo_open(struct undo *u, bool create, struct error *err);
void undo_close(struct undo *u);

/* Keeps what the files that change hold. */
enum error_code undo_keep(struct undo *u, const struct edit_files *f, struct error *err);
void undo_forget(struct undo *u);

/* Takes it back, and forgets it. Files that hold already what they held before are left: so it is repaired what a crash
 * left half done. ERR_NOT_FOUND: there is nothing to take back; ERR_INVALID_REQUEST: files were changed since,
 * which it names, and none is touched. shown: where the diff goes before. */
enum error_code undo_take(struct undo *u, struct out *shown, bool plain, struct error *err);

#endif
