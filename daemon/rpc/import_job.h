/* A conversation that was read, as the store's job. Touches nothing of the loop's, so that a worker can make it. */
#ifndef ASKD_RPC_IMPORT_JOB_H
#define ASKD_RPC_IMPORT_JOB_H

#include "daemon/archive/conversation.h"
#include "daemon/attach/sniff.h"
#include "daemon/store/job.h"

/* Takes the conversation over; its attachments are settled (daemon/attach/kind.h, sniff is for that). NULL: it is not
 * worth storing, *err says why. not_before_us: one that changed last before that would be taken away at once; 0: none
 * is. *bytes grows by what it holds. The caller sets done and data. */
struct store_job *import_job(struct archive_conversation *c, uid_t uid, int64_t not_before_us, struct sniff **sniff,
                             size_t *bytes, struct error *err);

#endif
