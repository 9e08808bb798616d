#include "daemon/store/search_query.h"
#include <string.h>

/* The bytes of the space at the front of the text, 0 where there is none. NUL is one: FTS5's expressions end there. */
static size_t space(const char *text, size_t len)
{
    if ((unsigned char)text[0] <= ' ')
        return 1;
    if (len >= 2 && memcmp(text, "\u00a0", 2) == 0)
        return 2;
    return len >= 3 && memcmp(text, "\u3000", 3) == 0 ? 3 : 0;
}

/* Where the word ends that begins at `at`. */
static size_t word_end(const char *text, size_t len, size_t at)
{
    while (at < len && text[at] != '"' && space(text + at, len - at) == 0)
        at++;
    return at;
}

static size_t quote_end(const char *text, size_t len, size_t at)
{
    const char *quote = memchr(text + at, '"', len - at);

    return quote ? (size_t)(quote - text) : len;
}

enum error_code search_query_parse(const char *text, size_t len, struct search_query *ret, struct error *err)
{
    size_t at = 0;

    ret->n = 0;
    if (len > SEARCH_QUERY_MAX)
        return error_set_param(err, "query", "query must have %d bytes at most", SEARCH_QUERY_MAX);
    while (at < len) {
        size_t skip = space(text + at, len - at);
        if (skip > 0) {
            at += skip;
            continue;
        }
        bool quoted = text[at] == '"';
        at += quoted;
        size_t end = quoted ? quote_end(text, len, at) : word_end(text, len, at);
        if (end > at && ret->n == SEARCH_WORDS_MAX)
            return error_set_param(err, "query", "query must have %d words at most", SEARCH_WORDS_MAX);
        if (end > at)
            ret->words[ret->n++] = (struct search_word){text + at, end - at};
        at = end + quoted;
    }
    return ERR_NONE;
}

void search_query_express(const struct search_query *q, struct buf *out)
{
    for (size_t i = 0; i < q->n; i++) {
        buf_puts(out, i > 0 ? " \"" : "\"");
        for (size_t k = 0; k < q->words[i].len; k++) {
            char c = q->words[i].text[k];
            buf_putc(out, c == '\0' ? ' ' : c);
        }
        buf_putc(out, '"');
    }
}
