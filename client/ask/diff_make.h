/* The diff between two texts, made by diff(1): what is shown of a change is made anew of what is there and what will
 * be, and so shows what happens, whatever a model wrote. Blocking. */
#ifndef CLIENT_ASK_DIFF_MAKE_H
#define CLIENT_ASK_DIFF_MAKE_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

/* Appends a unified diff that `patch -p1` and `git apply` take; nothing where the texts are alike. name: of the file,
 * no line's end in it; NULL texts: there is no file then. ERR_UNAVAILABLE: diff cannot be run. */
enum error_code diff_make(const char *name, const struct buf *before, const struct buf *after, struct buf *out,
                          struct error *err);

#endif
