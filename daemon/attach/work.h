/* The attachments of a question settled (kind.h) beside the loop, on libuv's own threads: they may be large. */
#ifndef ASKD_ATTACH_WORK_H
#define ASKD_ATTACH_WORK_H

#include "lib/base/error.h"
#include "lib/chat/request.h"
#include <uv.h>

struct attach_work;

/* Whether it has data that is not settled. */
bool attach_work_needed(const struct chat_request *req);

/* The request is not to be touched until done is called, on the loop, with what is wrong or NULL. */
struct attach_work *attach_work_start(uv_loop_t *loop, struct chat_request *req,
                                      void (*done)(void *data, const struct error *err), void *data);

/* Nobody is told; the request is its own from now on, and freed when the thread is done with it. Always returns NULL.
 */
struct attach_work *attach_work_abandon(struct attach_work *w);

#endif
