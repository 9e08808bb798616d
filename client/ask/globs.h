/* Files that patterns of glob(7) name, as attachments. Blocking. */
#ifndef CLIENT_ASK_GLOBS_H
#define CLIENT_ASK_GLOBS_H

#include "client/ask/attach.h"

#define GLOBS_MATCHES 256   /* files that the patterns of one place may name together */
#define GLOBS_ENTRIES 20000 /* entries of folders that are looked at for one pattern */

/* Where patterns stand, and what they are relative to. Borrowed. */
struct globs {
    const char *path, *key; /* the file and its key, for messages */
    const char *folder;     /* a path with a slash at its end, before each pattern; "": as the pattern is */
    int beneath;            /* that folder, O_PATH: what does not lie in it is refused; -1: any will do */
    bool whole_names;       /* an attachment is named by its path below the folder, and not by its last part */
    unsigned n;             /* files so far */
};

/* Attaches them in the order of their names: regular files; folders and other things are no matches. A pattern that
 * names none is told on stderr. ERR_PERMISSION_DENIED: a link leads out of the folder. ERR_TOO_LARGE: over a bound. */
enum error_code globs_attach(struct globs *g, const char *pattern, const char *program, struct attach *a,
                             struct error *err);

#endif
