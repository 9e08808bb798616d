/* The logs.db of simonw/llm, in all versions of its tables: "responses" with "conversations", or the older "logs" and
 * "log". A conversation is a chain: each response is a prompt and its answer.
 *
 * The file is somebody's, so nothing in it is believed: it is opened for reading alone, without views, triggers or
 * functions of its schema; a table that is none is refused; SQLite's bounds are set low, and a call has LLM_CALL_MS.
 * Blocking: for a worker. */
#ifndef ASKD_ARCHIVE_LLM_H
#define ASKD_ARCHIVE_LLM_H

#include "daemon/archive/conversation.h"
#include "lib/base/error.h"

#define LLM_CALL_MS 10000 /* of one call, so that no database holds a worker for good */
#define LLM_RESPONSES_MAX 500000

struct llm;

enum llm_found {
    LLM_CONVERSATION,
    LLM_SKIP, /* one cannot be read: *err says why; the next may be */
    LLM_END,
    LLM_BAD, /* nothing more can be read */
};

/* path: a file of ours that nobody else changes; it may be unlinked once this has returned. max_entry: bytes of one
 * conversation. */
enum error_code llm_open(const char *path, size_t max_entry, struct llm **ret, struct error *err);
enum llm_found llm_next(struct llm *l, struct archive_conversation **ret, struct error *err);
struct llm *llm_close(struct llm *l); /* NULL is fine; always returns NULL */

#endif
