/* Summaries: each beside the last message that it stands for, so that it goes where that goes. */
#include "daemon/store/sqlite_internal.h"

enum store_step sqlite_summary(struct store_db *db, struct store_job *job)
{
    const struct store_summary *s = &job->summary;
    struct query q = query(db, "UPDATE message SET summary = ? WHERE id = ? AND conversation ="
                               " (SELECT num FROM conversation WHERE id = ? AND uid = ?)");

    query_text(&q, s->text);
    query_id(&q, s->message);
    query_id(&q, s->conversation);
    query_int(&q, s->uid);
    query_run(&q);
    return STORE_STEP_DONE;
}
