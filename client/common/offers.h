/* What the daemon has that a command line, or a line of a session, could name: models, conversations, prompts and so
 * on. A kind is a row: the method that lists them, what of each is typed, and what tells a person about it. Pure. */
#ifndef CLIENT_COMMON_OFFERS_H
#define CLIENT_COMMON_OFFERS_H

#include "lib/base/buf.h"
#include <msgpack.h>

enum offers {
    OFFERS_MODELS, /* by all names that people would type, and aliases; those that can be asked */
    OFFERS_CONVERSATIONS,
    OFFERS_DELETED, /* conversations that can be restored */
    OFFERS_ANSWERS,
    OFFERS_RUNNING, /* answers that run */
    OFFERS_PROMPTS,
    OFFERS_PROVIDERS,
    OFFERS_TAGS, /* of the conversations that changed last */
    OFFERS_METHODS,
    OFFERS_KINDS
};

enum { OFFERS_LISTED = 200 }; /* conversations that are looked at, the one that changed last first */

/* What is to be called. The params are a packed map. */
const char *offers_method(enum offers kind);
void offers_put_params(struct buf *params, enum offers kind);

/* Tells each of the reply; a name may come twice. Both strings live while the call does; about may be "". */
typedef void offers_add(void *data, const char *value, const char *about);
void offers_read(enum offers kind, const msgpack_object *reply, offers_add *add, void *data);

#endif
