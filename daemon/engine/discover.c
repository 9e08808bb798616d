#include "daemon/engine/discover.h"
#include "daemon/engine/fetch.h"
#include "lib/base/alloc.h"
#include "lib/base/fd.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#define TABLE_MAX (8u << 20) /* bytes of a socket table that are looked at */
#define SYSTEM_UID_MAX 1000  /* Debian's first ordinary user */
#define TCP_LISTEN 0x0A      /* include/net/tcp_states.h */

enum search_state { SEARCH_SOCKETS, SEARCH_MODELS, SEARCH_OVER };

struct discover_search {
    struct discovery *owner;
    enum search_state state;
    bool cancelled;
    struct providers *providers; /* reference */
    struct provider *provider;   /* the one under way */
    size_t next;                 /* where to go on among the providers */
    char *name;                  /* NULL: any */
    uv_work_t work;
    bool trusted[8];     /* by the worker: for the local rows in order */
    struct fetch *fetch; /* of the model list; NULL while none is under way */
    struct key_use key;
    char *first; /* model */
    discover_found found;
    void *data;
    TAILQ_ENTRY(discover_search) link;
};

struct discovery {
    uv_loop_t *loop;
    struct http_pool *pool;
    TAILQ_HEAD(search_list, discover_search) searches;
    void (*closed)(void *data);
    void *closed_data;
};

struct discovery *discovery_new(uv_loop_t *loop, struct http_pool *pool)
{
    struct discovery *d = NEW(struct discovery);
    d->loop = loop;
    d->pool = pool;
    TAILQ_INIT(&d->searches);
    return d;
}

static void settle_close(struct discovery *d)
{
    if (!d->closed || !TAILQ_EMPTY(&d->searches))
        return;
    void (*closed)(void *) = d->closed;
    void *data = d->closed_data;
    free(d);
    closed(data);
}

static void search_free(struct discover_search *s)
{
    struct discovery *d = s->owner;
    TAILQ_REMOVE(&d->searches, s, link);
    providers_unref(s->providers);
    key_use_done(&s->key);
    free(s->name);
    free(s->first);
    free(s);
    settle_close(d);
}

void discovery_close(struct discovery *d, void (*closed)(void *data), void *data)
{
    d->closed = closed;
    d->closed_data = data;
    struct discover_search *s, *next;
    for (s = TAILQ_FIRST(&d->searches); s; s = next) {
        next = TAILQ_NEXT(s, link);
        s->cancelled = true; /* only those whose worker still runs are left: their askers have gone */
    }
    settle_close(d);
}

/* Every listener on the port must be trusted: sockets on different addresses do not exclude each other. */
bool discover_trusted(const char *table, unsigned port, unsigned uid, unsigned system_max)
{
    bool found = false;
    for (const char *line = strchr(table, '\n'); line; line = strchr(line, '\n')) {
        line++;
        char address[33];
        unsigned p, state, owner;
        /* sl local_address:port rem_address:port st tx:rx tr:when retrnsmt uid … (man 5 proc) */
        if (sscanf(line, " %*u: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %u", address, &p, &state,
                   &owner) != 4)
            continue;
        if (p != port || state != TCP_LISTEN)
            continue;
        if (owner != uid && owner >= system_max)
            return false;
        found = true;
    }
    return found;
}

static void read_table(const char *path, struct buf *b)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    char chunk[8192];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && buf_append(b, chunk, n))
        ;
    fclose(f);
}

static void look_at_sockets(uv_work_t *w)
{
    struct discover_search *s = w->data;
    struct buf b;
    buf_init(&b, TABLE_MAX);
    /* Not /proc/net/tcp: in a service with ProcSubset=pid there are processes only. */
    read_table("/proc/self/net/tcp", &b);
    read_table("/proc/self/net/tcp6", &b);
    const char *table = buf_cstr(&b);
    size_t local = 0;
    for (const struct provider_builtin *row = provider_builtins; row->name; row++)
        if (row->port && local < sizeof s->trusted)
            s->trusted[local++] = discover_trusted(table, (unsigned)row->port, getuid(), SYSTEM_UID_MAX);
    buf_done(&b);
}

static bool is_trusted(const struct discover_search *s, const struct provider *p)
{
    size_t local = 0;
    for (const struct provider_builtin *row = provider_builtins; row->name; row++) {
        if (!row->port)
            continue;
        if (p->builtin == row)
            return local < sizeof s->trusted && s->trusted[local];
        local++;
    }
    return false;
}

