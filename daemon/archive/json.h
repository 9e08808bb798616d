/* Conversations as JSON, in askd's own form (doc/export.md): the map of conversation.get, with the form's name and its
 * version in front. Bytes are {"$bin": base64}; a key that begins with "$" gets one more. */
#ifndef ASKD_ARCHIVE_JSON_H
#define ASKD_ARCHIVE_JSON_H

#include "daemon/archive/conversation.h"
#include "daemon/archive/split.h"
#include "lib/base/error.h"
#include <jansson.h>

#define ARCHIVE_FORMAT "askd-conversation"
#define ARCHIVE_VERSION 1
#define ARCHIVE_DEPTH_MAX SPLIT_DEPTH_MAX /* of nesting: MessagePack may have 32 */

/* One value of MessagePack as JSON and back. NULL: it is nested too deep, or there is no memory for it. */
json_t *archive_json_value(const msgpack_object *o);
bool archive_json_pack(struct buf *b, const json_t *j); /* false: a $bin is not base64, or b is full */

/* The map of conversation.get as a page of JSON. ERR_TOO_LARGE: over out->max. */
enum error_code archive_write_json(struct buf *out, const msgpack_object *map, struct error *err);
/* An element that was read: ERR_INVALID_REQUEST with the reason. */
enum error_code archive_read_json(const json_t *j, struct archive_conversation **ret, struct error *err);

#endif
