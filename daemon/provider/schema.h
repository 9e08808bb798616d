/* JSON schemas of an answer, as providers that hold a model to them want them. */
#ifndef ASKD_PROVIDER_SCHEMA_H
#define ASKD_PROVIDER_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

/* Every object in it is closed, and each of its properties required: OpenAI's strict mode refuses others. */
bool schema_is_strict(json_t *schema);

/* Closes every object that does not say whether it is. False where one cannot be closed without another meaning: it is
 * told to be open, or what it holds is not told. */
bool schema_close(json_t *schema);

#endif
