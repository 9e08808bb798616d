/* One answer from the daemon to an output: the events' text as it comes, the answer map at the end. Shared by ask and
 * `askctl attach`. */
#ifndef CLIENT_STREAM_H
#define CLIENT_STREAM_H

#include "client/common/out.h"
#include "lib/ask/ask.h"
#include "lib/base/buf.h"
#include <msgpack.h>

struct stream {
    const char *program; /* for messages */
    struct ask *ask;
    struct out *out;
    bool print_text; /* else only the reply matters */
    bool whole;      /* text is printed once it is complete */
    bool part;       /* what events bring is all that is wanted, and no more of the reply's text */
    bool own;        /* the answer is ours: leaving before its end cancels it */
    bool kept;       /* the daemon may have it still when its connection is lost */

    char answer[64]; /* its id, "" until an event told it */
    bool printed;    /* some text went out */
};

/* Calls method (chat, answer.attach) and follows its events until the response. On EXIT_OK *reply holds the answer map
 * and all text is out; any other exit status has been explained on stderr where it needs to be. */
int stream_run(struct stream *s, const char *method, const struct buf *params, msgpack_unpacked *reply);

/* Flushes; EXIT_OK, or the status to exit with after the answer was cancelled. */
int stream_flush(struct stream *s);

#endif
