/* The engine: the only room that joins the rooms below it. A question goes in, an answer comes out; who asked and over
 * which door is not its business. */
#ifndef ASKD_ENGINE_ENGINE_H
#define ASKD_ENGINE_ENGINE_H

#include "daemon/answer/table.h"
#include "daemon/core/config.h"
#include "daemon/engine/health.h"
#include "daemon/engine/providers.h"
#include "daemon/engine/windows.h"
#include "daemon/http/pool.h"
#include "lib/chat/request.h"

struct engine;
struct discovery;
struct gate;
struct catalog;
struct aliases;
struct budget_rules;
struct budgets;
struct today_figures;

struct complete_options {
    char *model;        /* who completes code: a name as route.h takes it, NULL: the default */
    int64_t context;    /* tokens of the text around the gap that are shown */
    int64_t max_tokens; /* of what goes into it, where the question does not tell */
    int64_t memory;     /* bytes of the last suggestions */
};

struct engine_options {
    char *default_model; /* a name as route.h takes it, NULL: of the first ready provider */
    struct health_options health;
    bool allow_private_urls;
    int64_t slow_question_ms; /* 0: none is */
    struct windows_rules windows;
    char *summary_model; /* likewise, NULL: who is asked */
    char *title_model;   /* likewise, NULL: the first words of the question are a title */
    struct complete_options complete;
};
extern const struct config_option engine_option_rows[];

struct store;
struct cache;

/* What the engine goes by, as one load of the configuration gives it. It takes references of its own. */
struct engine_knowledge {
    struct providers *providers;
    struct catalog *catalog;
    struct aliases *aliases;
    struct budget_rules *budgets;
    const struct engine_options *opt;
    const char *lists_path; /* where the providers' lists of models are kept; borrowed for good */
};

/* The table, the store and the cache are borrowed; the two must outlive it. */
struct engine *engine_new(uv_loop_t *loop, struct answer_table *table, struct store *store, struct cache *cache,
                          const struct engine_knowledge *k);
/* From now on this holds; what runs goes on with what it began with. */
void engine_configure(struct engine *e, const struct engine_knowledge *k);
/* Everything that runs is interrupted, and what is not stored yet is given up; closed is called when the last transfer
 * and handle are gone, then the engine is.
 */
void engine_close(struct engine *e, void (*closed)(void *data), void *data);

/* Called whenever an answer's question has ended. */
void engine_on_ended(struct engine *e, void (*ended)(void *data), void *data);

/* From now on nothing new is asked (ERR_OVERLOADED); what runs goes on. */
void engine_drain(struct engine *e);
/* Ends what runs as interrupted. It counts as running (engine_running) until that is stored. */
void engine_interrupt(struct engine *e);

/* What several answers to one question share in the store (compare). */
struct engine_question {
    char conversation[ID_LEN + 1]; /* the new one, where it goes into a new one */
    char (*ids)[ID_LEN + 1];       /* of its messages; owned */
    size_t n;                      /* at least as many as the request's messages */
    bool later;                    /* another answer to it is under way already */
};

/* Asks. Takes the request over in any case. shared: copied; NULL: it is answered once. The reference in *ret is the
 * caller's; the answer may have ended already. ERR_OVERLOADED, ERR_NOT_FOUND, ERR_NO_PROVIDER, ERR_INVALID_REQUEST: no
 * answer was made. */
enum error_code engine_ask(struct engine *e, struct chat_request *req, const struct answer_asker *asker,
                           const struct engine_question *shared, struct answer **ret, struct error *err);
/* An answer that could not begin, as one that has failed: for whoever shows it among others. In no table. */
struct answer *engine_failed(struct engine *e, const struct answer_asker *asker, const char *model,
                             const struct error *err);

struct store *engine_store(const struct engine *e);
struct cache *engine_cache(const struct engine *e);
/* Of that user, or of the namespace: what is gone from the cache does not come back by them. */
void engine_forget_suggestions(struct engine *e, uid_t uid);
struct store_job;
/* Somebody waits for what is asked to be in the store: from now on questions go there at once. */
void engine_store_at_once(struct engine *e, bool at_once);
/* store_submit for whoever is to see what was asked before. */
enum error_code engine_submit(struct engine *e, struct store_job *job, struct error *err);

/* An answer that is not in the table: brought back from the store, whole. id is a valid one. found is called once,
 * mostly later, with the answer (borrowed; take a reference) or with NULL and the reason (ERR_NOT_FOUND,
 * ERR_UNAVAILABLE, ERR_OVERLOADED, ERR_INTERRUPTED). It is in the table then, for as long as there is room. */
void engine_recall(struct engine *e, uid_t uid, const char *id, size_t len,
                   void (*found)(void *data, struct answer *a, const struct error *err), void *data);

/* The shared entries of the answer map as they stand: of an ended log the ones encoded at its end (*tail points into
 * the log), of a running one or a cancelled answer fresh in scratch. Returns their number. */
uint32_t engine_answer_tail(const struct answer *a, struct buf *scratch, const uint8_t **tail, size_t *len);

/* Its asker has taken all of it, or nobody reads it any more. May be told twice, and of one that runs. */
void engine_taken(struct engine *e, struct answer *a);

void engine_stats(const struct engine *e, struct http_stats *ret);
void engine_provider_stats(const struct engine *e, const struct provider *p, struct http_host_stats *ret);
struct budgets *engine_budgets(const struct engine *e);
/* Calls ready once what was spent before is known, or cannot be; that may be at once. */
void engine_when_spent(struct engine *e, void (*ready)(void *data), void *data);
/* What a user has used since midnight UTC, from memory; valid until the next call. */
const struct today_figures *engine_today(const struct engine *e, uid_t uid);
struct providers *engine_providers(const struct engine *e);
struct answer_table *engine_table(const struct engine *e);
/* What stands before a provider and what is known of its models, for status. */
struct gate *engine_gate(const struct engine *e, const char *provider);
struct health *engine_health(const struct engine *e);
/* What names are looked up in (route.h), as it is now; borrowed of the engine. */
struct route_world;
struct route_world engine_world(const struct engine *e);
#define ENGINE_MODEL_MAX 256
/* What is asked where no model is named: default_model as it stands, or else "provider/name"; "" if that has to be
 * looked for first. */
void engine_default_model(const struct engine *e, char name[ENGINE_MODEL_MAX]);
/* Answers that have ended and wait to be stored, their askers answered or not. */
unsigned engine_unstored(const struct engine *e);
unsigned engine_running(const struct engine *e); /* questions, and texts for vectors, that have not ended */

#endif
