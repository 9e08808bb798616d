#include "daemon/engine/attach.h"
#include "daemon/attach/kind.h"
#include "daemon/attach/work.h"
#include "daemon/engine/attach_url.h"
#include "daemon/provider/media.h"
#include "lib/base/alloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_ALL_MAX ((size_t)64 << 20) /* bytes that the addresses of a question may lead to together */

struct attach {
    struct engine *engine;
    struct chat_request *req;
    struct plan *plan; /* NULL: it is settled only */
    bool fetch;
    size_t message, part;     /* where the next address is looked for */
    size_t fetched;           /* bytes */
    struct attach_url *url;   /* under way */
    struct attach_work *work; /* likewise */
    void (*done)(void *data, const struct error *err);
    void *data;
};

static struct provider_target target_of(const struct route *r)
{
    return (struct provider_target){
        .base_url = r->provider->base_url, .dialect = r->provider->dialect, .model = r->model};
}

static bool all_take_url(const struct plan *plan, const struct part *p)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct provider_target t = target_of(&plan->routes[i]);
        if (!media_takes(&t, plan->routes[i].provider->ops, p, true))
            return false;
    }
    return plan->n > 0; /* a local server is looked for: it takes none */
}

/* What only its end tells of is fetched, so that it is known what it is. */
static bool wants_fetching(const struct plan *plan, const struct part *p)
{
    enum part_kind kind;
    const char *mime;
    if (!part_is_attachment(p) || !p->url || p->data)
        return false;
    return (p->kind == PART_FILE && !p->mime && !kind_of_url(p->url, &kind, &mime)) || !all_take_url(plan, p);
}

/* A file whose address says that it is a picture is one. */
static void read_address(struct part *p)
{
    enum part_kind kind;
    const char *mime;
    if (p->kind != PART_FILE || !p->url || p->data || p->mime || !kind_of_url(p->url, &kind, &mime))
        return;
    p->kind = kind;
    p->mime = xstrdup(mime);
}

bool attach_needed(const struct chat_request *req)
{
    for (size_t m = 0; m < req->n_messages; m++)
        for (size_t i = 0; i < req->messages[m].n_parts; i++)
            if (part_is_attachment(&req->messages[m].parts[i]))
                return true;
    return false;
}

/* -- who can take it -- */

/* Any of these will do: a provider that takes files shows the pages of one to whatever model sees pictures. */
static unsigned modalities_of(const struct part *p)
{
    switch (p->kind) {
    case PART_IMAGE: return MODALITY_IMAGE;
    case PART_AUDIO: return MODALITY_AUDIO;
    default: return MODALITY_FILE | MODALITY_IMAGE;
    }
}

/* Of one that is left at its address nobody knows what it is. */
static bool is_unknown(const struct attach *a, const struct part *p)
{
    return !a->fetch && p->kind == PART_FILE && !p->data && !p->mime;
}

/* What is not known of a model, or of the part, does not speak against it. What is left at its address would be
 * fetched for who does not take addresses. */
static bool takes(const struct attach *a, const struct route *r, const struct part *p)
{
    const struct provider_target t = target_of(r);
    if (is_unknown(a, p))
        return true;
    if (!media_takes(&t, r->provider->ops, p, !p->data && a->fetch))
        return false;
    if (part_is_text_file(p))
        return true;
    struct facts f = catalog_facts(a->engine->catalog, r->provider->name, r->provider->kind, r->model);
    unsigned input = facts_input(&f);
    return input == 0 || (input & modalities_of(p)) != 0;
}

static const struct part *refused_by(const struct attach *a, const struct route *r)
{
    const struct chat_request *req = a->req;
    for (size_t m = 0; m < req->n_messages; m++)
        for (size_t i = 0; i < req->messages[m].n_parts; i++)
            if (part_is_attachment(&req->messages[m].parts[i]) && !takes(a, r, &req->messages[m].parts[i]))
                return &req->messages[m].parts[i];
    return NULL;
}

/* A model that is ready and takes it; false where none is known. */
static bool name_another(const struct attach *a, const struct part *p, char name[ENGINE_MODEL_MAX])
{
    struct route_world w = engine_world(a->engine);
    for (size_t i = 0; i < catalog_count(w.catalog); i++) {
        const struct model *m = catalog_at(w.catalog, i);
        struct plan plan = {0};
        if (!(m->input & modalities_of(p)) || route_model(&w, m->id, NULL, &plan, NULL) != ERR_NONE)
            continue;
        bool good = plan.n > 0 && takes(a, &plan.routes[0], p);
        plan_done(&plan);
        if (good) {
            snprintf(name, ENGINE_MODEL_MAX, "%s", m->id);
            return true;
        }
    }
    return false;
}

