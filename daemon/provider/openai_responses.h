/* OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses). */
#ifndef ASKD_PROVIDER_OPENAI_RESPONSES_H
#define ASKD_PROVIDER_OPENAI_RESPONSES_H

#include "daemon/provider/provider.h"

extern const struct provider_ops openai_responses_ops;
extern const struct grammar openai_responses_grammar; /* for openai_responses.c */

#endif
