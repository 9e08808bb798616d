/* Between codec.c and codec_message.c: messages inside of a request. */
#ifndef ASKD_PROTO_CODEC_MESSAGE_H
#define ASKD_PROTO_CODEC_MESSAGE_H

#include "lib/chat/message.h"
#include "lib/proto/codec_input.h"

/* Adds the parts to m, which has its role. */
enum error_code codec_get_parts(const msgpack_object_array *parts, const struct place *at, struct error *err,
                                struct message *m, bool attachment);
enum error_code codec_add_text(struct error *err, struct message *m, const char *s, size_t len);

#endif
