#include "daemon/core/timer.h"
#include "daemon/engine/aside.h"
#include "daemon/engine/ask_internal.h"
#include "daemon/engine/context.h"
#include "daemon/engine/discover.h"
#include "daemon/engine/report.h"
#include "daemon/engine/spending.h"
#include "daemon/engine/titling.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct rider_hooks rider_hooks;

static void ask_free(struct ask *a)
{
    if (a->refusal)
        a->refusal->freed = true;
    windows_done(&a->windows);
    context_said_done(&a->said);
    chat_request_free(a->req);
    plan_done(&a->plan);
    lookup_done(&a->lookup);
    answer_unref(a->answer);
    store_job_free(a->question);
    free(a->shared.ids);
    free(a->titling);
    ledger_row_done(&a->who);
    timer_free(a->timer);
    free(a);
}

static void leave_engine(struct ask *a)
{
    TAILQ_REMOVE(&a->engine->asks, a, link);
    a->engine->n_asks--;
}

/* -- its end -- */

static void note_settled(struct ask *a)
{
    struct engine *e = a->engine;
    struct answer_facts *f = answer_facts(a->answer);
    int64_t now_us = clock_mono_us();
    if (a->stores) {
        f->times.store = (double)(now_us - a->ended_us) / 1000;
        meter_commit(&e->meter, f->times.store);
    }
    f->settled_us = now_us;
}

/* The question is over. Frees it. */
static void settle(struct ask *a)
{
    struct engine *e = a->engine;
    assert(a->state == ASK_STORING);
    a->state = ASK_ENDED;
    note_settled(a);
    a->keep = keep_release(a->keep);
    books_write_forget(a->spending);
    a->spending = NULL;
    answer_settle(a->answer);
    if (answer_accepted(a->answer) && !answer_is_passing(a->answer) && !answer_hidden(a->answer))
        answer_table_ended(e->table, a->answer);
    else
        answer_table_drop(e->table, a->answer);
    leave_engine(a);
    meter_end(&e->meter, answer_state(a->answer));
    if (answer_readers(a->answer) == 0)
        slow_judge(e, a->answer);
    report_answer(a->answer, a->who.client, &a->figures);
    ask_free(a);
    if (e->ended)
        e->ended(e->ended_data);
}

/* gone: its conversation was deleted meanwhile. */
static void on_stored(void *data, bool stored, bool gone)
{
    struct ask *a = data;
    struct engine *e = a->engine;
    struct answer *answer = answer_ref(a->answer);
    char *titling = a->titling;
    a->titling = NULL;
    if (!stored || gone)
        answer_set_message(a->answer, "", "");
    answer_accept(a->answer);
    settle(a);
    if (titling && *answer_conversation(answer) && answer_state(answer) == LOG_DONE)
        titling_ask(e, answer, titling);
    free(titling);
    answer_unref(answer);
}

/* Its question is committed, or cannot be for now. */
static void on_begun(void *data)
{
    answer_accept(((struct ask *)data)->answer);
}

/* The question is stored nowhere, but what budgets have reserved for it must not be forgotten however the daemon ends.
 */
static void note_reserved(const struct ask *a)
{
    struct ledger_row *row = flight_expect(a->rider.flight, &a->rider);
    if (!row)
        return;
    books_add(a->engine->books, row);
    books_flush(a->engine->books);
    free(row);
}

static void begin_keep(struct ask *a)
{
    static const struct keep_hooks hooks = {on_begun, on_stored};
    struct store_job *question = a->question;
    bool limited = a->rider.flight && budgets_any(spending_budgets(a->engine->spending));
    a->question = NULL;
    if (question) {
        question->begin.row = a->rider.flight ? flight_expect(a->rider.flight, &a->rider) : NULL;
        limited = limited && question->begin.row;
        a->keep = keep_begin(&a->engine->keeps, a->answer, question, a->detach || limited, &hooks, a);
    } else if (limited && a->state == ASK_RUNNING) {
        note_reserved(a);
    }
}

