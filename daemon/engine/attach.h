/* What a question brings along, made ready to be asked: what is at addresses that not all candidates of its plan take
 * is fetched (attach_url.h), all of it is settled beside the loop (daemon/attach/work.h), and candidates that cannot
 * take it are left out of the plan. */
#ifndef ASKD_ENGINE_ATTACH_H
#define ASKD_ENGINE_ATTACH_H

#include "daemon/engine/engine_internal.h"

struct attach;

/* False: there is nothing to do. */
bool attach_needed(const struct chat_request *req);

/* req and plan are not to be touched until done is called, once and later, with what is wrong or NULL; the plan has
 * lost candidates then. fetch: false leaves addresses alone, as for a question that is not asked. ERR_INVALID_REQUEST
 * where no candidate takes it. */
struct attach *attach_start(struct engine *e, struct chat_request *req, struct plan *plan, bool fetch,
                            void (*done)(void *data, const struct error *err), void *data);

/* Likewise, for what was said before: a conversation that was made of messages may have brought what nobody has looked
 * at. Nothing is fetched, and no candidate left out. */
bool attach_unsettled(const struct chat_request *req);
struct attach *attach_settle(struct engine *e, struct chat_request *req,
                             void (*done)(void *data, const struct error *err), void *data);

/* Nobody is told; the request is its own from now on. Always returns NULL. */
struct attach *attach_cancel(struct attach *a);

#endif
