/* What can be asked for: each model of the catalogue at each provider that has it, and what else the providers' own
 * lists hold or the configuration names. */
#ifndef ASKD_ENGINE_OFFERS_H
#define ASKD_ENGINE_OFFERS_H

#include "daemon/engine/route.h"

struct offer {                      /* strings borrowed of the catalogue, the providers and the name asked for */
    const struct model *model;      /* NULL: not in the catalogue */
    const char *provider;           /* its section's name, or the catalogue's where it has none */
    const struct provider *section; /* NULL: neither a section nor a key */
    const char *name;               /* the provider's own; "" where no provider is known */
    struct facts facts;
    bool available; /* it could be asked now, with the keys at hand */
};

/* provider: only that one's, NULL: all. In the order of the providers, then that of the catalogue; those come last that
 * nobody has a section or a key for. */
void offers_each(const struct route_world *w, const char *provider, void (*each)(void *data, const struct offer *o),
                 void *data);

/* By an alias (its first candidate), a catalogue id (the first available one, else the first), provider/name, or what a
 * provider calls it. False where that is nothing known. */
bool offers_find(const struct route_world *w, const char *name, struct offer *ret);

/* How a question names it: "provider/name", or its id where no provider is known. */
void offer_put_name(const struct offer *o, char *out, size_t size);

#endif
