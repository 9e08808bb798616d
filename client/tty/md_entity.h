/* What &amp; and &#38; stand for. */
#ifndef CLIENT_TTY_MD_ENTITY_H
#define CLIENT_TTY_MD_ENTITY_H

#include "lib/base/buf.h"

/* Appends the character as UTF-8. One that is not known stands for itself, as does a number that is no character. */
void md_entity_append(struct buf *b, const char *s, size_t len);

#endif
