#include "daemon/engine/keep.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/books.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 700     /* with the time to write, less than the second that is promised */
#define COMMIT_GAP_MS 8 /* between two hand-overs of ends: the first goes at once, what follows it goes together */
#define EXPIRE_MS 60000 /* how often what has outlived its time is looked for */
#define SAVE_BYTES (1u << 20) /* of events in one job, about: others have their turn between two */
#define RETRY_FIRST_MS 500    /* before an end that could not be stored is tried again; doubles up to: */
#define RETRY_MOST_MS 60000
#define UNSTORED_SHARE 4 /* of answer_memory, the part that may wait to be stored */

enum keep_state {
    KEEP_WAITING,   /* the question waits for the next tick, or for its end */
    KEEP_BEGINNING, /* the question is with the store */
    KEEP_BEGUN,     /* the store has it, and takes the events */
    KEEP_UNABLE,    /* the store could not take it: tried again at each tick, and with the end */
    KEEP_ENDED,     /* the end waits a moment for others, to share a commit with them */
    KEEP_ENDING,    /* the end is with the store, the question maybe before it */
    KEEP_UNSTORED,  /* the store could not take the end: in the room's list */
    KEEP_OVER,      /* stored or given up */
};

struct keep {
    enum keep_state state;
    struct keep_room *room; /* NULL once that is closed */
    struct store *store;
    struct answer *answer;          /* reference */
    struct log *log;                /* reference: what jobs under way read from; the answer may end on a fork */
    char id[STORE_ID];              /* of the answer, and of its log */
    struct log_pos saved;           /* what the store has */
    unsigned epoch;                 /* counts its beginnings: events that went behind a failed one are void */
    bool told;                      /* the asker knows how the question went */
    bool gone;                      /* its conversation is, as the store said of the question */
    struct store_job *begin, *end;  /* not with the store: to be handed over, or handed back; else NULL */
    size_t bytes;                   /* what it holds, while it is unstored */
    unsigned jobs;                  /* with the store */
    const struct keep_hooks *hooks; /* NULL once it is released */
    void *data;
    TAILQ_ENTRY(keep) link; /* in live or unstored */
};

struct save {               /* one STORE_RUNS job */
    struct keep_room *room; /* NULL once that is closed */
    struct saved {
        struct keep *keep;
        unsigned epoch;
        struct log_pos pos; /* where it will stand */
    } * keeps;
    size_t n;
    TAILQ_ENTRY(save) link;
};

static void free_if_over(struct keep *k)
{
    if (k->jobs || k->state != KEEP_OVER)
        return;
    store_job_free(k->begin);
    store_job_free(k->end);
    log_unref(k->log);
    answer_unref(k->answer);
    free(k);
}

/* It leaves its list, and goes once the store is done with it. */
static void over(struct keep *k)
{
    if (k->room)
        TAILQ_REMOVE(k->state == KEEP_UNSTORED ? &k->room->unstored : &k->room->live, k, link);
    if (k->room && k->state == KEEP_UNSTORED)
        k->room->unstored_bytes -= k->bytes;
    k->room = NULL;
    k->state = KEEP_OVER;
}

static void submit(struct keep *k, struct store_job **job)
{
    struct store_job *j = *job;
    *job = NULL;
    j->code = ERR_NONE;
    j->error = (struct error)ERROR_INIT;
    k->jobs++;
    store_submit(k->store, j, NULL); /* such jobs are never refused */
}

static void hand_over(struct keep *k)
{
    k->state = KEEP_BEGINNING;
    submit(k, &k->begin);
}

/* -- events -- */

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
        if (job->code == ERR_NONE && k->epoch == s->keeps[i].epoch)
            k->saved = s->keeps[i].pos;
        k->jobs--;
        free_if_over(k);
    }
    if (s->room)
        TAILQ_REMOVE(&s->room->saves, s, link);
    free(s->keeps);
    free(s);
    store_job_free(job);
}

/* One job with the new events of keeps from k on, until it is large enough; returns where to go on, NULL at the end. */
static struct keep *save_some(struct keep_room *room, struct keep *k)
{
    struct save *s = NEW(struct save);
    struct store_job *job = store_job_new(STORE_RUNS, on_saved, s);
    size_t bytes = 0;
    s->room = room;
    for (; k && bytes < SAVE_BYTES; k = TAILQ_NEXT(k, link)) {
        struct log_pos pos = k->saved;
        size_t before = job->runs.n;
        if (k->state != KEEP_BEGUN && k->state != KEEP_BEGINNING)
            continue;
        add_runs(&job->runs.runs, &job->runs.n, k, &pos);
        for (size_t i = before; i < job->runs.n; i++)
            bytes += job->runs.runs[i].len;
        if (job->runs.n == before)
            continue;
        s->keeps = grow_one(s->keeps, s->n, sizeof *s->keeps);
        s->keeps[s->n++] = (struct saved){k, k->epoch, pos};
        k->jobs++;
    }
    TAILQ_INSERT_TAIL(&room->saves, s, link);
    if (s->n)
        store_submit(room->store, job, NULL);
    else
        on_saved(s, job);
    return k;
}

