/* A family is a row. Those of one figure are a place in the snapshot; the others have a function that puts their
 * samples. */
#include "daemon/engine/metrics.h"
#include "daemon/engine/metrics_text.h"
#include <stddef.h>
#include <string.h>

struct row {
    const char *name;
    enum metrics_type type;
    const char *help;
    void (*put)(struct buf *out, const char *name, const struct metrics_snapshot *s);
    size_t at; /* instead of put: of a double, which is not known where it is negative */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LABEL(label, text) ((const struct metrics_label[]){{(label), (text)}})
#define NANO 1e9

static void put_one(struct buf *out, const char *name, const char *label, const char *value, double figure)
{
    metrics_sample(out, name, "", LABEL(label, value), 1, figure);
}

/* -- the daemon -- */

static void put_up(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    (void)s;
    metrics_sample(out, name, "", NULL, 0, 1);
}

static void put_version(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_one(out, name, "version", s->version, 1);
}

static void put_started(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    metrics_sample(out, name, "", NULL, 0, (double)s->meter->started_us / 1e6);
}

/* -- answers -- */

static void put_answers(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (enum log_state state = 0; state < COUNT(s->meter->answers); state++)
        if (state != LOG_RUNNING)
            put_one(out, name, "state", log_state_name(state), (double)s->meter->answers[state]);
}

static void put_slow(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    metrics_sample(out, name, "", NULL, 0, (double)s->meter->slow);
}

/* -- models -- */

#define MODEL_LABELS(m, ...)                                                                                           \
    ((const struct metrics_label[]){{"provider", (m)->provider}, {"model", (m)->model}, __VA_ARGS__})

static void put_questions(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    static const char *const outcomes[] = {[LEDGER_DONE] = "done",
                                           [LEDGER_FAILED] = "failed",
                                           [LEDGER_CANCELLED] = "cancelled",
                                           [LEDGER_INTERRUPTED] = "interrupted"};
    for (size_t i = 0; i < s->meter->n; i++) {
        const struct meter_model *m = &s->meter->models[i];
        for (size_t o = 0; o < COUNT(outcomes); o++)
            if (outcomes[o])
                metrics_sample(out, name, "", MODEL_LABELS(m, {"outcome", outcomes[o]}), 3, (double)m->outcomes[o]);
    }
}

static void put_requests(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->meter->n; i++)
        metrics_sample(out, name, "", MODEL_LABELS(&s->meter->models[i]), 2, (double)s->meter->models[i].requests);
}

static void put_retries(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->meter->n; i++)
        metrics_sample(out, name, "", MODEL_LABELS(&s->meter->models[i]), 2, (double)s->meter->models[i].retries);
}

static void put_tokens(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    static const struct {
        const char *kind;
        size_t at;
    } kinds[] = {{"input", offsetof(struct meter_tokens, input)},
                 {"cached_input", offsetof(struct meter_tokens, cached_input)},
                 {"cache_write", offsetof(struct meter_tokens, cache_write)},
                 {"output", offsetof(struct meter_tokens, output)},
                 {"reasoning", offsetof(struct meter_tokens, reasoning)}};
    for (size_t i = 0; i < s->meter->n; i++) {
        const struct meter_model *m = &s->meter->models[i];
        for (size_t k = 0; k < COUNT(kinds); k++) {
            const uint64_t *n = (const void *)((const char *)&m->tokens + kinds[k].at);
            metrics_sample(out, name, "", MODEL_LABELS(m, {"kind", kinds[k].kind}), 3, (double)*n);
        }
    }
}

static void put_costs(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->meter->n; i++) {
        const struct meter_model *m = &s->meter->models[i];
        for (size_t c = 0; c < m->n_costs; c++)
            metrics_sample(out, name, "", MODEL_LABELS(m, {"currency", m->costs[c].currency}), 3,
                           (double)m->costs[c].nano / NANO);
    }
}

static void put_first(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->meter->n; i++)
        metrics_histogram(out, name, MODEL_LABELS(&s->meter->models[i]), 2, &s->meter->models[i].first);
}

static void put_total(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->meter->n; i++)
        metrics_histogram(out, name, MODEL_LABELS(&s->meter->models[i]), 2, &s->meter->models[i].total);
}

static void put_breakers(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    static const int values[] = {[BREAKER_CLOSED] = 0, [BREAKER_HALF_OPEN] = 1, [BREAKER_OPEN] = 2};
    for (size_t i = 0; i < s->meter->n; i++)
        metrics_sample(out, name, "", MODEL_LABELS(&s->meter->models[i]), 2, values[s->breakers[i]]);
}

/* -- providers -- */

static void put_active(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->n_providers; i++)
        put_one(out, name, "provider", s->providers[i].name, s->providers[i].gate.active);
}

