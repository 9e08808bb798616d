/* Rows of words and values with commas between, in any order: "since 2025-04-14, input 2.00, source https://…". A table
 * says which words there are and where in a struct their values go. A value ends at the next comma. */
#ifndef ASKD_BASE_WORDS_H
#define ASKD_BASE_WORDS_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum word_type {
    WORD_TEXT,     /* char *, owned by the struct */
    WORD_DATE,     /* char *, likewise: 2025-04-14 */
    WORD_DAY,      /* int64_t: a date's first microsecond since 1970, UTC */
    WORD_COUNT,    /* int64_t, 1 or more */
    WORD_AMOUNT,   /* int64_t, billionths of the decimal number that is written, 0 or more */
    WORD_NUMBER,   /* double: a decimal number, six places of it */
    WORD_CURRENCY, /* char[8]: three to seven capital letters */
    WORD_HOURS,    /* int[2], minutes of the day: 16:30-00:30 */
};

struct word {
    const char *name;
    enum word_type type;
    size_t offset; /* of the field */
};

/* Takes the piece before the first comma off *text, cuts the spaces around it, and sets *text to what follows, NULL
 * where nothing does. An empty piece is a piece. */
const char *words_piece(const char **text, size_t *len);

/* Fills fields of base by the words in text; bit i of *seen says that words[i] is there. NULL is no text. On failure
 * too, base owns what was filled in. words is ended by a NULL name. */
enum error_code words_read(const char *text, const struct word *words, void *base, unsigned *seen, struct error *err);

/* One value alone, as it stands behind its word. `name` is for the error. */
enum error_code words_value(const char *text, size_t len, const struct word *word, void *base, struct error *err);

/* The other way: a row that words_read makes the same fields of, in the order of the table. What is not told is left
 * out, but for numbers: NULL and blank texts, 0, negative amounts, hours that begin where they end. Of a moment its day
 * is written, and a comma in a text, which would end it, as %2C. */
void words_write(struct buf *out, const struct word *words, const void *base);

/* "2025-04-14" to its first microsecond since 1970, UTC. False where there is no such day after 1970-01-01. */
bool words_day(const char *text, size_t len, int64_t *ret_us);

#endif
