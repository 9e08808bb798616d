/* Answers that have left memory: brought back from the store. */
#include "daemon/answer/fold.h"
#include "daemon/engine/ask.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

struct recall {
    struct engine *engine;
    uid_t uid;
    void (*found)(void *data, struct answer *a, const struct error *err);
    void *data;
};

/* Where its daemon died, nobody wrote the event that says how it ended. */
static void close_log(struct log *l, const struct fold *f, const struct error *err)
{
    struct chat_event ev = {.kind = EVENT_ERROR, .error = *err};
    struct buf b;
    if (f->ended)
        return;
    buf_init(&b, 64 << 10);
    codec_put_event(&b, &ev);
    log_append_closing(l, b.data, b.len);
    buf_done(&b);
}

static void put_extras(struct buf *tail, const struct store_answer *s, uint32_t *n)
{
    if (s->n_extras) {
        buf_append(tail, s->extras.data, s->extras.len);
        *n += s->n_extras;
        return;
    }
    mp_put_cstr(tail, "attempts");
    mp_put_array(tail, 0);
    mp_put_cstr(tail, "timing");
    mp_put_map(tail, 0);
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
    fold_log(&fold, l, s->provider, s->model);
    if (state != LOG_DONE)
        close_log(l, &fold, &why);
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
    static const struct flight_hooks none = {NULL};
    const struct answer_asker asker = {.uid = r->uid, .keep = true, .store = true};
    struct log *l = log_new(answer_table_pool(r->engine->table), SIZE_MAX / 2);
    if (fill_log(l, s, err) != ERR_NONE) {
        log_unref(l);
        return NULL;
    }
    struct flight *f = flight_new(l, &none, NULL);
    struct answer *a = answer_restore(f, &asker, s->answer, s->started_us);
    flight_unref(f);
    answer_set_message(a, s->conversation, s->message);
    answer_set_preview(a, s->preview, strlen(s->preview));
    answer_set_start(a, s->provider, s->model, s->start.data, s->start.len);
    return a;
}

static void on_job(void *data, struct store_job *job)
{
    struct recall *r = data;
    struct error err = job->error;
    struct answer *a = job->code == ERR_NONE ? restore(r, &job->answer, &err) : NULL;
    r->found(r->data, a, &err);
    answer_unref(a);
    store_job_free(job);
    free(r);
}

void engine_recall(struct engine *e, uid_t uid, const char *id, size_t len,
                   void (*found)(void *data, struct answer *a, const struct error *err), void *data)
{
    struct recall *r = NEW(struct recall);
    struct error err = ERROR_INIT;
    *r = (struct recall){e, uid, found, data};
    struct store_job *job = store_job_new(STORE_ANSWER, on_job, r);
    job->answer.uid = uid;
    job->answer.not_before_us = answer_table_not_before_us(e->table);
    memcpy(job->answer.answer, id, len < ID_LEN ? len : ID_LEN);
    if (store_submit(e->store, job, &err) == ERR_NONE)
        return;
    found(data, NULL, &err);
    free(r);
}
