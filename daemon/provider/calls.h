/* The tool calls of one answer, put together from fragments. Providers leave out the index, the id, or both, repeat the
 * id as "", or give every call the index 0; here each call gets the place of its arrival. */
#ifndef ASKD_PROVIDER_CALLS_H
#define ASKD_PROVIDER_CALLS_H

#include "lib/base/buf.h"
#include "lib/chat/event.h"
#include <jansson.h>

#define CALLS_MAX 256 /* of one answer */

struct call {
    int64_t index; /* the provider's, -1 if it gives none */
    char *id;      /* owned, NULL while unknown */
    bool named;
    struct buf arguments; /* all fragments, to judge them at the end */
};

struct calls {
    struct call *list; /* owned */
    size_t n;
    size_t bytes; /* of all arguments */
};

/* A fragment. Strings are borrowed; NULL or empty where it does not tell. */
struct call_piece {
    int64_t index; /* the provider's own, -1 if it gives none */
    const char *id, *name;
    const char *arguments; /* text, added to what came before */
    size_t arguments_len;
    bool whole;               /* nothing follows it: it gets an id and arguments where it has none */
    const json_t *object;     /* arguments as JSON, where the provider gives no text; NULL if none */
    struct event_text opaque; /* a packed value that goes back with the call */
};

void calls_done(struct calls *c);

/* Takes a fragment and emits its event, if it tells anything. ERR_TOO_LARGE over the bounds. */
enum error_code calls_take(struct calls *c, const struct call_piece *piece, event_sink sink, void *data,
                           struct error *err);

/* An element of tool_calls of the chat grammar, which others have copied: {index, id, function: {name, arguments}}.
 * False if it is none. */
bool calls_read(const json_t *fragment, struct call_piece *ret);

/* A call by that index has begun. */
bool calls_known(const struct calls *c, int64_t index);

/* It has, and nothing was told of its arguments. */
bool calls_bare(const struct calls *c, int64_t index);

/* Every call has a name, and arguments that are JSON or empty. */
bool calls_well_formed(const struct calls *c);

#endif