static void start_timer(struct ask *a, int64_t ms);

static void on_spent(void *data)
{
    struct ask *a = data;
    a->spending = NULL;
    settle(a);
}

/* The answer is kept nowhere, what it cost is. False where there is nothing to wait for. */
static bool spend(struct ask *a, const struct ask_end *end)
{
    if (end->n_rows == 0 || !store_keeps(a->engine->store))
        return false;
    a->spending = books_write(a->engine->books, end->rows, end->n_rows, on_spent, a);
    return true;
}

static void drop_rows(const struct ask_end *end)
{
    for (size_t i = 0; i < end->n_rows; i++)
        ledger_row_done(&end->rows[i]);
    free(end->rows);
}

void ask_store(struct ask *a, const struct ask_end *end)
{
    struct buf extras;
    a->ended_us = clock_mono_us();
    answer_facts(a->answer)->times.total = (double)(a->ended_us - a->begun_us) / 1000;
    a->state = ASK_STORING;
    begin_keep(a);
    a->stores = a->keep || spend(a, end);
    if (!a->keep && a->stores) {
        start_timer(a, store_opt(a->engine->store)->commit_timeout_ms);
        return;
    }
    if (!a->keep) {
        drop_rows(end);
        settle(a);
        return;
    }
    assert(end->fold && end->attempts);
    buf_init(&extras, SIZE_MAX / 2); /* of the attempts' size, which is bounded */
    buf_append(&extras, end->attempts->data, end->attempts->len);
    uint32_t n = 1 + answer_put_facts(&extras, a->answer);
    n += fold_put_schema_error(&extras, end->fold);
    keep_end(a->keep, &(struct keep_end){.state = end->state,
                                         .err = end->err,
                                         .fold = end->fold,
                                         .extras = &extras,
                                         .n_extras = n,
                                         .rows = end->rows,
                                         .n_rows = end->n_rows,
                                         .at_once = answer_facts(a->answer)->cached});
    buf_done(&extras);
    start_timer(a, store_opt(a->engine->store)->commit_timeout_ms);
}

void ask_stop_waiting(struct ask *a)
{
    timer_stop(a->timer);
    if (a->attach) {
        a->attach = attach_cancel(a->attach);
        a->req = NULL;
    }
    if (a->reading)
        a->reading->data = NULL;
    if (a->search)
        discover_cancel(a->search);
    if (a->fetch)
        cache_fetch_cancel(a->fetch);
    a->reading = NULL;
    a->search = NULL;
    a->fetch = NULL;
    a->aside = aside_cancel(a->aside);
}

static double since(const struct ask *a, int64_t us)
{
    return us > a->begun_us ? (double)(us - a->begun_us) / 1000 : 0;
}

static double between(int64_t from_us, int64_t to_us)
{
    return to_us > from_us ? (double)(to_us - from_us) / 1000 : 0;
}

/* Of one who came aboard later what was before is not its own. */
static void set_times(struct ask *a, const struct flight_outcome *o)
{
    const struct tries_times *t = &o->times;
    struct answer_times *to = &answer_facts(a->answer)->times;
    int64_t connected_us = t->answers_us + (t->connect_us > 0 ? t->connect_us : 0);
    if (t->asked_us)
        to->queued = since(a, t->asked_us);
    if (o->first_us)
        to->first = since(a, o->first_us);
    if (!t->answers_us)
        return;
    if (t->answers_us > t->asked_us && t->asked_us >= a->begun_us)
        to->retried = between(t->asked_us, t->answers_us);
    if (t->connect_us >= 0 && t->answers_us >= a->begun_us)
        to->connect = (double)t->connect_us / 1000;
    to->provider = between(connected_us > a->begun_us ? connected_us : a->begun_us, clock_mono_us());
}

