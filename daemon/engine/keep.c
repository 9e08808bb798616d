#include "daemon/engine/keep.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 700     /* with the time to write, less than the second that is promised */
#define EXPIRE_MS 60000 /* how often what has outlived its time is looked for */

struct keep {
    struct keep_room *room;
    struct answer *answer;   /* reference */
    char id[STORE_ID];       /* of the answer, and of its log */
    struct log_pos saved;    /* what the store has */
    struct store_job *begin; /* back from the store, which could not take it; else NULL */
    bool beginning, begun, ending;
    unsigned jobs; /* with the store */
    void (*on_begun)(void *data, const struct error *err);
    void (*on_ended)(void *data, bool stored);
    void *data;
    TAILQ_ENTRY(keep) link;
};

/* -- runs -- */

struct save { /* one STORE_RUNS job */
    struct keep_room *room;
    struct saved {
        struct keep *keep;
        struct log_pos pos; /* where it will stand */
    } * keeps;
    size_t n;
};

static void settle(struct keep *k)
{
    if (k->jobs || k->on_begun || k->on_ended || k->room)
        return;
    store_job_free(k->begin);
    answer_unref(k->answer);
    free(k);
}

static void add_runs(struct store_run **runs, size_t *n, const struct keep *k, struct log_pos *pos)
{
    struct log_run run;
    while (log_next_run(answer_log(k->answer), pos, &run)) {
        *runs = grow_one(*runs, *n, sizeof **runs);
        struct store_run *r = &(*runs)[(*n)++];
        memcpy(r->log, k->id, sizeof r->log);
        r->seq = run.seq;
        r->events = run.events;
        r->data = run.data;
        r->len = run.len;
    }
}

static void on_saved(void *data, struct store_job *job)
{
    struct save *s = data;
    for (size_t i = 0; i < s->n; i++) {
        struct keep *k = s->keeps[i].keep;
        if (job->code == ERR_NONE)
            k->saved = s->keeps[i].pos;
        k->jobs--;
        settle(k);
    }
    if (s->room)
        s->room->saving = NULL;
    free(s->keeps);
    free(s);
    store_job_free(job);
}

static void save_all(struct keep_room *room)
{
    struct save *s = NEW(struct save);
    struct store_job *job = store_job_new(STORE_RUNS, on_saved, s);
    struct keep *k;
    s->room = room;
    TAILQ_FOREACH (k, &room->list, link) {
        struct log_pos pos = k->saved;
        size_t before = job->runs.n;
        if (!k->begun || k->ending)
            continue;
        add_runs(&job->runs.runs, &job->runs.n, k, &pos);
        if (job->runs.n == before)
            continue;
        s->keeps = grow_one(s->keeps, s->n, sizeof *s->keeps);
        s->keeps[s->n++] = (struct saved){k, pos};
        k->jobs++;
    }
    if (s->n == 0) {
        free(s);
        store_job_free(job);
        return;
    }
    room->saving = s;
    store_submit(room->store, job, NULL);
}

static void on_tick(void *data)
{
    struct keep_room *room = data;
    if (!room->saving)
        save_all(room);
    if (!TAILQ_EMPTY(&room->list))
        timer_start(room->tick, TICK_MS);
}

/* -- time out of mind -- */

static void on_expired(void *data, struct store_job *job)
{
    struct keep_room *room = data;
    if (room)
        room->expiring = NULL;
    store_job_free(job);
}

static void on_expire(void *data)
{
    struct keep_room *room = data;
    const struct answer_options *o = answer_table_options(room->table);
    int64_t keep = store_opt(room->store)->keep_ms, now = clock_wall_us();
    timer_start(room->expire, EXPIRE_MS);
    if (room->expiring || !store_stores(room->store))
        return;
    struct store_job *job = store_job_new(STORE_EXPIRE, on_expired, room);
    job->expire.answers_before_us = answer_table_not_before_us(room->table);
    job->expire.answers_max = o->retain_max;
    job->expire.conversations_before_us = keep > 0 ? now - keep * 1000 : 0;
    if (store_submit(room->store, job, NULL) == ERR_NONE)
        room->expiring = job;
}

