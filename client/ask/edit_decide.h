/* What is done with a change that fits the files: on a terminal it is shown and somebody asked, who may write another
 * diff of it; elsewhere it is printed. */
#ifndef CLIENT_ASK_EDIT_DECIDE_H
#define CLIENT_ASK_EDIT_DECIDE_H

#include "client/ask/asking.h"
#include "client/ask/edit_files.h"

/* The exit status: EXIT_OK where it was applied, or printed; EXIT_OTHER after a no. */
int edit_decide(const struct asking *a, struct edit_files *files);

#endif
