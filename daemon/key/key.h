/* API keys of a provider: where they come from, and which one the next request carries.
 *
 * A provider may have several keys, which are used in turn; one that was refused is set aside for a while where there
 * are others. A key that a command prints is fetched when it is first wanted, and again after it was refused. Nothing
 * here prints a key.
 *
 * key_sources.h makes keys of what the configuration says, key_command.h the room that runs commands. Where a function
 * takes keys, NULL is those of a provider that has none. */
#ifndef ASKD_KEY_KEY_H
#define ASKD_KEY_KEY_H

#include "lib/base/error.h"
#include "lib/base/secret.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct keys;     /* one provider's; counted */
struct key_room; /* what runs commands, on the loop */
struct key_wait; /* somebody waits for a command */

/* For how long a key that was refused is left alone where another one is there: for good as far as a daemon can tell,
 * or until there may be credit or room again. In seconds. */
#define KEY_ASIDE_UNAUTHENTICATED 600
#define KEY_ASIDE_BUDGET 60
#define KEY_ASIDE_RATE 60

struct key_use {
    struct secret *secret; /* a reference; NULL where no key is wanted */
    const char *source;    /* "environment OPENAI_API_KEY", "file …", "command …"; borrowed of the keys */
    unsigned which;
};

struct keys *keys_ref(struct keys *k);
struct keys *keys_unref(struct keys *k); /* always returns NULL */

bool keys_ready(const struct keys *k); /* there is one, or a command that may bring one */
/* The key whose turn it is. False where a command has to bring it first: then keys_wait. */
bool keys_now(struct keys *k, struct key_use *ret);
/* Key i of them all, set aside or not; false past the last one and where a command has to bring it first. Moves no
 * turn. */
bool keys_at(const struct keys *k, size_t i, struct key_use *ret);
/* Gives the reference back. NULL in source and secret is fine. */
void key_use_done(struct key_use *use);
/* got is called once and later, unless key_wait_cancel comes first: err NULL where keys_now now tells. */
struct key_wait *keys_wait(struct key_room *room, struct keys *k, void (*got)(void *data, const struct error *err),
                           void *data);
void key_wait_cancel(struct key_wait *w);
/* The provider refused this one (ERR_UNAUTHENTICATED, ERR_RATE_LIMITED, ERR_BUDGET_EXCEEDED). */
void keys_refused(struct keys *k, const struct key_use *use, enum error_code why);
bool keys_spare(const struct keys *k);         /* of several keys, one is not set aside */
const char *keys_source(const struct keys *k); /* of all, for status; NULL where there is none */

/* After a reload: what is to be used from now on, as a reference. That is old, with what it knows of its keys, where
 * both are the same keys from the same sources; else fresh. What was refused as no key of the provider's, and a command
 * that failed, get another chance. */
struct keys *keys_carry_over(struct keys *fresh, struct keys *old);

#endif
