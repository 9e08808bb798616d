/* Where a client runs, so that the daemon can tell which conversation was the last one here: the machine, the working
 * folder and the terminal. */
#ifndef CLIENT_WHERE_H
#define CLIENT_WHERE_H

#include "lib/base/buf.h"
#include "lib/base/host.h"
#include <limits.h>
#include <sys/types.h>

struct where {
    char cwd[PATH_MAX]; /* "" where it is not known or no UTF-8 */
    /* "" without one. A name that another terminal does not get later: the pane of a multiplexer with its server, or
     * the controlling terminal's device and the start of its session. It means nothing but equality. */
    char terminal[512];
    /* The daemon may run on another one, which forwards its socket here. "" where it is not known or no UTF-8. */
    char host[HOST_SIZE];
};

void where_find(struct where *w);
/* Appends {cwd?, terminal?, host?, budget?}; budget: a name for the ledger, NULL for none. */
void where_put(struct buf *b, const struct where *w, const char *budget);

/* What /proc/PID/stat says about a process. False for another text. Its second field is a program's name, which may
 * hold spaces and parentheses. */
struct where_process {
    pid_t session;
    int terminal;               /* device number, 0 without one */
    unsigned long long started; /* clock ticks since the machine started */
};
bool where_read_process(const char *text, struct where_process *ret);

#endif
