/* Conversations that are made in slices: which of the halves in the database a job still works on. One that none does
 * (it failed between two slices, or its daemon died) is taken back. */
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

struct sqlite_half { /* of a job between two slices */
    LIST_ENTRY(sqlite_half) link;
    char conversation[STORE_ID];
};

static const char *made_by(const struct store_job *job)
{
    switch (job->kind) {
    case STORE_CREATE: return job->create.conversation;
    case STORE_IMPORT: return job->import.conversation;
    case STORE_FORK: return job->fork.conversation;
    default: return NULL;
    }
}

static struct sqlite_half *find(const struct store_db *db, const char *conversation)
{
    struct sqlite_half *h;
    LIST_FOREACH (h, &db->halves, link)
        if (strcmp(h->conversation, conversation) == 0)
            return h;
    return NULL;
}

void sqlite_half_goes_on(struct store_db *db, const struct store_job *job)
{
    const char *conversation = made_by(job);
    if (!conversation || find(db, conversation))
        return;
    struct sqlite_half *h = NEW(struct sqlite_half);
    memcpy(h->conversation, conversation, sizeof h->conversation);
    LIST_INSERT_HEAD(&db->halves, h, link);
}

static void forget(struct sqlite_half *h)
{
    LIST_REMOVE(h, link);
    free(h);
}

void sqlite_half_ends(struct store_db *db, const struct store_job *job)
{
    const char *conversation = made_by(job);
    struct sqlite_half *h = conversation ? find(db, conversation) : NULL;
    if (h)
        forget(h);
}

void sqlite_halves_forget(struct store_db *db)
{
    while (!LIST_EMPTY(&db->halves))
        forget(LIST_FIRST(&db->halves));
}

/* Its id is free again at once, for the next attempt; its rows leave with time. */
static bool take_back(struct store_db *db, int64_t num)
{
    char id[STORE_ID];
    struct query q = query(db, "UPDATE conversation SET state = " CONVERSATION_DELETED ", id = ? WHERE num = ?");

    id_new(id);
    query_text(&q, id);
    query_int(&q, num);
    return query_run(&q);
}

bool sqlite_take_back_halves(struct store_db *db)
{
    int64_t *nums = NULL;
    size_t n = 0;
    char id[STORE_ID];
    struct query q = query(db, "SELECT num, id FROM conversation WHERE state > " CONVERSATION_LIVE
                               " AND state = " CONVERSATION_HALF);

    while (query_next(&q)) {
        query_get_id(&q, 1, id);
        if (find(db, id))
            continue;
        nums = grow_one(nums, n, sizeof(*nums));
        nums[n++] = query_get_int(&q, 0);
    }
    for (size_t i = 0; i < n && db->fault == SQLITE_OK; i++)
        take_back(db, nums[i]);
    free(nums);
    return n > 0 && db->fault == SQLITE_OK;
}
