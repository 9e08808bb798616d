/* The requests of a program that the daemon has not answered yet, and what the program calls each. */
#ifndef CLIENT_CTL_BRIDGE_CALLS_H
#define CLIENT_CTL_BRIDGE_CALLS_H

#include "lib/base/buf.h"
#include <msgpack.h>

enum {
    BRIDGE_CALLS_MAX = 1000, /* of the 1024 that the daemon takes of a connection */
    BRIDGE_ID_MAX = 4096,    /* bytes of an id, packed */
    BRIDGE_ANSWER_SIZE = 64, /* of an answer's id, with its NUL */
};

struct bridge_call {
    uint32_t msgid;
    struct buf id;                     /* packed; empty: nobody waits for the reply */
    char attached[BRIDGE_ANSWER_SIZE]; /* the answer that it attaches to, "": none */
};

struct bridge_calls {
    struct bridge_call rows[BRIDGE_CALLS_MAX]; /* n of them */
    unsigned n;
};

/* A row for a request that is about to be sent; its msgid is the caller's to fill in. NULL for an id that is too long,
 * or without memory. id may be NULL. There has to be room. */
struct bridge_call *calls_add(struct bridge_calls *c, const msgpack_object *id);

/* The call that the program has given that id, NULL if none runs. */
const struct bridge_call *calls_of_id(const struct bridge_calls *c, const msgpack_object *id);
/* The call whose question made the answer that an event tells of, by the msgid that stands in it; NULL where it was
 * another connection's: those that attach to it see the same msgid. */
const struct bridge_call *calls_of_answer(const struct bridge_calls *c, uint32_t msgid, const char *answer, size_t len);

/* Takes one out; the caller frees its id. False for a msgid that is none of them. */
bool calls_take(struct bridge_calls *c, uint32_t msgid, struct bridge_call *ret);
bool calls_take_last(struct bridge_calls *c, struct bridge_call *ret); /* the newest; false where there is none */

#endif