static void put_queue(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->n_providers; i++)
        put_one(out, name, "provider", s->providers[i].name, s->providers[i].gate.waiting);
}

static void put_tripped(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->n_providers; i++)
        put_one(out, name, "provider", s->providers[i].name, s->providers[i].tripped);
}

/* -- the cache -- */

static void put_cache_questions(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_one(out, name, "result", "hit", (double)s->cache.hits);
    put_one(out, name, "result", "miss", (double)s->cache.misses);
    put_one(out, name, "result", "join", (double)s->cache.joins);
}

static void put_lookup(struct buf *out, const char *name, const char *tier, double hits, double misses)
{
    metrics_sample(out, name, "", ((const struct metrics_label[]){{"tier", tier}, {"result", "hit"}}), 2, hits);
    metrics_sample(out, name, "", ((const struct metrics_label[]){{"tier", tier}, {"result", "miss"}}), 2, misses);
}

static bool has_tier(const struct metrics_snapshot *s)
{
    return strcmp(s->cache.backend, "none") != 0;
}

static void put_cache_lookups(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_lookup(out, name, "memory", (double)s->cache.memory_hits, (double)s->cache.memory_misses);
    if (has_tier(s))
        put_lookup(out, name, s->cache.backend, (double)s->cache.tier_hits, (double)s->cache.tier_misses);
}

/* Of the persistent tier it may not be known; memory always tells. */
static void put_tiers(struct buf *out, const char *name, const struct metrics_snapshot *s, double memory, double tier)
{
    put_one(out, name, "tier", "memory", memory);
    if (tier >= 0 && has_tier(s))
        put_one(out, name, "tier", s->cache.backend, tier);
}

static void put_cache_evictions(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_tiers(out, name, s, (double)s->cache.memory_evictions, (double)s->cache.tier.evictions);
}

static void put_cache_entries(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_tiers(out, name, s, (double)s->cache.memory_entries, (double)s->cache.tier.entries);
}

static void put_cache_bytes(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_tiers(out, name, s, (double)s->cache.memory_bytes, (double)s->cache.tier.bytes);
}

static void put_cache_saved(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < s->cache.n_saved; i++)
        put_one(out, name, "currency", s->cache.saved[i].currency, (double)s->cache.saved[i].nano / NANO);
}

/* -- HTTP -- */

static void put_connections(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_one(out, name, "how", "opened", (double)s->http.opened);
    put_one(out, name, "how", "reused", (double)s->http.reused);
}

static void put_handshakes(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_one(out, name, "how", "full", (double)(s->http.handshakes - s->http.resumed));
    put_one(out, name, "how", "resumed", (double)s->http.resumed);
}

static void put_responses(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_one(out, name, "protocol", "http/1", (double)s->http.http1);
    put_one(out, name, "protocol", "http/2", (double)s->http.http2);
}

static void put_started_requests(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    metrics_sample(out, name, "", NULL, 0, (double)s->http.started);
}

/* -- the store -- */

static void put_store_state(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    static const char *const states[] = {"opening", "ok", "failing", "off"};
    for (size_t i = 0; i < COUNT(states); i++)
        put_one(out, name, "state", states[i], strcmp(states[i], s->store.state) == 0);
}

static void put_jobs(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    put_one(out, name, "kind", "write", (double)s->store.writes);
    put_one(out, name, "kind", "read", (double)s->store.reads);
}

static void put_failed_jobs(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    metrics_sample(out, name, "", NULL, 0, (double)s->store.failed);
}

static void put_waiting_jobs(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    metrics_sample(out, name, "", NULL, 0, (double)s->store.waiting);
}

static void put_commits(struct buf *out, const char *name, const struct metrics_snapshot *s)
{
    metrics_histogram(out, name, NULL, 0, &s->meter->commit);
}

/* -- all of it -- */

#define AT(field) NULL, offsetof(struct metrics_snapshot, field)

