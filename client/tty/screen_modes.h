/* The terminal's modes while answers are shown: what is typed meanwhile is kept for later, and not shown amidst them.
 * Signals' keys are signals. Whatever ends the process, they are as they were found. */
#ifndef CLIENT_TTY_SCREEN_MODES_H
#define CLIENT_TTY_SCREEN_MODES_H

#include <stdbool.h>

void screen_modes_init(void); /* remembers those that it finds, where a terminal is ours */
void screen_modes_quiet(void);
bool screen_modes_are_quiet(void);
void screen_modes_restore(void); /* async-signal-safe */
void screen_modes_leave(void);   /* the same for who ends at once, whatever is half drawn */

/* All of it for one answer. True where it was not so before: then screen_modes_give has to follow. */
bool screen_modes_take(void);
void screen_modes_give(void);

#endif
