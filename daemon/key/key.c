#include "daemon/key/key_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

struct keys *keys_new(void)
{
    struct keys *k = NEW(struct keys);
    k->refs = 1;
    return k;
}

struct keys *keys_ref(struct keys *k)
{
    if (k)
        k->refs++;
    return k;
}

static void command_free(struct key_command *c)
{
    if (!c)
        return;
    for (char **arg = c->argv; *arg; arg++)
        free(*arg);
    free(c->argv);
    free(c->source);
    secret_unref(c->secret);
    free(c);
}

struct keys *keys_unref(struct keys *k)
{
    if (!k || --k->refs > 0)
        return NULL;
    for (size_t i = 0; i < k->n; i++) {
        secret_unref(k->ring[i].secret);
        free(k->ring[i].source);
    }
    free(k->ring);
    command_free(k->command);
    free(k->source);
    free(k);
    return NULL;
}

static void add_source(struct keys *k, const char *source)
{
    char *all = k->source ? xasprintf("%s, %s", k->source, source) : xstrdup(source);
    free(k->source);
    k->source = all;
}

enum error_code keys_add(struct keys *k, struct secret *secret, char *source, struct error *err)
{
    if (k->n == KEYS_MAX) {
        secret_unref(secret);
        free(source);
        return error_set(err, ERR_TOO_LARGE, "more than %d keys", KEYS_MAX);
    }
    k->ring = grow_one(k->ring, k->n, sizeof *k->ring);
    k->ring[k->n++] = (struct ring_key){.secret = secret, .source = source};
    add_source(k, source);
    return ERR_NONE;
}

void keys_set_command(struct keys *k, char **argv, char *source)
{
    k->command = NEW(struct key_command);
    k->command->argv = argv;
    k->command->source = source;
    add_source(k, source);
}

bool keys_ready(const struct keys *k)
{
    return k && (k->n > 0 || k->command);
}

const char *keys_source(const struct keys *k)
{
    return k ? k->source : NULL;
}

/* -- in turn -- */

/* The first from `next` on that is not set aside; where all are, the one that is so for the shortest time. */
static size_t whose_turn(const struct keys *k)
{
    int64_t now = clock_mono_us();
    size_t best = k->next;
    for (size_t i = 0; i < k->n; i++) {
        size_t at = (k->next + i) % k->n;
        if (k->ring[at].aside_until_us <= now)
            return at;
        if (k->ring[at].aside_until_us < k->ring[best].aside_until_us)
            best = at;
    }
    return best;
}

bool keys_at(const struct keys *k, size_t i, struct key_use *ret)
{
    if (k && k->command && i == 0 && k->command->secret) {
        *ret = (struct key_use){.secret = secret_ref(k->command->secret), .source = k->command->source};
        return true;
    }
    if (!k || i >= k->n)
        return false;
    *ret = (struct key_use){.secret = secret_ref(k->ring[i].secret), .source = k->ring[i].source, .which = (unsigned)i};
    return true;
}

bool keys_now(struct keys *k, struct key_use *ret)
{
    *ret = (struct key_use){0};
    if (!keys_ready(k))
        return true;
    if (k->command)
        return keys_at(k, 0, ret);
    size_t at = whose_turn(k);
    k->next = (at + 1) % k->n;
    return keys_at(k, at, ret);
}

void key_use_done(struct key_use *use)
{
    use->secret = secret_unref(use->secret);
}

/* -- refused -- */

static int64_t aside_s(enum error_code why)
{
    switch (why) {
    case ERR_UNAUTHENTICATED: return KEY_ASIDE_UNAUTHENTICATED;
    case ERR_BUDGET_EXCEEDED: return KEY_ASIDE_BUDGET;
    case ERR_RATE_LIMITED: return KEY_ASIDE_RATE;
    default: return 0;
    }
}

/* The command runs again for the next question. Not so where what it printed then was refused as well: for a while it
 * would do no better. */
static void drop_brought(struct key_command *c, const struct key_use *use)
{
    int64_t now = clock_mono_us();
    struct error err = ERROR_INIT;
    if (c->secret != use->secret)
        return; /* another request has noticed before us */
    c->secret = secret_unref(c->secret);
    if (c->refused_us && now - c->refused_us < REMEMBER_S * SECOND_US) {
        error_set(&err, ERR_UNAUTHENTICATED, "the key from %s was refused, and so was the one that it gave then",
                  c->source);
        command_fails(c, &err);
    }
    c->refused_us = now;
}

void keys_refused(struct keys *k, const struct key_use *use, enum error_code why)
{
    int64_t aside = aside_s(why);
    if (!k || !use->secret || !aside)
        return;
    if (k->command) {
        if (why == ERR_UNAUTHENTICATED)
            drop_brought(k->command, use);
        return;
    }
    k->ring[use->which].why = why;
    k->ring[use->which].aside_until_us = clock_mono_us() + aside * SECOND_US;
}

bool keys_spare(const struct keys *k)
{
    int64_t now = clock_mono_us();
    for (size_t i = 0; k && k->n > 1 && i < k->n; i++)
        if (k->ring[i].aside_until_us <= now)
            return true;
    return false;
}

/* -- a command's -- */

bool command_failed(const struct key_command *c, struct error *ret)
{
    if (clock_mono_us() >= c->failed_until_us)
        return false;
    *ret = c->failure;
    return true;
}

void command_brought(struct key_command *c, struct secret *secret)
{
    secret_unref(c->secret);
    c->secret = secret;
    c->failed_until_us = 0;
}

void command_fails(struct key_command *c, const struct error *err)
{
    c->failure = *err;
    c->failed_until_us = clock_mono_us() + REMEMBER_S * SECOND_US;
}

/* -- after a reload -- */

static bool same_secret(const struct secret *a, const struct secret *b)
{
    return secret_len(a) == secret_len(b) && memcmp(secret_reveal(a), secret_reveal(b), secret_len(a)) == 0;
}

static bool same_command(const struct key_command *a, const struct key_command *b)
{
    if (!a || !b)
        return a == b;
    char **x = a->argv, **y = b->argv;
    while (*x && *y && strcmp(*x, *y) == 0) {
        x++;
        y++;
    }
    return !*x && !*y;
}

static bool same(const struct keys *a, const struct keys *b)
{
    if (!a || !b || a->n != b->n || !same_command(a->command, b->command))
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->ring[i].source, b->ring[i].source) != 0 || !same_secret(a->ring[i].secret, b->ring[i].secret))
            return false;
    return true;
}

struct keys *keys_carry_over(struct keys *fresh, struct keys *old)
{
    if (!same(fresh, old))
        return keys_ref(fresh);
    for (size_t i = 0; i < old->n; i++)
        if (old->ring[i].why == ERR_UNAUTHENTICATED)
            old->ring[i].aside_until_us = 0;
    if (old->command)
        old->command->failed_until_us = old->command->refused_us = 0;
    return keys_ref(old);
}
