/* How a text is cut into what the search knows words by: the part that is askd's own, without SQLite.
 *
 * Chinese, Japanese and Korean are written without spaces, or with words that grow endings. A run of their characters
 * (Han, Kana, Hangul) is known by each two that stand side by side, and by each alone: so a word of two characters is
 * found wherever it stands, and so is one character. All else is left to FTS5's unicode61, which knows words, cases and
 * accents; letters and digits of double width are made plain for it.
 *
 * A pair has a place of its own, and the character that it begins with shares it; the last one of a run shares the
 * place of the last pair. In a query a run is its pairs alone, one behind the other: the same places as in the text. */
#ifndef ASKD_STORE_SEARCH_TEXT_H
#define ASKD_STORE_SEARCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum search_script {
    SEARCH_WORDS, /* for unicode61; ill-formed bytes too */
    SEARCH_CJK,
    SEARCH_WIDE, /* letters and digits of double width, of SEARCH_WIDE_BYTES each */
};
#define SEARCH_WIDE_BYTES 3

struct search_piece { /* of one script */
    enum search_script script;
    size_t at, len; /* bytes of the text */
};

/* The piece that begins at *pos, which moves behind it. False: the text is at its end. */
bool search_piece_next(const char *text, size_t len, size_t *pos, struct search_piece *ret);

/* SEARCH_WIDE: the letter or digit of ASCII that a character of double width stands for. */
char search_narrow(const char *wide);

struct search_token {
    size_t at, len;  /* bytes of the text: a token is a piece of it as it stands */
    bool same_place; /* as the one before */
};

/* SEARCH_CJK: calls `each` for every token of the run, until it says false. False: it did. */
bool search_cjk_tokens(const char *text, const struct search_piece *run, bool query,
                       bool (*each)(void *data, const struct search_token *token), void *data);

#endif
