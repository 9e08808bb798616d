#include "daemon/engine/ask.h"
#include "daemon/answer/fold.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/discover.h"
#include "daemon/http/retry.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A provider that asks for more is not waited for: its error says when to ask again. */
#define RETRY_WAIT_MAX_MS 120000
#define ATTEMPTS_MAX 64 /* shown in the answer map */

enum ask_state {
    ASK_LOOKING, /* for a local server, or for a provider's first model */
    ASK_TRYING,  /* an attempt is under way */
    ASK_BACKOFF, /* before the next try at the same provider */
    ASK_ENDED,
};

struct tried {
    char provider[64], model[128];
    enum error_code error; /* ERR_NONE: it answered */
    char message[128];
};

struct ask {
    struct engine *engine;
    enum ask_state state;
    struct chat_request *req;
    struct flight *flight; /* reference */
    struct route routes[ROUTE_MAX];
    size_t n_routes, route;
    unsigned tries;              /* at this route, so far */
    bool shown;                  /* content of the current try is in the log */
    struct providers *providers; /* reference: what routes point into */
    struct discover_search *search;
    struct attempt *attempt;
    struct timer *backoff, *deadline;
    int64_t begun_us, deadline_us, asked_us, first_us; /* monotonic; 0: not yet, or none */
    struct tried *tried;                               /* owned; mostly one */
    unsigned n_tried;
    TAILQ_ENTRY(ask) link;
};

static void try_route(struct ask *a);

static struct log *log_of(const struct ask *a)
{
    return flight_log(a->flight);
}

static void put_attempts(struct buf *out, const struct ask *a)
{
    mp_put_cstr(out, "attempts");
    mp_put_array(out, a->n_tried);
    for (unsigned i = 0; i < a->n_tried; i++) {
        const struct tried *t = &a->tried[i];
        mp_put_map(out, t->error ? 3 : 2);
        mp_put_cstr(out, "provider");
        mp_put_cstr(out, t->provider);
        mp_put_cstr(out, "model");
        mp_put_cstr(out, t->model);
        if (t->error) {
            struct error err = ERROR_INIT;
            error_set(&err, t->error, "%s", t->message);
            mp_put_cstr(out, "error");
            codec_put_error(out, &err, NULL, false);
        }
    }
}

static void put_timing(struct buf *out, const struct ask *a)
{
    mp_put_cstr(out, "timing");
    mp_put_map(out, 1u + (a->asked_us ? 1 : 0) + (a->first_us ? 1 : 0));
    if (a->asked_us) {
        mp_put_cstr(out, "queued_ms");
        mp_put_double(out, (double)(a->asked_us - a->begun_us) / 1000);
    }
    if (a->first_us) {
        mp_put_cstr(out, "first_token_ms");
        mp_put_double(out, (double)(a->first_us - a->begun_us) / 1000);
    }
    mp_put_cstr(out, "total_ms");
    mp_put_double(out, (double)(clock_mono_us() - a->begun_us) / 1000);
}

static void note_ended(void *data, struct answer *answer)
{
    answer_table_ended(data, answer);
}

static void first_answer(void *data, struct answer *answer)
{
    *(struct answer **)data = answer;
}

static void ask_free(struct ask *a)
{
    chat_request_free(a->req);
    flight_unref(a->flight);
    providers_unref(a->providers);
    free(a->tried);
    timer_free(a->backoff);
    timer_free(a->deadline);
    free(a);
}

static void set_start(void *data, struct answer *answer)
{
    struct ask *a = data;
    const uint8_t *event;
    size_t len;
    if (answer_start(answer, &event, &len))
        return;
    const char *provider = a->n_routes ? a->routes[a->route].provider->name : "";
    const char *model = a->n_routes ? a->routes[a->route].model : a->req->model ? a->req->model : "";
    struct chat_event ev = {.kind = EVENT_START,
                            .provider = {provider, strlen(provider)},
                            .model = {model, strlen(model)},
                            .request = answer_request(answer)};
    struct buf *b = &a->engine->scratch;
    buf_clear(b);
    codec_put_event(b, &ev);
    answer_set_start(answer, provider, model, b->data, b->len);
}

