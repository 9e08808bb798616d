/* Connections to the providers that are asked by default, opened before the first question. */
#ifndef ASKD_ENGINE_WARM_H
#define ASKD_ENGINE_WARM_H

struct engine;

/* A client has come and may ask. What it asks at once opens its own connection: so they are opened a moment later, and
 * only where nothing was asked until then. Cheap, and may be called for every client. */
void engine_warm(struct engine *e);

/* For engine.c. */
void warm_init(struct engine *e);
void warm_done(struct engine *e);

#endif
