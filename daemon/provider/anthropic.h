/* Anthropic's Messages API (https://docs.claude.com/en/api/messages). */
#ifndef ASKD_PROVIDER_ANTHROPIC_H
#define ASKD_PROVIDER_ANTHROPIC_H

#include "daemon/provider/provider.h"

extern const struct provider_ops anthropic_ops;
extern const struct grammar anthropic_grammar; /* for anthropic.c */

#endif