/* It got what it got for nothing: from who pays, or before anybody was asked for it. */
static void row_without_cost(const struct ask *a, const struct flight_outcome *o, struct ledger_row *ret)
{
    if (o->spend) {
        spend_shared(&a->who, &o->spend->rows[0], ret);
        return;
    }
    ledger_row_copy(ret, &a->who);
    ret->how = answer_facts(a->answer)->shared ? LEDGER_SHARED : LEDGER_FRESH;
    ret->outcome = spend_outcome(o->state);
    ret->provider = xstrdup(answer_provider(a->answer));
    ret->model = xstrdup(answer_model(a->answer));
    if (o->route)
        spend_nothing(a->engine->catalog, o->route, ret);
}

/* Its rows of the ledger: those of the flight where it pays for that, else one that says what it got for nothing. */
static void add_rows(struct ask *a, const struct flight_outcome *o, struct ask_end *end)
{
    const struct spend *s = o->spend;
    const struct answer_facts *f = answer_facts(a->answer);
    bool pays = s && strcmp(s->rows[0].answer, a->who.answer) == 0;
    end->n_rows = pays ? s->n : 1;
    end->rows = xcalloc(end->n_rows, sizeof *end->rows);
    if (pays) {
        for (size_t i = 0; i < s->n; i++)
            ledger_row_copy(&end->rows[i], &s->rows[i]);
    } else {
        row_without_cost(a, o, &end->rows[0]);
    }
    struct ledger_row *own = &end->rows[0];
    memcpy(own->conversation, answer_conversation(a->answer), sizeof own->conversation);
    own->first_ms = f->times.first;
    own->total_ms = (double)(clock_mono_us() - a->begun_us) / 1000;
    report_take(&a->figures, end->rows, end->n_rows);
    if (own->how == LEDGER_FRESH) {
        for (size_t i = 0; i < end->n_rows; i++)
            tally_add(a->engine->tally, &end->rows[i]);
        return;
    }
    books_add(a->engine->books, own); /* it waits for nobody */
    free(end->rows);
    end->rows = NULL;
    end->n_rows = 0;
}

static void on_landed(struct rider *r, const struct flight_outcome *o)
{
    struct ask *a = (struct ask *)r;
    struct ask_end end = {.state = o->state, .err = o->err, .fold = o->fold, .attempts = o->attempts};
    ask_stop_waiting(a);
    set_times(a, o);
    if (o->key)
        key_hex(o->key, answer_facts(a->answer)->key);
    add_rows(a, o, &end);
    ask_store(a, &end);
}

static void on_first(struct rider *r)
{
    begin_keep((struct ask *)r);
}

static const struct rider_hooks rider_hooks = {on_first, on_landed};

/* The one way in which a question ends early. Whom it would have gone to is told, as far as it is known. */
static void end_early(struct ask *a, enum log_state state, const struct error *err)
{
    assert(a->state < ASK_STORING);
    if (a->state != ASK_RUNNING) {
        const struct route *r = a->plan.n ? a->plan.routes : NULL;
        const char *model = a->req->model ? a->req->model : "";
        flight_name(a->rider.flight, r ? r->provider->name : "", r ? r->model : model);
    }
    flight_leave(&a->rider, state, err);
}

void ask_fail(struct ask *a, const struct error *err)
{
    end_early(a, LOG_FAILED, err);
}

static void on_cancel(void *data)
{
    struct ask *a = data;
    struct error err = ERROR_INIT;
    if (a->state >= ASK_STORING) /* how it ends is settled */
        return;
    error_set(&err, ERR_CANCELLED, "the answer was cancelled");
    end_early(a, LOG_CANCELLED, &err);
}

static void on_timer(void *data)
{
    struct error err = ERROR_INIT;
    struct ask *a = data;
    if (a->state == ASK_STORING && a->spending) {
        settle(a);
        return;
    }
    if (a->state == ASK_STORING) { /* it may be stored yet, but nobody waits for it any longer */
        on_stored(a, false, false);
        return;
    }
    error_set(&err, ERR_TIMEOUT, "no whole answer within the timeout of %g s", a->timeout);
    ask_fail(a, &err);
}

static void start_timer(struct ask *a, int64_t ms)
{
    if (!a->timer)
        a->timer = timer_new(a->engine->loop, on_timer, a);
    timer_start(a->timer, ms);
}

