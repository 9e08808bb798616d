/* The backend that keeps nothing: what an answer brings is dropped, and nothing is ever found. */
#include "daemon/store/backend.h"
#include <string.h>

#define WHY "[store] keep is none"

static enum error_code not_found(struct store_job *job, const char *param, const char *what)
{
    error_set(&job->error, ERR_NOT_FOUND, "no %s is stored: " WHY, what);
    error_text(job->error.param, sizeof job->error.param, param, strlen(param));
    return ERR_NOT_FOUND;
}

static enum store_step null_run(struct store_db *db, struct store_job *job, int64_t until_us)
{
    (void)db, (void)until_us;
    switch (job->kind) {
    case STORE_BEGIN:
    case STORE_RUNS:
    case STORE_END:
    case STORE_EXPIRE:
    case STORE_LIST:
    case STORE_ANSWERS:
    case STORE_SPEEDS_SAVE:
    case STORE_SUMMARY:
    case STORE_SPEEDS:
    case STORE_INDEX:
    case STORE_SPEND:
    case STORE_REPRICE:
    case STORE_USAGE:
    case STORE_SPENT:
    case STORE_SEARCH:
    case STORE_KINDS: job->code = ERR_NONE; break;
    case STORE_CREATE:
    case STORE_IMPORT: job->code = error_set(&job->error, ERR_UNAVAILABLE, "nothing is stored: " WHY); break;
    case STORE_ANSWER: job->code = not_found(job, "answer", "answer"); break;
    case STORE_FORK:
    case STORE_RENAME:
    case STORE_TITLE:
    case STORE_PIN:
    case STORE_TAG:
    case STORE_HEAD:
    case STORE_DELETE:
    case STORE_RESTORE:
    case STORE_PATH:
    case STORE_GET:
    case STORE_FIND: job->code = not_found(job, "conversation", "conversation"); break;
    }
    return STORE_STEP_DONE;
}

static enum error_code null_open(const struct store_place *place, struct store_db **ret, struct error *err)
{
    static char nothing;
    (void)place, (void)err;
    *ret = (struct store_db *)(void *)&nothing; /* a handle that is never looked into */
    return ERR_NONE;
}

static enum error_code null_open_reader(const struct store_place *place, struct store_db **ret, struct error *err)
{
    (void)place, (void)ret;
    return error_set(err, ERR_NOT_FOUND, "there is nothing to read: " WHY);
}

static struct store_db *null_close(struct store_db *db)
{
    (void)db;
    return NULL;
}

static enum error_code null_transaction(struct store_db *db, struct error *err)
{
    (void)db, (void)err;
    return ERR_NONE;
}

static void null_rollback(struct store_db *db)
{
    (void)db;
}

const struct store_backend store_null = {
    .name = "null",
    .stores = false,
    .open = null_open,
    .open_reader = null_open_reader,
    .close = null_close,
    .begin = null_transaction,
    .commit = null_transaction,
    .rollback = null_rollback,
    .run = null_run,
};
