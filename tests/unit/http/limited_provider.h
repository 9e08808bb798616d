/* A provider that limits what it answers, on a simulated clock: a token bucket for each limit, as OpenAI and Anthropic
 * have them, and heads that tell of it in their text formats. */
#ifndef ASKD_TESTS_LIMITED_PROVIDER_H
#define ASKD_TESTS_LIMITED_PROVIDER_H

#include "daemon/http/bucket.h"
#include "daemon/provider/rate_limits.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SIM_SECOND INT64_C(1000000)
#define SIM_MINUTE (60 * SIM_SECOND)
#define SIM_WALL (INT64_C(1787097600) * SIM_SECOND) /* the wall clock when the simulated one stands at 0: midnight */
#define SIM_LIMITS_MAX 4

struct sim_limit {
    enum limit_kind kind;
    int64_t limit; /* a minute's */
    double left;
    int64_t at_us;
};

struct sim_provider {
    bool anthropic; /* in its format, else in OpenAI's */
    struct sim_limit limits[SIM_LIMITS_MAX];
    unsigned n_limits;
};

static inline double sim_need(const struct sim_limit *l, struct bucket_sum sum)
{
    switch (l->kind) {
    case LIMIT_REQUESTS: return (double)sum.requests;
    case LIMIT_TOKENS: return (double)(sum.input + sum.output);
    case LIMIT_INPUT_TOKENS: return (double)sum.input;
    case LIMIT_OUTPUT_TOKENS: return (double)sum.output;
    }
    return 0;
}

/* When it could answer such a request at the soonest, after those before. */
static inline int64_t sim_soonest(const struct sim_provider *p, int64_t now_us, struct bucket_sum sum)
{
    int64_t soonest = now_us > p->limits[0].at_us ? now_us : p->limits[0].at_us;
    for (unsigned i = 0; i < p->n_limits; i++) {
        const struct sim_limit *l = &p->limits[i];
        double lacks = sim_need(l, sum) - l->left;
        int64_t at = l->at_us + (int64_t)ceil(lacks * (double)SIM_MINUTE / (double)l->limit);
        soonest = lacks > 0 && at > soonest ? at : soonest;
    }
    return soonest;
}

/* A request has arrived. False: it is refused, and takes nothing. */
static inline bool sim_arrive(struct sim_provider *p, int64_t now_us, struct bucket_sum sum)
{
    bool fits = true;
    for (unsigned i = 0; i < p->n_limits; i++) {
        struct sim_limit *l = &p->limits[i];
        l->left = fmin((double)l->limit, l->left + (double)(now_us - l->at_us) * (double)l->limit / (double)SIM_MINUTE);
        l->at_us = now_us;
        fits = fits && l->left + 1e-6 >= sim_need(l, sum);
    }
    for (unsigned i = 0; fits && i < p->n_limits; i++)
        p->limits[i].left -= sim_need(&p->limits[i], sum);
    return fits;
}

static inline void sim_add(const struct sim_provider *p, struct response_head *head, const char *field,
                           enum limit_kind kind, const char *value)
{
    static const char *const kinds[] = {"requests", "tokens", "input-tokens", "output-tokens"};
    struct rate_header *h = &head->rate[head->n_rate++];
    if (p->anthropic)
        snprintf(h->name, sizeof(h->name), "anthropic-ratelimit-%s-%s", kinds[kind], field);
    else
        snprintf(h->name, sizeof(h->name), "x-ratelimit-%s-%s", field, kinds[kind]);
    snprintf(h->value, sizeof(h->value), "%s", value);
}

/* As Go prints a duration in whole milliseconds: 120ms, 7.66s, 1m0.5s. */
static inline void sim_duration(char *out, size_t size, int64_t us)
{
    int64_t ms = us / 1000;
    if (ms < 1000)
        snprintf(out, size, ms ? "%dms" : "0s", (int)ms);
    else if (ms < 60000)
        snprintf(out, size, "%gs", (double)ms / 1000);
    else
        snprintf(out, size, "%dm%gs", (int)(ms / 60000), (double)(ms % 60000) / 1000);
}

static inline void sim_rfc3339(char *out, size_t size, int64_t wall_us)
{
    time_t t = (time_t)(wall_us / SIM_SECOND);
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static inline void sim_tell(const struct sim_provider *p, const struct sim_limit *l, struct response_head *head)
{
    int64_t full_us = l->at_us + (int64_t)(((double)l->limit - l->left) * (double)SIM_MINUTE / (double)l->limit);
    double left = p->anthropic && l->kind != LIMIT_REQUESTS ? round(l->left / 1000) * 1000 : floor(l->left);
    char value[64];
    snprintf(value, sizeof(value), "%lld", (long long)l->limit);
    sim_add(p, head, "limit", l->kind, value);
    snprintf(value, sizeof(value), "%.0f", left);
    sim_add(p, head, "remaining", l->kind, value);
    if (p->anthropic)
        sim_rfc3339(value, sizeof(value), SIM_WALL + full_us);
    else
        sim_duration(value, sizeof(value), full_us - l->at_us);
    sim_add(p, head, "reset", l->kind, value);
}

/* The head of an answer to what has just arrived. */
static inline struct response_head sim_head(const struct sim_provider *p, int64_t now_us, bool fits)
{
    struct response_head head = {.status = fits ? 200 : 429, .retry_after = -1, .should_retry = -1};
    head.date_us = (SIM_WALL + now_us) / SIM_SECOND * SIM_SECOND;
    for (unsigned i = 0; i < p->n_limits; i++)
        sim_tell(p, &p->limits[i], &head);
    return head;
}

#endif
