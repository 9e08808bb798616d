/* What is longer than the terminal goes through a pager: $ASKD_PAGER, else $PAGER, else less. Only where standard
 * output is a terminal; "" and "cat" mean none. All that a verb prints is captured first, so that what fits is printed
 * as it is, and a pager that is left early leaves nobody writing to it. */
#ifndef CLIENT_CTL_PAGER_H
#define CLIENT_CTL_PAGER_H

#include "client/ctl/capture.h"
#include "client/ctl/ctl.h"

struct pager {
    struct capture capture;
    const char *command;
};

/* Does nothing where there is no pager to go through. */
void pager_begin(struct pager *p, struct ctl *c);

/* Shows what was printed since. Returns the exit status: the one given, unless that was EXIT_OK and nothing could be
 * shown. How the pager ended is nobody's failure. */
int pager_end(struct pager *p, struct ctl *c, int status);

#endif
