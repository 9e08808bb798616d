#include "daemon/engine/aside.h"
#include "daemon/engine/ask_internal.h"
#include "daemon/engine/summary.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_saved(void *data, struct store_job *job)
{
    (void)data;
    store_job_free(job); /* without it the next question makes one of its own */
}

/* Beside the last message that it stands for. */
static void save(struct ask *a)
{
    const char *message = context_said_id(&a->said, a->reach);
    struct error err = ERROR_INIT;
    if (!*message || !answer_stored(a->answer))
        return;
    struct store_job *job = store_job_new(STORE_SUMMARY, on_saved, NULL);
    struct store_summary *s = &job->summary;
    s->uid = answer_uid(a->answer);
    snprintf(s->conversation, sizeof s->conversation, "%s", answer_conversation(a->answer));
    snprintf(s->message, sizeof s->message, "%s", message);
    s->text = xstrdup(a->said.text);
    (void)store_submit(a->engine->store, job, &err);
}

static void on_done(void *data, const char *text, const struct error *why)
{
    struct ask *a = data;
    a->aside = NULL;
    if (text) {
        size_t len = strlen(text);
        free(a->said.text);
        a->said.text = xstrndup(text, len > SUMMARY_MAX ? utf8_whole(text, SUMMARY_MAX) : len);
        a->said.summary = (struct windows_summary){a->reach, a->said.text};
        save(a);
    }
    ask_summarized(a, why);
}

#define SUMMARY_SHARE 4 /* of the window of who is asked: what the summary may take beside what it is made of */

/* By summary_model, or else by whom the question goes to first. */
static struct aside *start(struct ask *a, const char *text, struct error *err)
{
    const struct route *r = a->plan.routes;
    char own[sizeof r->model + 128];
    snprintf(own, sizeof own, "%s/%s", r->provider->name, r->model);
    const char *model = a->engine->opt.summary_model;
    int64_t most = model ? SUMMARY_TOKENS : r->window / SUMMARY_SHARE;
    const struct aside_question q = {.uid = answer_uid(a->answer),
                                     .model = model ? model : own,
                                     .system = summary_system,
                                     .text = text,
                                     .max_tokens = most < SUMMARY_TOKENS ? most : SUMMARY_TOKENS};
    return aside_start(a->engine, &q, on_done, a, err);
}

bool ask_summarize(struct ask *a)
{
    const struct windows_summary *had = &a->said.summary;
    struct error err = ERROR_INIT;
    struct buf text;
    /* What is stored of it can be told from what the question brings by its id. */
    size_t most = a->said.n ? a->said.before : a->req->n_messages;
    size_t reach = windows_reach(a->engine->catalog, &a->plan, a->req, &a->windows, had, most);
    if (reach == 0 || a->req->cache == CACHE_ONLY)
        return false;
    buf_init(&text, SUMMARY_OF_MAX);
    summary_put(&text, a->req, had->text ? had->reach : 0, reach, had->text);
    a->reach = reach;
    if (text.failed)
        error_set(&err, ERR_TOO_LARGE, "what was said before is more than %d bytes", SUMMARY_OF_MAX);
    else
        a->aside = start(a, buf_cstr(&text), &err);
    buf_done(&text);
    if (a->aside)
        a->state = ASK_SUMMARIZING;
    else
        windows_unsummarized(&a->windows, &err);
    return a->aside;
}
