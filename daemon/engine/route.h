/* A model's name to the candidates that may answer, in order. Pure. */
#ifndef ASKD_ENGINE_ROUTE_H
#define ASKD_ENGINE_ROUTE_H

#include "daemon/engine/providers.h"

struct route {
    struct provider *provider; /* borrowed from the providers */
    char model[128];           /* the provider's own name, "" : the first that it lists */
};

#define ROUTE_MAX 8

/* name: "provider/model", or a default model by its bare name; NULL or "": the first ready provider's default.
 * ERR_NOT_FOUND for a name that nothing answers to, ERR_NO_PROVIDER where nothing is ready. *local is set where a local
 * server might answer that has to be looked for first (discover.h): then *n is 0. */
enum error_code route_model(const struct providers *ps, const char *name, struct route routes[ROUTE_MAX], size_t *n,
                            bool *local, struct error *err);

#endif
