/* The room in which commands that bring keys run: one at a time in the whole daemon, so that somebody who is asked for
 * a passphrase is asked one thing at a time. Who waits is told in turn. A command that failed is not run again for a
 * while: who asks meanwhile is told the same. */
#ifndef ASKD_KEY_COMMAND_H
#define ASKD_KEY_COMMAND_H

#include "daemon/key/key.h"
#include "daemon/key/key_run.h"

/* times: NULL for the usual ones. */
struct key_room *key_room_new(uv_loop_t *loop, const struct key_run_times *times);
/* Nobody must wait any more. What runs is killed; closed is called once it is gone, then the room is. */
void key_room_close(struct key_room *room, void (*closed)(void *data), void *data);

#endif
