/* Texts to vectors: the same way to a provider as a question's, without a log. Each text's vector is cached by itself;
 * those that are not known are asked for together. */
#ifndef ASKD_ENGINE_EMBED_H
#define ASKD_ENGINE_EMBED_H

#include "daemon/engine/engine.h"
#include "daemon/engine/spend.h"
#include "lib/chat/embed.h"

struct embedding { /* borrowed for the call of done */
    const char *provider, *model;
    const double *vectors; /* one behind the other */
    size_t n, dimension;
    size_t n_cached;    /* of the n */
    struct usage usage; /* of the others */
};

struct embed;

/* Takes the request over; what it costs is a row of the ledger. timeout: seconds for all of it, 0: none. done is called
 * once: with the vectors, or with NULL and the reason (ERR_OVERLOADED, ERR_NOT_FOUND, ERR_NO_PROVIDER,
 * ERR_INVALID_REQUEST, what the provider said, ERR_TIMEOUT, ERR_CANCELLED, ERR_INTERRUPTED). It may be called before
 * this returns, NULL then. */
struct embed *embed_start(struct engine *e, struct embed_request *req, const struct spend_who *who, double timeout,
                          void (*done)(void *data, const struct embedding *embedding, const struct error *err),
                          void *data);
void embed_cancel(struct embed *m);         /* before done was called */
void embed_interrupt_all(struct engine *e); /* the daemon ends */

#endif
