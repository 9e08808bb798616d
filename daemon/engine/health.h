/* How a provider's models have behaved: whether one is asked at all (breaker.h), and how long its first token takes.
 * Kept under the names of provider and model, in memory; the times go to the store, and come back from it. */
#ifndef ASKD_ENGINE_HEALTH_H
#define ASKD_ENGINE_HEALTH_H

#include "daemon/http/breaker.h"
#include "daemon/store/store.h"
#include "lib/base/error.h"
#include <uv.h>

struct health;

struct health_options {
    int64_t breaker_failures, breaker_wait_ms, speed_memory_ms;
};

struct health *health_new(uv_loop_t *loop, struct store *store, const struct health_options *opt);
/* Asks the store for the times that it has, once: for when somebody goes by them. */
void health_load(struct health *h);
void health_configure(struct health *h, const struct health_options *opt);
/* Hands the store what it has not got yet. The store outlives this call, not what it was handed. Always returns NULL.
 */
struct health *health_free(struct health *h);

/* May it be asked? ERR_NONE: whoever asks now tells how it went. Else what it failed with last, and retry_after. */
enum error_code health_admit(struct health *h, const char *provider, const char *model, struct error *err);
/* How long until it may be asked: 0 where it may. */
int64_t health_wait_ms(const struct health *h, const char *provider, const char *model);
enum breaker_state health_breaker(const struct health *h, const char *provider, const char *model);
/* How it went. err NULL: it answered. An error that is the question's own says that the provider works; one that says
 * nothing of it (ERR_CANCELLED, ERR_RATE_LIMITED) gives its turn back. */
void health_tell(struct health *h, const char *provider, const char *model, const struct error *err);

/* The time to its first token, just measured. */
void health_first_token(struct health *h, const char *provider, const char *model, double ms);
/* The usual time, in milliseconds; negative where it was not measured within speed_memory. */
double health_first_token_ms(const struct health *h, const char *provider, const char *model);

struct health_item {
    const char *provider, *model;
    enum breaker_state breaker;
    int64_t wait_us; /* until an open one is tried again */
    double first_ms; /* negative: not measured */
};
/* Every model that is known, in no order. */
void health_each(const struct health *h, void (*each)(void *data, const struct health_item *item), void *data);

#endif
