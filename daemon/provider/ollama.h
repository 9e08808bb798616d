/* Ollama's own API (https://github.com/ollama/ollama/blob/main/docs/api.md). */
#ifndef ASKD_PROVIDER_OLLAMA_H
#define ASKD_PROVIDER_OLLAMA_H

#include "daemon/provider/provider.h"

extern const struct provider_ops ollama_ops;
extern const struct grammar ollama_grammar; /* for ollama.c */

#endif
