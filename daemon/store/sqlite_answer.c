/* Answers and the events of their logs. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

/* Writing */

/* The log's row, made where there is none; 0 after a fault. */
static int64_t log_num(struct store_db *db, const char *id)
{
    int64_t num = 0;
    struct query q = query(db, "SELECT num FROM log WHERE id = ?");

    query_text(&q, id);
    if (query_number(&q, &num) || db->fault != SQLITE_OK)
        return num;
    q = query(db, "INSERT INTO log(id) VALUES(?)");
    query_text(&q, id);
    return query_run(&q) ? sqlite3_last_insert_rowid(db->sql) : 0;
}

static void put_run(struct store_db *db, int64_t log, const struct store_run *run)
{
    struct store_bytes bytes = {(uint8_t *)(uintptr_t)run->data, run->len};
    struct query q = query(db, "INSERT OR REPLACE INTO run(log, seq, events, bytes) VALUES(?, ?, ?, ?)");

    query_int(&q, log);
    query_int(&q, (int64_t)run->seq);
    query_int(&q, run->events);
    query_blob(&q, &bytes);
    query_run(&q);
}

static void put_runs(struct store_db *db, const struct store_run *runs, size_t n)
{
    int64_t log = 0;

    for (size_t i = 0; i < n && db->fault == SQLITE_OK; i++) {
        if (i == 0 || strcmp(runs[i].log, runs[i - 1].log) != 0)
            log = log_num(db, runs[i].log);
        put_run(db, log, &runs[i]);
    }
}

enum store_step sqlite_runs(struct store_db *db, struct store_job *job)
{
    put_runs(db, job->runs.runs, job->runs.n);
    return STORE_STEP_DONE;
}

static void insert_answer(struct store_db *db, const struct store_begin *b)
{
    int64_t log = log_num(db, b->log);
    struct query q =
        query(db, "INSERT INTO answer(id, log, uid, state, started, conversation, message, provider, model,"
                  " preview, start) VALUES(?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)");

    query_text(&q, b->answer);
    query_int(&q, log);
    query_int(&q, b->uid);
    query_int(&q, b->started_us);
    query_id(&q, b->conversation);
    query_id(&q, b->conversation[0] ? b->message : "");
    query_text(&q, b->provider);
    query_text(&q, b->model);
    query_text(&q, b->preview);
    query_blob(&q, &b->start);
    query_run(&q);
}

/* Whether the answer is there, and has ended. */
static bool find_answer(struct store_db *db, const char *id, bool *ended)
{
    int64_t is_ended = 0;
    struct query q = query(db, "SELECT ended IS NOT NULL FROM answer WHERE id = ?");

    query_text(&q, id);
    bool found = query_number(&q, &is_ended);
    *ended = is_ended != 0;
    return found;
}

enum store_step sqlite_begin(struct store_db *db, struct store_job *job)
{
    struct store_begin *b = &job->begin;
    struct sqlite_spot spot = {0};
    bool ended;

    /* A job whose commit failed comes again, though it may have been committed. */
    if (find_answer(db, b->answer, &ended))
        return STORE_STEP_DONE;
    if (b->conversation[0] && !sqlite_find_spot(db, job, &spot))
        return STORE_STEP_DONE;
    insert_answer(db, b);
    if (b->conversation[0])
        sqlite_append_question(db, b, spot);
    if (b->row)
        sqlite_put_ledger(db, b->row, 1);
    return STORE_STEP_DONE;
}

/* What an end brings takes the place of all that was stored from there on: pieces of other lengths may be there, of a
 * beginning that had to come again, or of a log that the answer did not end on. */
static void take_back_runs(struct store_db *db, const struct store_run *first)
{
    struct query q = query(db, "DELETE FROM run WHERE log = (SELECT num FROM log WHERE id = ?) AND seq >= ?");

    query_text(&q, first->log);
    query_int(&q, (int64_t)first->seq);
    query_run(&q);
}

static bool end_answer(struct store_db *db, const struct store_end *e)
{
    struct query q = query(db, "UPDATE answer SET state = ?, ended = ?, error = ?, extras = ?, n_extras = ?,"
                               " provider = coalesce(?, provider), model = coalesce(?, model) WHERE id = ?");

    query_text(&q, e->state);
    query_int(&q, e->ended_us);
    query_blob(&q, &e->error);
    query_blob(&q, &e->extras);
    query_int(&q, e->n_extras);
    query_id(&q, e->reply.provider);
    query_id(&q, e->reply.model);
    query_text(&q, e->answer);
    return query_run(&q) && (!e->message[0] || sqlite_end_message(db, e->message, e->state, &e->reply));
}

