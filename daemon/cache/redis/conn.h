/* One connection to Redis, from the look-up of its host to its end: resolves, connects, greets (AUTH, SELECT, PING),
 * then sends commands and hands each its reply.
 *
 * Of hiredis only the parser of replies is used. Its asynchronous half (0.14) resolves names and may connect while the
 * loop waits, has no time limit, and ends the process by an assertion where a server says what nobody asked.
 *
 * Bounds: CONN_GREET_MS until it is ready, CONN_ANSWER_MS for the reply that is next, CONN_REPLY_MAX bytes of one reply
 * and CONN_ELEMENTS_MAX elements of one array. Beyond these, or where the server closes or says what it should not, the
 * connection has failed; it does not come back.
 *
 * Nothing calls back before conn_new or conn_send has returned. Hooks and `told` may call anything here. */
#ifndef ASKD_CACHE_REDIS_CONN_H
#define ASKD_CACHE_REDIS_CONN_H

#include "daemon/cache/redis/command.h"
#include "daemon/cache/redis/url.h"
#include <uv.h>

#define CONN_GREET_MS 2000
#define CONN_ANSWER_MS 5000
#define CONN_REPLY_MAX (4u * VALUE_MAX + 4096) /* MGET_KEYS values */
#define CONN_ELEMENTS_MAX 16384

struct conn;

struct conn_hooks {
    void (*ready)(void *data, struct conn *c); /* once */
    /* Once, instead of ready or after it, when all commands under way were told NULL. why: a clause, borrowed. It has
     * still to be closed. */
    void (*failed)(void *data, struct conn *c, const char *why);
    void (*gone)(void *data); /* the end of conn_close */
};

/* A reply, the callee's to free (freeReplyObject); NULL: there will be none. */
typedef void conn_told(void *data, redisReply *reply);

/* url: borrowed until gone. */
struct conn *conn_new(uv_loop_t *loop, const struct redis_url *url, const struct conn_hooks *hooks, void *data);
/* Takes the command and empties it. told is called once. False: the buf has failed, or the connection has; it is not
 * called. */
bool conn_send(struct conn *c, struct buf *command, conn_told *told, void *data);
/* Tells NULL to all commands under way; then nothing but gone, later. */
void conn_close(struct conn *c);

#endif
