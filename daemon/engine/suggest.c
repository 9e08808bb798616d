#include "daemon/engine/suggest.h"
#include "daemon/engine/lookup.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

struct suggestion {
    char scope[ITEM_SCOPE_MAX];
    char *provider, *model; /* who gave it */
    int64_t max_tokens;
    struct chat_gap *gap;
    struct gap_text text; /* owned */
    struct usage usage;
    enum finish_reason finish;
    int64_t created_us, expires_us; /* wall clock */
    int64_t saved_nano, saved_ms;
    char currency[8];
    size_t bytes;
    TAILQ_ENTRY(suggestion) link;
};

/* -- what a text was suggested for, and what it is asked for -- */

#define ENOUGH 1024 /* bytes; an editor may have cut what it sent, and not say so */

/* Two views of the text on one side of a gap that are the same from the gap on, as far as both go: are they of one
 * text? One that was not cut ends where its text does, unless it is so long that it may have been cut before. */
static bool agree(size_t a, bool a_cut, size_t b, bool b_cut)
{
    size_t shorter = a < b ? a : b, longer = a < b ? b : a;
    bool cut = a < b ? a_cut : b_cut;
    return a == b || ((cut || shorter >= ENOUGH) && shorter >= longer - longer / 4);
}

/* The gap, with the last n bytes before it taken back. */
static bool same_before(const struct chat_gap *a, const struct chat_gap *b, size_t n)
{
    size_t len = b->prefix_len - n, same = len < a->prefix_len ? len : a->prefix_len;
    return memcmp(a->prefix + a->prefix_len - same, b->prefix + len - same, same) == 0;
}

static bool same_behind(const struct chat_gap *a, const struct chat_gap *b)
{
    size_t n = a->suffix_len < b->suffix_len ? a->suffix_len : b->suffix_len;
    return agree(a->suffix_len, a->suffix_cut, b->suffix_len, b->suffix_cut) && memcmp(a->suffix, b->suffix, n) == 0;
}

static bool same_language(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

long suggest_typed(const struct chat_gap *from, struct gap_text text, const struct chat_gap *to)
{
    if (!same_language(from->language, to->language) || !same_behind(from, to))
        return -1;
    for (size_t n = 0; n < text.len && n <= to->prefix_len; n++)
        if (agree(from->prefix_len, from->prefix_cut, to->prefix_len - n, to->prefix_cut) &&
            memcmp(to->prefix + to->prefix_len - n, text.data, n) == 0 && same_before(from, to, n))
            return (long)n;
    return -1;
}

/* -- what there is -- */

void suggestions_init(struct suggestions *s)
{
    TAILQ_INIT(&s->list);
    s->bytes = 0;
}

static void drop(struct suggestions *all, struct suggestion *s)
{
    TAILQ_REMOVE(&all->list, s, link);
    all->bytes -= s->bytes;
    chat_gap_free(s->gap);
    free((char *)(uintptr_t)s->text.data);
    free(s->provider);
    free(s->model);
    free(s);
}

void suggestions_clear(struct suggestions *all, const char *scope)
{
    struct suggestion *s, *next;
    for (s = TAILQ_FIRST(&all->list); s; s = next) {
        next = TAILQ_NEXT(s, link);
        if (!scope || strcmp(s->scope, scope) == 0)
            drop(all, s);
    }
}

static bool is_worth_it(const struct fold *f)
{
    return !f->lossy && !f->rich && f->text.len > 0 && f->finished &&
           (f->finish == FINISH_STOP || f->finish == FINISH_LENGTH);
}

#define ALLOCATIONS 8 /* of a suggestion and its gap */
#define ALLOCATION 16 /* bytes that each costs besides */

static size_t bytes_of(const struct chat_gap *g, const struct fold *fold, const struct item_facts *facts)
{
    return sizeof(struct suggestion) + sizeof *g + g->prefix_len + g->suffix_len +
           (g->language ? strlen(g->language) : 0) + fold->text.len + strlen(facts->provider) + strlen(facts->model) +
           ALLOCATIONS * ALLOCATION;
}

void suggest_add(struct engine *e, const struct chat_request *req, const struct fold *fold,
                 const struct item_facts *facts)
{
    struct suggestions *all = &e->suggestions;
    const struct chat_gap *g = req->gap;
    size_t max = (size_t)e->opt.complete.memory;
    size_t bytes = bytes_of(g, fold, facts);
    if (!is_worth_it(fold) || bytes > max)
        return;
    while (all->bytes + bytes > max)
        drop(all, TAILQ_LAST(&all->list, suggestion_list));
    struct suggestion *s = NEW(struct suggestion);
    error_text(s->scope, sizeof s->scope, facts->scope, strlen(facts->scope));
    s->provider = xstrdup(facts->provider);
    s->model = xstrdup(facts->model);
    s->max_tokens = req->max_tokens;
    s->gap = chat_gap_new((struct gap_text){g->prefix, g->prefix_len}, (struct gap_text){g->suffix, g->suffix_len},
                          g->language);
    s->gap->prefix_cut = g->prefix_cut;
    s->gap->suffix_cut = g->suffix_cut;
    char *text = xmalloc(fold->text.len); /* bounded by `max` */
    memcpy(text, fold->text.data, fold->text.len);
    s->text = (struct gap_text){text, fold->text.len};
    s->usage = fold->usage;
    s->finish = fold->finish;
    s->created_us = facts->created_us;
    s->expires_us = facts->expires_us;
    s->saved_nano = facts->saved_nano;
    s->saved_ms = facts->saved_ms;
    error_text(s->currency, sizeof s->currency, facts->currency, strlen(facts->currency));
    s->bytes = bytes;
    all->bytes += bytes;
    TAILQ_INSERT_HEAD(&all->list, s, link);
}

/* -- one that goes on -- */

static bool is_candidate(const struct plan *plan, const struct suggestion *s)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct route *r = &plan->routes[i];
        if (strcmp(r->provider->name, s->provider) == 0 && (!r->model[0] || strcmp(r->model, s->model) == 0))
            return true;
    }
    return false;
}

