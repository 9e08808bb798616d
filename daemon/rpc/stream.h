/* A cursor turned into notifications, and at its end into the response: one per `chat` or `answer.attach` under way. It
 * writes while its peer is below its mark and goes on when the peer has drained; it holds no event of its own. */
#ifndef ASKD_RPC_STREAM_H
#define ASKD_RPC_STREAM_H

#include "daemon/answer/cursor.h"
#include "daemon/rpc/peer.h"
#include <msgpack.h>

enum stream_reply {
    STREAM_ANSWER,   /* the answer map or its error, when it has ended */
    STREAM_ACCEPTED, /* {answer}, once its question is accepted */
    STREAM_ENDED,    /* {}, when it has ended */
    STREAM_PART,     /* none: `ended` is told, and replies for several */
};

struct stream_setup {
    enum stream_reply reply;
    uint64_t msgid;
    uint64_t from;                        /* first sequence number wanted */
    bool events;                          /* notifications are wanted */
    bool owner;                           /* it asked: its hanging up may end the answer */
    const char *buffer;                   /* what a completion is for, NULL: nothing is named. Copied */
    bool until_accepted;                  /* it ends when the question is accepted, as with STREAM_ACCEPTED */
    const msgpack_object_map *notify;     /* {method, args} that fits, NULL: answer.event */
    void (*ended)(void *data, bool gone); /* for STREAM_PART, once; gone: with its peer */
    void *data;
};

/* Begins; may write to the peer. Takes a reference of its own to the answer. */
void stream_open(struct peer *p, struct answer *a, const struct stream_setup *setup);

/* Cancels the answers that the peer's call asked for. */
void stream_cancel(struct peer *p, uint64_t msgid);

/* Likewise those of its completions for this buffer that another call asked for. */
#define STREAM_BUFFER_MAX 1024 /* bytes of its name */
void stream_cancel_older(struct peer *p, uint64_t msgid, const char *buffer);

/* For peer.c: its streams after some room has come, and when it has gone. */
void stream_resume(struct peer *p);
void stream_hang_up(struct peer *p);

/* Appends the answer map. */
void stream_put_answer(struct peer *p, struct buf *b, const struct answer *a);

#endif