static void refuse(const struct attach *a, const struct route *r, const struct part *p, struct error *err)
{
    char other[ENGINE_MODEL_MAX];
    bool is_there = name_another(a, p, other);
    error_set_param(err, "attachments", "%s/%s does not take %s (%s)%s%s", r->provider->name, r->model,
                    p->name  ? p->name
                    : p->url ? p->url
                             : "an attachment",
                    p->mime ? p->mime : part_kind_name(p->kind),
                    is_there ? ": ask another model, such as " : ", nor is a model known here that does",
                    is_there ? other : "");
    error_text(err->provider, sizeof err->provider, r->provider->name, strlen(r->provider->name));
    error_text(err->model, sizeof err->model, r->model, strlen(r->model));
}

/* The candidates that take it all stay, in their order. */
static void narrow(struct attach *a, struct error *err)
{
    struct plan *plan = a->plan;
    size_t kept = 0;
    const struct part *first = NULL;
    for (size_t i = 0; i < plan->n; i++) {
        const struct part *p = refused_by(a, &plan->routes[i]);
        if (i == 0)
            first = p;
        if (!p)
            plan->routes[kept++] = plan->routes[i];
    }
    if (kept == 0 && first)
        refuse(a, &plan->routes[0], first, err);
    else
        plan->n = kept;
}

/* -- one after the other -- */

static void conclude(struct attach *a, const struct error *err)
{
    void (*done)(void *, const struct error *) = a->done;
    void *data = a->data;
    free(a);
    done(data, err);
}

static void on_worked(void *data, const struct error *err)
{
    struct attach *a = data;
    struct error why = ERROR_INIT;
    a->work = NULL;
    if (err)
        why = *err;
    else if (a->plan)
        narrow(a, &why);
    conclude(a, why.code != ERR_NONE ? &why : NULL);
}

static void go_on(struct attach *a);

static void on_fetched(void *data, struct part *p, const struct error *err)
{
    struct attach *a = data;
    struct error why = ERROR_INIT;
    a->url = NULL;
    if (err) {
        conclude(a, err);
        return;
    }
    a->fetched += p->data_len;
    if (a->fetched > FETCH_ALL_MAX) {
        error_set_param(&why, "attachments", "the addresses of this question lead to more than %zu MiB together",
                        FETCH_ALL_MAX >> 20);
        why.code = ERR_TOO_LARGE;
        conclude(a, &why);
        return;
    }
    go_on(a);
}

static struct part *next_address(struct attach *a)
{
    for (; a->message < a->req->n_messages; a->message++, a->part = 0) {
        struct message *m = &a->req->messages[a->message];
        while (a->part < m->n_parts) {
            struct part *p = &m->parts[a->part++];
            if (a->fetch && wants_fetching(a->plan, p))
                return p;
        }
    }
    return NULL;
}

static void go_on(struct attach *a)
{
    struct part *p = next_address(a);
    if (p)
        a->url = attach_url_start(a->engine, p, on_fetched, a);
    else
        a->work = attach_work_start(a->engine->loop, a->req, on_worked, a);
}

bool attach_unsettled(const struct chat_request *req)
{
    return attach_work_needed(req);
}

struct attach *attach_settle(struct engine *e, struct chat_request *req,
                             void (*done)(void *data, const struct error *err), void *data)
{
    return attach_start(e, req, NULL, false, done, data);
}

struct attach *attach_start(struct engine *e, struct chat_request *req, struct plan *plan, bool fetch,
                            void (*done)(void *data, const struct error *err), void *data)
{
    struct attach *a = NEW(struct attach);
    *a = (struct attach){.engine = e, .req = req, .plan = plan, .fetch = fetch, .done = done, .data = data};
    for (size_t m = 0; m < req->n_messages; m++)
        for (size_t i = 0; i < req->messages[m].n_parts; i++)
            read_address(&req->messages[m].parts[i]);
    go_on(a);
    return a;
}

struct attach *attach_cancel(struct attach *a)
{
    if (!a)
        return NULL;
    if (a->work) {
        attach_work_abandon(a->work);
    } else {
        attach_url_cancel(a->url);
        chat_request_free(a->req);
    }
    free(a);
    return NULL;
}