/* *typed: so much of it has been. */
static struct suggestion *find(struct engine *e, const struct plan *plan, const struct chat_request *req, uid_t uid,
                               size_t *typed)
{
    char scope[ITEM_SCOPE_MAX];
    struct suggestion *s;
    int64_t now_us = clock_wall_us();
    cache_scope(e->cache, uid, scope);
    TAILQ_FOREACH (s, &e->suggestions.list, link) {
        if (s->max_tokens != req->max_tokens || s->expires_us <= now_us || strcmp(s->scope, scope) != 0 ||
            !is_candidate(plan, s))
            continue;
        long n = suggest_typed(s->gap, s->text, req->gap);
        *typed = n < 0 ? 0 : (size_t)n;
        if (n >= 0)
            return s;
    }
    return NULL;
}

static void keep_rest(struct engine *e, const struct suggestion *s, size_t typed, const struct cache_key *key)
{
    const struct item_facts facts = {.key = *key,
                                     .scope = s->scope,
                                     .kind = ITEM_ANSWER,
                                     .created_us = s->created_us,
                                     .expires_us = s->expires_us,
                                     .provider = s->provider,
                                     .model = s->model,
                                     .saved_nano = s->saved_nano,
                                     .saved_ms = s->saved_ms,
                                     .currency = s->currency};
    struct fold fold;
    fold_text(&fold, s->text.data + typed, s->text.len - typed);
    error_text(fold.provider, sizeof fold.provider, s->provider, strlen(s->provider));
    error_text(fold.model, sizeof fold.model, s->model, strlen(s->model));
    fold.usage = s->usage;
    fold.finish = s->finish;
    lookup_keep(e, &facts, &fold, false);
    fold_done(&fold);
}

static void use(struct engine *e, struct suggestion *s, size_t typed, const struct lookup_question *q, uid_t uid)
{
    struct lookup k;
    struct cache_key key;
    lookup_make(e, q, uid, &k);
    if (lookup_key_of(e, &k, q, s->provider, s->model, &key) && !cache_has(e->cache, k.scope, &key))
        keep_rest(e, s, typed, &key);
    lookup_done(&k);
    TAILQ_REMOVE(&e->suggestions.list, s, link);
    TAILQ_INSERT_HEAD(&e->suggestions.list, s, link);
}

void suggest_look(struct engine *e, const struct chat_request *req, uid_t uid)
{
    struct route_world world = engine_world(e);
    struct plan plan = {0};
    struct windows windows;
    size_t typed;
    if (TAILQ_EMPTY(&e->suggestions.list) || route_model(&world, req->model, req, &plan, NULL) != ERR_NONE) {
        plan_done(&plan);
        return;
    }
    struct suggestion *s = find(e, &plan, req, uid, &typed);
    if (s) {
        windows_make(e->catalog, &plan, req, &e->opt.windows, NULL, &windows);
        use(e, s, typed, &(struct lookup_question){&plan, req, &windows}, uid);
        windows_done(&windows);
    }
    plan_done(&plan);
}
