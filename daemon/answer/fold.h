/* A log's events folded into what they make together: the shared entries of the answer map, and the assistant's message
 * of a conversation. Both can always be had from the events alone. */
#ifndef ASKD_ANSWER_FOLD_H
#define ASKD_ANSWER_FOLD_H

#include "daemon/answer/log.h"
#include "lib/base/buf.h"
#include "lib/chat/usage.h"

#define FOLD_SCHEMA_ERROR 384

struct fold_call;
struct fold_part;

struct fold {
    char provider[64], model[128]; /* who answered at last: `retry` events change them */
    struct buf text, reasoning;    /* all of it */
    struct usage usage;
    bool finished;
    enum finish_reason finish;
    bool lossy; /* it does not hold all that the events tell: too many tool calls, or no memory */
    char schema_error[FOLD_SCHEMA_ERROR]; /* why the text does not fit the schema that was asked for; "": it does, or
                                             none was. Not in the events: whoever knows the question sets it */
    bool rich; /* it holds more than text, or something that must go back to the provider as it came */
    struct fold_call *calls;
    struct fold_part *parts; /* in the order they came */
    size_t n_calls, n_parts;
};

/* provider and model: who is meant where no `retry` event tells. The log must outlive the fold, which points into it.
 */
void fold_log(struct fold *f, const struct log *l, const char *provider, const char *model);
/* One that is done and holds this text alone, which is copied; the rest of it is for the caller to tell. */
void fold_text(struct fold *f, const char *text, size_t len);
void fold_done(struct fold *f);

/* Each appends entries to out (key, value, key, value, …) and returns how many. */
uint32_t fold_put_tail(struct buf *out, const struct fold *f, const struct error *err); /* err: NULL where done */
uint32_t fold_put_schema_error(struct buf *out, const struct fold *f); /* none where it is ""; the tail has it too */
/* Those of the message that its text or parts do not tell: reasoning, tool_calls, usage, finish_reason. */
uint32_t fold_put_rest(struct buf *out, const struct fold *f);

/* The content as an array of parts, as a client sends it back. For a `rich` one. */
void fold_put_parts(struct buf *out, const struct fold *f);

/* The events again, compacted, as a log's memory has them (struct log_run): neighbouring text is joined, in pieces of
 * about FOLD_PIECE bytes; what was void, progress and retries are left out. Returns how many there are. Not for a lossy
 * one. */
#define FOLD_PIECE (32 << 10)
uint32_t fold_put_events(struct buf *out, const struct fold *f);

#endif