void keep_room_init(struct keep_room *room, uv_loop_t *loop, struct store *store, struct answer_table *table)
{
    *room = (struct keep_room){.store = store, .table = table};
    TAILQ_INIT(&room->list);
    room->tick = timer_new(loop, on_tick, room);
    room->expire = timer_new(loop, on_expire, room);
    if (store_stores(store))
        timer_start(room->expire, 0);
}

void keep_room_close(struct keep_room *room)
{
    assert(TAILQ_EMPTY(&room->list));
    if (room->saving)
        room->saving->room = NULL;
    if (room->expiring)
        room->expiring->data = NULL;
    room->tick = timer_free(room->tick);
    room->expire = timer_free(room->expire);
}

/* -- one answer -- */

static void on_begun(void *data, struct store_job *job)
{
    struct keep *k = data;
    void (*begun)(void *, const struct error *) = k->on_begun;
    bool refused = job->code == ERR_NOT_FOUND;
    struct error err = job->error;
    k->jobs--;
    k->beginning = false;
    k->on_begun = NULL;
    k->begun = job->code == ERR_NONE;
    if (k->begun || refused)
        store_job_free(job);
    else
        k->begin = job;
    if (begun)
        begun(k->data, refused ? &err : NULL); /* may release it: room is set until then */
    else
        settle(k);
}

struct keep *keep_begin(struct keep_room *room, struct answer *a, struct store_job *begin,
                        void (*begun)(void *data, const struct error *err), void *data)
{
    struct keep *k = NEW(struct keep);
    struct store_begin *b = &begin->begin;
    const uint8_t *start;
    size_t len;
    k->room = room;
    k->answer = answer_ref(a);
    k->on_begun = begun;
    k->data = data;
    memcpy(k->id, answer_id(a), sizeof k->id);
    memcpy(b->answer, k->id, sizeof b->answer);
    memcpy(b->log, k->id, sizeof b->log);
    b->uid = answer_uid(a);
    b->started_us = answer_started_us(a);
    b->provider = xstrdup(answer_provider(a));
    b->model = xstrdup(answer_model(a));
    b->preview = xstrdup(answer_preview(a));
    answer_start(a, &start, &len);
    b->start = store_bytes_copy(start, len);
    for (size_t i = 0; i < b->n_messages; i++)
        b->messages[i].created_us = b->started_us;
    begin->done = on_begun;
    begin->data = k;
    k->beginning = true;
    k->jobs++;
    TAILQ_INSERT_TAIL(&room->list, k, link);
    if (!timer_active(room->tick))
        timer_start(room->tick, TICK_MS);
    store_submit(room->store, begin, NULL);
    return k;
}

static void fill_reply(struct store_reply *r, const struct fold *f)
{
    struct buf b;
    error_text(r->provider, sizeof r->provider, f->provider, strlen(f->provider));
    error_text(r->model, sizeof r->model, f->model, strlen(f->model));
    r->text = store_bytes_copy(f->text.data, f->text.len);
    buf_init(&b, SIZE_MAX / 2); /* of the log's own size, which is bounded */
    if (f->rich)
        fold_put_parts(&b, f);
    r->parts = store_bytes_take(&b);
    r->n_rest = fold_put_rest(&b, f);
    if (b.failed) { /* no memory: the events tell it all the same */
        buf_clear(&b);
        r->n_rest = 0;
    }
    r->rest = store_bytes_take(&b);
    buf_done(&b);
}

static void on_ended(void *data, struct store_job *job)
{
    struct keep *k = data;
    bool stored = job->code == ERR_NONE;
    k->jobs--;
    store_job_free(job);
    void (*ended)(void *, bool) = k->on_ended;
    k->on_ended = NULL;
    if (ended)
        ended(k->data, stored);
    else
        settle(k);
}

