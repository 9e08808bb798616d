/* conversation.watch: a client is told what changes in its user's conversations, as it is committed. What is told
 * stands in the rows of change_rows.
 *
 * A watch holds no change: each is written to those peers that have room for it. One that has none has lost the thread,
 * and is told so once it reads again, by one change of type `lost`, after which it has to read anew. */
#ifndef ASKD_RPC_CONVERSATION_WATCH_H
#define ASKD_RPC_CONVERSATION_WATCH_H

#include "daemon/rpc/watch.h"

struct conversation_watch;
struct store_job;
TAILQ_HEAD(conversation_watch_list, conversation_watch);

/* For server.c: data is the server, the write has been committed. */
void conversation_watch_written(void *data, const struct store_job *job);

#endif
