/* A persistent tier: the functions that a store of blobs has to fill in (sqlite.c, redis/; null: there is none).
 * Everything here is called on the loop, returns at once, and tells its result later on the loop, never before it has
 * returned. A tier that fails, is slow or is full has nothing: a get that it cannot answer tells no blobs, a put is
 * lost. It says so in its status and logs once in each direction (it broke, it works again); it mends itself. */
#ifndef ASKD_CACHE_TIER_H
#define ASKD_CACHE_TIER_H

#include "daemon/cache/item.h"
#include "lib/base/buf.h"
#include <uv.h>

struct tier; /* each backend defines its own */

struct tier_get {
    const char *scope;            /* borrowed until done */
    const struct cache_key *keys; /* likewise */
    size_t n;
    /* The blobs in the order of the keys, {NULL, 0} where there is none; borrowed for the call. Not called once the get
     * was cancelled. */
    void (*done)(void *data, const struct item_bytes *blobs, size_t n);
    void *data;
};
struct tier_op; /* a call under way */

struct tier_filter { /* all that is set must hold. Strings are copied by the tier */
    const char *scope;
    const struct cache_key *key; /* NULL: any */
    const char *model;           /* as the provider names it, or "provider/model"; NULL: any */
    int64_t created_before_us;   /* 0: any */
};

struct tier_list {
    const char *scope;
    const char *after; /* where the last page ended, as it told; "": from the start */
    uint32_t limit;    /* about; at least 1 */
    /* after: where to go on, "" at the end. err: NULL, or why it cannot be told. Blobs are borrowed for the call. */
    void (*done)(void *data, const struct item_bytes *blobs, size_t n, const char *after, const struct error *err);
    void *data;
};

struct tier_status {
    const char *state;      /* static: "opening", "ok", "failing", "off" */
    const char *error;      /* borrowed, NULL for none */
    int64_t entries, bytes; /* -1: not known */
    uint64_t evictions, failures;
};

struct tier_options { /* of [cache]; strings borrowed for the call */
    const char *dir;  /* the cache folder; made with mode 0700 where it is missing */
    int64_t size, ttl_ms;
    const char *url, *secret, *name_space; /* Redis; NULL where not told */
    int64_t timeout_ms;
};

struct tier_ops {
    const char *name;
    /* Whether open would take these; touches nothing. NULL: it always does. */
    enum error_code (*check)(const struct tier_options *opt, struct error *err);
    struct tier *(*open)(uv_loop_t *loop, const struct tier_options *opt, struct error *err); /* NULL: *err */
    /* Whether it may have one of them; reads memory only. False: it certainly has none. NULL: only a get tells. */
    bool (*may_have)(const struct tier *t, const struct cache_key *keys, size_t n);
    struct tier_op *(*get)(struct tier *t, const struct tier_get *get);
    void (*cancel)(struct tier *t, struct tier_op *op); /* of a get that has not told */
    /* Takes a reference of its own to the item. */
    void (*put)(struct tier *t, struct cache_item *it);
    void (*clear)(struct tier *t, const struct tier_filter *f,
                  void (*done)(void *data, int64_t removed, const struct error *err), void *data);
    void (*list)(struct tier *t, const struct tier_list *l);
    void (*status)(const struct tier *t, struct tier_status *ret); /* reads memory only */
    /* What waits to be written is written first, within a bounded time. Every `done` is called or its op cancelled by
     * then. */
    void (*close)(struct tier *t, void (*closed)(void *data), void *data);
};

extern const struct tier_ops tier_sqlite;

#endif
