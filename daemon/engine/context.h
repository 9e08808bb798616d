/* A question in a conversation: the messages before it, from the store, put before it. */
#ifndef ASKD_ENGINE_CONTEXT_H
#define ASKD_ENGINE_CONTEXT_H

#include "daemon/store/store.h"
#include "lib/chat/request.h"

/* The job that reads the path which the request follows: STORE_PATH, for its conversation (an id or "last"). */
struct store_job *context_path(const struct chat_request *req, uid_t uid, int64_t last_within_ms,
                               void (*done)(void *data, struct store_job *job), void *data);

/* Puts what was said before the request's own messages, and the conversation's instructions where it has none. A turn
 * that failed or was cancelled without a word is left out; what an interrupted one said is sent; a call that was never
 * run gets a result that says so. One that follows another message than the head does not take what is cached. Takes
 * the messages out of path. */
void context_apply(struct chat_request *req, struct store_path *path);

/* The job that stores the question: STORE_BEGIN. own: the first of the request's messages that is its own. message: the
 * id of the assistant's. parent "": the root. */
struct store_job *context_begin(const struct chat_request *req, size_t own, const char *conversation, bool create,
                                const char *parent, const char *message);

/* Its messages get these ids, under which another answer to it may have stored them. */
struct engine_question;
void context_share(struct store_job *begin, const struct engine_question *shared);

#endif
