/* What a provider wants back unchanged in the next turn: signatures, encrypted reasoning. It travels as the `opaque` of
 * a part: a map of the provider's own fields, and `host`, where it came from. It goes back to that host only; an
 * adapter takes from it what it knows by its fields, and leaves out what another API made. */
#ifndef ASKD_PROVIDER_OPAQUE_H
#define ASKD_PROVIDER_OPAQUE_H

#include "lib/base/buf.h"
#include "lib/chat/message.h"
#include <jansson.h>
#include <stdbool.h>

/* The host (and port) of a URL, cut at size; "" if there is none. */
void opaque_host(const char *url, char *host, size_t size);

/* Appends the object with its host, packed. False where it cannot be kept: it is no object, holds what MessagePack has
 * no form for, is nested too deep, or out is full. Takes the reference. */
bool opaque_pack(json_t *opaque, const char *host, struct buf *out);

/* False if the part was made by another host. */
bool opaque_is_for(const struct part *part, const char *host);

/* The part's opaque fields if they are for this host (or tell none), without the host; NULL if there are none. The
 * caller's to decref. */
json_t *opaque_of(const struct part *part, const char *host);

#endif
