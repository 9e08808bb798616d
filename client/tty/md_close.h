/* For what is live: a paragraph that is still being written has marks that nothing closed yet. They are closed, so that
 * "**bo" is shown as it will be, and not with its stars for a moment. Pure. */
#ifndef CLIENT_TTY_MD_CLOSE_H
#define CLIENT_TTY_MD_CLOSE_H

#include "lib/base/buf.h"

/* Appends to the text, of which what counts begins at `from`; a mark that stands alone at its end is taken off. */
void md_close(struct buf *text, size_t from);

#endif
