/* Asks providers for their lists of models, and puts these over the catalogue: for now and, in the state folder, for
 * the next start. */
#ifndef ASKD_ENGINE_REFRESH_H
#define ASKD_ENGINE_REFRESH_H

#include "daemon/engine/engine.h"

struct refreshed {
    const char *provider;
    size_t models;
    bool cut;           /* it is longer: LIST_MODELS_MAX (lists.h) or the bound on its pages was reached */
    struct error error; /* ERR_NONE: its list was read */
};

/* Once, later: list is borrowed; or NULL and the reason (ERR_INTERRUPTED). */
typedef void refresh_done(void *data, const struct refreshed *list, size_t n, const struct error *err);

/* provider: a name, NULL: every one that is ready, and OpenRouter, whose list needs no key. It is over when all have
 * answered and what they said is kept. ERR_NOT_FOUND, ERR_OVERLOADED (one is under way, or the daemon ends): done is
 * not called. */
enum error_code refresh_start(struct engine *e, const char *provider, refresh_done *done, void *data,
                              struct error *err);
void refresh_close(struct engine *e); /* what runs is ended and told so */

#endif