/* Its conversation was deleted: it is in none. */
static void leave_conversation(struct store_db *db, const char *answer)
{
    struct query q = query(db, "UPDATE answer SET conversation = NULL, message = NULL WHERE id = ?");

    query_text(&q, answer);
    query_run(&q);
}

enum store_step sqlite_end(struct store_db *db, struct store_job *job)
{
    struct store_end *e = &job->end;
    bool ended;

    if (!find_answer(db, e->answer, &ended))
        return sqlite_not_found(job, "answer", "no such answer is stored");
    e->gone = e->message[0] && !sqlite_message_lives(db, e->message);
    e->head = false;
    if (ended) /* it came before, as above */
        return STORE_STEP_DONE;
    if (e->n_runs > 0)
        take_back_runs(db, &e->runs[0]);
    put_runs(db, e->runs, e->n_runs);
    if (end_answer(db, e) && e->gone)
        leave_conversation(db, e->answer);
    sqlite_put_ledger(db, e->rows, e->n_rows);
    if (e->message[0] && (!(e->late || e->gone) || sqlite_head_leads_to(db, e->message)))
        e->head = sqlite_move_head(db, e->message, e->ended_us) && !e->gone;
    return STORE_STEP_DONE;
}

/* Reading */

/* Appends the log's runs behind those that are there already, their bytes to out; until the slice ends. False: there
 * are more. */
static bool get_runs(struct store_db *db, int64_t log, const char id[STORE_ID], struct buf *out,
                     struct store_run **runs, size_t *n)
{
    struct query q = query(db, "SELECT seq, events, bytes FROM run WHERE log = ? AND seq > ? ORDER BY seq");

    query_int(&q, log);
    query_int(&q, *n > 0 ? (int64_t)(*runs)[*n - 1].seq : -1);
    while (query_next(&q)) {
        struct store_bytes bytes = query_get(&q, 2);
        if (!buf_append(out, bytes.data, bytes.len)) {
            query_end(&q);
            return true; /* out tells */
        }
        *runs = grow_one(*runs, *n, sizeof(**runs));
        struct store_run *run = &(*runs)[(*n)++];
        memcpy(run->log, id, STORE_ID);
        run->seq = (uint64_t)query_get_int(&q, 0);
        run->events = (uint32_t)query_get_int(&q, 1);
        run->len = bytes.len;
        if (sqlite_late(db)) {
            query_end(&q);
            return false;
        }
    }
    return true;
}

/* Once out moves no more. */
static void point_runs(const struct buf *out, struct store_run *runs, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        runs[i].data = runs[i].len > 0 ? out->data + at : NULL;
        at += runs[i].len;
    }
}

static struct store_bytes copy_bytes(const struct query *q, int column)
{
    struct store_bytes b = query_get(q, column);

    return store_bytes_copy(b.data, b.len);
}

static void fill_answer(const struct query *q, struct store_answer *a)
{
    const char *state = query_get_text(q, 2);

    query_get_id(q, 1, a->log);
    error_text(a->state, sizeof(a->state), state ? state : "", state ? strlen(state) : 0);
    a->started_us = query_get_int(q, 3);
    a->ended_us = query_get_int(q, 4);
    query_get_id(q, 5, a->conversation);
    query_get_id(q, 6, a->message);
    a->provider = query_get_copy(q, 7);
    a->model = query_get_copy(q, 8);
    a->preview = query_get_copy(q, 9);
    a->n_extras = (uint32_t)query_get_int(q, 10);
    a->start = copy_bytes(q, 11);
    a->error = copy_bytes(q, 12);
    a->extras = copy_bytes(q, 13);
}

enum store_step sqlite_answer(struct store_db *db, struct store_job *job)
{
    struct store_answer *a = &job->answer;
    struct query q = query(db, "SELECT a.log, l.id, a.state, a.started, a.ended, a.conversation, a.message, a.provider,"
                               " a.model, a.preview, a.n_extras, a.start, a.error, a.extras"
                               " FROM answer a JOIN log l ON l.num = a.log"
                               " WHERE a.id = ? AND a.uid = ? AND a.ended >= ?");

    query_text(&q, a->answer);
    query_int(&q, a->uid);
    query_int(&q, a->not_before_us);
    if (!query_next(&q)) /* maybe in a later slice than the first */
        return sqlite_not_found(job, "answer", "no such answer");
    int64_t log = query_get_int(&q, 0);
    if (!a->log[0]) /* the first slice; it has ended, and changes no more */
        fill_answer(&q, a);
    query_end(&q);
    if (!get_runs(db, log, a->log, &job->out, &a->runs, &a->n_runs) && db->fault == SQLITE_OK)
        return STORE_STEP_MORE;
    point_runs(&job->out, a->runs, a->n_runs);
    return STORE_STEP_DONE;
}

