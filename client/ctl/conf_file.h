/* The user's askd.conf, as a client changes it: whole or not at all, mode 0600, through a link to the file that it
 * leads to. It may hold keys of providers: what was read is wiped at the end. */
#ifndef CLIENT_CTL_CONF_FILE_H
#define CLIENT_CTL_CONF_FILE_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <limits.h>
#include <sys/stat.h>

struct conf_file {
    char path[PATH_MAX]; /* as its owner calls it */
    char real[PATH_MAX]; /* without links */
    struct buf content;
    struct stat was; /* st_ino 0: there was none */
};

/* Reads it; a file that is not there is empty. conf_file_done in any case. */
enum error_code conf_file_read(struct conf_file *f, struct error *err);

/* Puts the text in its place, unless somebody wrote to it since it was read (ERR_OVERLOADED). f is as read anew. */
enum error_code conf_file_write(struct conf_file *f, const struct buf *text, struct error *err);

void conf_file_done(struct conf_file *f);
void conf_wipe(struct buf *text); /* frees a copy of such a file */

#endif
