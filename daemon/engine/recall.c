/* Answers that have left memory: brought back from the store. What an interrupted one's daemon did not come to store is
 * not made up: its events end where they end, so that no sequence number ever means something else. */
#include "daemon/answer/fold.h"
#include "daemon/engine/ask.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

struct waiter {
    void (*found)(void *data, struct answer *a, const struct error *err);
    void *data;
};

/* One that the store is asked for, and all who wait for it: nobody asks twice. */
struct recall {
    struct engine *engine; /* NULL once that is closed */
    uid_t uid;
    char id[ID_LEN + 1];
    struct waiter *waiters; /* owned */
    size_t n_waiters;
    TAILQ_ENTRY(recall) link;
};

#define EXTRAS_WITHOUT_FACTS 2 /* attempts and timing: as stored before there was a cache */

/* Where the daemon was killed before the end, the start event tells all the same whose work it was. */
static void put_origin(struct buf *tail, const struct store_answer *s)
{
    struct chat_event start = {.kind = EVENT_START};
    msgpack_zone zone;
    msgpack_zone_init(&zone, MSGPACK_ZONE_CHUNK_SIZE);
    if (codec_get_event(s->start.data, s->start.len, &zone, &start) != ERR_NONE)
        start = (struct chat_event){.kind = EVENT_START};
    mp_put_cstr(tail, "cached");
    mp_put_bool(tail, start.cached);
    mp_put_cstr(tail, "shared");
    mp_put_bool(tail, start.shared);
    msgpack_zone_destroy(&zone);
}

static void put_extras(struct buf *tail, const struct store_answer *s, uint32_t *n)
{
    if (s->n_extras) {
        buf_append(tail, s->extras.data, s->extras.len);
        *n += s->n_extras;
    } else {
        mp_put_cstr(tail, "attempts");
        mp_put_array(tail, 0);
        mp_put_cstr(tail, "timing");
        mp_put_map(tail, 0);
        *n += EXTRAS_WITHOUT_FACTS;
    }
    if (s->n_extras > EXTRAS_WITHOUT_FACTS)
        return;
    put_origin(tail, s);
    *n += 2;
}

static enum error_code fill_log(struct log *l, const struct store_answer *s, struct error *err)
{
    struct error why = ERROR_INIT;
    enum log_state state;
    struct fold fold;
    struct buf tail;
    if (!log_state_from_name(s->state, strlen(s->state), &state) || state == LOG_RUNNING)
        return error_set(err, ERR_NOT_FOUND, "the answer has not ended");
    if (state != LOG_DONE && codec_get_error(s->error.data, s->error.len, &why) != ERR_NONE)
        error_set(&why, ERR_INTERNAL, "what went wrong was not stored");
    for (size_t i = 0; i < s->n_runs; i++)
        if (s->runs[i].seq != log_last(l) + 1 || log_append_run(l, s->runs[i].data, s->runs[i].len) != ERR_NONE)
            return error_set(err, ERR_INTERNAL, "the stored events of the answer are damaged");
    fold_log(&fold, l, s->provider ? s->provider : "", s->model ? s->model : "");
    buf_init(&tail, SIZE_MAX / 2); /* of the events' size, which the store bounds */
    uint32_t n = fold_put_tail(&tail, &fold, state == LOG_DONE ? NULL : &why);
    put_extras(&tail, s, &n);
    if (tail.failed)
        buf_clear(&tail);
    log_end(l, state, &why, tail.data, tail.len, n);
    buf_done(&tail);
    fold_done(&fold);
    return ERR_NONE;
}

static struct answer *restore(struct recall *r, const struct store_answer *s, struct error *err)
{
    const struct answer_asker asker = {.uid = r->uid, .keep = true, .store = true};
    struct answer_table *t = r->engine->table;
    struct log *l = log_new(answer_table_pool(t), SIZE_MAX / 2);
    if (fill_log(l, s, err) != ERR_NONE || answer_table_admit_recalled(t, err) != ERR_NONE) {
        log_unref(l);
        return NULL;
    }
    struct answer *a = answer_restore(l, &asker, s->answer, s->started_us);
    log_unref(l);
    answer_set_message(a, s->conversation, s->message);
    answer_set_preview(a, s->preview ? s->preview : "", s->preview ? strlen(s->preview) : 0);
    answer_set_start(a, s->provider ? s->provider : "", s->model ? s->model : "", s->start.data, s->start.len);
    answer_table_add_recalled(t, a, s->ended_us);
    return a;
}

/* Tells everybody. The waiters may ask for others meanwhile, so it is in no list any more. */
static void tell(struct recall *r, struct answer *a, const struct error *err)
{
    if (r->engine)
        TAILQ_REMOVE(&r->engine->recalls, r, link);
    r->engine = NULL;
    for (size_t i = 0; i < r->n_waiters; i++)
        r->waiters[i].found(r->waiters[i].data, a, err);
    r->n_waiters = 0;
}

static void on_job(void *data, struct store_job *job)
{
    struct recall *r = data;
    struct error err = job->error;
    struct answer *a = r->engine && job->code == ERR_NONE ? restore(r, &job->answer, &err) : NULL;
    if (r->engine)
        tell(r, a, &err);
    answer_unref(a);
    store_job_free(job);
    free(r->waiters);
    free(r);
}

void recall_give_up_all(struct engine *e)
{
    struct recall *r;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    while ((r = TAILQ_FIRST(&e->recalls)))
        tell(r, NULL, &err); /* its job comes back to nobody */
}

static struct recall *find(struct engine *e, uid_t uid, const char *id)
{
    struct recall *r;
    TAILQ_FOREACH (r, &e->recalls, link)
        if (r->uid == uid && memcmp(r->id, id, ID_LEN) == 0)
            return r;
    return NULL;
}

static struct recall *start(struct engine *e, uid_t uid, const char *id, struct error *err)
{
    struct recall *r = NEW(struct recall);
    struct store_job *job = store_job_new(STORE_ANSWER, on_job, r);
    job->answer.uid = uid;
    job->answer.not_before_us = answer_table_not_before_us(e->table);
    memcpy(job->answer.answer, id, ID_LEN);
    memcpy(r->id, id, ID_LEN);
    r->uid = uid;
    if (engine_submit(e, job, err) != ERR_NONE) {
        free(r);
        return NULL;
    }
    r->engine = e;
    TAILQ_INSERT_TAIL(&e->recalls, r, link);
    return r;
}

void engine_recall(struct engine *e, uid_t uid, const char *id, size_t len,
                   void (*found)(void *data, struct answer *a, const struct error *err), void *data)
{
    struct error err = ERROR_INIT;
    struct recall *r = NULL;
    if (len == ID_LEN)
        r = find(e, uid, id);
    else
        error_set(&err, ERR_NOT_FOUND, "no such answer");
    if (!r && len == ID_LEN)
        r = start(e, uid, id, &err);
    if (!r) {
        found(data, NULL, &err);
        return;
    }
    r->waiters = grow_one(r->waiters, r->n_waiters, sizeof *r->waiters);
    r->waiters[r->n_waiters++] = (struct waiter){found, data};
}