static void note_try(struct ask *a, const struct error *err)
{
    if (a->n_tried == ATTEMPTS_MAX)
        return;
    const struct route *r = &a->routes[a->route];
    a->tried = xrealloc(a->tried, (a->n_tried + 1) * sizeof *a->tried);
    struct tried *t = &a->tried[a->n_tried++];
    error_text(t->provider, sizeof t->provider, r->provider->name, strlen(r->provider->name));
    error_text(t->model, sizeof t->model, r->model, strlen(r->model));
    t->error = err ? err->code : ERR_NONE;
    t->message[0] = 0;
    if (err)
        error_text(t->message, sizeof t->message, err->message, strlen(err->message));
}

/* The one end of a question: err is NULL for `done`. Frees it. */
static void end(struct ask *a, enum log_state state, const struct error *err)
{
    assert(a->state != ASK_ENDED);
    a->state = ASK_ENDED;
    struct engine *e = a->engine;
    struct log *l = log_of(a);
    flight_detach(a->flight);
    flight_each(a->flight, set_start, a);
    if (a->search)
        discover_cancel(a->search);
    if (a->attempt) /* it was under way: a bound, a deadline, a cancel */
        note_try(a, err);
    a->attempt = attempt_release(a->attempt);
    if (err) {
        struct chat_event ev = {.kind = EVENT_ERROR, .error = *err};
        buf_clear(&e->scratch);
        codec_put_event(&e->scratch, &ev);
        log_append_closing(l, e->scratch.data, e->scratch.len);
    }
    struct answer *any = NULL;
    flight_each(a->flight, first_answer, &any);
    char id[ID_LEN + 1] = "?"; /* the answer may be gone once it has ended */
    if (any)
        memcpy(id, answer_id(any), sizeof id);
    struct buf tail;
    buf_init(&tail, SIZE_MAX / 2); /* of the log's own size, which is bounded */
    uint32_t n = fold_put_tail(&tail, l, any ? answer_provider(any) : "", any ? answer_model(any) : "", err);
    put_attempts(&tail, a);
    put_timing(&tail, a);
    if (tail.failed) /* it is made anew from the events for whoever asks */
        buf_clear(&tail);
    log_end(l, state, err, tail.data, tail.len, n + 2);
    buf_done(&tail);
    flight_each(a->flight, note_ended, e->table);
    TAILQ_REMOVE(&e->asks, a, link);
    e->n_asks--;
    if (err && err->code != ERR_CANCELLED)
        log_notice("answer %s: %s: %s", id, error_name(err->code), err->message);
    ask_free(a);
    if (e->ended)
        e->ended(e->ended_data);
}

static void fail(struct ask *a, const struct error *err)
{
    end(a, LOG_FAILED, err);
}

static void on_deadline(void *data)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TIMEOUT, "no whole answer within the timeout of %g s", ((struct ask *)data)->req->timeout);
    fail(data, &err);
}

static bool append(struct ask *a, const struct chat_event *ev)
{
    struct buf *b = &a->engine->scratch;
    buf_clear(b);
    codec_put_event(b, ev);
    struct log *l = log_of(a);
    if (b->failed)
        return false;
    answer_table_make_room(a->engine->table);
    return (ev->kind == EVENT_DONE ? log_append_closing : log_append)(l, b->data, b->len) == ERR_NONE;
}

static void on_event(void *data, const struct chat_event *ev)
{
    struct ask *a = data;
    if (ev->kind == EVENT_TEXT || ev->kind == EVENT_REASONING || ev->kind == EVENT_TOOL_CALL ||
        ev->kind == EVENT_IMAGE) {
        a->shown = true;
        if (!a->first_us)
            a->first_us = clock_mono_us();
    }
    if (append(a, ev))
        return;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TOO_LARGE, "the answer is larger than max_answer; what came before is kept");
    fail(a, &err);
}

static void on_backoff(void *data)
{
    try_route(data);
}

/* Tells the readers, then waits or goes on. What was shown of the failed try is void from here on. */
static void again(struct ask *a, const struct error *why, int64_t delay_ms)
{
    const struct route *r = &a->routes[a->route];
    struct chat_event ev = {.kind = EVENT_RETRY,
                            .provider = {r->provider->name, strlen(r->provider->name)},
                            .model = {r->model, strlen(r->model)},
                            .error = *why,
                            .delay = (double)delay_ms / 1000};
    a->shown = false;
    a->first_us = 0;
    if (!append(a, &ev)) {
        fail(a, why);
        return;
    }
    a->state = ASK_BACKOFF;
    timer_start(a->backoff, delay_ms);
}

