#include "daemon/rpc/import.h"
#include "daemon/core/timer.h"
#include "daemon/rpc/import_job.h"
#include "daemon/rpc/later.h"
#include "daemon/rpc/server.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 32,            /* conversations that are read before they are stored */
    BATCH_BYTES = 4 << 20, /* or so many bytes of them */
    AT_ONCE = 16,          /* jobs with the store */
};

enum import_state {
    IMPORT_WAITING, /* for a piece */
    IMPORT_READING, /* a worker has the reader, the batch and the piece */
    IMPORT_STORING, /* the batch goes to the store */
    IMPORT_GONE,    /* nobody finds it: what runs ends, then it is freed */
};

struct import {
    char id[ID_LEN + 1];
    uv_loop_t *loop; /* which outlives the server */
    struct server *server;
    struct peer *peer;
    enum import_state state;
    enum archive_format format;
    uid_t uid;
    int64_t not_before_us; /* older than `keep` says: not worth storing. 0: everything is */
    size_t bytes;
    struct timer *idle;
    struct archive_reader *reader;
    struct later *later; /* the call that is to be answered */
    void *piece;
    bool last; /* nothing comes after the piece */
    uv_work_t work;
    /* What the worker has brought, and the loop takes on. */
    struct store_job *batch[BATCH];
    size_t n_batch, at, with_store;
    enum archive_step step; /* where it stopped */
    struct error unread;    /* ARCHIVE_FAILED: why */
    struct error error;     /* why nothing more is stored */
    /* The reply's. */
    struct buf ids, skipped;
    uint32_t n_ids, n_skipped;
    TAILQ_ENTRY(import) link;
};

static void on_idle(void *data);
static void read_on(struct import *im);

/* -- its life -- */

enum error_code import_begin(struct server *s, struct peer *p, enum archive_format format, struct import **ret,
                             struct error *err)
{
    const struct rpc_options *o = &s->setup.opt;
    const struct import *other;
    int64_t n = 0;
    TAILQ_FOREACH (other, &s->imports, link)
        n += other->uid == server_scope(s, p);
    if (n >= o->max_imports)
        return error_set(err, ERR_OVERLOADED, "%lld imports of yours are under way already (max_imports)",
                         (long long)n);
    struct import *im = NEW(struct import);
    int64_t keep_ms = store_opt(engine_store(s->engine))->keep_ms;
    id_new(im->id);
    im->loop = s->loop;
    im->server = s;
    im->peer = p;
    im->format = format;
    im->uid = server_scope(s, p);
    im->not_before_us = keep_ms > 0 ? clock_wall_us() - keep_ms * 1000 : 0;
    im->reader = archive_reader_new(format, (size_t)o->max_import_entry, s->setup.state_dir);
    im->idle = timer_new(s->loop, on_idle, im);
    buf_init(&im->ids, SIZE_MAX / 2); /* IMPORT_ENTRIES_MAX bounds both */
    buf_init(&im->skipped, SIZE_MAX / 2);
    TAILQ_INSERT_TAIL(&s->imports, im, link);
    *ret = im;
    return ERR_NONE;
}

/* Nobody finds it any more. */
static void take_out(struct import *im)
{
    TAILQ_REMOVE(&im->server->imports, im, link);
    im->peer = NULL;
    im->idle = timer_free(im->idle);
}

static void free_rest(struct import *im)
{
    archive_reader_free(im->reader);
    while (im->n_batch > 0)
        store_job_free(im->batch[--im->n_batch]);
    buf_done(&im->ids);
    buf_done(&im->skipped);
    free(im->piece);
    free(im);
}

/* On the worker: to close a database, and a file of which no name is left, blocks. */
static void close_file(uv_work_t *work)
{
    struct import *im = work->data;
    im->reader = archive_reader_free(im->reader);
}

static void on_file_closed(uv_work_t *work, int status)
{
    (void)status; /* nobody cancels the work */
    free_rest(work->data);
}

/* No work of its runs, and no job is with the store. */
static void import_free(struct import *im)
{
    if (im->peer)
        take_out(im);
    im->state = IMPORT_GONE;
    if (!archive_reader_holds_file(im->reader)) {
        free_rest(im);
        return;
    }
    im->work.data = im;
    uv_queue_work(im->loop, &im->work, close_file, on_file_closed);
}

