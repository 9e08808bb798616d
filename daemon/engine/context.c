#include "daemon/engine/context.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/keep.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/chat/title.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store_job *context_path(const struct chat_request *req, uid_t uid, int64_t last_within_ms,
                               void (*done)(void *data, struct store_job *job), void *data)
{
    struct store_job *job = store_job_new(STORE_PATH, done, data);
    struct store_path *p = &job->path;
    p->uid = uid;
    p->by_message = strcmp(req->conversation, CONVERSATION_OF_MESSAGE) == 0;
    if (strcmp(req->conversation, CONVERSATION_LAST) != 0)
        snprintf(p->conversation, sizeof p->conversation, "%s", req->conversation);
    p->directory = xstrdup(req->place.directory);
    p->terminal = xstrdup(req->place.terminal);
    p->host = xstrdup(req->place.host);
    p->not_before_us = clock_wall_us() - last_within_ms * 1000;
    if (req->parent)
        snprintf(p->parent, sizeof p->parent, "%s", req->parent);
    p->to = req->edit ? STORE_PATH_EDIT : req->regenerate ? STORE_PATH_REGENERATE : STORE_PATH_PARENT;
    if (p->to != STORE_PATH_PARENT)
        snprintf(p->of, sizeof p->of, "%s", req->edit ? req->edit : req->regenerate);
    return job;
}

static bool says_something(const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++)
        if (m->parts[i].kind != PART_REASONING && (m->parts[i].kind != PART_TEXT || m->parts[i].text_len))
            return true;
    return false;
}

/* Calls are followed by their results, which a question brings: those of a turn that is left out go only where the
 * next one brings them again. */
static bool brings_results(const struct chat_request *req, const struct store_path *p, size_t next)
{
    if (next < p->n_said)
        return p->said[next].message.role == ROLE_TOOL;
    return req->n_messages > 0 && req->messages[0].role == ROLE_TOOL;
}

/* Whether said[i] belongs to the question of the answer said[at], behind which the next of it stands. The messages of a
 * question are as old as its answer; where that is a later one to an old question, they are the turn of the user's. */
static bool is_of_question(const struct store_path *p, size_t i, size_t at)
{
    if (p->said[at - 1].created_us == p->said[at].created_us)
        return p->said[i].created_us == p->said[at].created_us;
    return p->said[i].message.role == ROLE_USER || p->said[i].message.role == ROLE_TOOL;
}

/* Marks the turns that are left out: an assistant's message without content, and the question that led to it. */
static void mark_silent(const struct chat_request *req, const struct store_path *p, bool *left_out)
{
    for (size_t i = 0; i < p->n_said; i++) {
        const struct store_said *answer = &p->said[i];
        if (answer->message.role != ROLE_ASSISTANT || says_something(&answer->message))
            continue;
        left_out[i] = true;
        for (size_t q = i; q > 0 && is_of_question(p, q - 1, i); q--) {
            enum role role = p->said[q - 1].message.role;
            left_out[q - 1] = role != ROLE_TOOL || brings_results(req, p, i + 1);
        }
    }
}

/* A result for that call among what follows it, up to the next turn of the model. */
static bool is_answered(const struct chat_request *req, size_t next, const char *id)
{
    for (size_t i = next; i < req->n_messages && req->messages[i].role != ROLE_ASSISTANT; i++) {
        for (size_t j = 0; j < req->messages[i].n_parts; j++) {
            const struct part *p = &req->messages[i].parts[j];
            if (p->kind == PART_TOOL_RESULT && p->id && strcmp(p->id, id) == 0)
                return true;
        }
    }
    return false;
}

static struct message results_for(const struct chat_request *req, size_t at)
{
    static const char text[] = "This call was not run.";
    struct message results = {.role = ROLE_TOOL};
    const struct message *m = &req->messages[at];

    for (size_t i = 0; m->role == ROLE_ASSISTANT && i < m->n_parts; i++) {
        const struct part *call = &m->parts[i];
        if (call->kind != PART_TOOL_CALL || !call->id || is_answered(req, at + 1, call->id))
            continue;
        struct part *p = message_add_part(&results, PART_TOOL_RESULT);
        p->id = xstrdup(call->id);
        p->name = xstrdup(call->name);
        p->text = xstrdup(text);
        p->text_len = strlen(text);
        p->is_error = true;
    }
    return results;
}

/* A tool loop that was given up left calls without results, and every provider refuses such a conversation for good.
 * said: messages that were there before the question. */
