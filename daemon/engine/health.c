#include "daemon/engine/health.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define MODELS_MAX 1000 /* known at once: the one that was asked longest ago is forgotten */
#define SAVE_MS 30000   /* between two saves */
#define SHARE 0.2       /* of the newest measurement in the mean */
#define KEY_SIZE 200
#define WAIT_GROWTH 10 /* of breaker_wait, at most */
#define PROBE_MS 60000 /* after which another question is the probe */

struct model_health {
    char key[KEY_SIZE]; /* "provider/model" */
    char provider[64], model[128];
    struct breaker breaker;
    struct error last; /* what it failed with */
    double first_ms;   /* moving mean */
    int64_t samples;
    int64_t updated_us; /* wall clock; 0: not measured */
    int64_t used_us;    /* monotonic */
    bool dirty;         /* the store does not know */
    UT_hash_handle hh;
};

struct health {
    struct store *store;
    struct health_options opt;
    struct model_health *models;
    struct timer *save;
    struct store_job *loading;
    bool loaded; /* or asked for */
};

/* -- models -- */

static void make_key(char key[KEY_SIZE], const char *provider, const char *model)
{
    snprintf(key, KEY_SIZE, "%s/%s", provider, model);
}

static struct model_health *find(const struct health *h, const char *provider, const char *model)
{
    struct model_health *m;
    char key[KEY_SIZE];
    make_key(key, provider, model);
    HASH_FIND_STR(h->models, key, m);
    return m;
}

static void make_room(struct health *h)
{
    struct model_health *m, *next, *oldest = h->models;
    if (HASH_COUNT(h->models) < MODELS_MAX)
        return;
    HASH_ITER(hh, h->models, m, next)
    if (m->used_us < oldest->used_us)
        oldest = m;
    HASH_DEL(h->models, oldest);
    free(oldest);
}

static struct breaker_options breaker_options(const struct health *h)
{
    return (struct breaker_options){.failures = (unsigned)h->opt.breaker_failures,
                                    .wait_us = h->opt.breaker_wait_ms * 1000,
                                    .wait_max_us = h->opt.breaker_wait_ms * 1000 * WAIT_GROWTH,
                                    .probe_us = PROBE_MS * 1000ll};
}

static struct model_health *get(struct health *h, const char *provider, const char *model)
{
    struct model_health *m = find(h, provider, model);
    if (!m) {
        make_room(h);
        m = NEW(struct model_health);
        make_key(m->key, provider, model);
        error_text(m->provider, sizeof m->provider, provider, strlen(provider));
        error_text(m->model, sizeof m->model, model, strlen(model));
        const struct breaker_options opt = breaker_options(h);
        breaker_init(&m->breaker, &opt);
        HASH_ADD_STR(h->models, key, m);
    }
    m->used_us = clock_mono_us();
    return m;
}

/* -- the breaker -- */

enum error_code health_admit(struct health *h, const char *provider, const char *model, struct error *err)
{
    struct model_health *m = get(h, provider, model);
    int64_t now = clock_mono_us(), wait;
    if (breaker_allows(&m->breaker, now, &wait)) {
        breaker_begin(&m->breaker, now);
        return ERR_NONE;
    }
    double seconds = ceil((double)wait / 1e6);
    error_set(err, m->last.code,
              "%s/%s failed too often of late and is not asked for another %.0f s; the last time: %.300s", provider,
              model, seconds, m->last.message);
    if (err) {
        err->status = m->last.status;
        err->retry_after = seconds;
        error_text(err->provider, sizeof err->provider, provider, strlen(provider));
        error_text(err->model, sizeof err->model, model, strlen(model));
    }
    return m->last.code;
}

int64_t health_wait_ms(const struct health *h, const char *provider, const char *model)
{
    const struct model_health *m = find(h, provider, model);
    int64_t wait_us = 0;
    if (m)
        (void)breaker_allows(&m->breaker, clock_mono_us(), &wait_us);
    return (wait_us + 999) / 1000;
}

enum breaker_state health_breaker(const struct health *h, const char *provider, const char *model)
{
    const struct model_health *m = find(h, provider, model);
    return m ? m->breaker.state : BREAKER_CLOSED;
}

enum outcome { OUTCOME_WORKS, OUTCOME_FAILS, OUTCOME_NOTHING };

/* What an error says of the provider, not of the question. */
static enum outcome judge(const struct error *err)
{
    if (!err)
        return OUTCOME_WORKS;
    switch (err->code) {
    case ERR_UNAVAILABLE:
    case ERR_OVERLOADED:
    case ERR_TIMEOUT:
    case ERR_BAD_RESPONSE:
    case ERR_INTERNAL: return OUTCOME_FAILS;
    case ERR_RATE_LIMITED:
    case ERR_CANCELLED:
    case ERR_INTERRUPTED: return OUTCOME_NOTHING;
    default: return OUTCOME_WORKS;
    }
}

