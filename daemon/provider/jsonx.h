/* Reading JSON fields over jansson, with the mercies that providers need, and our values turned into JSON. */
#ifndef ASKD_PROVIDER_JSONX_H
#define ASKD_PROVIDER_JSONX_H

#include "lib/base/buf.h"
#include "lib/base/value.h"
#include <jansson.h>

enum jsonx_fault {
    JSONX_OK,
    JSONX_CUT, /* ends too early: perhaps the connection did */
    JSONX_BAD, /* not JSON, or not UTF-8 */
};

/* Parses any JSON value; a half of a surrogate pair becomes U+FFFD, integers beyond 64 bits become reals. NULL with
 * *fault. */
json_t *jsonx_parse(const char *text, size_t len, enum jsonx_fault *fault);

/* The member if it is there and not null; obj may be anything, NULL too. */
json_t *jsonx_get(const json_t *obj, const char *key);
json_t *jsonx_object(const json_t *obj, const char *key);

/* The same of a member of members: "top_provider.max_completion_tokens". */
json_t *jsonx_at(const json_t *obj, const char *path);

/* The member's string; NULL if it is no string. The bytes may hold NULs where len is asked for. */
const char *jsonx_string(const json_t *obj, const char *key, size_t *len);

/* The member is that string. */
bool jsonx_is(const json_t *obj, const char *key, const char *value);

/* The member's integer (an integral real is one too). False if it is none. */
bool jsonx_integer(const json_t *obj, const char *key, int64_t *out);
bool jsonx_to_integer(const json_t *v, int64_t *out); /* of the value itself; NULL is none */
/* A decimal, as a string or a number, times 10^places (decimal_parse): what a double holds of money is told by fewer
 * digits than it has. */
bool jsonx_to_decimal(const json_t *v, unsigned places, int64_t *out);

/* The strings of a list in one; NULL where there is none. The caller's to decref. */
json_t *jsonx_join(const json_t *strings);

/* MessagePack to JSON, keys in the order in which they were told; bin has no JSON form. NULL for what has none. */
json_t *jsonx_from_value(const struct value *v);

/* A string, NULL where it is not UTF-8. Jansson looks for that one byte after the other. */
json_t *jsonx_text(const char *text, size_t len);

/* JSON to MessagePack, appended. False if it is nested over JSONX_PACK_DEPTH, holds over JSONX_PACK_VALUES, or out is
 * full. */
#define JSONX_PACK_DEPTH 16     /* what a frame and an event's map may be nested, with room for them around it */
#define JSONX_PACK_VALUES 32768 /* a frame may hold eight times as many, keys too */
bool jsonx_pack(const json_t *json, struct buf *out);

/* JSON to a canonical value. NULL if it is nested over JSONX_VALUE_DEPTH, holds over JSONX_VALUE_VALUES, or where there
 * is no memory for it. */
#define JSONX_VALUE_DEPTH 32
#define JSONX_VALUE_VALUES 32768
struct value *jsonx_to_value(const json_t *json);

/* Appends the compact text; its numbers read as the same ones. False if out is full. */
bool jsonx_dump(const json_t *json, struct buf *out);

#endif