static void on_tick(void *data)
{
    struct keep_room *room = data;
    struct keep *k;
    TAILQ_FOREACH (k, &room->live, link)
        if (k->state == KEEP_UNABLE)
            hand_over(k);
    keep_flush(room);
    for (k = TAILQ_EMPTY(&room->saves) ? TAILQ_FIRST(&room->live) : NULL; k;)
        k = save_some(room, k);
    if (!TAILQ_EMPTY(&room->live))
        timer_start(room->tick, TICK_MS);
}

/* -- beginning -- */

/* Its conversation was deleted since the question arrived: the answer goes on, and is in none. */
static void leave_conversation(struct keep *k, struct store_job *begin)
{
    begin->begin.conversation[0] = begin->begin.message[0] = '\0';
    answer_set_message(k->answer, "", "");
    if (k->end)
        k->end->end.conversation[0] = k->end->end.message[0] = '\0';
}

static void on_begun(void *data, struct store_job *job)
{
    struct keep *k = data;
    bool stored = job->code == ERR_NONE, gone = job->code == ERR_NOT_FOUND && job->begin.conversation[0];
    k->jobs--;
    if (gone)
        leave_conversation(k, job);
    k->gone |= gone;
    if (stored) {
        store_job_free(job);
    } else { /* what came behind it is nobody's */
        k->begin = job;
        k->saved = (struct log_pos){0};
        k->epoch++;
    }
    if (k->state != KEEP_BEGINNING) { /* its end is under way, and tries it again */
        free_if_over(k);
        return;
    }
    if (gone) {
        hand_over(k);
        return;
    }
    k->state = stored ? KEEP_BEGUN : KEEP_UNABLE;
    if (k->hooks && !k->told)
        k->hooks->begun(k->data);
    k->told = true;
}

/* Where the question goes again, all events go again behind it: what came behind an earlier one may not be there. */
static void submit_end(struct keep *k)
{
    struct store_end *e = &k->end->end;
    struct log_pos all = {0};
    k->state = KEEP_ENDING;
    if (k->begin) {
        e->n_runs = 0;
        free(e->runs);
        e->runs = NULL;
        add_runs(&e->runs, &e->n_runs, k, &all);
        submit(k, &k->begin);
    }
    submit(k, &k->end);
}

void keep_flush(struct keep_room *room)
{
    struct keep *k;
    TAILQ_FOREACH (k, &room->live, link) {
        if (k->state == KEEP_WAITING)
            hand_over(k);
        else if (k->state == KEEP_ENDED)
            submit_end(k);
    }
}

static void on_gap(void *data)
{
    struct keep_room *room = data;
    struct keep *k;
    bool any = false;
    TAILQ_FOREACH (k, &room->live, link) {
        if (k->state == KEEP_ENDED) {
            submit_end(k);
            any = true;
        }
    }
    if (any)
        timer_start(room->gap, COMMIT_GAP_MS);
}

struct keep *keep_begin(struct keep_room *room, struct answer *a, struct store_job *begin, bool at_once,
                        const struct keep_hooks *hooks, void *data)
{
    struct keep *k = NEW(struct keep);
    struct store_begin *b = &begin->begin;
    const uint8_t *start;
    size_t len;
    k->room = room;
    k->store = room->store;
    k->answer = answer_ref(a);
    k->log = log_ref(answer_log(a));
    k->hooks = hooks;
    k->data = data;
    k->begin = begin;
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
    TAILQ_INSERT_TAIL(&room->live, k, link);
    if (!timer_active(room->tick))
        timer_start(room->tick, TICK_MS);
    if (at_once || (room->at_once && b->conversation[0]))
        hand_over(k);
    return k;
}

/* -- ending -- */

static void try_next(struct keep_room *room)
{
    if (TAILQ_EMPTY(&room->unstored))
        return;
    if (room->hurry && room->retry_ms > RETRY_FIRST_MS)
        room->retry_ms = RETRY_FIRST_MS;
    if (room->retry_ms == 0 || !timer_active(room->retry))
        timer_start(room->retry, room->retry_ms);
}

