/* The providers that questions can go to: sections of the configuration, and those that are ready without any (a key in
 * the environment under its usual name or in the folder of keys, a local server on its usual port).
 *
 * Order: sections in the order of the configuration, then built-in ones in the order of their table. */
#ifndef ASKD_ENGINE_PROVIDERS_H
#define ASKD_ENGINE_PROVIDERS_H

#include "daemon/key/key.h"
#include "daemon/provider/provider.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct env_keys;
struct config_room;

extern const struct config_room provider_room;

struct providers;

struct provider {
    struct providers *owner; /* what to hold a reference to while this is in use */
    char *name;
    const char *kind; /* under which name the catalogue knows it; borrowed of it or static */
    bool alike;       /* of that kind by its dialect or API alone, not by its name or address */
    const struct provider_ops *ops;
    const struct provider_builtin *builtin; /* of the same name, NULL if none */
    char *base_url, *dialect, *proxy, *ca_file;
    char **headers;    /* NULL-ended, may be NULL */
    struct keys *keys; /* reference; NULL if none */
    char *key_missing; /* "FILE:LINE: why" where one is named that cannot be had; else NULL */
    char *url_doubt;   /* "FILE:LINE: why" where the base_url can hardly be right; else NULL */
    bool loopback;     /* base_url is on this machine: no key wanted */
    bool keyless;      /* its section names a base_url and no key: it wants none, or a header carries it */
    bool local;        /* a built-in local server: asked only if somebody trusted listens */
    int64_t retries, max_connections, max_waiting;
    int64_t timeout_connect_ms, timeout_first_byte_ms, timeout_idle_ms;
    char **in_words; /* models that refused to be asked for a gap otherwise (gap_words.h); owned array of owned */
    size_t n_in_words;
    bool fills_gaps;    /* it has answered in its form for gaps, whatever the model */
    int64_t latency_ms; /* of the last first event, -1: not yet asked */
};

/* What providers are made of. All borrowed for the call. */
struct providers_source {
    const struct config *config;
    struct env_keys *env;   /* keys of the environment */
    const char *key_folder; /* where imported keys lie, NULL if there is no such folder */
    /* The folder whose files are written for other daemons too, NULL if none. A key that one of them names may be for
     * those alone: where it cannot be had, the provider has no key. Of any other file that is an error. */
    const char *shared;
};

/* Reads the sections and the keys and checks what one section alone cannot tell. A section that names no key takes that
 * of its usual variable, then that of the folder; so does a provider without a section. Blocks on small files: for
 * start-up, or beside the loop; nothing of the result is shared with earlier loads but the secrets. */
enum error_code providers_load(const struct providers_source *from, struct providers **ret, struct error *err);
/* One built-in provider alone, without a key. */
struct providers *providers_keyless(const char *builtin);
struct providers *providers_ref(struct providers *p);
struct providers *providers_unref(struct providers *p); /* always returns NULL */

size_t providers_count(const struct providers *p);
struct provider *providers_at(const struct providers *p, size_t i);
struct provider *providers_find(const struct providers *p, const char *name, size_t len);

/* It has what it needs to be asked: a key, or none is wanted. Local servers are judged by discover.h. */
bool provider_ready(const struct provider *p);

#endif