static void tell(const struct health *h, struct model_health *m, const struct error *err)
{
    const struct log_fields fields = {
        .provider = m->provider, .model = m->model, .code = err ? error_name(err->code) : NULL};
    enum breaker_state before = m->breaker.state;
    switch (judge(err)) {
    case OUTCOME_WORKS: breaker_succeed(&m->breaker); break;
    case OUTCOME_NOTHING: breaker_cancel(&m->breaker); break;
    case OUTCOME_FAILS:
        m->last = *err;
        breaker_fail(&m->breaker, clock_mono_us());
        break;
    }
    if (m->breaker.state == BREAKER_OPEN && before == BREAKER_CLOSED)
        log_event(LOG_LEVEL_WARN, &fields, "%s failed %lld times in a row: not asked for a while", m->key,
                  (long long)h->opt.breaker_failures);
    if (m->breaker.state == BREAKER_CLOSED && before != BREAKER_CLOSED)
        log_event(LOG_LEVEL_NOTICE, &fields, "%s answers again", m->key);
}

void health_tell(struct health *h, const char *provider, const char *model, const struct error *err)
{
    tell(h, get(h, provider, model), err);
}

/* -- times -- */

void health_first_token(struct health *h, const char *provider, const char *model, double ms)
{
    struct model_health *m = get(h, provider, model);
    int64_t now = clock_wall_us();
    bool fresh = m->updated_us == 0 || now - m->updated_us > h->opt.speed_memory_ms * 1000;
    m->first_ms = fresh ? ms : m->first_ms + SHARE * (ms - m->first_ms);
    m->samples = fresh ? 1 : m->samples + 1;
    m->updated_us = now;
    m->dirty = true;
    /* An answer may take minutes: that the provider works again is known from here on. That it ends well is not: what
     * failed before still counts until then. */
    if (m->breaker.state != BREAKER_CLOSED)
        tell(h, m, NULL);
    if (!timer_active(h->save))
        timer_start(h->save, SAVE_MS);
}

static bool is_measured(const struct health *h, const struct model_health *m)
{
    return m->updated_us > 0 && clock_wall_us() - m->updated_us <= h->opt.speed_memory_ms * 1000;
}

double health_first_token_ms(const struct health *h, const char *provider, const char *model)
{
    const struct model_health *m = find(h, provider, model);
    return m && is_measured(h, m) ? m->first_ms : -1;
}

void health_each(const struct health *h, void (*each)(void *data, const struct health_item *item), void *data)
{
    int64_t now = clock_mono_us();
    for (const struct model_health *m = h->models; m; m = m->hh.next) {
        struct health_item item = {.provider = m->provider,
                                   .model = m->model,
                                   .breaker = m->breaker.state,
                                   .first_ms = is_measured(h, m) ? m->first_ms : -1};
        (void)breaker_allows(&m->breaker, now, &item.wait_us);
        each(data, &item);
    }
}

/* -- the store -- */

static void on_saved(void *data, struct store_job *job)
{
    (void)data;
    store_job_free(job); /* what it could not keep is measured again */
}

static void on_save(void *data)
{
    struct health *h = data;
    struct store_job *job = store_job_new(STORE_SPEEDS_SAVE, on_saved, NULL);
    struct store_speeds *s = &job->speeds;
    s->speeds = xcalloc(HASH_COUNT(h->models) + 1, sizeof *s->speeds);
    for (struct model_health *m = h->models; m; m = m->hh.next) {
        if (!m->dirty)
            continue;
        struct store_speed *to = &s->speeds[s->n++];
        memcpy(to->provider, m->provider, sizeof to->provider);
        memcpy(to->model, m->model, sizeof to->model);
        to->first_ms = m->first_ms;
        to->samples = m->samples;
        to->updated_us = m->updated_us;
        m->dirty = false;
    }
    if (s->n == 0)
        store_job_free(job);
    else
        store_submit(h->store, job, NULL);
}

static void take_speed(struct health *h, const struct store_speed *s)
{
    struct model_health *m = get(h, s->provider, s->model);
    if (m->updated_us >= s->updated_us)
        return;
    m->first_ms = s->first_ms;
    m->samples = s->samples;
    m->updated_us = s->updated_us;
}

static void on_loaded(void *data, struct store_job *job)
{
    struct health *h = data;
    if (h) {
        h->loading = NULL;
        for (size_t i = 0; job->code == ERR_NONE && i < job->speeds.n; i++)
            take_speed(h, &job->speeds.speeds[i]);
    }
    store_job_free(job);
}

struct health *health_new(uv_loop_t *loop, struct store *store, const struct health_options *opt)
{
    struct health *h = NEW(struct health);
    h->store = store;
    h->opt = *opt;
    h->save = timer_new(loop, on_save, h);
    return h;
}

void health_load(struct health *h)
{
    if (h->loaded)
        return;
    h->loaded = true;
    h->loading = store_job_new(STORE_SPEEDS, on_loaded, h);
    if (store_submit(h->store, h->loading, NULL) != ERR_NONE)
        h->loading = NULL;
}

void health_configure(struct health *h, const struct health_options *opt)
{
    h->opt = *opt;
    const struct breaker_options breaker = breaker_options(h);
    for (struct model_health *m = h->models; m; m = m->hh.next)
        breaker_configure(&m->breaker, &breaker);
}

struct health *health_free(struct health *h)
{
    struct model_health *m, *next;
    if (!h)
        return NULL;
    on_save(h);
    if (h->loading)
        h->loading->data = NULL;
    HASH_ITER(hh, h->models, m, next)
    {
        HASH_DEL(h->models, m);
        free(m);
    }
    timer_free(h->save);
    free(h);
    return NULL;
}
