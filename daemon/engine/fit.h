/* Whether the text of an answer that is done fits the JSON schema that was asked for. On the loop, and bounded: of a
 * text over FIT_TEXT_MAX, or with more values or levels than jsonx_to_value takes, it is said that it was not checked.
 */
#ifndef ASKD_ENGINE_FIT_H
#define ASKD_ENGINE_FIT_H

#include "daemon/answer/fold.h"
#include "lib/base/value.h"

#define FIT_TEXT_MAX ((size_t)256 << 10)

/* Sets fold->schema_error. The text is looked at as it is: JSON in a code fence, or with words around it, does not fit.
 * A model that calls tools has not answered yet, and is not held to the schema. */
void fit_check(const struct value *schema, struct fold *fold);

#endif