void keep_end(struct keep *k, const struct keep_end *how, void (*ended)(void *data, bool stored), void *data)
{
    struct store_job *job = store_job_new(STORE_END, on_ended, k);
    struct store_end *e = &job->end;
    struct log_pos pos = k->saved;
    assert(!k->ending);
    k->ending = true;
    k->on_begun = NULL;
    k->on_ended = ended;
    k->data = data;
    if (k->begin) { /* there may be room again */
        k->jobs++;
        k->begin->code = ERR_NONE;
        store_submit(k->room->store, k->begin, NULL);
        k->begin = NULL;
    }
    memcpy(e->answer, k->id, sizeof e->answer);
    memcpy(e->log, k->id, sizeof e->log);
    memcpy(e->conversation, answer_conversation(k->answer), sizeof e->conversation);
    memcpy(e->message, answer_message(k->answer), sizeof e->message);
    e->state = log_state_name(how->state);
    e->ended_us = clock_wall_us();
    if (how->err) {
        struct buf b;
        buf_init(&b, 64 << 10);
        codec_put_error(&b, how->err, NULL, false);
        e->error = store_bytes_take(&b);
    }
    e->extras = store_bytes_copy(how->extras->data, how->extras->len);
    e->n_extras = how->n_extras;
    add_runs(&e->runs, &e->n_runs, k, &pos);
    fill_reply(&e->reply, how->fold);
    k->jobs++;
    store_submit(k->room->store, job, NULL);
}

struct keep *keep_release(struct keep *k)
{
    if (!k)
        return NULL;
    TAILQ_REMOVE(&k->room->list, k, link);
    k->room = NULL;
    k->on_begun = NULL;
    k->on_ended = NULL;
    settle(k);
    return NULL;
}

/* -- messages -- */

/* Plain text is kept as text; anything else as parts, with what can be read of it as text. */
void keep_message(struct store_message *to, const struct message *from, int64_t created_us)
{
    struct buf text, parts;
    bool plain = from->n_parts == 1 && from->parts[0].kind == PART_TEXT && !from->parts[0].opaque;
    buf_init(&text, SIZE_MAX / 2); /* of the request's size, which is bounded */
    buf_init(&parts, SIZE_MAX / 2);
    for (size_t i = 0; i < from->n_parts; i++) {
        if (from->parts[i].kind != PART_TEXT)
            continue;
        if (text.len)
            buf_putc(&text, '\n');
        buf_append(&text, from->parts[i].text, from->parts[i].text_len);
    }
    if (!plain)
        codec_put_content(&parts, from);
    id_new(to->id);
    to->role = from->role;
    to->created_us = created_us;
    to->text = store_bytes_take(&text);
    to->parts = store_bytes_take(&parts);
    buf_done(&text);
    buf_done(&parts);
}

/* -- after a crash; called on the store's thread -- */

static void recover(const char *provider, const char *model, const struct store_run *runs, size_t n,
                    struct store_reply *ret)
{
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, SIZE_MAX / 2);
    struct fold f;
    for (size_t i = 0; i < n && log_append_run(l, runs[i].data, runs[i].len) == ERR_NONE; i++)
        ;
    fold_log(&f, l, provider, model);
    fill_reply(ret, &f);
    fold_done(&f);
    log_unref(l);
    log_pool_free(pool);
}

const struct store_recovery *keep_recovery(void)
{
    static struct store_recovery recovery = {.reply = recover};
    if (!recovery.error.data) {
        struct error err = ERROR_INIT;
        struct buf b;
        error_set(&err, ERR_INTERRUPTED, "the daemon ended before the answer did");
        buf_init(&b, 4096);
        codec_put_error(&b, &err, NULL, false);
        static uint8_t packed[256];
        assert(b.len <= sizeof packed);
        memcpy(packed, b.data, b.len);
        recovery.error = (struct store_bytes){packed, b.len};
        buf_done(&b);
    }
    return &recovery;
}
