/* A whole frame to a call: find the method's row, check the parameters, call the handler, turn its error into the
 * wire's. */
#ifndef ASKD_RPC_DISPATCH_H
#define ASKD_RPC_DISPATCH_H

#include "daemon/rpc/peer.h"
#include "daemon/rpc/schema.h"
#include "lib/base/buf.h"

enum { RPC_REQUEST = 0, RPC_RESPONSE = 1, RPC_NOTIFICATION = 2 };

struct call {
    struct peer *peer;
    uint64_t msgid;
    bool notification;         /* nobody waits for a result */
    msgpack_object_map params; /* views into the frame: for the call only */
};

enum {
    METHOD_ADMIN = 1,    /* for the daemon's owner and root */
    METHOD_NOTIFY = 2,   /* may come as a notification */
    METHOD_LATER = 4,    /* the handler answers later, through a stream or a struct later */
    METHOD_TEMPLATE = 8, /* it takes what chat takes: the handler sees a template as the question that it makes */
};

struct method {
    const char *name;
    /* ERR_NONE: a result was, or (METHOD_LATER) will be sent. Else the caller sends *err. */
    enum error_code (*handle)(struct call *c, struct error *err);
    const struct schema_field *params; /* ended by a NULL name */
    const struct schema_field *result; /* a reply is one of these, named by a phrase; ended by a NULL name */
    unsigned flags;
    const char *text; /* for the protocol page: a sentence, then what else is to be known */
};
extern const struct method methods[]; /* ended by a NULL name */

void dispatch_frame(struct peer *p, const uint8_t *frame, size_t len);

/* Begins the response of a call; the handler appends one value, then call_end. */
struct buf *call_begin(struct call *c);
void call_end(struct call *c);

/* May one more of this peer's requests wait? For a METHOD_LATER row this was asked already. */
enum error_code call_may_wait(const struct call *c, struct error *err);

void dispatch_put_response(struct buf *b, uint64_t msgid); /* [1, msgid, nil, and the result is to follow */
/* answer: its id, or NULL. */
void dispatch_error(struct peer *p, uint64_t msgid, const struct error *err, const char *answer);

#endif
