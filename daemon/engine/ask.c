#include "daemon/engine/ask.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/context.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/tries.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_TOKENS_MAX 1000000 /* of an answer, for what it takes of a rate limit */

enum ask_state {
    ASK_READING, /* what was said before in its conversation */
    ASK_LOOKING, /* for a local server */
    ASK_TRYING,
    ASK_STORING, /* it has its last event; its log ends when that is committed */
    ASK_ENDED,
};

struct ask {
    struct engine *engine;
    enum ask_state state;
    struct chat_request *req;
    struct flight *flight;      /* reference */
    struct answer *answer;      /* reference: whose question it was */
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
    struct plan plan;
    struct discover_search *search;
    struct tries *tries;       /* NULL: not yet */
    const struct route *first; /* whom it goes to first, NULL: not known yet */
    struct timer *deadline;
    int64_t begun_us, deadline_us, first_us; /* monotonic; 0: not yet, or none */
    TAILQ_ENTRY(ask) link;
};

static void fail(struct ask *a, const struct error *err);
static void on_stored(void *data, bool stored, bool gone);

static struct log *log_of(const struct ask *a)
{
    return flight_log(a->flight);
}

static void put_timing(struct buf *out, const struct ask *a)
{
    mp_put_cstr(out, "timing");
    int64_t asked_us = a->tries ? tries_asked_us(a->tries) : 0;
    mp_put_map(out, 1u + (asked_us ? 1 : 0) + (a->first_us ? 1 : 0));
    if (asked_us) {
        mp_put_cstr(out, "queued_ms");
        mp_put_double(out, (double)(asked_us - a->begun_us) / 1000);
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
    store_job_free(a->question);
    buf_done(&a->ending.tail);
    tries_free(a->tries);
    plan_done(&a->plan);
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
    const struct route *r = a->first ? a->first : a->plan.n ? a->plan.routes : NULL;
    const char *provider = r ? r->provider->name : "";
    const char *model = r ? r->model : a->req->model ? a->req->model : "";
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
    if (a->reading)
        a->reading->data = NULL;
    if (a->search)
        discover_cancel(a->search);
    a->reading = NULL;
    a->search = NULL;
    if (a->tries)
        tries_stop(a->tries, err);
    flight_each(a->flight, set_start, a);
    if (err) {
        struct buf *b = &a->engine->scratch;
        struct chat_event ev = {.kind = EVENT_ERROR, .error = *err};
        buf_clear(b);
        codec_put_event(b, &ev);
        log_append_closing(log_of(a), b->data, b->len);
    }
}

/* Of the answer that was shown, as its provider told, or else by its text. */
static int64_t shown_tokens(const struct fold *f)
{
    if (f->usage.output_tokens >= 0)
        return f->usage.output_tokens;
    return tokens_of_text(tokens_family_of_model(f->model), (const char *)f->text.data, f->text.len);
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
    fold_log(&fold, log_of(a), answer_provider(a->answer), answer_model(a->answer));
    tries_put_attempts(&extras, a->tries, shown_tokens(&fold));
    put_timing(&extras, a);
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

static void on_first(void *data, const struct route *r)
{
    struct ask *a = data;
    a->first = r;
    flight_each(a->flight, set_start, a);
    begin_keep(a);
}

static void on_event(void *data, const struct chat_event *ev)
{
    struct ask *a = data;
    if (event_is_content(ev->kind) && !a->first_us)
        a->first_us = clock_mono_us();
    if (append(a, ev))
        return;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_TOO_LARGE, "the answer is larger than max_answer; what came before is kept");
    fail(a, &err);
}

static void set_turn(void *data, struct answer *answer)
{
    const struct route *r = data;
    answer_set_turn(answer, r->provider->name, r->model);
}

static void on_turn(void *data, const struct route *r, const struct error *why, int64_t delay_ms)
{
    struct ask *a = data;
    struct chat_event ev = {.kind = EVENT_RETRY,
                            .provider = {r->provider->name, strlen(r->provider->name)},
                            .model = {r->model, strlen(r->model)},
                            .error = *why,
                            .delay = (double)delay_ms / 1000};
    struct route now = *r;
    a->first_us = 0;
    flight_each(a->flight, set_turn, &now);
    if (!append(a, &ev))
        fail(a, why);
}

static void on_end(void *data, const struct error *err)
{
    if (err)
        fail(data, err);
    else
        end(data, LOG_DONE, NULL);
}

/* By the first candidate's tokenizer. A bound that no answer comes near says nothing. */
static struct bucket_cost cost_of(const struct ask *a)
{
    enum token_family family = tokens_family_of_model(a->plan.routes[0].model);
    bool bounded = a->req->has_max_tokens && a->req->max_tokens < OUTPUT_TOKENS_MAX;
    return (struct bucket_cost){.input = tokens_of_request(family, a->req),
                                .output = bounded ? a->req->max_tokens : ROUTE_OUTPUT_TOKENS};
}

static void try_candidates(struct ask *a)
{
    static const struct tries_hooks hooks = {on_first, on_event, NULL, on_turn, on_end};
    const struct tries_question q = {.chat = a->req,
                                     .conversation = answer_conversation(a->answer),
                                     .deadline_us = a->deadline_us,
                                     .cost = cost_of(a),
                                     .interactive = a->req->stream,
                                     .restart = a->req->retry_restart};
    a->state = ASK_TRYING;
    tries_start(a->engine, &a->plan, &q, &hooks, a, &a->tries);
}

static void on_found(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct ask *a = data;
    a->search = NULL;
    if (!p) {
        fail(a, err);
        return;
    }
    plan_found(&a->plan, p, model);
    try_candidates(a);
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
    if (a->plan.n) {
        try_candidates(a);
        return;
    }
    a->state = ASK_LOOKING;
    a->search = discover_start(a->engine->discovery, a->plan.providers, NULL, 0, on_found, a);
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

struct answer *ask_start(struct engine *e, struct chat_request *req, struct plan *plan,
                         const struct answer_asker *asker)
{
    static const struct flight_hooks hooks = {on_abandoned};
    struct ask *a = NEW(struct ask);
    a->engine = e;
    a->state = ASK_READING;
    a->req = req;
    a->plan = *plan;
    a->begun_us = clock_mono_us();
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
