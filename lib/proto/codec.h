/* Chat values to MessagePack and back. The shapes are those of doc/protocol.md. */
#ifndef ASKD_PROTO_CODEC_H
#define ASKD_PROTO_CODEC_H

#include "lib/chat/event.h"
#include "lib/chat/request.h"
#include "lib/proto/mp.h"

#define CODEC_TIMEOUT_MAX 1e9 /* seconds; what later arithmetic in microseconds carries with ease */

/* chat params, which have passed mp_clean, to a request (new, the caller's). Names the field at fault in err->param,
 * such as "messages[2].content". */
enum error_code codec_chat_request(const msgpack_object_map *params, struct chat_request **ret, struct error *err);

/* [{role, content}], which has passed mp_clean, added to the array; at least one. What was added before a fault is in
 * it too. The fault is named as in codec_chat_request. */
enum error_code codec_messages(const msgpack_object *o, struct message **messages, size_t *n, struct error *err);

/* The params' `context`, {cwd, terminal, host, budget}, in hello and chat: what is there replaces (and frees) what the
 * place holds. */
enum error_code codec_context(const msgpack_object_map *params, struct chat_place *place, struct error *err);

/* A message's content as a packed array of parts, and back. get: m has its role; the parts are added to it. A part that
 * cannot be used is left out; ERR_BAD_RESPONSE for bytes that are no array of maps at all. */
void codec_put_content(struct buf *b, const struct message *m);
/* The same with its hash in place of the data of each part that has one: whoever keeps it keeps that elsewhere. */
void codec_put_content_by_hash(struct buf *b, const struct message *m);
enum error_code codec_get_content(const uint8_t *data, size_t len, struct message *m, struct error *err);

void codec_put_event(struct buf *b, const struct chat_event *ev); /* the event's map alone */
/* The views point into data. ERR_BAD_RESPONSE for bytes that codec_put_event does not write. `zone` holds what is
 * decoded. */
enum error_code codec_get_event(const uint8_t *data, size_t len, msgpack_zone *zone, struct chat_event *ev);

/* The error map of the protocol; `answer` may be NULL. As text: "code: message". */
void codec_put_error(struct buf *b, const struct error *err, const char *answer, bool as_text);

/* A packed error map. ERR_BAD_RESPONSE for bytes that codec_put_error does not write. */
enum error_code codec_get_error(const uint8_t *data, size_t len, struct error *err);

void codec_put_usage(struct buf *b, const struct usage *u); /* absent figures are left out */

#endif
