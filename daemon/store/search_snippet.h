/* A line of a text that shows what was found in it, without SQLite. */
#ifndef ASKD_STORE_SEARCH_SNIPPET_H
#define ASKD_STORE_SEARCH_SNIPPET_H

#include "lib/base/buf.h"

/* What stands around each piece that was found. A snippet has no other control character: those of the text, and its
 * line ends, are spaces in it. */
#define SEARCH_MARK_BEGIN '\x02'
#define SEARCH_MARK_END '\x03'

#define SEARCH_SNIPPET_CHARS 160 /* of the text */

struct search_range { /* a piece of the text that was found */
    size_t at, end;   /* bytes */
    unsigned word;    /* of the query: which, below 32 */
};

/* Appends the part of the text that has most of the words, "…" where it is cut. The ranges are sorted in place. */
void search_snippet(const char *text, size_t len, struct search_range *ranges, size_t n, struct buf *out);

#endif
