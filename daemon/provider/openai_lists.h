/* How those who speak OpenAI's grammars list their models: {data: [{id}]} all of them, and each what else it likes. */
#ifndef ASKD_PROVIDER_OPENAI_LISTS_H
#define ASKD_PROVIDER_OPENAI_LISTS_H

#include "daemon/provider/list.h"

extern const struct list_form openai_list; /* whoever it is: fields that mean the same wherever they are met */
extern const struct list_form openrouter_list, mistral_list, xai_list, moonshot_list, together_list;

#endif
