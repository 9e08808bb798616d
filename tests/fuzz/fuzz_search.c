/* The search's own reading of texts and queries: no byte is lost, every token lies within its run, the expression for
 * FTS5 has its quotes in pairs, and a snippet is one line whose marks are in pairs. */
#include "daemon/store/search_query.h"
#include "daemon/store/search_snippet.h"
#include "daemon/store/search_text.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static bool on_token(void *data, const struct search_token *t)
{
    const struct search_piece *run = data;

    require(t->len > 0 && t->at >= run->at && t->at + t->len <= run->at + run->len);
    return true;
}

static void try_text(const char *text, size_t len)
{
    struct search_piece piece;
    size_t pos = 0, before = 0;

    while (search_piece_next(text, len, &pos, &piece)) {
        require(piece.at == before && piece.len > 0 && pos == piece.at + piece.len && pos <= len);
        before = pos;
        if (piece.script == SEARCH_CJK)
            require(search_cjk_tokens(text, &piece, false, on_token, &piece) &&
                    search_cjk_tokens(text, &piece, true, on_token, &piece));
        if (piece.script == SEARCH_WIDE)
            require(piece.len % SEARCH_WIDE_BYTES == 0);
    }
    require(before == len);
}

static void try_query(const char *text, size_t len)
{
    struct search_query query;
    struct error err = ERROR_INIT;
    struct buf out;
    size_t quotes = 0;

    if (search_query_parse(text, len, &query, &err) != ERR_NONE)
        return;
    buf_init(&out, 2 * SEARCH_QUERY_MAX + 4 * SEARCH_WORDS_MAX);
    search_query_express(&query, &out);
    require(!out.failed && strlen(buf_cstr(&out)) == out.len);
    for (size_t i = 0; i < out.len; i++)
        quotes += out.data[i] == '"';
    require(quotes == 2 * query.n);
    buf_done(&out);
}

static void try_snippet(const char *text, size_t len)
{
    struct search_range ranges[4];
    struct buf out;
    bool marked = false;
    size_t n = 0;

    for (; n < 4 && len > 0; n++) {
        size_t at = (unsigned char)text[n % len] % len;
        ranges[n] = (struct search_range){at, at + 1 + (unsigned char)text[len - 1] % (len - at), (unsigned)n};
    }
    buf_init(&out, 4096);
    search_snippet(text, len, ranges, n, &out);
    require(!out.failed && utf8_valid(out.data, out.len));
    for (size_t i = 0; i < out.len; i++) {
        require(out.data[i] >= ' ' || out.data[i] == (marked ? SEARCH_MARK_END : SEARCH_MARK_BEGIN));
        marked = out.data[i] < ' ' ? !marked : marked;
    }
    require(!marked);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = size > 0 ? (const char *)data : "";

    try_text(text, size);
    try_query(text, size);
    try_snippet(text, size);
    return 0;
}