static void on_idle(void *data)
{
    import_free(data);
}

struct import *import_find(struct peer *p, const char *id, size_t len)
{
    struct import *im;
    TAILQ_FOREACH (im, &p->server->imports, link)
        if (im->peer == p && len == ID_LEN && memcmp(im->id, id, len) == 0)
            return im;
    return NULL;
}

void import_hang_up(struct peer *p)
{
    struct import *im, *next;
    for (im = TAILQ_FIRST(&p->server->imports); im; im = next) {
        next = TAILQ_NEXT(im, link);
        if (im->peer != p)
            continue;
        if (im->state == IMPORT_WAITING) {
            import_free(im);
            continue;
        }
        take_out(im);
        im->state = IMPORT_GONE;
    }
}

/* -- the reply -- */

/* known: the conversation that is there already, or NULL. */
static void put_skipped(struct import *im, const struct error *why, const char *known)
{
    mp_put_map(&im->skipped, known ? 2 : 1);
    mp_put_entry(&im->skipped, "reason", why->message);
    if (known)
        mp_put_entry(&im->skipped, "conversation", known);
    im->n_skipped++;
}

static void put_list(struct buf *b, const char *key, const struct buf *items, uint32_t n)
{
    mp_put_cstr(b, key);
    mp_put_array(b, n);
    buf_append(b, items->data, items->len);
}

static void reply_end(struct import *im)
{
    struct later *l = im->later;
    struct error err = ERROR_INIT;
    if (server_may_send(im->server, im->peer, im->ids.len + im->skipped.len, &err) != ERR_NONE) {
        later_fail(l, &err);
    } else {
        struct buf *b = later_begin(l);
        if (b) {
            mp_put_map(b, 2);
            put_list(b, "conversations", &im->ids, im->n_ids);
            put_list(b, "skipped", &im->skipped, im->n_skipped);
        }
        later_end(l);
    }
    import_free(im);
}

static void reply_fail(struct import *im)
{
    const struct error *why = im->error.code != ERR_NONE ? &im->error : &im->unread;
    struct error err = *why;
    if (im->n_ids > 0)
        error_set(&err, why->code, "%s (%u conversations were imported before that)", why->message,
                  (unsigned)im->n_ids);
    later_fail(im->later, &err);
    import_free(im);
}

static void reply_more(struct import *im)
{
    struct buf *b = later_begin(im->later);
    if (b) {
        mp_put_map(b, 1);
        mp_put_entry(b, "import", im->id);
    }
    later_end(im->later);
    im->later = NULL;
    im->state = IMPORT_WAITING;
    timer_start(im->idle, im->server->setup.opt.import_timeout_ms);
}

/* The batch is stored, as far as it can be. */
static void go_on(struct import *im)
{
    if (im->error.code != ERR_NONE || im->step == ARCHIVE_FAILED)
        reply_fail(im);
    else if (im->step == ARCHIVE_CONVERSATION)
        read_on(im);
    else if (im->step == ARCHIVE_MORE)
        reply_more(im);
    else
        reply_end(im);
}

/* -- storing -- */

static void submit(struct import *im);

static void take_outcome(struct import *im, const struct store_job *job)
{
    const struct store_import *i = &job->import;
    struct error why;
    if (job->code == ERR_NONE && !i->known) {
        mp_put_cstr(&im->ids, i->conversation);
        im->n_ids++;
    } else if (job->code == ERR_NONE) {
        error_set(&why, ERR_NONE, "%.200s: is there already, as %s", i->title ? i->title : "(no title)",
                  i->conversation);
        put_skipped(im, &why, i->conversation);
    } else if (im->error.code == ERR_NONE) {
        im->error = job->error;
    }
}

static void on_stored(void *data, struct store_job *job)
{
    struct import *im = data;
    im->with_store--;
    if (im->state != IMPORT_GONE)
        take_outcome(im, job);
    store_job_free(job);
    if (im->state != IMPORT_GONE && im->error.code == ERR_NONE)
        submit(im);
    if (im->with_store > 0)
        return;
    if (im->state == IMPORT_GONE) {
        later_free(im->later);
        import_free(im);
    } else {
        go_on(im);
    }
}

