#include "daemon/engine/attach_url.h"
#include "daemon/attach/kind.h"
#include "daemon/core/timer.h"
#include "daemon/engine/fetch.h"
#include "daemon/http/url.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

#define URL_MS 20000     /* for all of it, redirects and all */
#define CONNECT_MS 10000 /* for each connection */
#define REDIRECTS_MAX 5
#define NAME_MAX_LEN 255 /* bytes of a name made from an address */

struct attach_url {
    struct engine *engine;
    struct part *part;
    struct fetch *fetch; /* under way, NULL: none */
    struct timer *later; /* an end that was known at once is told at the loop's next turn */
    struct error why;
    char *at; /* the address that is asked now */
    unsigned redirects;
    int64_t until_us; /* monotonic */
    void (*done)(void *data, struct part *p, const struct error *err);
    void *data;
};

struct attach_url *attach_url_cancel(struct attach_url *u)
{
    if (!u)
        return NULL;
    fetch_cancel(u->fetch);
    timer_free(u->later);
    free(u->at);
    free(u);
    return NULL;
}

static void conclude(struct attach_url *u, const struct error *err)
{
    void (*done)(void *, struct part *, const struct error *) = u->done;
    void *data = u->data;
    struct part *p = u->part;
    struct error why = err ? *err : (struct error)ERROR_INIT;
    if (err)
        error_text(why.param, sizeof why.param, "attachments", strlen("attachments"));
    attach_url_cancel(u);
    done(data, p, err ? &why : NULL);
}

static void on_later(void *data)
{
    struct attach_url *u = data;
    conclude(u, &u->why);
}

static void fail_later(struct attach_url *u)
{
    u->later = timer_new(u->engine->loop, on_later, u);
    timer_start(u->later, 0);
}

/* The last step of the address's path. */
static char *name_of(const char *url)
{
    const char *path = strstr(url, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    size_t len = path ? strcspn(path, "?#") : 0;
    const char *end = path + len, *from = end;
    while (from && from > path && from[-1] != '/')
        from--;
    if (!path || from == end || end - from > NAME_MAX_LEN)
        return NULL;
    return xstrndup(from, (size_t)(end - from));
}

static enum error_code take(struct attach_url *u, const struct fetch_reply *reply, struct error *err)
{
    struct part *p = u->part;
    if (reply->head.status != 200)
        return error_set(err, reply->head.status == 404 ? ERR_NOT_FOUND : ERR_UNAVAILABLE,
                         "%.256s answers HTTP %d: there is nothing to attach", p->url, reply->head.status);
    if (reply->len == 0)
        return error_set(err, ERR_INVALID_REQUEST, "%.256s is empty: there is nothing to attach", p->url);
    p->data = xmalloc(reply->len + 1);
    memcpy(p->data, reply->body, reply->len);
    p->data_len = reply->len;
    if (!p->mime && reply->head.content_type[0])
        p->mime = xstrdup(reply->head.content_type);
    if (!p->name)
        p->name = name_of(p->url);
    return ERR_NONE;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool ask(struct attach_url *u, struct error *err);

/* True: it goes on. */
static bool follow(struct attach_url *u, const char *location, struct error *err)
{
    if (++u->redirects > REDIRECTS_MAX) {
        error_set(err, ERR_UNAVAILABLE, "%.256s is redirected more than %d times", u->part->url, REDIRECTS_MAX);
        return false;
    }
    char *to = url_resolve(u->at, location);
    if (!to) {
        error_set(err, ERR_BAD_RESPONSE, "%.256s is redirected to what is no address", u->part->url);
        return false;
    }
    free(u->at);
    u->at = to;
    return ask(u, err);
}

static void on_got(void *data, const struct fetch_reply *reply, const struct error *err)
{
    struct attach_url *u = data;
    struct error why = ERROR_INIT;
    u->fetch = NULL;
    if (err) {
        conclude(u, err);
    } else if (is_redirect(reply->head.status) && reply->head.location) {
        if (!follow(u, reply->head.location, &why))
            conclude(u, &why);
    } else {
        conclude(u, take(u, reply, &why) != ERR_NONE ? &why : NULL);
    }
}

static bool ask(struct attach_url *u, struct error *err)
{
    int64_t left_ms = (u->until_us - clock_mono_us()) / 1000;
    const struct fetch_options opt = {
        .who = u->at,
        .http = {.timeout_connect_ms = CONNECT_MS,
                 .reach = u->engine->opt.allow_private_urls ? HTTP_STRANGER : HTTP_STRANGER_PUBLIC},
        .timeout_ms = left_ms > 0 ? left_ms : 0,
        .max_body = ATTACHMENT_MAX,
        .what = "an attachment"};
    struct exchange x;
    exchange_init(&x, 0);
    x.method = "GET";
    x.url = xstrdup(u->at);
    u->fetch = fetch_start(u->engine->loop, u->engine->pool, &x, &opt, on_got, u, err);
    exchange_done(&x);
    return u->fetch;
}

struct attach_url *attach_url_start(struct engine *e, struct part *p,
                                    void (*done)(void *data, struct part *p, const struct error *err), void *data)
{
    struct attach_url *u = NEW(struct attach_url);
    *u = (struct attach_url){.engine = e, .part = p, .why = ERROR_INIT, .done = done, .data = data};
    u->at = xstrdup(p->url);
    u->until_us = clock_mono_us() + URL_MS * 1000ll;
    if (!ask(u, &u->why))
        fail_later(u);
    return u;
}
