/* Cohere's chat API, version 2 (https://docs.cohere.com/v2/reference/chat). */
#ifndef ASKD_PROVIDER_COHERE_H
#define ASKD_PROVIDER_COHERE_H

#include "daemon/provider/provider.h"

extern const struct provider_ops cohere_ops;
extern const struct grammar cohere_grammar; /* for cohere.c */

#endif
