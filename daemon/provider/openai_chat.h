/* The chat grammar of OpenAI, which many speak; what differs between them stands in openai_dialects.h. */
#ifndef ASKD_PROVIDER_OPENAI_CHAT_H
#define ASKD_PROVIDER_OPENAI_CHAT_H

#include "daemon/provider/parser.h"

extern const struct provider_ops openai_chat_ops;
extern const struct grammar openai_chat_grammar; /* for openai_chat.c */

enum error_code openai_chat_build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                                  struct buf *left_out, struct error *err);

/* What other answers of OpenAI's share with those of a chat. */
extern const struct finish_word openai_finish_words[];
void openai_take_usage(struct provider_parser *p, const json_t *usage); /* the last one counts */
bool openai_is_error(const json_t *root, const char *event);

#endif
