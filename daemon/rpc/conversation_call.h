/* What the methods of conversation.* and usage.report share: parameters that several of them take, and their way to the
 * store and back.
 */
#ifndef ASKD_RPC_CONVERSATION_CALL_H
#define ASKD_RPC_CONVERSATION_CALL_H

#include "daemon/rpc/dispatch.h"
#include "daemon/store/job.h"

struct later;

uid_t conversation_scope(const struct call *c);

bool conversation_flag(const struct call *c, const char *key); /* false where it is absent */
/* Each leaves *ret as it is where the parameter is absent, and names it where it is wrong. */
/* An id of our own form; anything else is no one's: ERR_NOT_FOUND. what: of whom, for the message. */
enum error_code conversation_read_id(const struct call *c, const char *key, const char *what, char id[STORE_ID],
                                     struct error *err);
/* 1 to max characters, none of them a control character. */
enum error_code conversation_check_line(const char *s, size_t len, size_t max, const char *key, struct error *err);
enum error_code conversation_read_title(const struct call *c, char **ret, struct error *err);
enum error_code conversation_read_text(const struct call *c, const char *key, char **ret, struct error *err);
/* Seconds since 1970. */
enum error_code conversation_read_time(const struct call *c, const char *key, int64_t *ret_us, struct error *err);

/* A job whose reply comes when it is done: what is in its out, or an empty map. */
struct store_job *conversation_job(enum store_kind kind);
/* Takes the job over. code: how the reading of its parameters went. What can be refused was refused: the store has it
 * from now on, or it is freed. */
enum error_code conversation_submit(struct call *c, struct store_job *job, enum error_code code, struct error *err);
/* Likewise, for a call that has waited for something else before: its answer comes, whatever becomes of the job. */
void conversation_submit_later(struct later *l, struct store_job *job);

#endif
