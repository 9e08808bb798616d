/* The name under which an answer is known again: SHA-256 over a canonical MessagePack form of all that decides what is
 * answered. Equal questions have equal keys; a question that differs in anything that a provider is sent does not.
 *
 * The form is an array of three: the version of the form, the question (a map of what does not depend on who answers:
 * the scope, messages, system, tools, …) and the target (a map: provider, base_url, api, dialect, headers, model). Maps
 * are sorted by the bytes of their keys (but a schema's properties, in whose order a model answers: value_put_asked),
 * integers take the shortest form, integral floats are integers, what was not told is absent. Data of attachments
 * stands in it by its own SHA-256. So the question, which may be long, is hashed once for all candidates that may
 * answer it. */
#ifndef ASKD_CACHE_KEY_H
#define ASKD_CACHE_KEY_H

#include "lib/chat/request.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_LEN 32
#define KEY_HEX (2 * KEY_LEN)

struct cache_key {
    uint8_t bytes[KEY_LEN];
};

struct key_target {                       /* borrowed */
    const char *provider;                 /* the section's name */
    const char *base_url, *api, *dialect; /* NULL: none */
    const char *const *headers; /* "Name: value", NULL-ended, may be NULL; those that carry a credential are left out */
    const char *model;
};

/* Holds what hashing needs; one question at a time. */
struct key_maker;
struct key_maker *key_maker_new(void);
struct key_maker *key_maker_free(struct key_maker *m); /* always returns NULL */

/* Hashes what is asked. scope: whose it is (cache.h). False: it is not to be cached, since it names data by a url that
 * only the provider reads (or there is no memory to write a schema anew). */
bool key_question(struct key_maker *m, const char *scope, const struct chat_request *req);
/* Hashes one text that is to become a vector. */
void key_text(struct key_maker *m, const char *scope, const char *text, size_t len);
/* The key of what was hashed last, for this target. May be called again for others; key_join does not disturb it. */
void key_for(struct key_maker *m, const struct key_target *target, struct cache_key *ret);

/* One name for several keys in an order: of a question that any of several candidates may answer. */
void key_join(struct key_maker *m, const struct cache_key *keys, size_t n, struct cache_key *ret);

void key_hex(const struct cache_key *key, char hex[KEY_HEX + 1]);
bool key_from_hex(const char *hex, size_t len, struct cache_key *ret);
bool key_equal(const struct cache_key *a, const struct cache_key *b);

#endif
