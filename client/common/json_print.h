/* MessagePack values as JSON, on one line and pure in its control characters: C0, DEL and C1 leave as \u escapes, so
 * that the line is harmless on a terminal too. A bin is {"$bin": base64}, NaN and the infinities are null, invalid
 * UTF-8 becomes U+FFFD. Numbers read back as the same number. A map's key that is no string is written as one. */
#ifndef CLIENT_JSON_PRINT_H
#define CLIENT_JSON_PRINT_H

#include "client/common/out.h"
#include <msgpack.h>

bool json_print(struct out *o, const msgpack_object *value); /* false where the output failed, or memory */
bool json_print_str(struct out *o, const char *s, size_t len);

#endif