static const struct row rows[] = {
    {"askd_up", METRICS_GAUGE, "1: the daemon answers.", put_up, 0},
    {"askd_build_info", METRICS_GAUGE, "1; its label tells the version.", put_version, 0},
    {"askd_connections", METRICS_GAUGE, "Clients that are connected.", AT(connections)},
    {"askd_messages_total", METRICS_COUNTER, "Whole messages from clients.", AT(messages)},

    {"askd_answers_running", METRICS_GAUGE, "Answers that run.", AT(running)},
    {"askd_answers_retained", METRICS_GAUGE, "Answers in memory that have ended.", AT(retained)},
    {"askd_answer_memory_bytes", METRICS_GAUGE, "Memory of the logs of all these.", AT(answer_bytes)},
    {"askd_answers_total", METRICS_COUNTER, "Answers that have ended, cached and shared ones too.", put_answers, 0},
    {"askd_slow_questions_total", METRICS_COUNTER, "Questions that took longer than slow_question.", put_slow, 0},

    {"askd_questions_total", METRICS_COUNTER,
     "Questions that went to a model of a provider, by what came of them there. One that went to several counts for "
     "each that may be paid for.",
     put_questions, 0},
    {"askd_provider_requests_total", METRICS_COUNTER, "Requests sent for them.", put_requests, 0},
    {"askd_retries_total", METRICS_COUNTER, "Times that a model was turned to because a request before had failed.",
     put_retries, 0},
    {"askd_tokens_total", METRICS_COUNTER, "Tokens; input has the cached ones in it, output the reasoning.", put_tokens,
     0},
    {"askd_cost_total", METRICS_COUNTER, "What they cost by the prices known, in units of the currency.", put_costs, 0},
    {"askd_first_token_seconds", METRICS_HISTOGRAM, "From a question to the first token of its answer.", put_first, 0},
    {"askd_answer_seconds", METRICS_HISTOGRAM, "From a question to the end of an answer that is done.", put_total, 0},
    {"askd_breaker_state", METRICS_GAUGE, "0: the model is asked; 1: one question tries it; 2: it failed too often.",
     put_breakers, 0},

    {"askd_provider_active", METRICS_GAUGE, "Requests to a provider under way.", put_active, 0},
    {"askd_provider_queue", METRICS_GAUGE, "Requests that wait for their turn at a provider.", put_queue, 0},
    {"askd_provider_tripped", METRICS_GAUGE, "Models of a provider that are not asked, for failing too often.",
     put_tripped, 0},

    {"askd_cache_questions_total", METRICS_COUNTER, "Questions by what the cache had for them.", put_cache_questions,
     0},
    {"askd_cache_lookups_total", METRICS_COUNTER, "Lookups of keys, by tier.", put_cache_lookups, 0},
    {"askd_cache_evictions_total", METRICS_COUNTER, "Entries that had to make room, by tier.", put_cache_evictions, 0},
    {"askd_cache_entries", METRICS_GAUGE, "Entries, by tier.", put_cache_entries, 0},
    {"askd_cache_bytes", METRICS_GAUGE, "What they take, by tier.", put_cache_bytes, 0},
    {"askd_cache_saved_total", METRICS_COUNTER, "What the cached answers would have cost.", put_cache_saved, 0},

    {"askd_http_requests_total", METRICS_COUNTER, "Requests begun, to providers and whatever else is fetched.",
     put_started_requests, 0},
    {"askd_http_connections_total", METRICS_COUNTER, "Connections for them.", put_connections, 0},
    {"askd_http_responses_total", METRICS_COUNTER, "Responses, by what they came over.", put_responses, 0},
    {"askd_tls_handshakes_total", METRICS_COUNTER, "TLS handshakes that came to an end.", put_handshakes, 0},

    {"askd_store_state", METRICS_GAUGE, "1 for the state that the store is in.", put_store_state, 0},
    {"askd_store_jobs_total", METRICS_COUNTER, "Reads and writes done.", put_jobs, 0},
    {"askd_store_failures_total", METRICS_COUNTER, "Those of them that failed.", put_failed_jobs, 0},
    {"askd_store_waiting", METRICS_GAUGE, "Reads and writes that wait.", put_waiting_jobs, 0},
    {"askd_store_unstored", METRICS_GAUGE, "Answers that have ended and are not stored yet.", AT(unstored)},
    {"askd_store_commit_seconds", METRICS_HISTOGRAM, "From an answer's end to its being stored.", put_commits, 0},

    {"askd_log_lost_total", METRICS_COUNTER, "Lines of the log that could not be written.", AT(log_lost)},

    {"process_start_time_seconds", METRICS_GAUGE, "When the daemon began, seconds since 1970.", put_started, 0},
    {"process_cpu_seconds_total", METRICS_COUNTER, "Time on processors.", AT(process.cpu_seconds)},
    {"process_resident_memory_bytes", METRICS_GAUGE, "Memory in RAM.", AT(process.resident_bytes)},
    {"process_virtual_memory_bytes", METRICS_GAUGE, "Memory mapped.", AT(process.virtual_bytes)},
    {"process_open_fds", METRICS_GAUGE, "Open file descriptors.", AT(process.open_fds)},
    {"process_max_fds", METRICS_GAUGE, "How many may be open.", AT(process.max_fds)},
};

static void put_row(struct buf *out, const struct row *r, const struct metrics_snapshot *s)
{
    const double *figure = r->put ? NULL : (const void *)((const char *)s + r->at);
    if (figure && *figure < 0)
        return;
    metrics_family(out, r->name, r->type, r->help);
    if (figure)
        metrics_sample(out, r->name, "", NULL, 0, *figure);
    else
        r->put(out, r->name, s);
}

void metrics_put(struct buf *out, const struct metrics_snapshot *s)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        put_row(out, &rows[i], s);
}
