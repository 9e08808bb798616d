/* What askctl conv export and import share: a line that says how far it is. */
#ifndef CLIENT_CTL_CONV_FILES_H
#define CLIENT_CTL_CONV_FILES_H

#include "client/ctl/ctl.h"
#include <stdint.h>

/* On stderr where that is a terminal, from the first second on, at most ten times a second. */
struct conv_progress {
    int64_t begun_us, shown_us;
    bool shown;
};
void conv_progress_begin(struct conv_progress *p);
void conv_progress_show(struct conv_progress *p, const char *what, double done, double all, const char *unit);
void conv_progress_end(struct conv_progress *p);

int conv_export(struct ctl *c);
int conv_import(struct ctl *c);

#endif
