#include "daemon/store/job.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

struct store_bytes store_bytes_copy(const void *data, size_t len)
{
    struct store_bytes b = {0};
    if (len > 0) {
        b.data = xmalloc(len);
        b.len = len;
        memcpy(b.data, data, len);
    }
    return b;
}

struct store_bytes store_bytes_take(struct buf *b)
{
    struct store_bytes taken = {0};
    taken.data = buf_take(b, &taken.len);
    return taken;
}

struct store_job *store_job_new(enum store_kind kind, void (*done)(void *data, struct store_job *job), void *data)
{
    struct store_job *j = NEW(struct store_job);
    j->kind = kind;
    j->done = done;
    j->data = data;
    j->error = (struct error)ERROR_INIT;
    return j;
}

void store_message_done(struct store_message *m)
{
    free(m->text.data);
    free(m->parts.data);
    for (size_t i = 0; i < m->n_blobs; i++)
        free(m->blobs[i].bytes.data);
    free(m->blobs);
}

static void messages_free(struct store_message *messages, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_message_done(&messages[i]);
    free(messages);
}

void store_reply_done(struct store_reply *r)
{
    free(r->text.data);
    free(r->parts.data);
    free(r->rest.data);
    *r = (struct store_reply){0};
}

static void rows_done(struct ledger_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ledger_row_done(&rows[i]);
    free(rows);
}

static void begin_done(struct store_begin *b)
{
    free(b->provider);
    free(b->model);
    free(b->preview);
    free(b->start.data);
    free(b->title);
    free(b->system);
    free(b->directory);
    free(b->terminal);
    free(b->host);
    messages_free(b->messages, b->n_messages);
    rows_done(b->row, b->row ? 1 : 0);
}

static void words_free(char **words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(words[i]);
    free(words);
}

static void import_done(struct store_import *i)
{
    for (size_t k = 0; k < i->n_messages; k++) {
        store_message_done(&i->messages[k].message);
        store_reply_done(&i->messages[k].reply);
    }
    free(i->messages);
    words_free(i->tags, i->n_tags);
    free(i->source);
    free(i->title);
    free(i->system);
    free(i->directory);
    free(i->host);
}

static void path_done(struct store_path *p)
{
    free(p->directory);
    free(p->terminal);
    free(p->host);
    free(p->system);
    free(p->summary);
    for (size_t i = 0; i < p->n_said; i++)
        message_done(&p->said[i].message);
    free(p->said);
}

static void answer_done(struct store_answer *a)
{
    free(a->provider);
    free(a->model);
    free(a->preview);
    free(a->start.data);
    free(a->error.data);
    free(a->extras.data);
    free(a->runs);
}

enum error_code store_job_too_large(struct store_job *job)
{
    job->code =
        error_set(&job->error, ERR_TOO_LARGE, "the result is over %zu bytes, max_result in [store]", job->out.max);
    return job->code;
}

struct store_job *store_job_free(struct store_job *j)
{
    if (!j)
        return NULL;
    switch (j->kind) {
    case STORE_BEGIN: begin_done(&j->begin); break;
    case STORE_RUNS: free(j->runs.runs); break;
    case STORE_END:
        free(j->end.error.data);
        free(j->end.extras.data);
        free(j->end.runs);
        store_reply_done(&j->end.reply);
        rows_done(j->end.rows, j->end.n_rows);
        break;
    case STORE_SPEND: rows_done(j->spend.rows, j->spend.n_rows); break;
    case STORE_SPENT: rows_done(j->spent.rows, j->spent.n_rows); break;
    case STORE_REPRICE: free(j->reprice.sums); break;
    case STORE_CREATE:
        free(j->create.title);
        free(j->create.system);
        messages_free(j->create.messages, j->create.n_messages);
        break;
    case STORE_SUMMARY: free(j->summary.text); break;
    case STORE_IMPORT: import_done(&j->import); break;
    case STORE_RENAME: free(j->rename.title); break;
    case STORE_TITLE: free(j->title.title); break;
    case STORE_TAG:
        words_free(j->tag.remove, j->tag.n_remove);
        words_free(j->tag.add, j->tag.n_add);
        break;
    case STORE_PATH: path_done(&j->path); break;
    case STORE_LIST:
        free(j->list.directory);
        free(j->list.host);
        free(j->list.tag);
        free(j->list.model);
        break;
    case STORE_SEARCH:
        free(j->search.query.data);
        free(j->search.model);
        free(j->search.directory);
        free(j->search.host);
        free(j->search.hits);
        break;
    case STORE_ANSWER: answer_done(&j->answer); break;
    case STORE_ANSWERS: free(j->answers.items); break;
    case STORE_SPEEDS_SAVE:
    case STORE_SPEEDS: free(j->speeds.speeds); break;
    case STORE_EXPIRE: free(j->expire.gone); break;
    case STORE_FORK:
    case STORE_PIN:
    case STORE_HEAD:
    case STORE_DELETE:
    case STORE_RESTORE:
    case STORE_INDEX:
    case STORE_USAGE:
    case STORE_GET:
    case STORE_FIND:
    case STORE_KINDS: break;
    }
    buf_done(&j->out);
    free(j);
    return NULL;
}
