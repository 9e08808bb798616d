/* A canonical, immutable MessagePack value: tool parameter schemas, answer schemas, `extra`. Canonical means: map keys
 * sorted by their bytes, shortest integers, integral floats as integers, shortest headers; so equal values are equal
 * bytes and can be compared and hashed as such. Reference counted; owns its bytes. */
#ifndef ASKD_BASE_VALUE_H
#define ASKD_BASE_VALUE_H

#include "lib/base/buf.h"
#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct value;

/* NULL for what cannot be canonical: an ext, a map with a key that is not a string or twice the same key, nesting
 * over 32. */
struct value *value_from_object(const msgpack_object *obj);
/* The same of packed bytes that are one value, made by ourselves; NULL too where they are not. */
struct value *value_from_packed(const void *bytes, size_t len);
struct value *value_ref(struct value *v);   /* NULL gives NULL */
struct value *value_unref(struct value *v); /* always returns NULL */

const uint8_t *value_bytes(const struct value *v, size_t *len);
/* The same, but with the keys of maps in the order in which they were told: a model answers a schema in its order. */
const uint8_t *value_told(const struct value *v, size_t *len);
/* Appends what a model is asked by it: the canonical form, but with the keys of each map under `properties` as they
 * were told. A model writes the members of its answer in that order, and of a schema no other order says anything.
 * False where there is no memory for it. */
bool value_put_asked(const struct value *v, struct buf *b);
bool value_equal(const struct value *a, const struct value *b); /* two NULLs are equal */

#endif
