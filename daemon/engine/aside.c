#include "daemon/engine/aside.h"
#include "daemon/answer/cursor.h"
#include "daemon/answer/fold.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

struct aside {
    struct engine *engine;
    struct cursor cursor; /* open from its start to its end; holds the answer */
    struct timer *ready;  /* where it has ended already: done is for later */
    bool optional;
    void (*done)(void *data, const char *text, const struct error *err);
    void *data;
    TAILQ_ENTRY(aside) link;
};

static void aside_free(struct aside *a)
{
    TAILQ_REMOVE(&a->engine->asides, a, link);
    cursor_close(&a->cursor);
    timer_free(a->ready);
    free(a);
}

static void tell(struct aside *a, const char *text, const struct error *err)
{
    a->done(a->data, text, err);
    aside_free(a);
}

static void tell_end(struct aside *a)
{
    struct answer *answer = answer_ref(a->cursor.answer);
    struct error err = ERROR_INIT;
    struct fold fold;
    fold_log(&fold, answer_log(answer), answer_provider(answer), answer_model(answer));
    if (answer_error(answer))
        err = *answer_error(answer);
    else if (fold.text.len == 0)
        error_set(&err, ERR_BAD_RESPONSE, "%s said nothing", answer_model(answer));
    if (err.code == ERR_NONE)
        tell(a, buf_cstr(&fold.text), NULL);
    else
        tell(a, NULL, &err);
    fold_done(&fold);
    answer_unref(answer);
}

/* Its events are of no interest: the cursor stands behind them all. */
static void on_wake(void *data)
{
    struct aside *a = data;
    struct cursor_event ev;
    if (cursor_next(&a->cursor, &ev) == CURSOR_END)
        tell_end(a);
}

static struct chat_request *request_of(const struct aside_question *q)
{
    struct chat_request *req = chat_request_new();
    req->model = xstrdup(q->model);
    req->system = xstrdup(q->system);
    message_add_text(chat_request_add_message(req, ROLE_USER), q->text, strlen(q->text));
    req->has_max_tokens = req->has_timeout = req->no_store = true;
    req->max_tokens = q->max_tokens;
    req->timeout = ASIDE_TIMEOUT_S;
    req->context_policy = CONTEXT_ERROR;
    return req;
}

struct aside *aside_start(struct engine *e, const struct aside_question *q,
                          void (*done)(void *data, const char *text, const struct error *err), void *data,
                          struct error *err)
{
    const struct answer_asker asker = {.uid = q->uid, .client = PACKAGE_NAME, .hidden = true};
    struct answer *answer;
    struct cursor_event ev;
    if (engine_ask(e, request_of(q), &asker, NULL, &answer, err) != ERR_NONE)
        return NULL;
    struct aside *a = NEW(struct aside);
    a->engine = e;
    a->optional = q->optional;
    a->done = done;
    a->data = data;
    a->ready = timer_new(e->loop, on_wake, a);
    TAILQ_INSERT_TAIL(&e->asides, a, link);
    cursor_open(&a->cursor, answer, UINT64_MAX, on_wake, a);
    answer_unref(answer);
    if (cursor_next(&a->cursor, &ev) == CURSOR_END)
        timer_start(a->ready, -1);
    return a;
}

struct aside *aside_cancel(struct aside *a)
{
    if (!a)
        return NULL;
    answer_cancel(a->cursor.answer);
    aside_free(a);
    return NULL;
}

static struct aside *first_to_end(struct engine *e, bool all)
{
    struct aside *a;
    TAILQ_FOREACH (a, &e->asides, link)
        if (all || a->optional)
            return a;
    return NULL;
}

void asides_give_up(struct engine *e, bool all)
{
    struct aside *a;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    while ((a = first_to_end(e, all))) {
        answer_cancel(a->cursor.answer);
        tell(a, NULL, &err);
    }
}
