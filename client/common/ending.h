/* What the text of an answer does not tell: that it was cut off or refused, or that there is more than text. */
#ifndef CLIENT_ENDING_H
#define CLIENT_ENDING_H

#include <msgpack.h>

/* A line on stderr where the printed text is not all there is to an answer that is done; else nothing. */
void ending_print(const char *program, const msgpack_object *answer);

#endif
