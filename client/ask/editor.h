/* -e: the prompt is written in the user's editor. */
#ifndef CLIENT_ASK_EDITOR_H
#define CLIENT_ASK_EDITOR_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <limits.h>
#include <stdbool.h>

#define EDITOR_FOLDER "drafts" /* in the state folder, for the user alone */

struct editor_draft {
    char path[PATH_MAX]; /* of the file, "" where there is none */
};

/* Has $VISUAL, else $EDITOR, else the system's editor change the text, in a file of mode 0600 whose name ends in .md,
 * and waits for its end. It gets the terminal where our own input or output is none. Line ends behind the text are
 * dropped. ERR_UNAVAILABLE: it did not end well, or there is none; ERR_TOO_LARGE; ERR_INTERNAL. The file is there as
 * long as editor_settle was not called. */
enum error_code editor_run(struct buf *text, struct editor_draft *draft, struct error *err);

/* Removes the file where what was written has been of use, or is nothing; else tells where it is. Before editor_run, or
 * a second time, it does nothing. */
void editor_settle(struct editor_draft *draft, const char *program, bool of_use);

#endif
