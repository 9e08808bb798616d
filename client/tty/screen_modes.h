/* The terminal's modes while answers are shown: what is typed meanwhile is kept for later, and not shown amidst them.
 * Signals' keys are signals. Whatever ends the process, they are as they were found. */
#ifndef CLIENT_TTY_SCREEN_MODES_H
#define CLIENT_TTY_SCREEN_MODES_H

void screen_modes_init(void); /* remembers those that it finds */
void screen_modes_quiet(void);
void screen_modes_restore(void); /* async-signal-safe */

#endif