static struct ask *first_unended(struct engine *e)
{
    struct ask *a;
    TAILQ_FOREACH (a, &e->asks, link)
        if (a->state < ASK_STORING)
            return a;
    return NULL;
}

/* With all others of its flight, whose log is looked at once then. */
void ask_interrupt_all(struct engine *e)
{
    struct ask *a;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ended before the answer did");
    while ((a = first_unended(e))) {
        if (a->state == ASK_RUNNING)
            flight_end(a->rider.flight, LOG_INTERRUPTED, &err);
        else
            end_early(a, LOG_INTERRUPTED, &err);
    }
}

void ask_give_up_all(struct engine *e)
{
    struct ask *a;
    ask_interrupt_all(e);
    while ((a = TAILQ_FIRST(&e->asks)))
        settle(a);
}

/* -- its start -- */

static void on_found(void *data, struct provider *p, const char *model, const struct error *err)
{
    struct ask *a = data;
    a->search = NULL;
    if (!p) {
        ask_fail(a, err);
        return;
    }
    plan_found(&a->plan, p, model);
    ask_find_out(a);
}

/* The line that is to be completed. */
static void set_gap_preview(struct answer *answer, const struct chat_gap *g)
{
    const char *end = memrchr(g->prefix, '\n', g->prefix_len);
    const char *line = end ? end + 1 : g->prefix;
    answer_set_preview(answer, line, g->prefix_len - (size_t)(line - g->prefix));
}

/* Of one that regenerates an answer the question is known once the conversation is read. */
static void set_preview(struct answer *answer, const struct chat_request *req)
{
    if (req->gap) {
        set_gap_preview(answer, req->gap);
        return;
    }
    if (req->n_messages == 0)
        return;
    const struct message *m = &req->messages[req->n_messages - 1];
    for (size_t i = m->n_parts; i > 0; i--) {
        if (m->parts[i - 1].kind == PART_TEXT) {
            answer_set_preview(answer, m->parts[i - 1].text, m->parts[i - 1].text_len);
            return;
        }
    }
}

static void on_settled(void *data, const struct error *err);

/* Looks for whom to ask, and for what is known already. */
static void go(struct ask *a)
{
    if (attach_unsettled(a->req)) {
        if (!ask_count(a))
            return;
        a->state = ASK_PREPARING;
        a->attach = attach_settle(a->engine, a->req, on_settled, a);
        return;
    }
    if (a->plan.n) {
        ask_find_out(a);
        return;
    }
    a->state = ASK_LOOKING;
    a->search = discover_start(a->engine->discovery, a->plan.providers, NULL, 0, on_found, a);
}

static void on_settled(void *data, const struct error *err)
{
    struct ask *a = data;
    a->attach = NULL;
    if (err)
        ask_fail(a, err);
    else
        go(a);
}

/* From here on the question stands: where it is kept, if it is, and what goes to the store. */
static void take(struct ask *a, size_t own, const char *conversation, bool create, const char *parent)
{
    char message[ID_LEN + 1] = "";
    if (!answer_stored(a->answer)) {
        go(a);
        return;
    }
    if (*conversation)
        id_new(message);
    answer_set_message(a->answer, conversation, message);
    a->question = context_begin(a->req, own, conversation, create, parent, message);
    if (*conversation && a->engine->opt.title_model && a->said.n == 0 && !a->shared.later)
        a->titling = titling_question(a->req);
    if (a->shared.n)
        context_share(a->question, &a->shared);
    go(a);
}

