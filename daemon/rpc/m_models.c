/* models.list, models.get, models.refresh */
#include "daemon/engine/offers.h"
#include "daemon/engine/refresh.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/codec.h"
#include "lib/proto/mp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX (64u << 20)
#define NAME_MAX_BYTES 1024 /* of provider/name, both of which have bounds that are lower together */

/* Entries of a map under way. */
struct entries {
    struct buf *b;
    uint32_t n;
};

static void put(struct entries *e, const char *key, const char *value)
{
    if (!value)
        return;
    mp_put_entry(e->b, key, value);
    e->n++;
}

static void put_count(struct entries *e, const char *key, int64_t value)
{
    if (value <= 0)
        return;
    mp_put_entry_int(e->b, key, value);
    e->n++;
}

static void put_known(struct entries *e, const char *key, enum known value)
{
    if (value == KNOWN_NOT)
        return;
    mp_put_cstr(e->b, key);
    mp_put_bool(e->b, value == KNOWN_YES);
    e->n++;
}

static void put_double(struct entries *e, const char *key, double value)
{
    mp_put_cstr(e->b, key);
    mp_put_double(e->b, value);
    e->n++;
}

static void put_rate(struct entries *e, const char *key, int64_t rate)
{
    if (rate != PRICE_UNKNOWN)
        put_double(e, key, (double)rate / 1e9);
}

static void put_time(struct entries *e, const char *key, int64_t us)
{
    if (us == 0)
        return;
    mp_put_entry_time(e->b, key, us);
    e->n++;
}

/* -- lists of names -- */

struct counted {
    struct buf *b; /* NULL: they are counted only */
    uint32_t n;
};

static void put_name(void *data, const char *name)
{
    struct counted *c = data;
    if (c->b)
        mp_put_cstr(c->b, name);
    c->n++;
}

static void put_modalities(struct entries *e, const char *key, unsigned set)
{
    struct counted count = {0}, out = {.b = e->b};
    if (!set)
        return;
    modality_each(set, put_name, &count);
    mp_put_cstr(e->b, key);
    mp_put_array(e->b, count.n);
    modality_each(set, put_name, &out);
    e->n++;
}

static bool names_it(const struct alias *a, const struct offer *o, const char *full_name)
{
    for (size_t i = 0; i < a->n_models; i++)
        if (strcmp(a->models[i], full_name) == 0 || (o->model && strcmp(a->models[i], o->model->id) == 0))
            return true;
    return false;
}

static void put_aliases(struct entries *e, const struct aliases *as, const struct offer *o, const char *full_name)
{
    uint32_t n = 0;
    for (size_t i = 0; i < aliases_count(as); i++)
        n += names_it(aliases_at(as, i), o, full_name);
    mp_put_cstr(e->b, "aliases");
    mp_put_array(e->b, n);
    for (size_t i = 0; i < aliases_count(as); i++)
        if (names_it(aliases_at(as, i), o, full_name))
            mp_put_cstr(e->b, aliases_at(as, i)->name);
    e->n++;
}

static void put_tags(struct entries *e, const struct model *m)
{
    uint32_t n = 0;
    while (m && m->tags && m->tags[n])
        n++;
    mp_put_cstr(e->b, "tags");
    mp_put_array(e->b, n);
    for (uint32_t i = 0; i < n; i++)
        mp_put_cstr(e->b, m->tags[i]);
    e->n++;
}

static void put_scores(struct entries *e, const struct model *m)
{
    size_t n = m ? m->n_scores : 0;
    mp_put_cstr(e->b, "scores");
    mp_put_map(e->b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        mp_put_cstr(e->b, m->scores[i].board);
        mp_put_double(e->b, m->scores[i].value);
    }
    e->n++;
}

/* -- an offer -- */

static void put_price(struct entries *e, const struct price *p)
{
    if (!p)
        return;
    put_rate(e, "price_input", p->input);
    put_rate(e, "price_output", p->output);
    put_rate(e, "price_cached_input", p->cached_input);
    put_rate(e, "price_cache_write", p->cache_write);
    put(e, "currency", p->currency);
    put_time(e, "since", p->since_us);
}

/* There, else where most are bought. */
static const struct model_premium *premium_at(const struct model *m, const char *kind, int64_t now_us)
{
    const struct model_premium *own = model_premium_at(m, kind, now_us);

    return own ? own : model_premium_at(m, PREMIUM_KIND, now_us);
}

