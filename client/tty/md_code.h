/* The code blocks of a Markdown text, as it comes: what stands between fences, byte by byte as it is, but for the
 * indentation that a list or a quotation gives it. Pure. */
#ifndef CLIENT_TTY_MD_CODE_H
#define CLIENT_TTY_MD_CODE_H

#include "lib/base/buf.h"

struct md_code;

struct md_code *md_code_new(void);    /* NULL: out of memory */
void md_code_free(struct md_code *c); /* NULL is fine */

/* Appends to `out` the lines of code that are complete now; between two blocks stands an empty line. False: out of
 * memory, or over the bound of out. */
bool md_code_feed(struct md_code *c, const char *text, size_t len, struct buf *out);

/* No more comes. A block that no fence ended is one too. */
bool md_code_end(struct md_code *c, struct buf *out);

size_t md_code_blocks(const struct md_code *c); /* that were begun */

#endif
