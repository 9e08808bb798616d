/* Whose turn it is among those who wait: the clients in a ring, each with its own in the order in which they came. A
 * turn served puts its client behind the others, so that one who sends a thousand delays another's only one by one turn
 * at most. A client that comes to wait stands behind those that do already. Pure.
 *
 * Whoever waits embeds a struct turn. A client is here for as long as one of its own waits: whoever bounds those bounds
 * the clients. */
#ifndef ASKD_ENGINE_TURNS_H
#define ASKD_ENGINE_TURNS_H

#include <stddef.h>
#include <sys/queue.h>
#include <sys/types.h>

struct turns_client;

struct turn { /* embedded in its owner */
    void *owner;
    struct turns_client *client;
    TAILQ_ENTRY(turn) link;
};

struct turns {                    /* embedded */
    struct turns_client *clients; /* by uid and name */
    TAILQ_HEAD(, turns_client) ring;
};

void turns_init(struct turns *ts); /* holds nothing that needs freeing while nobody waits */

/* client: its name, NULL where it told none. Names that begin with the same TURNS_NAME_MAX bytes are one client's. */
void turns_add(struct turns *ts, struct turn *t, void *owner, uid_t uid, const char *client);
void turns_serve(struct turns *ts, struct turn *t);  /* its turn has come: it goes, and its client is the last now */
void turns_remove(struct turns *ts, struct turn *t); /* it goes without: its client keeps its place */

#define TURNS_NAME_MAX 128

/* The next to look at, in the order in which a turn is to be given: all of the client that is the first, then all of
 * the second. t: NULL for the first of all; NULL is also the end. */
struct turn *turns_next(const struct turns *ts, const struct turn *t);

/* All, in the order in which they will be served if each may go when its turn has come. each must not change them. */
void turns_each(const struct turns *ts, void (*each)(void *data, struct turn *t), void *data);

#endif