static void put_offer(struct entries *e, const struct route_world *w, const struct offer *o)
{
    const struct model *m = o->model;
    const struct facts *f = &o->facts;
    const struct model_premium *premium = m ? premium_at(m, f->kind, w->now_us) : NULL;
    char name[NAME_MAX_BYTES];
    offer_put_name(o, name, sizeof name);
    put(e, "id", m ? m->id : name);
    put(e, "provider", o->provider);
    put(e, "name", o->name);
    put(e, "model", name);
    put(e, "title", f->listed && f->listed->title ? f->listed->title : m ? m->title : NULL);
    put_count(e, "context_window", facts_context_window(f));
    put_count(e, "max_output", facts_max_output(f));
    put_modalities(e, "modalities_in", facts_input(f));
    put_modalities(e, "modalities_out", facts_output(f));
    put_price(e, o->name[0] ? facts_price(f, w->now_us, 0) : NULL);
    if (premium)
        put_double(e, "premium_multiplier", (double)premium->multiplier_nano / 1e9);
    put_known(e, "reasoning", facts_reasoning(f));
    put_known(e, "tools", facts_tools(f));
    put_scores(e, m);
    put_aliases(e, w->aliases, o, name);
    put_tags(e, m);
    put_known(e, "available", o->available ? KNOWN_YES : KNOWN_NO);
}

/* -- models.list -- */

struct list {
    const struct route_world *w;
    const char *tag; /* NULL: any */
    struct buf b;
    uint32_t n;
};

static void list_offer(void *data, const struct offer *o)
{
    struct list *l = data;
    if (l->tag && !(o->model && model_has_tag(o->model, l->tag)))
        return;
    struct entries e = {.b = &l->b};
    size_t at = mp_open_map(&l->b);
    put_offer(&e, l->w, o);
    mp_close_map(&l->b, at, e.n);
    l->n++;
}

/* malloc'd, NULL where the parameter is absent. */
static char *param(const struct call *c, const char *key)
{
    const msgpack_object *o = mp_get(&c->params, key);
    const char *s;
    size_t len;
    return o && mp_str(o, &s, &len) ? xstrndup(s, len) : NULL;
}

enum error_code m_models_list(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    const struct route_world w = engine_world(s->engine);
    char *provider = param(c, "provider"), *tag = param(c, "tag");
    struct list l = {.w = &w, .tag = tag};
    buf_init(&l.b, REPLY_MAX);
    offers_each(&w, provider, list_offer, &l);
    enum error_code code = server_may_send(s, c->peer, l.b.len, err);
    if (code == ERR_NONE) {
        struct buf *b = call_begin(c);
        mp_put_array(b, l.n);
        buf_append(b, l.b.data, l.b.len);
        call_end(c);
    }
    buf_done(&l.b);
    free(provider);
    free(tag);
    return code;
}

/* -- models.get -- */

static void put_names(struct entries *e, const struct model *m)
{
    mp_put_cstr(e->b, "names");
    mp_put_array(e->b, (uint32_t)m->n_names);
    for (size_t i = 0; i < m->n_names; i++) {
        char name[NAME_MAX_BYTES];
        struct offer o = {.model = m, .provider = m->names[i].provider, .name = m->names[i].name};
        offer_put_name(&o, name, sizeof name);
        mp_put_cstr(e->b, name);
    }
    e->n++;
}

static void put_hours(struct entries *e, const struct price *p)
{
    char text[32];
    if (p->from_minute == 0 && p->to_minute == 0)
        return;
    snprintf(text, sizeof text, "%02d:%02d-%02d:%02d", p->from_minute / 60, p->from_minute % 60, p->to_minute / 60,
             p->to_minute % 60);
    put(e, "hours", text);
}

static void put_price_row(struct entries *e, const struct price *p, const char *at)
{
    put(e, "at", p->at ? p->at : at);
    put_time(e, "since", p->since_us);
    put_time(e, "until", p->until_us);
    put_count(e, "above_tokens", p->above_tokens);
    put_hours(e, p);
    put_rate(e, "input", p->input);
    put_rate(e, "cached_input", p->cached_input);
    put_rate(e, "cache_write", p->cache_write);
    put_rate(e, "output", p->output);
    put_rate(e, "request", p->request);
    put_rate(e, "image", p->image);
    put_rate(e, "input_audio", p->input_audio);
    put_rate(e, "output_audio", p->output_audio);
    put(e, "currency", p->currency);
    put(e, "source", p->source);
}

/* at: where those hold that do not tell it, NULL: at the model's first name. */
static void put_price_rows(struct buf *b, const struct price *prices, size_t n, const char *at)
{
    for (size_t i = 0; i < n; i++) {
        struct entries row = {.b = b};
        size_t map = mp_open_map(b);
        put_price_row(&row, &prices[i], at);
        mp_close_map(b, map, row.n);
    }
}

/* Those of the provider's own list, which count where they hold, then the catalogue's. */
static void put_prices(struct entries *e, const struct offer *o)
{
    const struct listed *l = o->facts.listed;
    const struct model *m = o->model;
    mp_put_cstr(e->b, "prices");
    mp_put_array(e->b, (uint32_t)((l ? l->n_prices : 0) + (m ? m->n_prices : 0)));
    if (l)
        put_price_rows(e->b, l->prices, l->n_prices, o->provider);
    if (m)
        put_price_rows(e->b, m->prices, m->n_prices, NULL);
    e->n++;
}

