/* Trying keys: each asks its provider for the list of models, which costs nothing. */
#ifndef ASKD_ENGINE_KEY_TEST_H
#define ASKD_ENGINE_KEY_TEST_H

#include "daemon/engine/engine.h"
#include <sys/queue.h>

struct key_tested { /* borrowed for the call */
    const struct provider *provider;
    const char *source; /* NULL where the provider has no key */
    int64_t latency_ms; /* of the answer, -1: none came */
    struct http_wire wire;
    bool dated;       /* it told the time: */
    int64_t ahead_us; /* so far is our clock before the provider's */
    struct error err; /* code ERR_NONE: it is good */
};

/* Once. err: why nothing was tried, or ERR_INTERRUPTED; then n is 0. */
typedef void key_tests_done(void *data, const struct key_tested *list, size_t n, const struct error *err);

struct key_test;
TAILQ_HEAD(key_test_list, key_test);

/* Tries all keys of the provider `name`, or with a NULL name those of all that have one, at once but for commands,
 * which wait for each other. keyless: those that want no key are asked too, and of the local servers on their usual
 * ports the ones that are there. done may be called before it returns. ERR_NOT_FOUND: there is no such provider. */
void engine_test_keys(struct engine *e, const char *name, size_t len, bool keyless, key_tests_done *done, void *data);
void key_tests_give_up_all(struct engine *e); /* the daemon ends: they are told so */

#endif
