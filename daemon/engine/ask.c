#include "daemon/engine/ask.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/context.h"
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
    ASK_READING, /* what was said before in its conversation */
    ASK_LOOKING, /* for a local server, or for a provider's first model */
    ASK_TRYING,  /* an attempt is under way */
    ASK_BACKOFF, /* before the next try at the same provider */
    ASK_STORING, /* it has its last event; its log ends when that is committed */
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
    struct flight *flight;      /* reference */
    struct answer *answer;      /* reference: whose question it was */
    const char *local;          /* owned: the model's name where a local server has to be looked for */
    struct store_job *reading;  /* with the store */
    struct store_job *question; /* to be stored once it is known whom it goes to */
    struct keep *keep;
    struct ending {
        enum log_state state;
        bool failed;
        struct error err;
        struct buf tail;
        uint32_t n_tail;
    } ending;
    struct route routes[ROUTE_MAX];
    size_t n_routes, route;
    unsigned tries;              /* at this route, so far */
    bool shown;                  /* content of the current try is in the log */
    bool fresh;                  /* the last try's connection broke, and those kept from before may have too */
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
static void fail(struct ask *a, const struct error *err);
static void on_stored(void *data, bool stored, bool gone);

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
        mp_put_entry(out, "provider", t->provider);
        mp_put_entry(out, "model", t->model);
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

