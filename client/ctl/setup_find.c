/* Who is there. */
#include "client/common/call.h"
#include "client/common/field.h"
#include "client/ctl/setup.h"
#include "lib/base/usual_keys.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 4096 };

struct setup_provider *setup_provider(struct setup *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->providers[i].name, name) == 0)
            return &s->providers[i];
    return NULL;
}

bool setup_any_works(const struct setup *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->providers[i].outcome == SETUP_WORKS)
            return true;
    return false;
}

/* NULL where there is no room for more, which only a hundred sections would do. */
static struct setup_provider *add(struct setup *s, const char *name)
{
    struct setup_provider *p = setup_provider(s, name);
    if (p != NULL || s->n == SETUP_PROVIDERS_MAX || !key_folder_name_valid(name))
        return p;
    p = &s->providers[s->n++];
    *p = (struct setup_provider){0};
    memcpy(p->name, name, strlen(name) + 1);
    return p;
}

static void take(struct setup *s, const msgpack_object_map *of)
{
    char name[KEY_FOLDER_NAME_MAX + 1], state[SETUP_LINE];
    struct setup_provider *p = field_copy(of, "name", name, sizeof(name)) ? add(s, name) : NULL;
    if (p == NULL)
        return;
    (void)field_line(of, "key_source", p->source, sizeof(p->source));
    p->local = strcmp(field_line(of, "state", state, sizeof(state)), "local") == 0;
}

int setup_look(struct setup *s)
{
    msgpack_unpacked reply;
    msgpack_object_map map, of;
    msgpack_object_array list;
    msgpack_unpacked_init(&reply);
    const int status = ctl_call(s->c, s->ask, "status", NULL, &reply);
    for (size_t i = 0; i < s->n; i++)
        s->providers[i].source[0] = '\0';
    if (status == EXIT_OK && mp_map(&reply.data, &map) && field_array(&map, "providers", &list))
        for (uint32_t i = 0; i < list.size; i++)
            if (mp_map(&list.ptr[i], &of))
                take(s, &of);
    if (status == EXIT_OK && mp_map(&reply.data, &map))
        (void)field_line(&map, "default_model", s->default_model, sizeof(s->default_model));
    msgpack_unpacked_destroy(&reply);
    return status;
}

int setup_reload(struct setup *s)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    const int status = ctl_call(s->c, s->ask, "config.reload", NULL, &reply);
    msgpack_unpacked_destroy(&reply);
    return status == EXIT_OK ? setup_look(s) : status;
}

/* Sections may have been written since it started. A configuration that it does not take is told, and it goes on with
 * the one before. */
static int read_anew(struct setup *s)
{
    char why[1024];
    msgpack_unpacked reply;
    bool refused = false;
    msgpack_unpacked_init(&reply);
    const int status = call_try(s->c->program, s->ask, "config.reload", NULL, &reply, &refused);
    if (status == EXIT_OK && refused) {
        (void)exit_describe(why, sizeof(why), &reply.data);
        setup_complain(s, "%s", why);
    }
    msgpack_unpacked_destroy(&reply);
    return status == EXIT_OK ? setup_look(s) : status;
}

/* Does it answer? Only the daemon knows its port, and whether its owner is to be trusted. */
static int look_for_local(struct setup *s, struct setup_provider *p)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map, of, error;
    msgpack_object_array list;
    bool refused = false;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "provider", p->name);
    msgpack_unpacked_init(&reply);
    const int status = call_try(s->c->program, s->ask, "models.refresh", &params, &reply, &refused);
    p->runs = status == EXIT_OK && !refused && mp_map(&reply.data, &map) && field_array(&map, "providers", &list) &&
              list.size == 1 && mp_map(&list.ptr[0], &of) && !field_map(&of, "error", &error);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

/* The keys at hand are ours to store: a daemon that we start is not to live by this shell's environment, which the next
 * one will not have. */
static void forget_environment(void)
{
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++)
        (void)unsetenv(k->env);
}

int setup_find(struct setup *s)
{
    int status;
    forget_environment();
    s->ask = ctl_open(s->c, &status);
    if (s->ask != NULL)
        status = read_anew(s);
    if (status != EXIT_OK)
        return status;
    for (size_t i = 0; i < s->given.n; i++)
        (void)add(s, s->given.keys[i].provider);
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++)
        (void)add(s, k->provider);
    for (size_t i = 0; i < s->n && status == EXIT_OK; i++)
        if (s->providers[i].local)
            status = look_for_local(s, &s->providers[i]);
    return status;
}