static void answer_calls(struct chat_request *req, size_t said, struct store_path *p)
{
    struct message *all = xcalloc(req->n_messages + said, sizeof *all);
    size_t n = 0, next = 0;
    for (size_t i = 0; i < req->n_messages; i++) {
        while (next < p->n_said && p->said[next].at == SIZE_MAX)
            next++;
        if (next < p->n_said)
            p->said[next++].at = n;
        all[n++] = req->messages[i];
        struct message results = i < said ? results_for(req, i) : (struct message){0};
        if (results.n_parts)
            all[n++] = results;
    }
    free(req->messages);
    req->messages = all;
    req->n_messages = n;
}

void context_apply(struct chat_request *req, struct store_path *p)
{
    bool *left_out = xcalloc(p->n_said + 1, sizeof *left_out);
    size_t n = 0;
    mark_silent(req, p, left_out);
    struct message *all = xcalloc(p->n_said + req->n_messages + 1, sizeof *all);
    for (size_t i = 0; i < p->n_said; i++) {
        p->said[i].at = left_out[i] ? SIZE_MAX : n;
        if (left_out[i])
            continue;
        all[n++] = p->said[i].message;
        p->said[i].message = (struct message){0};
    }
    if (req->n_messages > 0)
        memcpy(all + n, req->messages, req->n_messages * sizeof *all);
    free(req->messages);
    free(left_out);
    req->messages = all;
    req->n_messages += n;
    answer_calls(req, n, p);
    if (!req->system) {
        req->system = p->system;
        p->system = NULL;
    }
    bool anew = req->edit || req->regenerate || (req->parent && !p->at_head);
    if (anew && req->cache == CACHE_USE)
        req->cache = CACHE_REFRESH; /* asked before, and to be answered anew */
}

void context_said_take(struct context_said *s, struct store_path *p, size_t before)
{
    *s = (struct context_said){.before = before};
    s->marks = xcalloc(p->n_said + 1, sizeof *s->marks);
    bool found = false;
    for (size_t i = 0; i < p->n_said; i++) {
        if (p->said[i].at == SIZE_MAX)
            continue;
        struct context_mark *m = &s->marks[s->n++];
        memcpy(m->id, p->said[i].id, sizeof m->id);
        m->at = p->said[i].at;
        if (found && !s->summary.reach)
            s->summary.reach = m->at;
        found = found || strcmp(m->id, p->summarized) == 0;
    }
    if (found && !s->summary.reach)
        s->summary.reach = before;
    if (!found)
        return;
    s->text = p->summary;
    s->summary.text = s->text;
    p->summary = NULL;
}

void context_said_done(struct context_said *s)
{
    free(s->marks);
    free(s->text);
    *s = (struct context_said){0};
}

const char *context_said_id(const struct context_said *s, size_t reach)
{
    const char *id = "";
    for (size_t i = 0; i < s->n && s->marks[i].at < reach; i++)
        id = s->marks[i].id;
    return id;
}

struct store_job *context_begin(const struct chat_request *req, size_t own, const char *conversation, bool create,
                                const char *parent, const char *message)
{
    struct store_job *job = store_job_new(STORE_BEGIN, NULL, NULL);
    struct store_begin *b = &job->begin;
    if (!*conversation)
        return job;
    snprintf(b->conversation, sizeof b->conversation, "%s", conversation);
    snprintf(b->parent, sizeof b->parent, "%s", parent);
    snprintf(b->message, sizeof b->message, "%s", message);
    b->create = create;
    if (create)
        b->system = xstrdup(req->system);
    b->directory = xstrdup(req->place.directory);
    b->terminal = xstrdup(req->place.terminal);
    b->host = xstrdup(req->place.host);
    char title[TITLE_SIZE];
    if ((req->title && title_of_text(req->title, strlen(req->title), title)) ||
        title_of_messages(req->messages + own, req->n_messages - own, title))
        b->title = xstrdup(title);
    b->n_messages = req->n_messages - own;
    b->messages = b->n_messages > 0 ? xcalloc(b->n_messages, sizeof *b->messages) : NULL;
    for (size_t i = 0; i < b->n_messages; i++)
        keep_message(&b->messages[i], &req->messages[own + i], 0); /* keep_begin has the time */
    return job;
}

void context_share(struct store_job *begin, const struct engine_question *shared)
{
    struct store_begin *b = &begin->begin;
    assert(b->n_messages <= shared->n);
    b->again = b->n_messages > 0;
    for (size_t i = 0; i < b->n_messages; i++)
        memcpy(b->messages[i].id, shared->ids[i], sizeof b->messages[i].id);
}
