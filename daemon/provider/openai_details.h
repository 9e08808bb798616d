/* reasoning_details: what OpenRouter's models reasoned, in pieces that must go back joined and unchanged
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens). */
#ifndef ASKD_PROVIDER_OPENAI_DETAILS_H
#define ASKD_PROVIDER_OPENAI_DETAILS_H

#include <jansson.h>
#include <stdbool.h>

/* Joins the pieces of a chunk to `kept` (a list, or NULL before the first; the caller's): text, summary and data of the
 * same type and index are added to each other, every other field is the last that was told. False where there is no
 * memory. */
bool openai_details_join(json_t **kept, const json_t *pieces);

#endif