static void put_premiums(struct entries *e, const struct model *m)
{
    mp_put_cstr(e->b, "premiums");
    mp_put_array(e->b, (uint32_t)m->n_premiums);
    for (size_t i = 0; i < m->n_premiums; i++) {
        const struct model_premium *p = &m->premiums[i];
        struct entries row = {.b = e->b};
        size_t at = mp_open_map(e->b);
        put_double(&row, "multiplier", (double)p->multiplier_nano / 1e9);
        put(&row, "at", p->at);
        put_time(&row, "since", p->since_us);
        put_time(&row, "until", p->until_us);
        put(&row, "source", p->source);
        mp_close_map(e->b, at, row.n);
    }
    e->n++;
}

static void put_score_rows(struct entries *e, const struct model *m)
{
    mp_put_cstr(e->b, "score_rows");
    mp_put_array(e->b, (uint32_t)m->n_scores);
    for (size_t i = 0; i < m->n_scores; i++) {
        const struct model_score *s = &m->scores[i];
        struct entries row = {.b = e->b};
        size_t at = mp_open_map(e->b);
        put(&row, "board", s->board);
        put_double(&row, "value", s->value);
        put(&row, "on", s->on);
        put(&row, "source", s->source);
        mp_close_map(e->b, at, row.n);
    }
    e->n++;
}

static void put_speeds(struct entries *e, const struct model *m)
{
    mp_put_cstr(e->b, "speeds");
    mp_put_array(e->b, (uint32_t)m->n_speeds);
    for (size_t i = 0; i < m->n_speeds; i++) {
        const struct model_speed *s = &m->speeds[i];
        struct entries row = {.b = e->b};
        size_t at = mp_open_map(e->b);
        put_double(&row, "tokens_per_second", s->tokens_per_second);
        put(&row, "at", s->at);
        put(&row, "on", s->on);
        put(&row, "source", s->source);
        mp_close_map(e->b, at, row.n);
    }
    e->n++;
}

static void put_all_known(struct entries *e, const struct route_world *w, const struct offer *o)
{
    const struct model *m = o->model;
    double first_ms = o->section ? health_first_token_ms(w->health, o->provider, o->name) : -1;
    if (first_ms >= 0)
        put_double(e, "first_token_ms", first_ms);
    put(e, "family", tokens_family_name(facts_family(&o->facts)));
    if (facts_known(&o->facts))
        put_prices(e, o);
    if (m) {
        put_names(e, m);
        put_premiums(e, m);
        put_score_rows(e, m);
        put_speeds(e, m);
        put(e, "released", m->released);
        put(e, "retired", m->retired);
        put(e, "serve", m->serve);
    }
}

static void reply_with(struct call *c, const struct route_world *w, const struct offer *o)
{
    struct buf *b = call_begin(c);
    struct entries e = {.b = b};
    size_t at = mp_open_map(b);
    put_offer(&e, w, o);
    put_all_known(&e, w, o);
    mp_close_map(b, at, e.n);
    call_end(c);
}

enum error_code m_models_get(struct call *c, struct error *err)
{
    const struct route_world w = engine_world(c->peer->server->engine);
    char *name = param(c, "model");
    struct offer o;
    bool found = offers_find(&w, name, &o);
    if (!found) {
        error_set_param(err, "model", "no model is known as %.100s; askctl models lists those that are", name);
        err->code = ERR_NOT_FOUND;
    }
    if (found)
        reply_with(c, &w, &o);
    free(name); /* the offer may borrow it */
    return found ? ERR_NONE : ERR_NOT_FOUND;
}

/* -- models.refresh -- */

static void put_refreshed(struct buf *b, const struct refreshed *list, size_t n)
{
    mp_put_map(b, 1);
    mp_put_cstr(b, "providers");
    mp_put_array(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        bool failed = list[i].error.code != ERR_NONE;
        mp_put_map(b, 3);
        mp_put_entry(b, "provider", list[i].provider);
        mp_put_entry_uint(b, "models", failed ? 0 : list[i].models);
        mp_put_cstr(b, failed ? "error" : "cut");
        if (failed)
            codec_put_error(b, &list[i].error, NULL, false);
        else
            mp_put_bool(b, list[i].cut);
    }
}

static void on_refreshed(void *data, const struct refreshed *list, size_t n, const struct error *err)
{
    struct later *l = data;
    if (err) {
        later_fail(l, err);
        return;
    }
    struct buf *b = later_begin(l);
    if (b)
        put_refreshed(b, list, n);
    later_end(l);
}

enum error_code m_models_refresh(struct call *c, struct error *err)
{
    char *provider = param(c, "provider");
    struct later *l = later_new(c);
    enum error_code code = refresh_start(c->peer->server->engine, provider, on_refreshed, l, err);
    if (code != ERR_NONE)
        later_free(l);
    free(provider);
    return code;
}