/* The log, and what the jobs hold of question and answer. */
static size_t weigh(const struct keep *k)
{
    size_t n = log_memory(answer_log(k->answer));
    const struct store_reply *r = &k->end->end.reply;
    n += r->text.len + r->parts.len + r->rest.len;
    if (k->begin) {
        const struct store_begin *b = &k->begin->begin;
        n += b->system ? strlen(b->system) : 0;
        for (size_t i = 0; i < b->n_messages; i++)
            n += b->messages[i].text.len + b->messages[i].parts.len;
    }
    return n;
}

/* max_unstored, and never more than a share of what all answers may hold: new questions come first. */
static size_t unstored_bound(const struct keep_room *room)
{
    int64_t share = answer_table_options(room->table)->answer_memory / UNSTORED_SHARE;
    int64_t max = store_opt(room->store)->max_unstored;
    return (size_t)(max < share ? max : share);
}

/* What it cost is not given up with the answer. */
static void save_rows(const struct keep_room *room, struct store_job *end)
{
    if (!room->books)
        return;
    books_take_back(room->books, end->end.rows, end->end.n_rows);
}

static void say_given_up(const struct keep *k)
{
    log_event(LOG_LEVEL_ERROR, &(struct log_fields){.answer = k->id}, "answer %s is given up: it could not be stored",
              k->id);
}

static void give_up(struct keep *k)
{
    say_given_up(k);
    save_rows(k->room, k->end);
    over(k);
}

/* The store could not take it: it waits for its next try, behind the others, since it may be what does not fit. */
static void put_aside(struct keep *k)
{
    struct keep_room *room = k->room;
    struct keep *first;
    TAILQ_REMOVE(&room->live, k, link);
    TAILQ_INSERT_TAIL(&room->unstored, k, link);
    k->state = KEEP_UNSTORED;
    k->end->end.late = true;
    k->bytes = weigh(k);
    room->unstored_bytes += k->bytes;
    if (k->bytes > unstored_bound(room)) /* it would take all others with it */
        give_up(k);
    while (room->unstored_bytes > unstored_bound(room) && (first = TAILQ_FIRST(&room->unstored)) != NULL &&
           first != k) {
        give_up(first);
        free_if_over(first);
    }
    room->retry_ms = room->retry_ms ? 2 * room->retry_ms : RETRY_FIRST_MS;
    if (room->retry_ms > RETRY_MOST_MS)
        room->retry_ms = RETRY_MOST_MS;
    try_next(room);
}

/* The store does not know the answer, and nothing is there to tell it. */
static bool is_hopeless(const struct keep *k, const struct store_job *job)
{
    return job->code == ERR_NOT_FOUND && !k->begin;
}

/* Its question was refused for a conversation that has gone, and the end behind it: both go again, without. */
static bool goes_without(const struct keep *k, const struct store_job *job)
{
    return job->code == ERR_NOT_FOUND && k->begin && k->gone && job->end.message[0];
}

static void on_ended(void *data, struct store_job *job)
{
    struct keep *k = data;
    const struct keep_hooks *hooks = k->hooks;
    bool stored = job->code == ERR_NONE, gone = stored && job->end.gone;
    k->jobs--;
    if (stored && !hooks && !gone) /* late: its asker was told that it is in none */
        answer_set_message(k->answer, job->end.conversation, job->end.message);
    struct keep_room *room = k->room;
    if (goes_without(k, job)) {
        k->end = job;
        leave_conversation(k, k->begin);
        submit_end(k);
        return;
    }
    if (stored && room)
        room->retry_ms = 0;
    if (stored || !room || is_hopeless(k, job)) {
        if (!stored && !room)
            say_given_up(k);
        if (!stored && room)
            save_rows(room, job);
        store_job_free(job);
        over(k);
        if (room)
            try_next(room);
    } else {
        k->end = job;
        put_aside(k);
    }
    k->jobs++; /* the hook may release it */
    if (hooks)
        hooks->ended(k->data, stored, gone);
    k->jobs--;
    free_if_over(k);
}

static void on_retry(void *data)
{
    struct keep_room *room = data;
    struct keep *k = TAILQ_FIRST(&room->unstored);
    if (!k)
        return;
    TAILQ_REMOVE(&room->unstored, k, link);
    room->unstored_bytes -= k->bytes;
    TAILQ_INSERT_TAIL(&room->live, k, link);
    submit_end(k);
}

