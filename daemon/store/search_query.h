/* What somebody searches for, without SQLite. Words stand between spaces, and "in quotes" several that follow each
 * other; all have to occur. Nothing else in a query has a meaning: it is text, whatever FTS5 would take it for. */
#ifndef ASKD_STORE_SEARCH_QUERY_H
#define ASKD_STORE_SEARCH_QUERY_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define SEARCH_QUERY_MAX 1024 /* bytes */
#define SEARCH_WORDS_MAX 32

struct search_word {  /* a word, or some in quotes; without quotes */
    const char *text; /* borrowed from the query */
    size_t len;
};

struct search_query {
    struct search_word words[SEARCH_WORDS_MAX];
    size_t n;
};

/* ERR_INVALID_REQUEST, param "query": it is over a bound above. A quote without its second reaches to the end. */
enum error_code search_query_parse(const char *text, size_t len, struct search_query *ret, struct error *err);

/* Appends it as an expression of FTS5. Words without a letter or digit are in it, and FTS5 passes over them. */
void search_query_express(const struct search_query *q, struct buf *out);

#endif
