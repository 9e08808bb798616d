/* What the files are to hold is put in their places, all or none, and can be taken back afterwards. Blocking. */
#ifndef CLIENT_ASK_EDIT_APPLY_H
#define CLIENT_ASK_EDIT_APPLY_H

#include "client/ask/edit_files.h"

/* ERR_OVERLOADED: a file was changed since it was read, or another edit is under way; ERR_PERMISSION_DENIED: a folder
 * takes no file, or is full. Nothing is changed then, or the sentence says that it is for undo_take. */
enum error_code edit_apply(const struct edit_files *f, struct error *err);

#endif
