#include "daemon/engine/turns.h"
#include "lib/base/alloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define uthash_fatal(msg) abort()
#include <uthash.h>

#define KEY_SIZE (TURNS_NAME_MAX + 16) /* a uid in digits, a blank, the name */

struct turns_client {
    char key[KEY_SIZE];
    TAILQ_HEAD(turn_list, turn) line;
    TAILQ_ENTRY(turns_client) link;
    struct turns_client *walk; /* of turns_each: the next that has more */
    struct turn *at;
    UT_hash_handle hh;
};

void turns_init(struct turns *ts)
{
    *ts = (struct turns){.clients = NULL};
    TAILQ_INIT(&ts->ring);
}

static struct turns_client *client_of(struct turns *ts, uid_t uid, const char *name)
{
    struct turns_client *c;
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "%u %.*s", (unsigned)uid, TURNS_NAME_MAX, name ? name : "");
    HASH_FIND_STR(ts->clients, key, c);
    if (c)
        return c;
    c = NEW(struct turns_client);
    memcpy(c->key, key, sizeof key);
    TAILQ_INIT(&c->line);
    TAILQ_INSERT_TAIL(&ts->ring, c, link);
    HASH_ADD_STR(ts->clients, key, c);
    return c;
}

void turns_add(struct turns *ts, struct turn *t, void *owner, uid_t uid, const char *client)
{
    t->owner = owner;
    t->client = client_of(ts, uid, client);
    TAILQ_INSERT_TAIL(&t->client->line, t, link);
}

void turns_serve(struct turns *ts, struct turn *t)
{
    TAILQ_REMOVE(&ts->ring, t->client, link);
    TAILQ_INSERT_TAIL(&ts->ring, t->client, link);
    turns_remove(ts, t);
}

void turns_remove(struct turns *ts, struct turn *t)
{
    struct turns_client *c = t->client;
    TAILQ_REMOVE(&c->line, t, link);
    if (!TAILQ_EMPTY(&c->line))
        return;
    TAILQ_REMOVE(&ts->ring, c, link);
    HASH_DEL(ts->clients, c);
    free(c);
}

struct turn *turns_next(const struct turns *ts, const struct turn *t)
{
    const struct turn *next = t ? TAILQ_NEXT(t, link) : NULL;
    const struct turns_client *c = t ? TAILQ_NEXT(t->client, link) : TAILQ_FIRST(&ts->ring);
    if (!next && c)
        next = TAILQ_FIRST(&c->line);
    return (struct turn *)next;
}

/* Round after round, of those alone that have more: as many steps as there are turns. */
void turns_each(const struct turns *ts, void (*each)(void *data, struct turn *t), void *data)
{
    struct turns_client *c, *first = NULL, **end = &first;
    TAILQ_FOREACH (c, &ts->ring, link) {
        c->at = TAILQ_FIRST(&c->line);
        *end = c;
        end = &c->walk;
    }
    *end = NULL;
    while (first) {
        for (struct turns_client **p = &first; (c = *p);) {
            each(data, c->at);
            c->at = TAILQ_NEXT(c->at, link);
            if (c->at)
                p = &c->walk;
            else
                *p = c->walk;
        }
    }
}
