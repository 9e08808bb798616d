/* A question in a conversation: the messages before it, from the store, put before it. */
#ifndef ASKD_ENGINE_CONTEXT_H
#define ASKD_ENGINE_CONTEXT_H

#include "daemon/engine/windows.h"
#include "daemon/store/store.h"
#include "lib/chat/request.h"

/* The job that reads the path which the request follows: STORE_PATH, for its conversation (an id or "last"). */
struct store_job *context_path(const struct chat_request *req, uid_t uid, int64_t last_within_ms,
                               void (*done)(void *data, struct store_job *job), void *data);

/* Puts what was said before the request's own messages, and the conversation's instructions where it has none. A turn
 * that failed or was cancelled without a word is left out; what an interrupted one said is sent; a call that was never
 * run gets a result that says so. One that follows another message than the head, or takes another's place, does not
 * take what is cached. Takes the messages out of path, and notes in it where each has gone. */
void context_apply(struct chat_request *req, struct store_path *path);

/* What summaries need to know of what was said: the ids, and the summary that there is. */
struct context_said {
    struct context_mark {
        char id[STORE_ID];
        size_t at; /* in the request's messages */
    } * marks;
    size_t n;
    size_t before;                  /* messages of the request that are not its own */
    struct windows_summary summary; /* text NULL: none */
    char *text;
};
/* Of a path that context_apply was given. before: the messages that stand before the question's own now. */
void context_said_take(struct context_said *s, struct store_path *path, size_t before);
void context_said_done(struct context_said *s); /* works on a zeroed one */
/* The last message that is stored among so many of the oldest; "": none is. */
const char *context_said_id(const struct context_said *s, size_t reach);

/* The job that stores the question: STORE_BEGIN. own: the first of the request's messages that is its own. message: the
 * id of the assistant's. parent "": the root. */
struct store_job *context_begin(const struct chat_request *req, size_t own, const char *conversation, bool create,
                                const char *parent, const char *message);

/* Its messages get these ids, under which another answer to it may have stored them. */
struct engine_question;
void context_share(struct store_job *begin, const struct engine_question *shared);

#endif
