/* log.read with `follow`: a client is told of each line of the log. A watch is a number in the ring of the latest lines
 * (core/log_ring.h): one whose client reads slowly lags, and is told how many lines have left the ring meanwhile. */
#ifndef ASKD_RPC_LOG_WATCH_H
#define ASKD_RPC_LOG_WATCH_H

#include "daemon/core/log_ring.h"
#include "daemon/rpc/watch.h"

struct log_watch;
TAILQ_HEAD(log_watch_list, log_watch);

/* What is wanted of the log. */
struct log_filter {
    enum log_level level;     /* and what is more important */
    char *values[LOG_FIELDS]; /* owned: what a field has to be, NULL: anything */
};
void log_filter_done(struct log_filter *f);
bool log_filter_takes(const struct log_filter *f, const struct log_record *r);

void log_watch_put_line(struct buf *b, const struct log_record *r); /* the map of a line */

/* Follows from line `next` on. Takes over what the filter holds. */
struct watch *log_watch_begin(struct peer *p, struct log_filter *filter, uint64_t next,
                              const msgpack_object_map *notify);
extern const struct watch_kind log_watch_kind;

/* For server.c: lines may come from any thread, and what is told of them goes out on the loop. */
void log_watch_init(struct server *s);
void log_watch_tell(struct server *s); /* what has come, at once */
void log_watch_close(struct server *s, uv_close_cb closed);

#endif
