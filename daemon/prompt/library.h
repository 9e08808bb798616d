/* The prompt library: the user's prompts over those that come with askd, read on a worker when they are first asked
 * for, and again once one of their folders has changed.
 *
 * Its folders are watched, not polled. A change makes what is known stale, and the next use has it read anew: so a
 * hundred changes cost one reading, and who asks after a file was written gets what was written. Where a folder cannot
 * be watched, every use reads.
 *
 * States: unread; reading; known; stale (something has changed); closed (the daemon ends, a reading is under way). */
#ifndef ASKD_PROMPT_LIBRARY_H
#define ASKD_PROMPT_LIBRARY_H

#include "daemon/prompt/set.h"
#include <uv.h>

struct library;

/* folders is NULL-ended, at most PROMPT_FOLDERS_MAX, and copied; a later one goes over those before it. */
struct library *library_new(uv_loop_t *loop, const char *const *folders);
/* Who waits is told that the daemon ends. A reading under way keeps the loop busy until it is over. Always returns
 * NULL. */
struct library *library_close(struct library *l);

/* Called once, never before library_use has returned. The set is borrowed for the call; NULL: the daemon ends, and err
 * says so. */
typedef void library_ready(void *data, const struct prompt_set *set, const struct error *err);
void library_use(struct library *l, library_ready *ready, void *data);

#endif
