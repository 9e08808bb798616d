/* What somebody typed, of a message of a conversation. Pure. */
#ifndef CLIENT_TTY_MESSAGE_TEXT_H
#define CLIENT_TTY_MESSAGE_TEXT_H

#include <msgpack.h>

/* Its content, or the last text of its parts: what was attached stands before it. "" where there is none. It lies in
 * the message. */
void message_text(const msgpack_object_map *message, const char **s, size_t *len);

#endif
