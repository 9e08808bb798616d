/* How far it is with what takes long: one line on stderr where that is a terminal, from the first second on. It is gone
 * at the end, at what else is printed there, and where SIGINT or SIGTERM ends the program. One at a time. */
#ifndef CLIENT_CTL_PROGRESS_H
#define CLIENT_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "importing notes.json": borrowed, made harmless */
    const char *unit; /* "MB"; NULL: nothing is counted */
    double done, all; /* all 0: not known, and a wheel turns instead of the bar */
    int64_t begun_us, shown_us;
};

void progress_begin(struct progress *p, const char *what);
/* So much is done. Draws it where that is due: at most ten times a second. */
void progress_at(struct progress *p, double done, double all, const char *unit);
/* Draws where it is due, for whoever waits: the milliseconds after which it is due again, -1: never. */
int progress_turn(struct progress *p);
void progress_end(struct progress *p);

#endif
