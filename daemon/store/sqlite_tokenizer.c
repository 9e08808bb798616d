/* The tokenizer of the search, as FTS5 wants it: search_text.h cuts, FTS5's own unicode61 knows words. */
#include "daemon/store/search_text.h"
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

enum {
    WORD_MAX = 120,   /* bytes by which a word is known: of a longer one, as data is full of them, the first */
    WIDE_AT_ONCE = 64 /* characters of double width that become plain at once; a longer word is several */
};

struct Fts5Tokenizer { /* FTS5's name for whatever a tokenizer keeps */
    fts5_tokenizer words;
    Fts5Tokenizer *unicode;
};

/* A text on its way through, and the piece of it that is looked at. */
struct pass {
    const char *text;
    sqlite_token *token;
    void *data;
    int rc;
    int at, width; /* of the piece: where it begins, and the bytes of the text that one of the piece stands for */
};

static int on_word(void *data, int flags, const char *token, int len, int start, int end)
{
    const struct pass *p = data;

    return p->token(p->data, flags, token, len < WORD_MAX ? len : WORD_MAX, p->at + start * p->width,
                    p->at + end * p->width);
}

static bool on_cjk(void *data, const struct search_token *t)
{
    struct pass *p = data;

    p->rc = p->token(p->data, t->same_place ? FTS5_TOKEN_COLOCATED : 0, p->text + t->at, (int)t->len, (int)t->at,
                     (int)(t->at + t->len));
    return p->rc == SQLITE_OK;
}

static int tokenize_wide(Fts5Tokenizer *t, struct pass *p, int flags, const struct search_piece *piece)
{
    char plain[WIDE_AT_ONCE];
    size_t chars = piece->len / SEARCH_WIDE_BYTES, n;
    int rc = SQLITE_OK;

    p->width = SEARCH_WIDE_BYTES;
    for (size_t i = 0; rc == SQLITE_OK && i < chars; i += n) {
        const char *wide = p->text + piece->at + i * SEARCH_WIDE_BYTES;
        p->at = (int)(wide - p->text);
        n = chars - i < WIDE_AT_ONCE ? chars - i : WIDE_AT_ONCE;
        for (size_t k = 0; k < n; k++)
            plain[k] = search_narrow(wide + k * SEARCH_WIDE_BYTES);
        rc = t->words.xTokenize(t->unicode, p, flags, plain, (int)n, on_word);
    }
    return rc;
}

static int tokenize_piece(Fts5Tokenizer *t, struct pass *p, int flags, const struct search_piece *piece)
{
    switch (piece->script) {
    case SEARCH_CJK: search_cjk_tokens(p->text, piece, (flags & FTS5_TOKENIZE_QUERY) != 0, on_cjk, p); return p->rc;
    case SEARCH_WIDE: return tokenize_wide(t, p, flags, piece);
    case SEARCH_WORDS: break;
    }
    p->at = (int)piece->at;
    p->width = 1;
    return t->words.xTokenize(t->unicode, p, flags, p->text + piece->at, (int)piece->len, on_word);
}

static int tokenize(Fts5Tokenizer *t, void *data, int flags, const char *text, int len, sqlite_token *token)
{
    struct pass p = {.text = text, .token = token, .data = data};
    struct search_piece piece;
    size_t pos = 0;
    int rc = SQLITE_OK;

    while (rc == SQLITE_OK && search_piece_next(text, len > 0 ? (size_t)len : 0, &pos, &piece))
        rc = tokenize_piece(t, &p, flags, &piece);
    return rc;
}

static void tokenizer_free(Fts5Tokenizer *t)
{
    if (t && t->unicode)
        t->words.xDelete(t->unicode);
    free(t);
}

static int tokenizer_new(void *data, const char **args, int n_args, Fts5Tokenizer **ret)
{
    static const char *unicode_args[] = {"remove_diacritics", "2"};
    fts5_api *api = data;
    void *unicode_data = NULL;
    Fts5Tokenizer *t = NEW(Fts5Tokenizer);
    (void)args, (void)n_args;

    int rc = api->xFindTokenizer(api, "unicode61", &unicode_data, &t->words);
    if (rc == SQLITE_OK)
        rc = t->words.xCreate(unicode_data, unicode_args, 2, &t->unicode);
    if (rc != SQLITE_OK) {
        tokenizer_free(t);
        return rc;
    }
    *ret = t;
    return SQLITE_OK;
}

static fts5_api *find_api(sqlite3 *sql)
{
    fts5_api *api = NULL;
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(sql, "SELECT fts5(?)", -1, &stmt, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(stmt, 1, &api, "fts5_api_ptr", NULL);
        sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    return api;
}

bool sqlite_tokenizer_open(struct store_db *db)
{
    fts5_tokenizer ours = {tokenizer_new, tokenizer_free, tokenize};
    fts5_api *api = find_api(db->sql);
    int rc = api ? api->xCreateTokenizer(api, "askd", api, &ours, NULL) : SQLITE_ERROR;

    if (rc == SQLITE_OK)
        rc = tokenizer_new(api, NULL, 0, &db->tokenizer);
    if (rc != SQLITE_OK)
        sqlite_note(db, rc);
    return rc == SQLITE_OK;
}

void sqlite_tokenizer_close(struct store_db *db)
{
    tokenizer_free(db->tokenizer);
}

void sqlite_tokens(struct store_db *db, bool query, const char *text, size_t len, sqlite_token *token, void *data)
{
    tokenize(db->tokenizer, data, query ? FTS5_TOKENIZE_QUERY : FTS5_TOKENIZE_AUX, text, (int)len, token);
}