/* As many as may be with the store at once. */
static void submit(struct import *im)
{
    size_t most = (size_t)store_opt(engine_store(im->server->engine))->max_waiting / 2 + 1;
    if (most > AT_ONCE)
        most = AT_ONCE;
    while (im->at < im->n_batch && im->with_store < most && im->error.code == ERR_NONE) {
        struct store_job *job = im->batch[im->at];
        im->batch[im->at++] = NULL;
        job->done = on_stored;
        job->data = im;
        if (engine_submit(im->server->engine, job, &im->error) == ERR_NONE)
            im->with_store++;
    }
}

/* -- reading -- */

/* An entry that is skipped is one that was read. */
static enum archive_step read_one(struct import *im, struct sniff **sniff, size_t *bytes)
{
    struct archive_conversation *c = NULL;
    enum archive_step step = archive_next(im->reader, &c, &im->unread);
    if (archive_entries(im->reader) > IMPORT_ENTRIES_MAX && step != ARCHIVE_FAILED) {
        archive_conversation_free(c);
        error_set(&im->unread, ERR_TOO_LARGE, "it has over %d entries: import it in several files", IMPORT_ENTRIES_MAX);
        return ARCHIVE_FAILED;
    }
    if (step == ARCHIVE_CONVERSATION) {
        struct store_job *job = import_job(c, im->uid, im->not_before_us, sniff, bytes, &im->unread);
        if (job)
            im->batch[im->n_batch++] = job;
        else
            step = ARCHIVE_SKIPPED;
    }
    if (step != ARCHIVE_SKIPPED)
        return step;
    put_skipped(im, &im->unread, NULL);
    *bytes += sizeof im->unread.message;
    return ARCHIVE_CONVERSATION;
}

/* On the worker: nothing of the loop's is touched. */
static void read_batch(uv_work_t *work)
{
    struct import *im = work->data;
    struct sniff *sniff = NULL;
    size_t bytes = 0;
    do
        im->step = read_one(im, &sniff, &bytes);
    while (im->step == ARCHIVE_CONVERSATION && im->n_batch < BATCH && bytes < BATCH_BYTES);
    sniff_free(sniff);
}

static void on_read(uv_work_t *work, int status)
{
    struct import *im = work->data;
    (void)status; /* nobody cancels the work */
    if (im->state == IMPORT_GONE) {
        later_free(im->later);
        import_free(im);
        return;
    }
    if (im->step != ARCHIVE_CONVERSATION) {
        free(im->piece);
        im->piece = NULL;
    }
    im->state = IMPORT_STORING;
    submit(im);
    if (im->with_store == 0)
        go_on(im);
}

static void read_on(struct import *im)
{
    im->n_batch = im->at = 0;
    im->state = IMPORT_READING;
    im->work.data = im;
    uv_queue_work(im->loop, &im->work, read_batch, on_read);
}

static enum error_code refuse(struct import *im, enum error_code code)
{
    import_free(im);
    return code;
}

enum error_code import_piece(struct import *im, struct call *c, enum archive_format format, bool more,
                             struct error *err)
{
    const uint8_t *data;
    size_t len;
    if (im->state != IMPORT_WAITING)
        return error_set_param(err, "import", "the piece before is still being read: wait for its reply");
    if (format != im->format)
        return error_set_param(err, "format", "the import was begun with another format");
    mp_bytes(mp_get(&c->params, "data"), &data, &len);
    if (im->bytes + len > (size_t)im->server->setup.opt.max_import)
        return refuse(im, error_set(err, ERR_TOO_LARGE, "an import may have %lld bytes (max_import)",
                                    (long long)im->server->setup.opt.max_import));
    if (len > 0 && !(im->piece = malloc(len))) /* as large as the client likes */
        return refuse(im, error_set(err, ERR_OVERLOADED, "no memory for %zu bytes", len));
    if (len > 0)
        memcpy(im->piece, data, len);
    im->bytes += len;
    timer_stop(im->idle);
    archive_feed(im->reader, im->piece, len);
    if (!more)
        archive_end(im->reader);
    im->later = later_new(c);
    read_on(im);
    return ERR_NONE;
}
