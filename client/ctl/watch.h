/* --watch: something shown anew every two seconds, until Ctrl-C, which is how it ends and no failure. On a terminal
 * each view takes the place of the one before, in one piece, cut where it is higher than the screen; elsewhere they
 * follow each other. Where the daemon goes away it waits for the next one. */
#ifndef CLIENT_CTL_WATCH_H
#define CLIENT_CTL_WATCH_H

#include "client/ctl/ctl.h"

typedef int watch_view(struct ctl *c, struct ask *a, const void *data); /* prints it; the exit status */

int watch_run(struct ctl *c, watch_view *view, const void *data);

#endif
