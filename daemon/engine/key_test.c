#include "daemon/engine/key_test.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/fault.h"
#include "daemon/engine/fetch.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

/* One key. */
struct trial {
    struct key_test *test;
    size_t at; /* of its result */
    struct provider *provider;
    struct key_use key;
    struct key_wait *wait;
    struct discover_search *search; /* of a local server */
    struct fetch *fetch;
    int64_t begun_us;
};

struct key_test {
    struct engine *engine;
    struct providers *providers;  /* reference */
    const struct provider *named; /* NULL: all */
    bool keyless;
    struct trial **trials;      /* owned, as are they */
    struct key_tested *results; /* owned; one for each */
    size_t n, left;             /* left: those that are under way, and one while they are begun */
    key_tests_done *done;
    void *data;
    TAILQ_ENTRY(key_test) link;
};

static void test_free(struct key_test *t)
{
    TAILQ_REMOVE(&t->engine->key_tests, t, link);
    for (size_t i = 0; i < t->n; i++) {
        key_wait_cancel(t->trials[i]->wait);
        if (t->trials[i]->search)
            discover_cancel(t->trials[i]->search);
        fetch_cancel(t->trials[i]->fetch);
        key_use_done(&t->trials[i]->key);
        free(t->trials[i]);
    }
    free(t->trials);
    free(t->results);
    providers_unref(t->providers);
    free(t);
}

/* Those that are not to be told of have no provider any more. */
static size_t told(struct key_test *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (t->results[i].provider)
            t->results[n++] = t->results[i];
    return n;
}

static void release(struct key_test *t)
{
    if (--t->left > 0)
        return;
    t->done(t->data, t->results, told(t), NULL);
    test_free(t);
}

static void conclude(struct trial *r, const struct error *err)
{
    struct key_tested *result = &r->test->results[r->at];
    result->err = err ? *err : (struct error)ERROR_INIT;
    release(r->test);
}

static void ignore_model(void *data, const struct listed *l)
{
    (void)data;
    (void)l;
}

static void on_list(void *data, const struct fetch_reply *reply, const struct error *why)
{
    struct trial *r = data;
    struct error err = ERROR_INIT;
    fetch_look(r->fetch, &r->test->results[r->at].wire);
    r->fetch = NULL;
    if (!reply) {
        conclude(r, why);
        return;
    }
    r->test->results[r->at].latency_ms = (clock_mono_us() - r->begun_us) / 1000;
    r->test->results[r->at].dated = reply->head.date_us != 0;
    r->test->results[r->at].ahead_us = clock_wall_us() - reply->head.date_us;
    bool good = fetch_read_models(r->provider, &r->key, reply, ignore_model, NULL, NULL, &err) == ERR_NONE;
    conclude(r, good ? NULL : &err);
}

static void ask_list(struct trial *r)
{
    struct engine *e = r->test->engine;
    struct error err = ERROR_INIT;
    r->begun_us = clock_mono_us();
    r->fetch = fetch_models_anew(e->loop, e->pool, r->provider, &r->key, on_list, r, &err);
    if (!r->fetch)
        conclude(r, &err);
}

static void on_key(void *data, const struct error *err)
{
    struct trial *r = data;
    struct error why = ERROR_INIT;
    r->wait = NULL;
    if (err) {
        conclude(r, err);
    } else if (keys_at(r->provider->keys, 0, &r->key)) {
        ask_list(r);
    } else { /* another question has found it refused meanwhile */
        error_set(&why, ERR_UNAUTHENTICATED, "%s refused the key", r->provider->name);
        fault_name_key(&why, keys_source(r->provider->keys));
        conclude(r, &why);
    }
}

static struct trial *add(struct key_test *t, struct provider *p, const char *source)
{
    struct trial *r = NEW(struct trial);
    r->test = t;
    r->at = t->n;
    r->provider = p;
    t->trials = grow_one(t->trials, t->n, sizeof *t->trials);
    t->results = grow_one(t->results, t->n, sizeof *t->results);
    t->trials[t->n] = r;
    t->results[t->n++] = (struct key_tested){
        .provider = p, .source = source, .latency_ms = -1, .wire = {.connect_us = -1, .handshake_us = -1}};
    t->left++;
    return r;
}

/* It is there and to be trusted, or not: then only who named it wants to know. */
static void on_local(void *data, struct provider *provider, const char *model, const struct error *err)
{
    struct trial *r = data;
    (void)model;
    r->search = NULL;
    if (provider) {
        ask_list(r);
        return;
    }
    if (!r->test->named)
        r->test->results[r->at].provider = NULL;
    conclude(r, err);
}

/* Of a local server it is looked first whose it is. */
static void try_without(struct key_test *t, struct provider *p)
{
    struct error err = ERROR_INIT;
    struct trial *r = add(t, p, NULL);
    if (provider_ready(p)) {
        ask_list(r);
        return;
    }
    if (p->local && t->keyless) {
        r->search = discover_start(t->engine->discovery, t->providers, p->name, strlen(p->name), on_local, r);
        return;
    }
    error_set(&err, ERR_NO_PROVIDER, p->local ? "%s is a local server and wants no key" : "%s has no key", p->name);
    conclude(r, &err);
}

static void try_all(struct key_test *t, struct provider *p)
{
    struct key_use key;
    size_t i;
    for (i = 0; keys_at(p->keys, i, &key); i++) {
        struct trial *r = add(t, p, key.source);
        r->key = key;
        ask_list(r);
    }
    if (i == 0 && keys_ready(p->keys)) {
        struct trial *r = add(t, p, keys_source(p->keys));
        r->wait = keys_wait(t->engine->keys, p->keys, on_key, r);
    } else if (i == 0) {
        try_without(t, p);
    }
}

static bool is_tried(const struct key_test *t, const struct provider *p)
{
    if (t->named)
        return p == t->named;
    return keys_ready(p->keys) || (t->keyless && (p->local || provider_ready(p)));
}

void engine_test_keys(struct engine *e, const char *name, size_t len, bool keyless, key_tests_done *done, void *data)
{
    struct error err = ERROR_INIT;
    struct provider *named = name ? providers_find(e->providers, name, len) : NULL;
    if (name && !named) {
        error_set_param(&err, "provider", "there is no provider %.*s; askctl status lists all",
                        (int)(len < 64 ? len : 64), name);
        err.code = ERR_NOT_FOUND;
        done(data, NULL, 0, &err);
        return;
    }
    struct key_test *t = NEW(struct key_test);
    t->engine = e;
    t->providers = providers_ref(e->providers);
    t->named = named;
    t->keyless = keyless;
    t->left = 1;
    t->done = done;
    t->data = data;
    TAILQ_INSERT_TAIL(&e->key_tests, t, link);
    for (size_t i = 0; i < providers_count(t->providers); i++) {
        struct provider *p = providers_at(t->providers, i);
        if (is_tried(t, p))
            try_all(t, p);
    }
    release(t);
}

void key_tests_give_up_all(struct engine *e)
{
    struct key_test *t;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    while ((t = TAILQ_FIRST(&e->key_tests))) {
        t->done(t->data, NULL, 0, &err);
        test_free(t);
    }
}
