/* A connected client: its bytes in, its bytes out, what it is charged for.
 *
 * Reading stops while more than `peer_buffer` bytes wait to be sent to it, so a client that asks and does not listen
 * costs a bounded amount. It stops likewise while PEER_LATERS of its requests wait for a job: their results come
 * whether it listens or not. Writes are gathered and sent once per turn of the loop. Between frames an idle peer holds
 * no buffer.
 *
 * States: open, closing (its handle closes; nothing is read or written, streams are told), gone (freed in the close
 * callback). */
#ifndef ASKD_RPC_PEER_H
#define ASKD_RPC_PEER_H

#include "daemon/rpc/outq.h"
#include "lib/base/error.h"
#include "lib/chat/request.h"
#include "lib/proto/frame.h"
#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct server;
struct stream;
struct later;
struct watch;

#define PEER_LATERS 16 /* each of them may bring a result of the store's max_result bytes */

enum peer_state { PEER_OPEN, PEER_CLOSING };

struct peer {
    uv_pipe_t pipe;
    struct server *server;
    enum peer_state state;
    uid_t uid;
    char *client; /* who it is, as hello told, NULL where it did not; and where: */
    struct chat_place place;
    bool errors_as_text, writing, paused, last_words, dirty;
    uint32_t in_flight;      /* requests that were not answered yet */
    uint32_t n_laters;       /* those of them that wait for a job */
    struct account *account; /* reference */
    struct buf in;           /* of frames that are not whole, or not looked at since reading is paused */
    size_t walked;           /* bytes of `in` that the reader has passed */
    size_t charged;          /* bytes of `in` that the account holds */
    struct frame_reader reader;
    int64_t input_us; /* when the last byte of an unfinished frame came */
    struct outq out;
    uv_write_t write;
    TAILQ_HEAD(stream_list, stream) streams;
    TAILQ_HEAD(later_list, later) laters;
    TAILQ_HEAD(, watch) watches;
    unsigned n_watches;
    TAILQ_ENTRY(peer) link, partial_link, dirty_link;
};

/* Takes over an accepted pipe's connection. Where a bound is reached the client is told, then it is closed. */
void peer_accept(struct server *s, uv_stream_t *listener);
void peer_close(struct peer *p);
/* Sends what waits, then closes. */
void peer_close_after_write(struct peer *p);

struct buf *peer_begin(struct peer *p); /* see outq_begin */
bool peer_commit(struct peer *p);
void peer_pin(struct peer *p, const void *bytes, size_t len, void (*release)(void *owner), void *owner);
bool peer_has_room(const struct peer *p); /* below the mark: cursors may go on */
void peer_flush(struct peer *p);          /* and reads on, where reading has stopped and may go on */
void peer_wake(struct peer *p);           /* a flush, soon */
void peer_flush_awake(struct peer *p);    /* now, if it waits for one */

#endif
