/* A schema as the JSON text that a model reads, or near enough to count it: strings are not escaped. */
#ifndef ASKD_CATALOG_TOKENS_JSON_H
#define ASKD_CATALOG_TOKENS_JSON_H

#include "lib/base/buf.h"
#include "lib/base/value.h"

/* Appends. What the buf has no room for is left out, which b->failed tells. */
void tokens_json(struct buf *b, const struct value *v);

#endif
