/* `ask --edit`: a model changes files by a diff, which is checked against them, shown, and applied after a yes. Where
 * the output is no terminal, the diff is printed, and that is all.
 *
 * `ask --undo` takes the last one back. */
#ifndef CLIENT_ASK_EDIT_H
#define CLIENT_ASK_EDIT_H

#include "client/ask/asking.h"
#include "client/ask/edit_files.h"

#define EDIT_TEMPLATE "edit" /* the prompt of the library, with the variable `files` */

/* The exit status: EXIT_OK where what was to be done is done, EXIT_OTHER where somebody said no or the model did,
 * EXIT_MISFIT where no diff came that fits the files. */
int edit_run(const struct asking *a, const struct question *q, struct edit_files *files);

int edit_undo(const struct args *args, struct out *out);

#endif
