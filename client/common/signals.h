/* SIGINT and SIGTERM as something to wait for. The first is remembered, so that an answer can be cancelled in good
 * order; a second one ends the program at once. SIGPIPE is ignored: a write tells. */
#ifndef CLIENT_SIGNALS_H
#define CLIENT_SIGNALS_H

#include <stdbool.h>

void signals_catch(void);   /* a second time it does nothing */
int signals_fd(void);       /* readable once a signal came; -1 where signals_catch was not called */
void signals_clear(void);   /* forgets the signal that came: for who goes on after it */
void signals_release(void); /* ignores no longer what was not ignored before: for who becomes another program */
/* What ends the program at once calls `before` first, which is async-signal-safe; and SIGHUP and SIGQUIT are caught
 * too. NULL: neither. */
void signals_at_end(void (*before)(void));
/* The same for who goes on after SIGINT: a second one is as the first from now on, and does not end the program. */
void signals_stay(void (*before)(void));
/* While `now`, the first signal ends the program at once, and so does one that has come: for what waits for something
 * else without looking for signals, where nothing is lost by it. */
void signals_end_at_once(bool now);
int signals_pending(void); /* the signal that came, 0 if none */

#endif