void keep_end(struct keep *k, const struct keep_end *how)
{
    struct store_job *job = store_job_new(STORE_END, on_ended, k);
    struct store_end *e = &job->end;
    struct log_pos pos = k->saved;
    assert(k->state < KEEP_ENDED);
    if (answer_log(k->answer) != k->log)
        log_seek(answer_log(k->answer), &pos, k->saved.seq + 1);
    memcpy(e->answer, k->id, sizeof e->answer);
    memcpy(e->log, k->id, sizeof e->log);
    memcpy(e->conversation, answer_conversation(k->answer), sizeof e->conversation);
    memcpy(e->message, answer_message(k->answer), sizeof e->message);
    e->state = log_state_name(how->state);
    e->ended_us = clock_wall_us();
    e->uid = answer_uid(k->answer);
    if (how->err) {
        struct buf b;
        buf_init(&b, 64 << 10);
        codec_put_error(&b, how->err, NULL, false);
        e->error = store_bytes_take(&b);
    }
    e->extras = store_bytes_copy(how->extras->data, how->extras->len);
    e->n_extras = how->n_extras;
    e->rows = how->rows;
    e->n_rows = how->n_rows;
    add_runs(&e->runs, &e->n_runs, k, &pos);
    keep_origin(&e->reply, how->fold);
    if (e->message[0])
        keep_reply(&e->reply, how->fold);
    k->end = job;
    k->state = KEEP_ENDED;
    if (how->at_once || !timer_active(k->room->gap))
        on_gap(k->room);
}

struct keep *keep_release(struct keep *k)
{
    if (!k)
        return NULL;
    k->hooks = NULL;
    free_if_over(k);
    return NULL;
}

unsigned keep_unstored(const struct keep_room *room)
{
    const struct keep *k;
    unsigned n = 0;
    TAILQ_FOREACH (k, &room->unstored, link)
        n++;
    TAILQ_FOREACH (k, &room->live, link)
        n += k->state == KEEP_ENDED || k->state == KEEP_ENDING;
    return n;
}

void keep_hurry(struct keep_room *room)
{
    room->hurry = true;
    room->retry_ms = 0;
    try_next(room);
}

/* -- the room -- */

static void on_expired(void *data, struct store_job *job)
{
    struct keep_room *room = data;
    if (room) {
        room->expiring = NULL;
        if (job->code == ERR_NONE && job->expire.n_gone > 0)
            keep_expire(room);
    }
    store_job_free(job);
}

static void on_expire(void *data)
{
    struct keep_room *room = data;
    int64_t keep = store_opt(room->store)->keep_ms, ledger = store_opt(room->store)->ledger_ms;
    timer_start(room->expire, EXPIRE_MS);
    if (room->expiring || !store_stores(room->store))
        return;
    struct store_job *job = store_job_new(STORE_EXPIRE, on_expired, room);
    job->expire.answers_before_us = answer_table_not_before_us(room->table);
    job->expire.answers_max = answer_table_options(room->table)->retain_max;
    job->expire.conversations_before_us = keep > 0 ? clock_wall_us() - keep * 1000 : 0;
    job->expire.trash_before_us = clock_wall_us() - store_opt(room->store)->trash_ms * 1000;
    job->expire.now_us = clock_wall_us();
    job->expire.ledger_before_us = ledger > 0 ? clock_wall_us() - ledger * 1000 : 0;
    if (store_submit(room->store, job, NULL) == ERR_NONE)
        room->expiring = job;
}

void keep_expire(struct keep_room *room)
{
    timer_start(room->expire, 0);
}

void keep_room_init(struct keep_room *room, uv_loop_t *loop, struct store *store, struct answer_table *table)
{
    *room = (struct keep_room){.store = store, .table = table};
    TAILQ_INIT(&room->live);
    TAILQ_INIT(&room->unstored);
    TAILQ_INIT(&room->saves);
    room->gap = timer_new(loop, on_gap, room);
    room->tick = timer_new(loop, on_tick, room);
    room->retry = timer_new(loop, on_retry, room);
    room->expire = timer_new(loop, on_expire, room);
    if (store_stores(store))
        keep_expire(room);
}

void keep_room_close(struct keep_room *room)
{
    struct keep *k;
    struct save *s;
    keep_flush(room);
    while (!TAILQ_EMPTY(&room->unstored))
        on_retry(room);
    while ((k = TAILQ_FIRST(&room->live))) {
        assert(k->state == KEEP_ENDING);
        TAILQ_REMOVE(&room->live, k, link);
        k->room = NULL;
    }
    while ((s = TAILQ_FIRST(&room->saves))) {
        TAILQ_REMOVE(&room->saves, s, link);
        s->room = NULL;
    }
    if (room->expiring)
        room->expiring->data = NULL;
    room->gap = timer_free(room->gap);
    room->tick = timer_free(room->tick);
    room->retry = timer_free(room->retry);
    room->expire = timer_free(room->expire);
}
