#include "daemon/answer/answer.h"
#include "daemon/answer/answer_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/proto/mp.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    unsigned refs;
    char id[ID_LEN + 1];
    struct log *log; /* reference */
    struct answer_asker asker;
    bool settled, accepted, restored;
    void (*cancel)(void *data); /* NULL: nobody works for it */
    void *cancel_data;
    char conversation[ID_LEN + 1], message[ID_LEN + 1];
    unsigned readers;
    int64_t started_us, idle_since_us;
    char provider[64], model[128];
    char preview[ANSWER_PREVIEW + 1];
    struct answer_facts facts;
    uint8_t *start;
    size_t start_len;
};

struct answer *answer_new(struct log *log, const struct answer_asker *asker)
{
    struct answer *a = NEW(struct answer);
    a->refs = 1;
    id_new(a->id);
    a->log = log_ref(log);
    a->asker = *asker;
    a->facts = (struct answer_facts)ANSWER_FACTS_INIT;
    a->started_us = clock_wall_us();
    a->idle_since_us = clock_mono_us();
    return a;
}

struct answer *answer_restore(struct log *log, const struct answer_asker *asker, const char *id, int64_t started_us)
{
    struct answer *a = answer_new(log, asker);
    memcpy(a->id, id, sizeof a->id);
    a->started_us = started_us;
    a->accepted = a->settled = a->restored = true;
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
        log_unref(a->log);
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
    return a->log;
}

void answer_move(struct answer *a, struct log *to)
{
    struct log *from = a->log;
    a->log = log_ref(to);
    log_touch(from); /* who waits there looks again, and sees the other */
    log_unref(from);
}

uid_t answer_uid(const struct answer *a)
{
    return a->asker.uid;
}

uint64_t answer_request(const struct answer *a)
{
    return a->asker.request;
}

unsigned answer_arm(const struct answer *a)
{
    return a->asker.arm;
}

bool answer_kept(const struct answer *a)
{
    return a->asker.keep;
}

bool answer_hidden(const struct answer *a)
{
    return a->asker.hidden;
}

bool answer_stored(const struct answer *a)
{
    return a->asker.store;
}

void answer_unstore(struct answer *a)
{
    a->asker.store = false;
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

struct answer_facts *answer_facts(struct answer *a)
{
    return &a->facts;
}

static uint32_t put_duration(struct buf *out, const char *key, double ms)
{
    if (ms < 0)
        return 0;
    mp_put_cstr(out, key);
    mp_put_double(out, ms);
    return 1;
}

/* What comes after its end is left out: the map is the same whenever it is told, and what is stored of it too. */
static void put_timing(struct buf *out, const struct answer_times *t)
{
    mp_put_cstr(out, "timing");
    size_t at = mp_open_map(out);
    uint32_t n = put_duration(out, "queued_ms", t->queued);
    n += put_duration(out, "retried_ms", t->retried);
    n += put_duration(out, "connect_ms", t->connect);
    n += put_duration(out, "first_token_ms", t->first);
    n += put_duration(out, "provider_ms", t->provider);
    n += put_duration(out, "total_ms", t->total);
    mp_close_map(out, at, n);
}

static uint32_t put_context(struct buf *out, const struct answer_context *c)
{
    if (c->window == 0)
        return 0;
    mp_put_cstr(out, "context");
    mp_put_map(out, 4);
    mp_put_entry_int(out, "window", c->window);
    mp_put_entry_int(out, "estimated", c->estimated);
    mp_put_entry_int(out, "left_out", (int64_t)c->left_out);
    mp_put_cstr(out, "summarized");
    mp_put_bool(out, c->summarized);
    return 1;
}

uint32_t answer_put_facts(struct buf *out, const struct answer *a)
{
    const struct answer_facts *f = &a->facts;
    if (a->restored)
        return 0;
    mp_put_cstr(out, "cached");
    mp_put_bool(out, f->cached);
    mp_put_cstr(out, "shared");
    mp_put_bool(out, f->shared);
    put_timing(out, &f->times);
    if (f->key[0])
        mp_put_entry(out, "key", f->key);
    if (f->age_ms >= 0) {
        mp_put_cstr(out, "age");
        mp_put_double(out, (double)f->age_ms / 1000);
    }
    return 3u + (f->key[0] ? 1 : 0) + (f->age_ms >= 0 ? 1 : 0) + put_context(out, &f->context);
}

bool answer_is_passing(const struct answer *a)
{
    return (a->facts.cached || a->facts.shared || a->asker.fleeting) && !a->asker.keep;
}

enum log_state answer_state(const struct answer *a)
{
    return a->settled ? log_state(a->log) : LOG_RUNNING;
}

const struct error *answer_error(const struct answer *a)
{
    return a->settled ? log_failure(a->log) : NULL;
}

void answer_settle(struct answer *a)
{
    assert(log_state(a->log) != LOG_RUNNING);
    a->settled = true;
    a->cancel = NULL;
    log_touch(a->log);
}

void answer_on_cancel(struct answer *a, void (*cancel)(void *data), void *data)
{
    a->cancel = cancel;
    a->cancel_data = data;
}

void answer_cancel(struct answer *a)
{
    if (a->cancel)
        a->cancel(a->cancel_data);
}

void answer_add_reader(struct answer *a, int delta)
{
    a->readers = (unsigned)((int)a->readers + delta);
    if (a->readers == 0)
        a->idle_since_us = clock_mono_us();
}
