#include "daemon/engine/fetch.h"
#include "daemon/core/timer.h"
#include "daemon/engine/fault.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

#define LIST_MAX (8u << 20) /* bytes of a model list */
#define LIST_MS 10000       /* for a model list */
#define LIST_BODY_MAX 1024  /* bytes of what asks for one */

struct fetch {
    struct http_transfer *transfer; /* NULL once it is over */
    struct http_wire wire;          /* of one that is over */
    struct timer *timer;
    struct response_head head;
    struct buf body;
    char *who;      /* owned */
    char *location; /* owned, NULL if none */
    const char *what;
    int64_t timeout_ms;
    fetch_got *got;
    void *data;
};

struct fetch *fetch_cancel(struct fetch *f)
{
    if (!f)
        return NULL;
    if (f->transfer)
        http_cancel(f->transfer);
    timer_free(f->timer);
    buf_done(&f->body);
    free(f->who);
    free(f->location);
    free(f);
    return NULL;
}

static void conclude(struct fetch *f, const struct error *err)
{
    const struct fetch_reply reply = {.head = f->head, .body = f->body.data, .len = f->body.len};
    fetch_got *got = f->got;
    void *data = f->data;
    f->got = NULL;
    got(data, err ? NULL : &reply, err);
    fetch_cancel(f);
}

void fetch_look(const struct fetch *f, struct http_wire *ret)
{
    if (f->transfer)
        http_look(f->transfer, ret);
    else
        *ret = f->wire;
}

static void on_head(void *data, const struct response_head *head)
{
    struct fetch *f = data;
    f->head = *head;
    f->head.location = f->location = xstrdup(head->location);
}

static void on_body(void *data, const uint8_t *bytes, size_t len)
{
    struct fetch *f = data;
    if (!buf_append(&f->body, bytes, len))
        timer_start(f->timer, 0); /* what comes is thrown away until then */
}

static void on_end(void *data, enum error_code code, const struct error *why)
{
    struct fetch *f = data;
    http_look(f->transfer, &f->wire);
    f->transfer = NULL;
    if (f->body.failed)
        return; /* the timer is about to tell */
    conclude(f, code == ERR_NONE ? NULL : why);
}

static void on_timer(void *data)
{
    struct fetch *f = data;
    struct error err = ERROR_INIT;
    if (f->body.failed)
        error_set(&err, ERR_TOO_LARGE, "%s sends %s in more than %zu bytes", f->who, f->what, f->body.max);
    else
        error_set(&err, ERR_TIMEOUT, "%s did not send %s within %lld s", f->who, f->what,
                  (long long)f->timeout_ms / 1000);
    conclude(f, &err);
}

struct fetch *fetch_start(uv_loop_t *loop, struct http_pool *pool, struct exchange *x, const struct fetch_options *opt,
                          fetch_got *got, void *data, struct error *err)
{
    static const struct http_callbacks cb = {on_head, on_body, on_end};
    struct fetch *f = NEW(struct fetch);
    f->who = xstrdup(opt->who);
    f->what = opt->what;
    f->timeout_ms = opt->timeout_ms;
    f->got = got;
    f->data = data;
    buf_init(&f->body, opt->max_body);
    f->timer = timer_new(loop, on_timer, f);
    if (http_start(pool, x, &opt->http, &cb, f, &f->transfer, err) != ERR_NONE)
        return fetch_cancel(f);
    timer_start(f->timer, opt->timeout_ms);
    return f;
}

struct http_options fetch_reach(const struct provider *p)
{
    return (struct http_options){
        .proxy = p->proxy, .ca_file = p->ca_file, .timeout_connect_ms = (long)p->timeout_connect_ms};
}

static struct provider_target target_of(const struct provider *p, const struct key_use *key)
{
    return (struct provider_target){.base_url = p->base_url,
                                    .dialect = p->dialect,
                                    .model = "",
                                    .key = key->secret,
                                    .headers = (const char *const *)p->headers};
}

static struct fetch *ask_models(uv_loop_t *loop, struct http_pool *pool, const struct provider *p,
                                const struct key_use *key, const char *page, bool fresh, fetch_got *got, void *data,
                                struct error *err)
{
    struct fetch_options opt = {p->name, fetch_reach(p), LIST_MS, LIST_MAX, "its models"};
    opt.http.fresh = fresh;
    const struct provider_target t = target_of(p, key);
    struct exchange x;
    exchange_init(&x, LIST_BODY_MAX);
    struct fetch *f = NULL;
    if (provider_build_list(p->ops, &t, page, &x, err) == ERR_NONE)
        f = fetch_start(loop, pool, &x, &opt, got, data, err);
    exchange_done(&x);
    return f;
}

struct fetch *fetch_models(uv_loop_t *loop, struct http_pool *pool, const struct provider *p, const struct key_use *key,
                           const char *page, fetch_got *got, void *data, struct error *err)
{
    return ask_models(loop, pool, p, key, page, false, got, data, err);
}

struct fetch *fetch_models_anew(uv_loop_t *loop, struct http_pool *pool, const struct provider *p,
                                const struct key_use *key, fetch_got *got, void *data, struct error *err)
{
    return ask_models(loop, pool, p, key, NULL, true, got, data, err);
}

static enum error_code refuse(const struct provider *p, const struct key_use *key, const struct fetch_reply *reply,
                              struct error *err)
{
    struct error why = ERROR_INIT;
    provider_map_error(&reply->head, reply->body, reply->len, &why);
    if (why.code == ERR_UNAUTHENTICATED)
        keys_refused(p->keys, key, why.code);
    fault_hide_key(&why, key->secret);
    fault_name_key(&why, key->source);
    error_text(why.provider, sizeof why.provider, p->name, strlen(p->name));
    *err = why;
    return why.code;
}

enum error_code fetch_read_models(const struct provider *p, const struct key_use *key, const struct fetch_reply *reply,
                                  void (*each)(void *data, const struct listed *l), void *data, char **next,
                                  struct error *err)
{
    const struct provider_target t = target_of(p, key);
    int status = reply->head.status;
    if (next)
        *next = NULL;
    if (status >= 400)
        return refuse(p, key, reply, err);
    if (status != 200)
        return error_set(err, ERR_BAD_RESPONSE, "%s answers its model list with HTTP %d", p->name, status);
    return provider_read_list(p->ops, &t, reply->body, reply->len, each, data, next, err);
}