static void on_read(void *data, struct store_job *job)
{
    struct ask *a = data;
    struct error err = job->error;
    if (a)
        a->reading = NULL;
    if (a && job->code != ERR_NONE) {
        ask_fail(a, &err);
    } else if (a) {
        size_t n = a->req->n_messages;
        context_apply(a->req, &job->path);
        context_said_take(&a->said, &job->path, a->req->n_messages - n);
        if (n == 0)
            set_preview(a->answer, a->req);
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
    ask_fail(a, &err);
}

/* What it brings along is in order. */
static void begin(struct ask *a)
{
    const char *conversation = a->req->conversation;
    char id[ID_LEN + 1] = "";
    if (conversation && strcmp(conversation, CONVERSATION_NEW) != 0) {
        a->state = ASK_READING;
        read_conversation(a);
        return;
    }
    if (conversation && answer_stored(a->answer) && a->shared.n)
        memcpy(id, a->shared.conversation, sizeof id);
    else if (conversation && answer_stored(a->answer))
        id_new(id);
    take(a, 0, id, true, "");
}

static void on_prepared(void *data, const struct error *err)
{
    struct ask *a = data;
    a->attach = NULL;
    if (err)
        ask_fail(a, err);
    else
        begin(a);
}

static void start(struct ask *a)
{
    if (!attach_needed(a->req)) {
        begin(a);
        return;
    }
    if (!ask_count(a))
        return;
    a->state = ASK_PREPARING;
    a->attach = attach_start(a->engine, a->req, &a->plan, true, on_prepared, a);
}

static struct ask *ask_new(struct engine *e, struct chat_request *req, struct plan *plan,
                           const struct answer_asker *asker)
{
    struct ask *a = NEW(struct ask);
    struct flight *flight = flight_new(e);
    a->rider.hooks = &rider_hooks;
    a->engine = e;
    a->state = ASK_READING;
    a->req = req;
    a->plan = *plan;
    a->detach = req->detach;
    a->begun_us = clock_mono_us();
    a->answer = answer_new(flight_log(flight), asker);
    a->rider.answer = a->answer;
    const struct spend_who who = {asker->uid, asker->client, &req->place};
    spend_begin(&a->who, answer_id(a->answer), answer_started_us(a->answer), &who);
    a->rider.who = &a->who;
    if (req->has_timeout) {
        a->timeout = req->timeout;
        a->rider.deadline_us = a->begun_us + (int64_t)(req->timeout * 1e6);
        start_timer(a, (int64_t)(req->timeout * 1000));
    }
    flight_board(flight, &a->rider);
    set_preview(a->answer, req);
    answer_on_cancel(a->answer, on_cancel, a);
    answer_table_add(e->table, a->answer);
    TAILQ_INSERT_TAIL(&e->asks, a, link);
    e->n_asks++;
    return a;
}

/* It never was. */
static void take_back(struct ask *a)
{
    ask_stop_waiting(a);
    answer_on_cancel(a->answer, NULL, NULL);
    flight_disembark(&a->rider);
    answer_table_drop(a->engine->table, a->answer);
    leave_engine(a);
    ask_free(a);
}

static void share(struct ask *a, const struct engine_question *shared)
{
    a->shared = *shared;
    a->shared.ids = xcalloc(shared->n, sizeof *shared->ids);
    memcpy(a->shared.ids, shared->ids, shared->n * sizeof *shared->ids);
}

struct answer *ask_start(struct engine *e, struct chat_request *req, struct plan *plan,
                         const struct answer_asker *asker, const struct engine_question *shared, struct error *err)
{
    struct ask_looked looked;
    struct answer *answer = ask_at_once(e, req, plan, asker, &looked);
    struct refusal refusal = {.err = ERROR_INIT};
    if (answer) {
        lookup_done(&looked.lookup);
        windows_done(&looked.windows);
        plan_done(plan);
        chat_request_free(req);
        return answer;
    }
    struct ask *a = ask_new(e, req, plan, asker);
    answer = answer_ref(a->answer);
    a->windows = looked.windows;
    a->lookup = looked.lookup;
    a->looked = looked.done;
    a->refusal = &refusal;
    if (shared)
        share(a, shared);
    start(a);
    if (refusal.freed)
        return answer;
    a->refusal = NULL;
    if (refusal.err.code == ERR_NONE)
        return answer;
    take_back(a);
    *err = refusal.err;
    return answer_unref(answer);
}
