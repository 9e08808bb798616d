/* --copy: the answer's text goes to the clipboard of whoever sits at the terminal, which the terminal is asked for
 * (OSC 52). So it works over ssh too, and from a pipe. */
#ifndef CLIENT_ASK_COPY_H
#define CLIENT_ASK_COPY_H

#include "client/common/out.h"
#include <msgpack.h>

/* What xterm takes, and so everybody: bytes of base64. */
#define COPY_BASE64_MAX 74994
#define COPY_TEXT_MAX (COPY_BASE64_MAX / 4 * 3)

/* EXIT_OK where there is a terminal to ask, else the status to exit with after it was told. */
int copy_check(const struct out *out);

/* Copies a text. Asks the terminal that `out`, which is flushed, writes to, or the controlling one where that is none.
 * The exit status; what went wrong was told. An empty text leaves the clipboard alone. */
int copy_text(const struct out *out, const char *text, size_t len);

/* The same of the text of an answer map. */
int copy_answer(const struct out *out, const msgpack_object *answer);

#endif
