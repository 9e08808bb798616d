/* Google's Gemini API, and Vertex AI, which speaks it too (https://ai.google.dev/api/generate-content). */
#ifndef ASKD_PROVIDER_GEMINI_H
#define ASKD_PROVIDER_GEMINI_H

#include "daemon/provider/provider.h"

extern const struct provider_ops gemini_ops;
extern const struct grammar gemini_grammar; /* for gemini.c */

bool gemini_is_vertex(const struct provider_target *t);
/* Where the model's verb (":predict") is. */
void gemini_put_path(const struct provider_target *t, const char *verb, struct buf *path);

#endif