static void ask_free(struct ask *a)
{
    chat_request_free(a->req);
    flight_unref(a->flight);
    answer_unref(a->answer);
    free((char *)a->local);
    store_job_free(a->question);
    buf_done(&a->ending.tail);
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
    if (*answer_message(answer)) {
        ev.conversation = (struct event_text){answer_conversation(answer), ID_LEN};
        ev.message = (struct event_text){answer_message(answer), ID_LEN};
    }
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

/* Its question is committed, or cannot be for now. */
static void on_begun(void *data)
{
    answer_accept(((struct ask *)data)->answer);
}

static void begin_keep(struct ask *a)
{
    static const struct keep_hooks hooks = {on_begun, on_stored};
    struct store_job *question = a->question;
    a->question = NULL;
    if (question)
        a->keep = keep_begin(&a->engine->keeps, a->answer, question, a->req->detach, &hooks, a);
}

/* What a provider says may quote the question, which is in no log: its code tells. */
static void report(const struct ask *a, const struct error *err)
{
    if (!err || err->code == ERR_CANCELLED)
        return;
    if (err->provider[0])
        log_notice("answer %s: %s from %s (HTTP %d)", answer_id(a->answer), error_name(err->code), err->provider,
                   err->status);
    else
        log_notice("answer %s: %s: %s", answer_id(a->answer), error_name(err->code), err->message);
}

/* The question is over and its log ends. Frees it. */
static void settle(struct ask *a)
{
    assert(a->state != ASK_ENDED);
    a->state = ASK_ENDED;
    struct engine *e = a->engine;
    struct ending *end = &a->ending;
    const struct error *err = end->failed ? &end->err : NULL;
    a->keep = keep_release(a->keep);
    log_end(log_of(a), end->state, err, end->tail.data, end->tail.len, end->n_tail);
    flight_each(a->flight, note_ended, e->table);
    if (!answer_accepted(a->answer))
        answer_table_drop(e->table, a->answer);
    TAILQ_REMOVE(&e->asks, a, link);
    e->n_asks--;
    report(a, err);
    ask_free(a);
    if (e->ended)
        e->ended(e->ended_data);
}

/* gone: its conversation was deleted meanwhile. */
static void on_stored(void *data, bool stored, bool gone)
{
    struct ask *a = data;
    if (!stored || gone)
        answer_set_message(a->answer, "", "");
    answer_accept(a->answer);
    settle(a);
}

/* Everything that runs for it stops, and the log gets its last event. */
static void stop(struct ask *a, const struct error *err)
{
    flight_settle(a->flight);
    timer_stop(a->deadline);
    timer_stop(a->backoff);
    if (a->reading)
        a->reading->data = NULL;
    if (a->search)
        discover_cancel(a->search);
    a->reading = NULL;
    a->search = NULL;
    if (a->attempt) /* it was under way: a bound, a deadline, a cancel */
        note_try(a, err);
    a->attempt = attempt_release(a->attempt);
    flight_each(a->flight, set_start, a);
    if (err) {
        struct buf *b = &a->engine->scratch;
        struct chat_event ev = {.kind = EVENT_ERROR, .error = *err};
        buf_clear(b);
        codec_put_event(b, &ev);
        log_append_closing(log_of(a), b->data, b->len);
    }
}

/* The one end of a question: err is NULL for `done`. What is stored ends its log once it is committed. */
static void end(struct ask *a, enum log_state state, const struct error *err)
{
    assert(a->state < ASK_STORING);
    struct ending *end = &a->ending;
    struct fold fold;
    struct buf extras;
    stop(a, err);
    a->state = ASK_STORING;
    end->state = state;
    end->failed = err != NULL;
    if (err)
        end->err = *err;
    buf_init(&extras, SIZE_MAX / 2); /* of the log's own size, which is bounded; the tail too */
    put_attempts(&extras, a);
    put_timing(&extras, a);
    fold_log(&fold, log_of(a), answer_provider(a->answer), answer_model(a->answer));
    end->n_tail = fold_put_tail(&end->tail, &fold, err) + 2;
    buf_append(&end->tail, extras.data, extras.len);
    if (end->tail.failed) /* it is made anew from the events for whoever asks */
        buf_clear(&end->tail);
    begin_keep(a);
    if (a->keep) {
        keep_end(a->keep, &(struct keep_end){state, err, &fold, &extras, 2});
        timer_start(a->deadline, store_opt(a->engine->store)->commit_timeout_ms);
    }
    fold_done(&fold);
    buf_done(&extras);
    if (!a->keep)
        settle(a);
}

static void fail(struct ask *a, const struct error *err)
{
    end(a, LOG_FAILED, err);
}

static void on_deadline(void *data)
{
    struct error err = ERROR_INIT;
    struct ask *a = data;
    if (a->state == ASK_STORING) { /* it may be stored yet, but nobody waits for it any longer */
        on_stored(a, false, false);
        return;
    }
    error_set(&err, ERR_TIMEOUT, "no whole answer within the timeout of %g s", a->req->timeout);
    fail(a, &err);
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
    a->fresh = cause == FAULT_TRANSPORT;
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
    begin_keep(a);
    a->state = ASK_TRYING;
    a->tries++;
    if (!a->asked_us)
        a->asked_us = clock_mono_us();
    if (attempt_start(&a->engine->attempts, r->provider, r->model, answer_conversation(a->answer), a->req, a->fresh,
                      &cb, a, &a->attempt, &err) != ERR_NONE)
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

static void interrupt(struct ask *a)
{
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ended before the answer did");
    end(a, LOG_INTERRUPTED, &err);
}

void ask_interrupt_all(struct engine *e)
{
    struct ask *a, *next;
    for (a = TAILQ_FIRST(&e->asks); a; a = next) {
        next = TAILQ_NEXT(a, link); /* the one that is interrupted may be gone then, and no other */
        if (a->state < ASK_STORING)
            interrupt(a);
    }
}

void ask_give_up_all(struct engine *e)
{
    struct ask *a;
    ask_interrupt_all(e);
    while ((a = TAILQ_FIRST(&e->asks)))
        settle(a);
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

/* Looks for whom to ask, and asks. */
static void go(struct ask *a)
{
    if (a->n_routes) {
        try_route(a);
        return;
    }
    const char *slash = a->local ? strchr(a->local, '/') : NULL;
    a->state = ASK_LOOKING;
    if (slash)
        error_text(a->routes[0].model, sizeof a->routes[0].model, slash + 1, strlen(slash + 1));
    a->search = discover_start(a->engine->discovery, a->providers, a->local, slash ? (size_t)(slash - a->local) : 0,
                               on_found, a);
}

/* From here on the question stands: where it is kept, if it is, and what goes to the store. */
static void take(struct ask *a, size_t own, const char *conversation, bool create, const char *parent)
{
    char message[ID_LEN + 1] = "";
    if (!answer_stored(a->answer)) {
        answer_accept(a->answer);
        go(a);
        return;
    }
    if (*conversation)
        id_new(message);
    answer_set_message(a->answer, conversation, message);
    a->question = context_begin(a->req, own, conversation, create, parent, message);
    go(a);
}

static void on_read(void *data, struct store_job *job)
{
    struct ask *a = data;
    struct error err = job->error;
    if (a)
        a->reading = NULL;
    if (a && job->code != ERR_NONE) {
        fail(a, &err);
    } else if (a) {
        size_t n = a->req->n_messages;
        context_apply(a->req, &job->path);
        take(a, a->req->n_messages - n, job->path.conversation, false, job->path.parent);
    }
    store_job_free(job);
}

static void read_conversation(struct ask *a)
{
    struct store *store = a->engine->store;
    struct error err = ERROR_INIT;
    keep_flush(&a->engine->keeps);
    a->reading = context_path(a->req, answer_uid(a->answer), store_opt(store)->last_within_ms, on_read, a);
    if (store_submit(store, a->reading, &err) == ERR_NONE)
        return;
    a->reading = NULL;
    fail(a, &err);
}

static void start(struct ask *a)
{
    const char *conversation = a->req->conversation;
    char id[ID_LEN + 1] = "";
    if (conversation && strcmp(conversation, CONVERSATION_NEW) != 0) {
        read_conversation(a);
        return;
    }
    if (conversation && answer_stored(a->answer))
        id_new(id);
    take(a, 0, id, true, "");
}

struct answer *ask_start(struct engine *e, struct chat_request *req, const struct route *routes, size_t n,
                         const char *local, const struct answer_asker *asker)
{
    static const struct flight_hooks hooks = {on_abandoned};
    struct ask *a = NEW(struct ask);
    a->engine = e;
    a->state = ASK_READING;
    a->req = req;
    a->providers = providers_ref(e->providers);
    memcpy(a->routes, routes, n * sizeof *routes);
    a->n_routes = n;
    a->local = n ? NULL : xstrdup(local);
    a->begun_us = clock_mono_us();
    a->backoff = timer_new(e->loop, on_backoff, a);
    a->deadline = timer_new(e->loop, on_deadline, a);
    a->flight = flight_new(answer_table_log(e->table), &hooks, a);
    a->answer = answer_new(a->flight, asker);
    buf_init(&a->ending.tail, SIZE_MAX / 2);
    set_preview(a->answer, req);
    answer_table_add(e->table, a->answer);
    TAILQ_INSERT_TAIL(&e->asks, a, link);
    e->n_asks++;
    if (req->has_timeout) {
        a->deadline_us = a->begun_us + (int64_t)(req->timeout * 1e6);
        timer_start(a->deadline, (int64_t)(req->timeout * 1000));
    }
    struct answer *answer = answer_ref(a->answer);
    start(a);
    return answer;
}
