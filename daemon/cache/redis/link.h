/* Keeps a connection to Redis: makes one, and another whenever it fails, after a pause that doubles from LINK_PAUSE_MS
 * to LINK_PAUSE_MAX_MS until something has been answered in time again.
 *
 * A Redis that is slow is left alone likewise: when LINK_STRIKES operations in a row had no answer in time, the
 * connection is given up. After such an end, one is enough. */
#ifndef ASKD_CACHE_REDIS_LINK_H
#define ASKD_CACHE_REDIS_LINK_H

#include "daemon/cache/redis/conn.h"

#define LINK_PAUSE_MS 100
#define LINK_PAUSE_MAX_MS 5000
#define LINK_STRIKES 3

struct link;

struct link_hooks {
    /* It works (why: NULL), or it does not, and the reason; again for each failure. Not before link_new has
     * returned. */
    void (*changed)(void *data, const char *why);
    void (*gone)(void *data); /* the end of link_close */
};

/* url: borrowed until gone. */
struct link *link_new(uv_loop_t *loop, const struct redis_url *url, const struct link_hooks *hooks, void *data);
/* What can be sent to now; NULL: nothing can. Not to be kept. */
struct conn *link_conn(struct link *l);
/* How an operation went, by uv_now: it was answered in time, or was not, and when it had begun. Of several that were
 * under way together only one counts. too_slow may end the connection, and so call back. */
void link_in_time(struct link *l);
void link_too_slow(struct link *l, uint64_t begun_ms);
void link_close(struct link *l); /* everything under way is told NULL; again: nothing */

#endif
