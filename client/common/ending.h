/* What the text of an answer does not tell: that it was cut off or refused, that there is more than text, or that
 * another model answered than was asked first. */
#ifndef CLIENT_ENDING_H
#define CLIENT_ENDING_H

#include <msgpack.h>

/* Lines on stderr where the printed text is not all there is to an answer that is done; else nothing. */
void ending_print(const char *program, const msgpack_object *answer);

#endif
