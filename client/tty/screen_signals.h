/* What a terminal tells by signals while something is drawn on it: that its size changed, that we are stopped, which
 * leaves its modes as they were, and that we go on. They interrupt a wait, so that it is drawn anew. */
#ifndef CLIENT_TTY_SCREEN_SIGNALS_H
#define CLIENT_TTY_SCREEN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct screen_signals {
    struct sigaction resized, stopped, continued; /* what they did before */
};

void screen_signals_catch(struct screen_signals *s);
void screen_signals_restore(const struct screen_signals *s);

/* We were stopped and go on, since the last call. */
bool screen_signals_continued(void);

#endif
