/* What the tests of routes, figures and offers share: a world made of a configuration and a models.ini as texts, in
 * which nobody is asked. */
#ifndef ASKD_TESTS_ENGINE_ROUTING_H
#define ASKD_TESTS_ENGINE_ROUTING_H

#include "daemon/core/config.h"
#include "daemon/engine/route.h"
#include "daemon/key/env_keys.h"
#include "daemon/store/store.h"
#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
    struct route_world w; /* the pointers in it are owned */
    char folder[64], conf[128], models[128];
    uv_loop_t loop;
    struct store *store;
    struct health *health;
    struct catalog *catalog; /* that of w, or the one before */
};

static inline int set_up(void **state)
{
    static const struct store_options nothing = {.keep_ms = STORE_KEEP_NONE, .max_waiting = 100};
    static const struct health_options health = {
        .breaker_failures = 5, .breaker_wait_ms = 1000, .speed_memory_ms = 3600000};
    struct world *o = calloc(1, sizeof *o);
    strcpy(o->folder, "/tmp/askd-test-route-XXXXXX");
    if (!mkdtemp(o->folder))
        return -1;
    snprintf(o->conf, sizeof o->conf, "%s/askd.conf", o->folder);
    snprintf(o->models, sizeof o->models, "%s/models.ini", o->folder);
    uv_loop_init(&o->loop);
    o->store = store_new(&o->loop, o->folder, &nothing, NULL);
    o->health = health_new(&o->loop, o->store, &health);
    o->w.health = o->health;
    o->w.now_us = clock_wall_us();
    *state = o;
    return 0;
}

static inline void let_go(struct world *o)
{
    aliases_unref((struct aliases *)o->w.aliases);
    providers_unref(o->w.providers);
    catalog_unref(o->catalog);
}

static inline void when_closed(void *data)
{
    (void)data;
}

static inline int tear_down(void **state)
{
    struct world *o = *state;
    let_go(o);
    health_free(o->health);
    store_close(o->store, when_closed, NULL);
    uv_run(&o->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&o->loop);
    unlink(o->conf);
    unlink(o->models);
    rc = rc || rmdir(o->folder);
    free(o);
    return rc;
}

static inline void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    chmod(path, 0600); /* it may hold a key */
}

/* The world is that of these texts from here on. */
static inline void make(struct world *o, const char *conf, const char *models)
{
    static const struct config_room *const rooms[] = {&provider_room, &alias_room, NULL};
    struct error err = ERROR_INIT;
    struct config *c = NULL;
    struct aliases *as = NULL;
    char *warning = NULL;
    put(o->conf, conf);
    put(o->models, models);
    let_go(o);
    if (config_load(rooms, (const char *[]){o->conf, NULL}, true, &c, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    struct env_keys *keys = env_keys_new();
    const struct providers_source from = {.config = c, .env = keys};
    if (providers_load(&from, &o->w.providers, &err) != ERR_NONE || aliases_load(c, &as, &err) != ERR_NONE ||
        catalog_load((const char *[]){o->models, NULL}, NULL, &o->catalog, &warning, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    o->w.aliases = as;
    o->w.catalog = o->catalog;
    env_keys_free(keys);
    config_free(c);
}

/* The section's own list has this model too, and no other; of its figures the context window is told. */
static inline void put_on_list(struct world *o, const char *section, const char *id, int64_t window)
{
    struct listed *l = calloc(1, sizeof *l);
    assert_non_null(l);
    *l = (struct listed){.id = strdup(id), .context_window = window, .tools = KNOWN_NOT, .reasoning = KNOWN_NOT};
    struct catalog *c = catalog_with_list(o->catalog, section, l, 1, 1);
    catalog_unref(o->catalog);
    o->catalog = c;
    o->w.catalog = c;
}

/* Of n words. */
static inline struct chat_request *question(size_t n)
{
    struct chat_request *q = chat_request_new();
    char *text = malloc(n * 5 + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * 5, "word ", 5);
    message_add_text(chat_request_add_message(q, ROLE_USER), text, n * 5);
    free(text);
    return q;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
