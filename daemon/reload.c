#include "daemon/reload.h"
#include "daemon/core/log.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <sys/queue.h>

enum reload_state {
    RELOAD_IDLE,
    RELOAD_LOADING,
    RELOAD_CLOSED, /* but a load is under way */
};

struct waiter {
    server_reloaded *done;
    void *arg;
    STAILQ_ENTRY(waiter) link;
};
STAILQ_HEAD(waiters, waiter); /* each a client's call: the server bounds those */

struct reload {
    enum reload_state state;
    bool again; /* somebody asked while a load was under way */
    uv_loop_t *loop;
    uv_work_t work;
    struct settings_source source;
    struct settings *settings;
    struct reload_hooks hooks;
    void *data;
    struct waiters waiting, next; /* for this load, for the one after it */
    /* The load's, from uv_queue_work until on_loaded */
    struct env_keys *keys;
    struct settings loaded;
    struct error error;
};

struct reload *reload_new(uv_loop_t *loop, const struct settings_source *source, struct env_keys *keys,
                          struct settings *settings, const struct reload_hooks *hooks, void *data)
{
    struct reload *r = NEW(struct reload);
    r->loop = loop;
    r->source = *source;
    r->keys = keys;
    r->settings = settings;
    r->hooks = *hooks;
    r->data = data;
    r->work.data = r;
    STAILQ_INIT(&r->waiting);
    STAILQ_INIT(&r->next);
    return r;
}

static void tell(struct waiters *list, const struct error *err, char *const *changed, char *const *restart)
{
    struct waiter *w;
    while ((w = STAILQ_FIRST(list))) {
        STAILQ_REMOVE_HEAD(list, link);
        w->done(w->arg, err, changed, restart);
        free(w);
    }
}

struct reload *reload_close(struct reload *r)
{
    struct error err = ERROR_INIT;
    if (!r)
        return NULL;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    tell(&r->waiting, &err, NULL, NULL);
    tell(&r->next, &err, NULL, NULL);
    if (r->state == RELOAD_LOADING)
        r->state = RELOAD_CLOSED;
    else
        free(r);
    return NULL;
}

/* -- what changed -- */

struct names {
    char **list; /* NULL-ended, NULL for none */
    size_t n;
};

static void names_add(struct names *names, const struct config_change *c)
{
    names->list = xrealloc(names->list, (names->n + 2) * sizeof *names->list);
    names->list[names->n++] = xasprintf("%s%s%s%s%s", c->room->section, c->name ? "." : "", c->name ? c->name : "",
                                        c->key ? "." : "", c->key ? c->key : "");
    names->list[names->n] = NULL;
}

static void names_done(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
}

struct changes {
    const struct reload *reload;
    struct names all, restart;
};

static void on_change(void *data, const struct config_change *c)
{
    struct changes *changes = data;
    const struct reload *r = changes->reload;
    names_add(&changes->all, c);
    if (!c->reload || (c->key && r->hooks.needs_restart(r->data, c)))
        names_add(&changes->restart, c);
}

static void log_changes(const struct changes *changes)
{
    log_notice("configuration read anew: %zu changed", changes->all.n);
    for (size_t i = 0; i < changes->restart.n; i++)
        log_warn("%s has changed, which takes effect at the next start only", changes->restart.list[i]);
}

/* -- a load -- */

static void load(uv_work_t *work)
{
    struct reload *r = work->data;
    r->error = (struct error)ERROR_INIT;
    settings_load(&r->source, r->keys, &r->loaded, &r->error);
}

static void put_in_force(struct reload *r)
{
    static char *const none[] = {NULL};
    struct settings old = *r->settings;
    struct changes changes = {.reload = r};
    config_changed(old.config, r->loaded.config, on_change, &changes);
    *r->settings = r->loaded;
    r->loaded = (struct settings){0};
    r->hooks.apply(r->data);
    settings_done(&old);
    log_changes(&changes);
    tell(&r->waiting, NULL, changes.all.list ? changes.all.list : none,
         changes.restart.list ? changes.restart.list : none);
    names_done(&changes.all);
    names_done(&changes.restart);
}

static void on_loaded(uv_work_t *work, int status);

static void begin(struct reload *r)
{
    r->state = RELOAD_LOADING;
    r->again = false;
    STAILQ_CONCAT(&r->waiting, &r->next);
    r->hooks.begins(r->data);
    uv_queue_work(r->loop, &r->work, load, on_loaded);
}

static void on_loaded(uv_work_t *work, int status)
{
    struct reload *r = work->data;
    (void)status; /* nobody cancels it */
    if (r->state == RELOAD_CLOSED) {
        settings_done(&r->loaded);
        free(r);
        return;
    }
    r->state = RELOAD_IDLE;
    if (r->error.code == ERR_NONE) {
        put_in_force(r);
    } else {
        log_error("the old configuration stays in force: %s", r->error.message);
        struct error err = r->error;
        err.code = ERR_INVALID_REQUEST; /* whatever is wrong with the files, the asker can mend it */
        tell(&r->waiting, &err, NULL, NULL);
    }
    r->hooks.ended(r->data);
    if (r->again)
        begin(r);
}

void reload_start(struct reload *r, server_reloaded *done, void *arg)
{
    if (done) {
        struct waiter *w = NEW(struct waiter);
        *w = (struct waiter){.done = done, .arg = arg};
        STAILQ_INSERT_TAIL(&r->next, w, link);
    }
    if (r->state == RELOAD_LOADING)
        r->again = true;
    else
        begin(r);
}
