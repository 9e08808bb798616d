/* What became of a question, noted while its answer is shown: for whoever goes on from there, also where the answer was
 * stopped and the daemon's reply never came. */
#ifndef CLIENT_ASK_ASKED_H
#define CLIENT_ASK_ASKED_H

#include "client/common/view.h"
#include "lib/base/buf.h"
#include <stdbool.h>

enum {
    ASKED_ID_SIZE = 64,
    ASKED_MODEL_SIZE = 512,
    ASKED_TEXT_MAX = 64 << 20 /* a message of the protocol */
};

/* Of several answers what is told below is the last one's of which an event came, but the text is the first one's. */
struct asked {
    /* Each "" where it is not known; an answer that is stored nowhere has no conversation and no message. */
    char answer[ASKED_ID_SIZE], conversation[ASKED_ID_SIZE], message[ASKED_ID_SIZE];
    char model[ASKED_MODEL_SIZE]; /* provider/name */
    struct buf text;              /* what was said so far */
    int64_t tokens;               /* of all that was sent, and of the answer; 0 where it is not known */
    bool done;                    /* the reply came */
    /* Set once, and kept: each answer, when it is heard of; that no more comes, before the end is drawn. May be NULL.
     */
    void (*on_answer)(void *data, const char *answer);
    void (*on_end)(void *data);
    void *data;
};

void asked_init(struct asked *a);
void asked_done(struct asked *a);

/* Passes all on to `inner`, whose owner it becomes, and notes it in *into, which was initialised and is forgotten
 * first. NULL where memory is out or inner is NULL; inner is freed then. */
struct view *asked_view(struct view *inner, struct asked *into);

#endif
