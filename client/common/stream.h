/* A call whose answers come in events, from the daemon to a view, and what it returns at the end. Shared by ask and
 * `askctl attach`. */
#ifndef CLIENT_STREAM_H
#define CLIENT_STREAM_H

#include "client/common/view.h"
#include "lib/ask/ask.h"
#include "lib/base/buf.h"
#include <msgpack.h>

enum { STREAM_ID_SIZE = 64, STREAM_ANSWERS_MAX = 64 };

struct stream {
    const char *program; /* for messages */
    struct ask *ask;
    struct view *view;
    bool own;  /* the answers are ours: leaving before their end cancels them */
    bool kept; /* the daemon may have them still when its connection is lost */

    uint32_t msgid;                                   /* of the call */
    char answers[STREAM_ANSWERS_MAX][STREAM_ID_SIZE]; /* those that events told of */
    unsigned n_answers;
    bool told_stored; /* an event said that they go into a conversation */
};

/* Calls method (chat, compare, answer.attach) and hands on its events until the response. On EXIT_OK *reply holds what
 * it returned and all is shown; any other exit status has been explained on stderr where it needs to be. */
int stream_run(struct stream *s, const char *method, const struct buf *params, msgpack_unpacked *reply);

/* Flushes; EXIT_OK, or the status to exit with after the answers were cancelled. */
int stream_flush(struct stream *s);

#endif