static void tell(struct discover_search *s, const struct error *err)
{
    discover_found found = s->found;
    void *data = s->data;
    struct provider *p = err ? NULL : s->provider;
    struct providers *held = providers_ref(s->providers);
    char *first = s->first;
    s->first = NULL;
    s->state = SEARCH_OVER;
    search_free(s);
    found(data, p, first, err);
    free(first);
    providers_unref(held);
}

static void next_local(struct discover_search *s);

/* A local server that does not answer well is passed over; a provider that was named is not. */
static void conclude(struct discover_search *s, const struct error *err)
{
    if (err && s->provider->local)
        next_local(s);
    else
        tell(s, err);
}

/* One that is told to write no text is none to ask. */
static void on_model(void *data, const struct listed *l)
{
    struct discover_search *s = data;
    if (!s->first && (l->output == 0 || (l->output & MODALITY_TEXT)))
        s->first = xstrdup(l->id);
}

static void on_list(void *data, const struct fetch_reply *reply, const struct error *why)
{
    struct discover_search *s = data;
    struct error err = ERROR_INIT;
    enum error_code code;
    s->fetch = NULL;
    if (reply)
        code = fetch_read_models(s->provider, &s->key, reply, on_model, s, NULL, &err);
    else
        code = (err = *why).code;
    if (code == ERR_NONE && !s->first)
        code = error_set(&err, ERR_NO_PROVIDER, "%s lists no model; load one into it, or name one as %s/MODEL",
                         s->provider->name, s->provider->name);
    conclude(s, code == ERR_NONE ? NULL : &err);
}

static enum error_code ask_models(struct discover_search *s, struct error *err)
{
    free(s->first);
    s->first = NULL;
    s->state = SEARCH_MODELS;
    s->fetch = fetch_models(s->owner->loop, s->owner->pool, s->provider, &s->key, NULL, on_list, s, err);
    return s->fetch ? ERR_NONE : err->code;
}

static void next_local(struct discover_search *s)
{
    struct error err = ERROR_INIT;
    while (s->next < providers_count(s->providers)) {
        struct provider *p = providers_at(s->providers, s->next++);
        if (!p->local || !is_trusted(s, p) || (s->name && strcmp(s->name, p->name) != 0))
            continue;
        s->provider = p;
        if (ask_models(s, &err) == ERR_NONE)
            return;
    }
    if (s->name)
        error_set(&err, ERR_NO_PROVIDER, "no %s server of yours or the system's listens on its usual port; start it",
                  s->name);
    else
        error_set(&err, ERR_NO_PROVIDER,
                  "no provider has a key, and no Ollama or llama.cpp server of yours or the system's answers here");
    tell(s, &err);
}

static void on_looked(uv_work_t *w, int status)
{
    struct discover_search *s = w->data;
    (void)status;
    if (s->cancelled)
        search_free(s);
    else
        next_local(s);
}

static struct discover_search *search_new(struct discovery *d, struct providers *ps, discover_found found, void *data)
{
    struct discover_search *s = NEW(struct discover_search);
    s->owner = d;
    s->providers = providers_ref(ps);
    s->found = found;
    s->data = data;
    TAILQ_INSERT_TAIL(&d->searches, s, link);
    return s;
}

struct discover_search *discover_start(struct discovery *d, struct providers *ps, const char *name, size_t len,
                                       discover_found found, void *data)
{
    struct discover_search *s = search_new(d, ps, found, data);
    s->state = SEARCH_SOCKETS;
    s->name = len ? xstrndup(name, len) : NULL;
    s->work.data = s;
    uv_queue_work(d->loop, &s->work, look_at_sockets, on_looked);
    return s;
}

struct discover_search *discover_first_model(struct discovery *d, struct provider *p, const struct key_use *key,
                                             discover_found found, void *data, struct error *err)
{
    struct discover_search *s = search_new(d, p->owner, found, data);
    s->provider = p;
    s->key = (struct key_use){secret_ref(key->secret), key->source, key->which};
    if (ask_models(s, err) == ERR_NONE)
        return s;
    search_free(s);
    return NULL;
}

void discover_cancel(struct discover_search *s)
{
    switch (s->state) {
    case SEARCH_SOCKETS: /* the worker has it: freed when it comes back */ s->cancelled = true; break;
    case SEARCH_MODELS:
        s->fetch = fetch_cancel(s->fetch);
        search_free(s);
        break;
    case SEARCH_OVER: break;
    }
}
