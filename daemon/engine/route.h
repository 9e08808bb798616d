/* A model's name to the candidates that may answer, in order: aliases, catalogue ids, provider/name. Pure. */
#ifndef ASKD_ENGINE_ROUTE_H
#define ASKD_ENGINE_ROUTE_H

#include "daemon/catalog/alias.h"
#include "daemon/catalog/catalog.h"
#include "daemon/engine/health.h"
#include "daemon/engine/providers.h"
#include "lib/chat/request.h"

struct route {
    struct provider *provider; /* the plan holds a reference to its providers; a local server is to be looked for */
    char model[128];           /* the provider's own name, "" : the first that it lists */
    int64_t window;            /* tokens of its context, 0: not known */
};

struct plan { /* owns what it points to */
    struct providers *providers;
    struct route *routes;
    size_t n;
    bool race; /* the second is asked too where the first is slow */
    int64_t race_delay_ms;
    /* Without candidates nothing is ready: any local server that answers may be asked (discover.h). */
};
void plan_done(struct plan *p); /* works on a zeroed one */
/* The candidate that a search found, where there was none. */
void plan_found(struct plan *p, struct provider *found, const char *model);
/* The first candidate from number `from` on that is known to have a larger window than number `than`; n if none. */
size_t plan_larger(const struct plan *p, size_t than, size_t from);

struct route_world { /* all borrowed; of the configuration in force */
    struct providers *providers;
    const struct catalog *catalog;
    const struct aliases *aliases;
    const struct health *health;
    const char *default_model; /* NULL: of the first ready provider */
    int64_t now_us;            /* wall clock */
};

/* name: NULL or "": the default. question: what cheapest and best go by; NULL: nothing is known of it.
 * ERR_NOT_FOUND for a name that nothing answers to, ERR_NO_PROVIDER where nothing is ready. *ret is set on success. */
enum error_code route_model(const struct route_world *w, const char *name, const struct chat_request *question,
                            struct plan *ret, struct error *err);

/* ERR_NO_PROVIDER, and how the provider could be given a key. */
enum error_code route_no_key(const struct provider *p, struct error *err);

/* Is it a name that can be asked for, ready or not? For the configuration. */
bool route_knows(const struct route_world *w, const char *name);

/* Tokens of an answer where the question sets no bound: for estimates. */
#define ROUTE_OUTPUT_TOKENS 1000

#endif
