/* A log's events folded into the shared entries of the answer map: model, provider, text, reasoning, content,
 * tool_calls, finish_reason, usage, error. The map can always be had from the events alone; it is encoded once, when
 * the log ends. */
#ifndef ASKD_ANSWER_FOLD_H
#define ASKD_ANSWER_FOLD_H

#include "daemon/answer/log.h"
#include "lib/base/buf.h"

/* Appends the entries to out (key, value, key, value, …) and returns how many there are. provider and model: whom the
 * first attempt went to; `retry` events change them. err: of a log that did not end in done, else NULL. */
uint32_t fold_put_tail(struct buf *out, const struct log *l, const char *provider, const char *model,
                       const struct error *err);

#endif
