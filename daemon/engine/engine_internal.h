/* Inside of engine/: what its parts share. */
#ifndef ASKD_ENGINE_INTERNAL_H
#define ASKD_ENGINE_INTERNAL_H

#include "daemon/cache/cache.h"
#include "daemon/catalog/alias.h"
#include "daemon/catalog/catalog.h"
#include "daemon/engine/attempt.h"
#include "daemon/engine/books.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/gate.h"
#include "daemon/engine/keep.h"
#include "daemon/engine/key_test.h"
#include "daemon/engine/meter.h"
#include "daemon/engine/route.h"
#include "daemon/engine/slow.h"
#include "daemon/engine/suggest.h"
#include "daemon/key/key.h"

struct ask;
TAILQ_HEAD(ask_list, ask);

struct engine {
    uv_loop_t *loop;
    struct answer_table *table;
    struct providers *providers; /* references: what holds now */
    struct catalog *catalog;
    struct aliases *aliases;
    struct engine_options opt;
    struct gate_room *gates;
    struct health *health;
    struct http_pool *pool;
    struct key_room *keys;
    struct refresh *refresh; /* under way, NULL if none */
    const char *lists_path;  /* where the lists of models are kept; borrowed */
    struct attempt_room attempts;
    struct store *store;
    struct cache *cache;
    struct key_maker *key_maker;
    struct flight *flights; /* those that can be joined, by what is asked (uthash) */
    struct suggestions suggestions;
    struct keep_room keeps;
    struct meter meter;
    struct slow slow;
    struct tally *tally;
    struct books *books;
    struct spending *spending;
    TAILQ_HEAD(, recall) recalls; /* under way */
    struct discovery *discovery;
    struct key_test_list key_tests; /* under way */
    struct timer *warm;             /* warm.c's */
    struct ask_list asks;
    TAILQ_HEAD(, embed) embeds; /* under way */
    TAILQ_HEAD(, estimation) estimates;
    TAILQ_HEAD(, aside) asides; /* under way */
    unsigned n_asks, n_embeds;
    struct buf scratch; /* for encoding one event */
    bool draining;
    unsigned to_close;
    void (*ended)(void *data); /* may be NULL */
    void *ended_data;
    void (*closed)(void *data);
    void *closed_data;
};

/* Are conversation and parent what ids may be? ERR_NOT_FOUND names the one that is not. */
enum error_code engine_check_ids(const struct chat_request *req, struct error *err);

#endif
