/* A model's name to the candidates that may answer, in order. Pure. */
#ifndef ASKD_ENGINE_ROUTE_H
#define ASKD_ENGINE_ROUTE_H

#include "daemon/engine/providers.h"

struct route {
    struct provider *provider; /* the plan holds a reference to its providers */
    char model[128];           /* the provider's own name, "" : the first that it lists */
};

struct plan { /* owns what it points to */
    struct providers *providers;
    struct route *routes;
    size_t n;
    /* Without candidates: a local server might answer that has to be looked for first (discover.h), under that name of
     * a model ("ollama/qwen3"), NULL for any. */
    char *local;
};
void plan_done(struct plan *p); /* works on a zeroed one */
/* The candidate that a search found, in place of none. */
void plan_found(struct plan *p, struct provider *found, const char *model);

/* name: "provider/model", or a default model by its bare name; NULL or "": the first ready provider's default.
 * ERR_NOT_FOUND for a name that nothing answers to, ERR_NO_PROVIDER where nothing is ready. *ret is set on success. */
enum error_code route_model(struct providers *ps, const char *name, struct plan *ret, struct error *err);

#endif
