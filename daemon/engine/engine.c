#include "daemon/engine/engine.h"
#include "daemon/core/config.h"
#include "daemon/engine/aside.h"
#include "daemon/engine/ask.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/embed.h"
#include "daemon/engine/estimate.h"
#include "daemon/engine/flight.h"
#include "daemon/engine/refresh.h"
#include "daemon/engine/spending.h"
#include "daemon/engine/warm.h"
#include "daemon/key/key_command.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/version.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_BYTES_MAX (2 * PROVIDER_EVENT_MAX) /* an encoded event */

#define AT(field) offsetof(struct engine_options, field)
#define DAY_MS (86400ll * 1000)

const struct config_option engine_option_rows[] = {
    {"default_model", CONFIG_STRING, AT(default_model), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "The model that is asked where none is named: an alias, a catalogue id, or provider/model. Without it the first "
     "ready provider's usual one."},
    {"allow_private_urls", CONFIG_BOOL, AT(allow_private_urls), 0, 0, "no", NULL, CONFIG_RELOAD,
     "Whether an address in a question may lead to this machine or to a private network, where the daemon fetches what "
     "is there. Whoever may ask can then read what the daemon can reach."},
    {"breaker_failures", CONFIG_INT, AT(health.breaker_failures), 1, 1000, "10", NULL, CONFIG_RELOAD,
     "After so many failures of a provider in a row, with one model, this model is not asked there for a while. What a "
     "provider refuses for the question's sake is no failure."},
    {"breaker_wait", CONFIG_DURATION, AT(health.breaker_wait_ms), 10, DAY_MS, "10 s", NULL, CONFIG_RELOAD,
     "How long that is. Then one question tries it; where that fails too, the time doubles, up to ten times this."},
    {"speed_memory", CONFIG_DURATION, AT(health.speed_memory_ms), 1000, 365 * DAY_MS, "1 d", NULL, CONFIG_RELOAD,
     "How long a measured time to the first token counts, for aliases with policy fastest. A model without one is "
     "tried first."},
    {"slow_question", CONFIG_DURATION, AT(slow_question_ms), 0, DAY_MS, "30 s", NULL, CONFIG_RELOAD,
     "A question that takes longer until its asker has the answer is logged, with where the time went: before it was "
     "asked, for a connection, at the provider, in the store, at a reader that was slow. 0: none is."},
    {"context_policy", CONFIG_ENUM, AT(windows.policy), 0, 0, "error", windows_policies, CONFIG_RELOAD,
     "What becomes of a question that outgrows the model's window, where it does not say itself. error: it is refused. "
     "drop_oldest: the oldest turns of the conversation are not sent. summarize: a summary is sent in their place."},
    {"summary_model", CONFIG_STRING, AT(summary_model), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Who makes these summaries: a name as for default_model. Without it the model that is asked."},
    {"title_model", CONFIG_STRING, AT(title_model), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Who gives a new conversation a title, after its first answer: a name as for default_model, of a cheap model. "
     "Without it the first words of the question are its title."},
    {"complete_model", CONFIG_STRING, AT(complete.model), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Who completes code at an editor's cursor: a name as for default_model, best of a fast model that was made to "
     "fill gaps. Without it the model that is asked by default."},
    {"complete_context", CONFIG_INT, AT(complete.context), 16, 1000000, "2048", NULL, CONFIG_RELOAD,
     "How much of the text around the cursor such a model is shown, in tokens: three quarters before it, one behind "
     "it; what one side does not need, the other has."},
    {"complete_max_tokens", CONFIG_INT, AT(complete.max_tokens), 1, 1000000, "256", NULL, CONFIG_RELOAD,
     "Bound on what it writes, in tokens, where the editor names none."},
    {"complete_memory", CONFIG_SIZE, AT(complete.memory), 0, 1ll << 30, "4 MiB", NULL, CONFIG_RELOAD,
     "What is kept of the last suggestions, so that nobody is asked while an editor's user types along one. "
     "0: nothing."},
    {"context_warn", CONFIG_INT, AT(windows.warn), 0, 100, "80", NULL, CONFIG_RELOAD,
     "Per cent of a model's window from which on a question is told how much of it it fills. 0: never."},
    {0},
};

static void take_knowledge(struct engine *e, const struct engine_knowledge *k)
{
    e->providers = providers_ref(k->providers);
    e->catalog = catalog_ref(k->catalog);
    e->aliases = aliases_ref(k->aliases);
    e->opt = *k->opt;
    e->lists_path = k->lists_path;
}

/* Reading them starts a thread, which a daemon that does not go by them has no use for. */
static void load_speeds(struct engine *e)
{
    for (size_t i = 0; i < aliases_count(e->aliases); i++)
        if (aliases_at(e->aliases, i)->policy == ALIAS_FASTEST)
            health_load(e->health);
}

struct engine *engine_new(uv_loop_t *loop, struct answer_table *table, struct store *store, struct cache *cache,
                          const struct engine_knowledge *k)
{
    struct engine *e = NEW(struct engine);
    e->loop = loop;
    e->table = table;
    e->store = store;
    e->cache = cache;
    e->key_maker = key_maker_new();
    take_knowledge(e, k);
    char user_agent[128];
    (void)snprintf(user_agent, sizeof user_agent, "%s/%s", PACKAGE_NAME, askd_version);
    e->pool = http_pool_new(loop, user_agent);
    e->gates = gate_room_new(loop);
    e->health = health_new(loop, store, &e->opt.health);
    e->keys = key_room_new(loop, NULL);
    attempt_room_init(&e->attempts, loop, e->pool);
    e->discovery = discovery_new(loop, e->pool);
    warm_init(e);
    keep_room_init(&e->keeps, loop, store, table);
    meter_init(&e->meter);
    e->tally = tally_new(loop, store, &e->meter);
    e->books = books_new(loop, store, e->tally);
    e->keeps.books = e->books;
    TAILQ_INIT(&e->asks);
    TAILQ_INIT(&e->recalls);
    TAILQ_INIT(&e->key_tests);
    TAILQ_INIT(&e->embeds);
    TAILQ_INIT(&e->estimates);
    TAILQ_INIT(&e->asides);
    suggestions_init(&e->suggestions);
    buf_init(&e->scratch, EVENT_BYTES_MAX);
    load_speeds(e);
    e->spending = spending_new(e);
    spending_configure(e->spending, k->budgets);
    return e;
}

/* What was learnt of a provider by asking it does not go with its section's old values. */
static void carry_over(struct providers *to, const struct providers *from)
{
    for (size_t i = 0; i < providers_count(to); i++) {
        struct provider *p = providers_at(to, i);
        const struct provider *old = providers_find(from, p->name, strlen(p->name));
        if (!old)
            continue;
        p->latency_ms = old->latency_ms;
        struct keys *keys = keys_carry_over(p->keys, old->keys);
        keys_unref(p->keys);
        p->keys = keys;
    }
}

void engine_configure(struct engine *e, const struct engine_knowledge *k)
{
    struct providers *providers = e->providers;
    struct catalog *catalog = e->catalog;
    struct aliases *aliases = e->aliases;
    carry_over(k->providers, providers);
    suggestions_clear(&e->suggestions, NULL); /* they are of what a name meant before */
    take_knowledge(e, k);
    catalog_unref(e->catalog);
    e->catalog = catalog_with_newest_lists(k->catalog, catalog);
    health_configure(e->health, &e->opt.health);
    spending_configure(e->spending, k->budgets);
    load_speeds(e);
    keep_expire(&e->keeps); /* what is kept for how long may have changed */
    providers_unref(providers);
    catalog_unref(catalog);
    aliases_unref(aliases);
}

struct route_world engine_world(const struct engine *e)
{
    return (struct route_world){.providers = e->providers,
                                .catalog = e->catalog,
                                .aliases = e->aliases,
                                .health = e->health,
                                .default_model = e->opt.default_model,
                                .now_us = clock_wall_us()};
}

static void on_part_closed(void *data)
{
    struct engine *e = data;
    if (--e->to_close)
        return;
    void (*closed)(void *) = e->closed;
    void *closed_data = e->closed_data;
    providers_unref(e->providers);
    catalog_unref(e->catalog);
    aliases_unref(e->aliases);
    key_maker_free(e->key_maker);
    buf_done(&e->scratch);
    free(e);
    closed(closed_data);
}

void engine_on_ended(struct engine *e, void (*ended)(void *data), void *data)
{
    e->ended = ended;
    e->ended_data = data;
}

void engine_drain(struct engine *e)
{
    e->draining = true;
    asides_give_up(e, false);
}

void engine_interrupt(struct engine *e)
{
    e->draining = true;
    ask_interrupt_all(e);
    asides_give_up(e, true);
    key_tests_give_up_all(e);
    embed_interrupt_all(e);
    refresh_close(e);
    keep_hurry(&e->keeps);
}

void engine_close(struct engine *e, void (*closed)(void *data), void *data)
{
    e->draining = true;
    asides_give_up(e, true);
    ask_give_up_all(e);
    embed_interrupt_all(e);
    recall_give_up_all(e);
    key_tests_give_up_all(e);
    estimates_give_up_all(e);
    spending_give_up(e->spending);
    refresh_close(e);
    keep_room_close(&e->keeps);
    e->books = books_close(e->books);
    attempt_room_close(&e->attempts);
    suggestions_clear(&e->suggestions, NULL);
    warm_done(e);
    e->spending = spending_free(e->spending);
    e->tally = tally_free(e->tally);
    meter_done(&e->meter);
    e->gates = gate_room_free(e->gates);
    e->health = health_free(e->health);
    e->closed = closed;
    e->closed_data = data;
    e->to_close = 3;
    key_room_close(e->keys, on_part_closed, e);
    discovery_close(e->discovery, on_part_closed, e);
    http_pool_close(e->pool, on_part_closed, e);
}

static enum error_code no_such(struct error *err, const char *param, const char *id)
{
    error_set_param(err, param, "no %s %.64s", param, id);
    return err->code = ERR_NOT_FOUND;
}

enum error_code engine_check_ids(const struct chat_request *req, struct error *err)
{
    const char *c = req->conversation;
    bool word = c && (strcmp(c, CONVERSATION_NEW) == 0 || strcmp(c, CONVERSATION_LAST) == 0 ||
                      strcmp(c, CONVERSATION_OF_MESSAGE) == 0);
    if (c && !word && !id_valid(c, strlen(c)))
        return no_such(err, "conversation", c);
    const char *const messages[][2] = {{"parent", req->parent}, {"edit", req->edit}, {"regenerate", req->regenerate}};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (messages[i][1] && !id_valid(messages[i][1], strlen(messages[i][1])))
            return no_such(err, messages[i][0], messages[i][1]);
    return ERR_NONE;
}

enum error_code engine_ask(struct engine *e, struct chat_request *req, const struct answer_asker *asker,
                           const struct engine_question *shared, struct answer **ret, struct error *err)
{
    struct plan plan = {0};
    struct route_world world = engine_world(e);
    enum error_code code = ERR_NONE;
    if (e->draining)
        code = error_set(err, ERR_OVERLOADED, "the daemon is ending; ask again in a moment");
    if (code == ERR_NONE)
        code = route_model(&world, req->model, req, &plan, err);
    if (code == ERR_NONE)
        code = engine_check_ids(req, err);
    if (code != ERR_NONE) {
        plan_done(&plan);
        chat_request_free(req);
        return code;
    }
    struct answer_asker who = *asker;
    who.keep = asker->keep || req->conversation;
    who.store = !req->no_store && store_stores(e->store);
    *ret = ask_start(e, req, &plan, &who, shared, err);
    return *ret ? ERR_NONE : err->code;
}

struct answer *engine_failed(struct engine *e, const struct answer_asker *asker, const char *model,
                             const struct error *err)
{
    struct flight *f = flight_new(e);
    struct answer *a = answer_new(flight_log(f), asker);
    flight_name(f, "", model);
    flight_set_start(e, a, "", model);
    answer_accept(a);
    flight_end(f, LOG_FAILED, err);
    answer_settle(a);
    return a;
}

uint32_t engine_answer_tail(const struct answer *a, struct buf *scratch, const uint8_t **tail, size_t *len)
{
    const struct log *l = answer_log(a);
    uint32_t n;
    if (answer_state(a) == log_state(l) && log_state(l) != LOG_RUNNING && (*tail = log_tail(l, len, &n)))
        return n;
    struct fold fold;
    fold_log(&fold, l, answer_provider(a), answer_model(a));
    n = fold_put_tail(scratch, &fold, answer_error(a));
    fold_done(&fold);
    *tail = scratch->data;
    *len = scratch->len;
    return n;
}

void engine_stats(const struct engine *e, struct http_stats *ret)
{
    http_pool_stats(e->pool, ret);
}

void engine_provider_stats(const struct engine *e, const struct provider *p, struct http_host_stats *ret)
{
    http_host_stats(e->pool, p->base_url, ret);
}

void engine_when_spent(struct engine *e, void (*ready)(void *data), void *data)
{
    if (spending_known(e->spending))
        ready(data);
    else
        spending_wait(e->spending, ready, data);
}

struct budgets *engine_budgets(const struct engine *e)
{
    return spending_budgets(e->spending);
}

struct providers *engine_providers(const struct engine *e)
{
    return e->providers;
}

const struct today_figures *engine_today(const struct engine *e, uid_t uid)
{
    return tally_of(e->tally, uid);
}

struct cache *engine_cache(const struct engine *e)
{
    return e->cache;
}

void engine_forget_suggestions(struct engine *e, uid_t uid)
{
    char scope[ITEM_SCOPE_MAX];
    cache_scope(e->cache, uid, scope);
    suggestions_clear(&e->suggestions, scope);
}

struct store *engine_store(const struct engine *e)
{
    return e->store;
}

enum error_code engine_submit(struct engine *e, struct store_job *job, struct error *err)
{
    keep_flush(&e->keeps);
    books_flush(e->books);
    return store_submit(e->store, job, err);
}

void engine_store_at_once(struct engine *e, bool at_once)
{
    e->keeps.at_once = at_once;
}

struct answer_table *engine_table(const struct engine *e)
{
    return e->table;
}

struct gate *engine_gate(const struct engine *e, const char *provider)
{
    return gate_of(e->gates, provider);
}

struct health *engine_health(const struct engine *e)
{
    return e->health;
}

void engine_default_model(const struct engine *e, char name[ENGINE_MODEL_MAX])
{
    struct route_world world = engine_world(e);
    struct plan plan = {0};
    name[0] = 0;
    if (e->opt.default_model)
        snprintf(name, ENGINE_MODEL_MAX, "%s", e->opt.default_model);
    else if (route_model(&world, NULL, NULL, &plan, NULL) == ERR_NONE && plan.n && plan.routes[0].model[0])
        snprintf(name, ENGINE_MODEL_MAX, "%s/%s", plan.routes[0].provider->name, plan.routes[0].model);
    plan_done(&plan);
}

unsigned engine_unstored(const struct engine *e)
{
    return keep_unstored(&e->keeps);
}

unsigned engine_running(const struct engine *e)
{
    return e->n_asks + e->n_embeds;
}
