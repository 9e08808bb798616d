/* API keys of a provider: where they come from, and which one the next request carries.
 *
 * A provider may have several keys, which are used in turn; one that was refused is set aside for a while where there
 * are others. A key that a command prints is fetched when it is first wanted, and again after it was refused. Nothing
 * here prints a key. */
#ifndef ASKD_KEY_KEY_H
#define ASKD_KEY_KEY_H

#include "lib/base/error.h"
#include "lib/base/secret.h"
#include <stdbool.h>
#include <uv.h>

struct keys;     /* one provider's; counted */
struct key_room; /* what runs commands, on the loop */
struct key_wait; /* somebody waits for a command */

struct key_use {
    struct secret *secret; /* a reference; NULL where no key is wanted */
    const char *source;    /* "environment OPENAI_API_KEY", "file …", "command …"; borrowed of the keys */
    unsigned which;
};

bool keys_ready(const struct keys *k); /* there is one, or a command that may bring one */
/* The key whose turn it is. False where a command has to bring it first: then keys_wait. */
bool keys_now(struct keys *k, struct key_use *ret);
/* got is called once and later, unless key_wait_cancel comes first: err NULL where keys_now now tells. */
struct key_wait *keys_wait(struct key_room *room, struct keys *k, void (*got)(void *data, const struct error *err),
                           void *data);
void key_wait_cancel(struct key_wait *w);
/* The provider refused this one (ERR_UNAUTHENTICATED, ERR_RATE_LIMITED, ERR_BUDGET_EXCEEDED). */
void keys_refused(struct keys *k, const struct key_use *use, enum error_code why);
const char *keys_source(const struct keys *k); /* of all, for status; NULL where there is none */

#endif