static void on_end(void *data, enum fault_cause cause, const struct error *err, const struct response_head *head)
{
    struct ask *a = data;
    a->attempt = attempt_release(a->attempt);
    note_try(a, err);
    if (!err) {
        end(a, LOG_DONE, NULL);
        return;
    }
    struct error why = *err; /* it may live in the attempt */
    const struct route *r = &a->routes[a->route];
    enum fault_verdict v = fault_judge(cause, &why, head, a->shown && !a->req->retry_restart);
    if (v == FAULT_AGAIN && a->tries <= r->provider->retries) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
            random = (uint32_t)clock_mono_us();
        int64_t delay = retry_delay_ms(a->tries - 1, why.retry_after, random);
        bool fits = !a->deadline_us || clock_mono_us() + delay * 1000 < a->deadline_us;
        if (fits && delay <= RETRY_WAIT_MAX_MS) {
            again(a, &why, delay);
            return;
        }
    }
    if (v != FAULT_FAIL && a->route + 1 < a->n_routes) {
        a->route++;
        a->tries = 0;
        again(a, &why, 0);
        return;
    }
    fail(a, &why);
}

static void on_found(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct ask *a = data;
    a->search = NULL;
    if (!p) {
        fail(a, err);
        return;
    }
    struct route *r = &a->routes[a->n_routes ? a->route : 0];
    r->provider = p;
    if (!r->model[0])
        error_text(r->model, sizeof r->model, model, strlen(model));
    if (!a->n_routes)
        a->n_routes = 1;
    try_route(a);
}

static void try_route(struct ask *a)
{
    static const struct attempt_callbacks cb = {on_event, on_end};
    struct route *r = &a->routes[a->route];
    struct error err = ERROR_INIT;
    if (!r->model[0]) {
        a->state = ASK_LOOKING;
        a->search = discover_first_model(a->engine->discovery, r->provider, on_found, a, &err);
        if (!a->search)
            fail(a, &err);
        return;
    }
    flight_each(a->flight, set_start, a);
    a->state = ASK_TRYING;
    a->tries++;
    if (!a->asked_us)
        a->asked_us = clock_mono_us();
    if (attempt_start(&a->engine->attempts, r->provider, r->model, a->req, &cb, a, &a->attempt, &err) != ERR_NONE)
        fail(a, &err);
}

static void on_abandoned(void *data)
{
    ask_abandon(data);
}

void ask_abandon(struct ask *a)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_CANCELLED, "the answer was cancelled");
    end(a, LOG_CANCELLED, &err);
}

void ask_interrupt(struct ask *a)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ended before the answer did");
    end(a, LOG_INTERRUPTED, &err);
}

static void set_preview(struct answer *answer, const struct chat_request *req)
{
    const struct message *m = &req->messages[req->n_messages - 1];
    for (size_t i = m->n_parts; i > 0; i--) {
        if (m->parts[i - 1].kind == PART_TEXT) {
            answer_set_preview(answer, m->parts[i - 1].text, m->parts[i - 1].text_len);
            return;
        }
    }
}

struct answer *ask_start(struct engine *e, struct chat_request *req, const struct route *routes, size_t n,
                         const char *local, const struct answer_asker *asker)
{
    static const struct flight_hooks hooks = {on_abandoned};
    struct ask *a = NEW(struct ask);
    a->engine = e;
    a->state = ASK_LOOKING;
    a->req = req;
    a->providers = providers_ref(e->providers);
    memcpy(a->routes, routes, n * sizeof *routes);
    a->n_routes = n;
    a->begun_us = clock_mono_us();
    a->backoff = timer_new(e->loop, on_backoff, a);
    a->deadline = timer_new(e->loop, on_deadline, a);
    a->flight = flight_new(answer_table_log(e->table), &hooks, a);
    struct answer *answer = answer_new(a->flight, asker);
    set_preview(answer, req);
    answer_table_add(e->table, answer);
    TAILQ_INSERT_TAIL(&e->asks, a, link);
    e->n_asks++;
    if (req->has_timeout) {
        a->deadline_us = a->begun_us + (int64_t)(req->timeout * 1e6);
        timer_start(a->deadline, (int64_t)(req->timeout * 1000));
    }
    if (n) {
        try_route(a);
    } else {
        const char *slash = local ? strchr(local, '/') : NULL;
        if (slash)
            error_text(a->routes[0].model, sizeof a->routes[0].model, slash + 1, strlen(slash + 1));
        a->search = discover_start(e->discovery, a->providers, local, slash ? (size_t)(slash - local) : 0, on_found, a);
    }
    return answer;
}
