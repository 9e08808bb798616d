#include "daemon/engine/windows.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

const char *const windows_policies[] = {"error", "drop_oldest", "summarize", NULL};

static struct window_model model_of(const struct catalog *c, const struct route *r)
{
    struct facts f = catalog_facts(c, r->provider->name, r->provider->kind, r->model);
    return (struct window_model){.window = r->window, .max_output = facts_max_output(&f), .family = facts_family(&f)};
}

static bool all_easy(const struct window_question *q, const struct plan *plan, unsigned warn)
{
    for (size_t i = 0; i < plan->n; i++)
        if (!window_easy(q, plan->routes[i].window, warn))
            return false;
    return true;
}

static bool same_cut(const struct window_cut *a, const struct window_cut *b)
{
    return a->first == b->first && a->summarized == b->summarized;
}

/* Candidates that are sent the same share it. */
static struct window_view *view_of(const struct windows *w, const struct window_question *q, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (w->fits[j].view && same_cut(&w->fits[j].cut, &w->fits[i].cut))
            return w->fits[j].view;
    return window_view_new(q, &w->fits[i].cut);
}

static void give_summary(struct window_question *q, const struct windows_summary *s)
{
    if (!s || !s->text)
        return;
    q->summary = s->text;
    q->reach = s->reach;
}

void windows_make(const struct catalog *c, const struct plan *plan, const struct chat_request *req,
                  const struct windows_rules *rules, const struct windows_summary *summary, struct windows *ret)
{
    struct window_question q;
    *ret = (struct windows){.policy = req->context_policy};
    if (ret->policy == CONTEXT_DEFAULT)
        ret->policy = (enum context_policy)(CONTEXT_ERROR + rules->policy);
    window_question_init(&q, req);
    if (all_easy(&q, plan, (unsigned)rules->warn)) {
        window_question_done(&q);
        return;
    }
    give_summary(&q, summary);
    ret->n = plan->n;
    ret->fits = xcalloc(plan->n, sizeof *ret->fits);
    for (size_t i = 0; i < plan->n; i++) {
        struct window_fit *f = &ret->fits[i];
        const struct window_model m = model_of(c, &plan->routes[i]);
        window_decide(&q, &m, ret->policy, (unsigned)rules->warn, &f->cut);
        if (f->cut.verdict == WINDOW_CUT)
            f->view = view_of(ret, &q, i);
    }
    window_question_done(&q);
}

void windows_unsummarized(struct windows *w, const struct error *why)
{
    if (!w->unsummarized)
        w->unsummarized = NEW(struct error);
    *w->unsummarized = *why;
}

void windows_done(struct windows *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct window_view *v = w->fits[i].view;
        for (size_t j = i; j < w->n; j++)
            if (w->fits[j].view == v)
                w->fits[j].view = NULL;
        window_view_free(v);
    }
    free(w->fits);
    free(w->unsummarized);
    w->fits = NULL;
    w->unsummarized = NULL;
    w->n = 0;
}

const struct chat_request *windows_chat(const struct windows *w, const struct chat_request *req, size_t i)
{
    return i < w->n && w->fits[i].view ? &w->fits[i].view->chat : req;
}

const struct window_cut *windows_told(const struct windows *w, size_t i)
{
    return i < w->n && w->fits[i].cut.verdict != WINDOW_FITS ? &w->fits[i].cut : NULL;
}

int64_t windows_tokens(const struct windows *w, size_t i)
{
    return i < w->n ? w->fits[i].cut.estimated : -1;
}

size_t windows_reach(const struct catalog *c, const struct plan *plan, const struct chat_request *req,
                     const struct windows *w, const struct windows_summary *summary, size_t most)
{
    struct window_question q;
    struct window_cut cut;
    if (w->n == 0 || w->policy != CONTEXT_SUMMARIZE || w->fits[0].cut.verdict != WINDOW_CUT)
        return 0;
    window_question_init(&q, req);
    give_summary(&q, summary);
    const struct window_model m = model_of(c, &plan->routes[0]);
    window_decide(&q, &m, w->policy, 0, &cut);
    size_t reach = window_reach(&q, &m, &cut, most);
    window_question_done(&q);
    return reach;
}
