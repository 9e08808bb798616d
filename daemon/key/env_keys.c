#include "daemon/key/env_keys.h"
#include "lib/base/alloc.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct env_key {
    char *name;
    struct secret *secret;
};

struct env_keys {
    struct env_key *list;
    size_t n; /* at most one for each variable that was in the environment */
    bool sealed;
};

struct env_keys *env_keys_new(void)
{
    return NEW(struct env_keys);
}

struct env_keys *env_keys_free(struct env_keys *k)
{
    if (!k)
        return NULL;
    for (size_t i = 0; i < k->n; i++) {
        free(k->list[i].name);
        secret_unref(k->list[i].secret);
    }
    free(k->list);
    free(k);
    return NULL;
}

void env_keys_seal(struct env_keys *k)
{
    k->sealed = true;
}

static struct secret *find(const struct env_keys *k, const char *name)
{
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->list[i].name, name) == 0)
            return k->list[i].secret;
    return NULL;
}

struct secret *env_keys_take(struct env_keys *k, const char *name)
{
    struct secret *known = find(k, name);
    if (known)
        return secret_ref(known);
    char *value = getenv(name);
    size_t len = value ? strlen(value) : 0;
    if (len == 0 || len > ENV_KEY_MAX)
        return NULL;
    struct secret *s = secret_new(value, len);
    if (!s)
        return NULL;
    secret_wipe(value, len);
    if (!k->sealed)
        unsetenv(name);
    k->list = xrealloc(k->list, (k->n + 1) * sizeof *k->list);
    k->list[k->n++] = (struct env_key){.name = xstrdup(name), .secret = secret_ref(s)};
    return s;
}