static void put_answer_item(struct buf *b, const struct query *q)
{
    size_t at = mp_open_map(b);
    uint32_t n = 6;
    struct store_bytes error = query_get(q, 4);

    mp_put_entry(b, "answer", query_get_text(q, 0));
    mp_put_entry(b, "state", query_get_text(q, 1));
    mp_put_entry(b, "model", query_get_text(q, 2));
    mp_put_entry_time(b, "started", query_get_int(q, 3));
    mp_put_entry(b, "preview", query_get_text(q, 6));
    mp_put_entry_uint(b, "readers", 0);
    if (error.len > 0) {
        mp_put_cstr(b, "error");
        buf_append(b, error.data, error.len);
        n++;
    }
    if (query_get_text(q, 5)) {
        mp_put_entry(b, "conversation", query_get_text(q, 5));
        n++;
    }
    mp_close_map(b, at, n);
}

enum store_step sqlite_answers(struct store_db *db, struct store_job *job)
{
    struct store_answers *a = &job->answers;
    /* The unary + keeps the planner from the other indices, which would have to be sorted. */
    struct query q = query(db, "SELECT id, state, model, started, error, conversation, preview FROM answer"
                               " WHERE uid = ?1 AND id < ?2 AND +ended >= ?3"
                               " AND (?4 IS NULL OR +state = ?4) ORDER BY id DESC");

    query_int(&q, a->uid);
    query_text(&q, a->n_items > 0 ? a->items[a->n_items - 1].id : "~"); /* behind every id */
    query_int(&q, a->not_before_us);
    query_text(&q, a->state);
    while (!job->out.failed && query_next(&q)) {
        a->items = grow_one(a->items, a->n_items, sizeof(*a->items));
        struct store_answers_item *item = &a->items[a->n_items++];
        query_get_id(&q, 0, item->id);
        item->at = job->out.len;
        put_answer_item(&job->out, &q);
        item->len = job->out.len - item->at;
        if (sqlite_late(db)) {
            query_end(&q);
            return STORE_STEP_MORE;
        }
    }
    query_end(&q);
    return STORE_STEP_DONE;
}

/* What was left running */

static bool reply_of(struct store_db *db, const struct store_place *place, const struct query *q, struct store_end *e)
{
    struct buf out;
    struct store_run *runs = NULL;
    size_t n = 0;
    const char none[STORE_ID] = "";

    buf_init(&out, SIZE_MAX); /* max_answer bounded it when it was written */
    db->until_us = INT64_MAX;
    get_runs(db, query_get_int(q, 1), none, &out, &runs, &n);
    point_runs(&out, runs, n);
    if (db->fault == SQLITE_OK)
        place->recovery.reply(query_get_text(q, 3), query_get_text(q, 4), runs, n, &e->reply);
    free(runs);
    buf_done(&out);
    return db->fault == SQLITE_OK;
}

/* Ends one running answer, the newest; false where there is none, or after a fault. The head follows only from above:
 * where it is on another branch, somebody went on there after this one was asked. */
static bool recover_one(struct store_db *db, const struct store_place *place)
{
    struct store_end e = {.state = "interrupted", .ended_us = place->now_us, .error = place->recovery.error};
    struct query q = query(db, "SELECT id, log, message, provider, model FROM answer WHERE ended IS NULL"
                               " ORDER BY num DESC LIMIT 1");

    if (!query_next(&q))
        return false;
    query_get_id(&q, 0, e.answer);
    query_get_id(&q, 2, e.message);
    bool spent = sqlite_ledger_runs(db, e.answer);
    bool ok = !(e.message[0] || spent) || reply_of(db, place, &q, &e);
    query_end(&q);
    while (ok && spent)
        spent = sqlite_settle(db, place, e.answer, &e.reply);
    ok = db->fault == SQLITE_OK && ok && end_answer(db, &e);
    if (ok && e.message[0] && sqlite_head_leads_to(db, e.message))
        ok = sqlite_move_head(db, e.message, e.ended_us);
    store_reply_done(&e.reply);
    return ok;
}

bool sqlite_recover(struct store_db *db, const struct store_place *place)
{
    bool more = sqlite_exec(db, "BEGIN IMMEDIATE");

    if (more) /* those that a dead daemon was in the midst of */
        sqlite_take_back_halves(db);
    while (more) {
        int64_t until = clock_mono_us() + 50000;
        do
            more = recover_one(db, place) || sqlite_settle(db, place, NULL, NULL);
        while (more && clock_mono_us() < until);
        if (db->fault == SQLITE_OK)
            sqlite_exec(db, more ? "COMMIT; BEGIN IMMEDIATE" : "COMMIT");
    }
    if (!sqlite3_get_autocommit(db->sql))
        sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
    return db->fault == SQLITE_OK;
}
