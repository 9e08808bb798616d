/* What redis.c and scan.c share. */
#ifndef ASKD_CACHE_REDIS_INTERNAL_H
#define ASKD_CACHE_REDIS_INTERNAL_H

#include "daemon/cache/redis/link.h"
#include "daemon/cache/tier.h"
#include <sys/queue.h>

#define MGET_KEYS 4           /* asked for by one command */
#define SCANS_MAX 8           /* clears and lists at once */
#define SCAN_TIME_MS 10000    /* of one of these */
#define SCAN_BYTES (16 << 20) /* of values, after which a page of a list ends */

enum trouble { TROUBLE_LINK, TROUBLE_READ, TROUBLE_WRITE, TROUBLES };

struct scan;

struct tier {
    uv_loop_t *loop;
    struct redis_url url;
    struct secret *secret;
    uint64_t timeout_ms;
    struct link *link;             /* NULL: gone */
    struct timer *timer;           /* what gets wait for at most; the end of what close waits for */
    TAILQ_HEAD(, tier_op) gets;    /* not told, in the order of when they are due */
    bool known;                    /* whether Redis is there */
    const char *trouble[TROUBLES]; /* static; NULL: none */
    char reason[96];               /* of TROUBLE_LINK */
    uint64_t failures;
    uint64_t foreign_ms; /* when the last value that is none of ours was logged; 0: never */
    size_t put_bytes;    /* under way */
    LIST_HEAD(, scan) scans;
    unsigned n_scans;
    bool closing;
    void (*closed)(void *data);
    void *data;
};

/* A value that was found is no item of ours. */
void tier_foreign(struct tier *t);
/* The item of that key, or NULL. */
struct cache_item *tier_item(struct tier *t, const redisReply *value, const char *scope, const struct cache_key *key);
/* Frees the tier where its end has come. */
void tier_end(struct tier *t);

void scan_clear(struct tier *t, const struct tier_filter *f,
                void (*done)(void *data, int64_t removed, const struct error *err), void *data);
void scan_list(struct tier *t, const struct tier_list *l);
void scan_stop_all(struct tier *t); /* each tells that it was cancelled */

#endif
