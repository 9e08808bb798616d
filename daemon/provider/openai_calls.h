/* The tool calls of one answer, put together from fragments. Providers leave out the index, the id, or both, repeat the
 * id as
 * "", or give every call the index 0; here each call gets the place of its arrival. */
#ifndef ASKD_PROVIDER_OPENAI_CALLS_H
#define ASKD_PROVIDER_OPENAI_CALLS_H

#include "lib/base/buf.h"
#include "lib/chat/event.h"
#include <jansson.h>

#define OPENAI_CALLS_MAX 256

struct openai_call {
    int64_t index; /* the provider's, -1 if it gives none */
    char *id;      /* owned, NULL while unknown */
    bool named;
    struct buf arguments; /* all fragments, to judge them at the end */
};

struct openai_calls {
    struct openai_call *list; /* owned */
    size_t n;
    size_t bytes; /* of all arguments */
};

void openai_calls_done(struct openai_calls *c);

/* Takes one element of tool_calls and emits its event. ERR_TOO_LARGE over the bounds, ERR_BAD_RESPONSE for what is no
 * call. */
enum error_code openai_calls_take(struct openai_calls *c, const json_t *fragment, event_sink sink, void *data,
                                  struct error *err);
/* The legacy function_call: one call without index and id. */
enum error_code openai_calls_take_function(struct openai_calls *c, const json_t *function, event_sink sink, void *data,
                                           struct error *err);

/* Every call has a name, and arguments that are JSON or empty. */
bool openai_calls_well_formed(const struct openai_calls *c);

#endif
