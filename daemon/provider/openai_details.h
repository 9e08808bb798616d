/* reasoning_details: what OpenRouter's models reasoned, in pieces that must go back joined and unchanged
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens). */
#ifndef ASKD_PROVIDER_OPENAI_DETAILS_H
#define ASKD_PROVIDER_OPENAI_DETAILS_H

#include <jansson.h>
#include <stddef.h>

/* Adds the pieces of a chunk to `kept` (a list, or NULL before the first; the caller's): text, summary and data of the
 * same type and index belong together, every other field is the last that was told. Returns what the pieces take up, in
 * bytes; the caller bounds the sum. */
size_t openai_details_add(json_t **kept, const json_t *pieces);

/* The list with what belongs together joined; NULL if there is nothing. The caller's to decref. */
json_t *openai_details_joined(const json_t *kept);

#endif
