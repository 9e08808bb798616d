/* Reading the configuration anew while the daemon runs.
 *
 * Files are read and parsed beside the loop; what they say takes effect on the loop, whole or not at all. There is one
 * load at a time: who asks while one is under way waits for another one after it, since the files may have changed
 * behind the reader. */
#ifndef ASKD_RELOAD_H
#define ASKD_RELOAD_H

#include "daemon/rpc/server.h"
#include "daemon/settings.h"

struct reload;

struct reload_hooks {
    void (*begins)(void *data);
    /* Does this change, whose row has CONFIG_RELOAD, take effect at the next start only? */
    bool (*needs_restart)(void *data, const struct config_change *c);
    void (*apply)(void *data); /* the new settings are in force; what the old ones hold goes when it returns */
    void (*ended)(void *data); /* well or not: that is logged */
};

/* All borrowed. settings: those in force, replaced in place. keys: its own while a load is under way. */
struct reload *reload_new(uv_loop_t *loop, const struct settings_source *source, struct env_keys *keys,
                          struct settings *settings, const struct reload_hooks *hooks, void *data);
/* Who waits is told that the daemon ends. A load under way keeps the loop busy until it is over; its result is dropped.
 * Always returns NULL. */
struct reload *reload_close(struct reload *r);

/* done may be NULL. */
void reload_start(struct reload *r, server_reloaded *done, void *arg);

#endif
