#include "daemon/answer/answer.h"
#include "daemon/answer/answer_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flight {
    unsigned refs;
    struct log *log; /* reference */
    struct flight_hooks hooks;
    void *data;
    unsigned live; /* answers on it that were not cancelled */
    bool settled;
    LIST_HEAD(, answer) answers;
};

struct answer {
    unsigned refs;
    char id[ID_LEN + 1];
    struct flight *flight; /* reference */
    LIST_ENTRY(answer) link;
    struct answer_asker asker;
    bool cancelled, accepted;
    char conversation[ID_LEN + 1], message[ID_LEN + 1];
    unsigned readers;
    int64_t started_us, idle_since_us;
    char provider[64], model[128];
    char preview[ANSWER_PREVIEW + 1];
    uint8_t *start;
    size_t start_len;
};

static const struct error cancelled_error = {
    .code = ERR_CANCELLED, .message = "the answer was cancelled", .retry_after = -1};

struct flight *flight_new(struct log *log, const struct flight_hooks *hooks, void *data)
{
    struct flight *f = NEW(struct flight);
    f->refs = 1;
    f->log = log;
    f->hooks = *hooks;
    f->data = data;
    LIST_INIT(&f->answers);
    return f;
}

struct flight *flight_ref(struct flight *f)
{
    f->refs++;
    return f;
}

struct flight *flight_unref(struct flight *f)
{
    if (f && --f->refs == 0) {
        log_unref(f->log);
        free(f);
    }
    return NULL;
}

void flight_settle(struct flight *f)
{
    f->settled = true;
}

struct log *flight_log(const struct flight *f)
{
    return f->log;
}

void flight_each(struct flight *f, void (*each)(void *data, struct answer *a), void *data)
{
    struct answer *a = LIST_FIRST(&f->answers), *next;
    flight_ref(f);
    for (a = a ? answer_ref(a) : NULL; a; a = next) {
        next = LIST_NEXT(a, link);
        if (next) /* what `each` does with this one may let go of that one */
            answer_ref(next);
        each(data, a);
        answer_unref(a);
    }
    flight_unref(f);
}

struct answer *answer_new(struct flight *f, const struct answer_asker *asker)
{
    struct answer *a = NEW(struct answer);
    a->refs = 1;
    id_new(a->id);
    a->flight = flight_ref(f);
    a->asker = *asker;
    a->started_us = clock_wall_us();
    a->idle_since_us = clock_mono_us();
    LIST_INSERT_HEAD(&f->answers, a, link);
    f->live++;
    return a;
}

struct answer *answer_restore(struct flight *f, const struct answer_asker *asker, const char *id, int64_t started_us)
{
    struct answer *a = answer_new(f, asker);
    memcpy(a->id, id, sizeof a->id);
    a->started_us = started_us;
    a->accepted = true;
    return a;
}

struct answer *answer_ref(struct answer *a)
{
    a->refs++;
    return a;
}

struct answer *answer_unref(struct answer *a)
{
    if (a && --a->refs == 0) {
        assert(a->readers == 0);
        LIST_REMOVE(a, link);
        flight_unref(a->flight);
        free(a->start);
        free(a);
    }
    return NULL;
}

const char *answer_id(const struct answer *a)
{
    return a->id;
}

struct log *answer_log(const struct answer *a)
{
    return a->flight->log;
}

uid_t answer_uid(const struct answer *a)
{
    return a->asker.uid;
}

uint64_t answer_request(const struct answer *a)
{
    return a->asker.request;
}

bool answer_kept(const struct answer *a)
{
    return a->asker.keep;
}

bool answer_stored(const struct answer *a)
{
    return a->asker.store;
}

void answer_set_message(struct answer *a, const char *conversation, const char *message)
{
    snprintf(a->conversation, sizeof a->conversation, "%s", conversation);
    snprintf(a->message, sizeof a->message, "%s", message);
}

const char *answer_conversation(const struct answer *a)
{
    return a->conversation;
}

const char *answer_message(const struct answer *a)
{
    return a->message;
}

void answer_accept(struct answer *a)
{
    a->accepted = true;
    log_touch(answer_log(a));
}

bool answer_accepted(const struct answer *a)
{
    return a->accepted;
}

int64_t answer_started_us(const struct answer *a)
{
    return a->started_us;
}

int64_t answer_idle_since_us(const struct answer *a)
{
    return a->idle_since_us;
}

unsigned answer_readers(const struct answer *a)
{
    return a->readers;
}

const char *answer_provider(const struct answer *a)
{
    return a->provider;
}

const char *answer_model(const struct answer *a)
{
    return a->model;
}

const char *answer_preview(const struct answer *a)
{
    return a->preview;
}

void answer_set_preview(struct answer *a, const char *text, size_t len)
{
    error_text(a->preview, sizeof a->preview, text, len);
}

void answer_set_turn(struct answer *a, const char *provider, const char *model)
{
    error_text(a->provider, sizeof a->provider, provider, strlen(provider));
    error_text(a->model, sizeof a->model, model, strlen(model));
}

void answer_set_start(struct answer *a, const char *provider, const char *model, const void *event, size_t len)
{
    assert(!a->start);
    answer_set_turn(a, provider, model);
    a->start = xmalloc(len);
    memcpy(a->start, event, len);
    a->start_len = len;
    log_touch(answer_log(a));
}

bool answer_start(const struct answer *a, const uint8_t **event, size_t *len)
{
    *event = a->start;
    *len = a->start_len;
    return a->start != NULL;
}

enum log_state answer_state(const struct answer *a)
{
    return a->cancelled ? LOG_CANCELLED : log_state(answer_log(a));
}

const struct error *answer_error(const struct answer *a)
{
    return a->cancelled ? &cancelled_error : log_failure(answer_log(a));
}

void answer_cancel(struct answer *a)
{
    struct flight *f = a->flight;
    if (answer_state(a) != LOG_RUNNING || f->settled)
        return;
    assert(f->live > 0);
    if (f->live == 1 && f->hooks.abandoned) {
        flight_ref(f); /* the hook may let go of the last answer */
        f->hooks.abandoned(f->data);
        flight_unref(f);
        return;
    }
    f->live--;
    a->cancelled = true;
    log_touch(f->log);
}

void answer_add_reader(struct answer *a, int delta)
{
    a->readers = (unsigned)((int)a->readers + delta);
    if (a->readers == 0)
        a->idle_since_us = clock_mono_us();
}
