/* Inside of engine/: what its parts share. */
#ifndef ASKD_ENGINE_INTERNAL_H
#define ASKD_ENGINE_INTERNAL_H

#include "daemon/engine/attempt.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/keep.h"
#include "daemon/engine/key_test.h"

struct ask;
TAILQ_HEAD(ask_list, ask);

struct engine {
    uv_loop_t *loop;
    struct answer_table *table;
    struct providers *providers; /* reference */
    struct engine_options opt;
    struct http_pool *pool;
    struct key_room *keys;
    struct attempt_room attempts;
    struct store *store;
    struct keep_room keeps;
    TAILQ_HEAD(, recall) recalls; /* under way */
    struct discovery *discovery;
    struct key_test_list key_tests; /* under way */
    struct timer *warm; /* warm.c's */
    struct ask_list asks;
    unsigned n_asks;
    struct buf scratch; /* for encoding one event */
    bool draining;
    unsigned to_close;
    void (*ended)(void *data); /* may be NULL */
    void *ended_data;
    void (*closed)(void *data);
    void *closed_data;
};

#endif
