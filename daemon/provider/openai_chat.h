/* The chat grammar of OpenAI, which many speak; what differs between them stands in openai_dialects.h. */
#ifndef ASKD_PROVIDER_OPENAI_CHAT_H
#define ASKD_PROVIDER_OPENAI_CHAT_H

#include "daemon/provider/provider.h"

extern const struct provider_ops openai_chat_ops;
extern const struct grammar openai_chat_grammar; /* for openai_chat.c */

enum error_code openai_chat_build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                                  struct buf *left_out, struct error *err);

#endif
