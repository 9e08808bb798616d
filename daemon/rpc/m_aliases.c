/* models.aliases */
#include "daemon/engine/engine.h"
#include "daemon/engine/providers.h"
#include "daemon/engine/route.h"
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/server.h"
#include "lib/proto/mp.h"
#include <stdio.h>

#define NAME_MAX_BYTES 1024 /* of provider/name, both of which have bounds that are lower together */
#define REPLY_MAX (64u << 20)

static void put_models(struct buf *b, const struct alias *a)
{
    mp_put_cstr(b, "models");
    mp_put_array(b, (uint32_t)a->n_models);
    for (size_t i = 0; i < a->n_models; i++)
        mp_put_cstr(b, a->models[i]);
}

/* In the order in which a question of which nothing is known would ask them. */
static void put_candidates(struct buf *b, const struct plan *plan)
{
    char name[NAME_MAX_BYTES];
    mp_put_cstr(b, "candidates");
    mp_put_array(b, (uint32_t)plan->n);
    for (size_t i = 0; i < plan->n; i++) {
        snprintf(name, sizeof name, "%s/%s", plan->routes[i].provider->name, plan->routes[i].model);
        mp_put_cstr(b, name);
    }
}

static void put_error(struct buf *b, enum error_code code, const struct error *err)
{
    mp_put_cstr(b, "error");
    mp_put_map(b, 2);
    mp_put_entry(b, "code", error_name(code));
    mp_put_entry(b, "message", err->message);
}

/* What only one policy goes by; the number of entries. */
static uint32_t put_own(struct buf *b, const struct alias *a)
{
    if (a->policy == ALIAS_RACE)
        mp_put_entry_int(b, "race_delay_ms", a->race_delay_ms);
    else if (a->policy == ALIAS_BEST)
        mp_put_entry(b, "board", a->board);
    return a->policy == ALIAS_RACE || a->policy == ALIAS_BEST;
}

static void put_alias(struct buf *b, const struct route_world *w, const struct alias *a)
{
    struct plan plan = {0};
    struct error err = ERROR_INIT;
    enum error_code code = route_model(w, a->name, NULL, &plan, &err);
    size_t at = mp_open_map(b);
    mp_put_entry(b, "alias", a->name);
    mp_put_entry(b, "policy", alias_policy_name(a->policy));
    put_models(b, a);
    put_candidates(b, &plan);
    uint32_t n = 4 + put_own(b, a);
    if (code != ERR_NONE) {
        put_error(b, code, &err);
        n++;
    }
    mp_close_map(b, at, n);
    plan_done(&plan);
}

enum error_code m_models_aliases(struct call *c, struct error *err)
{
    struct server *s = c->peer->server;
    const struct route_world w = engine_world(s->engine);
    struct buf list;
    buf_init(&list, REPLY_MAX);
    for (size_t i = 0; i < aliases_count(w.aliases); i++)
        put_alias(&list, &w, aliases_at(w.aliases, i));
    enum error_code code = list.failed ? error_set(err, ERR_TOO_LARGE, "the aliases are over %u bytes", REPLY_MAX)
                                       : server_may_send(s, c->peer, list.len, err);
    if (code == ERR_NONE) {
        struct buf *b = call_begin(c);
        mp_put_array(b, (uint32_t)aliases_count(w.aliases));
        buf_append(b, list.data, list.len);
        call_end(c);
    }
    buf_done(&list);
    return code;
}
