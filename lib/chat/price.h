/* What a model costs at a provider: rows that hold for a time, a length of prompt, hours of the day. Values and pure
 * functions.
 *
 * A rate is in billionths of the currency for a million tokens (input, cached_input, cache_write, output, and of
 * sound input_audio, output_audio), or for one request or image; PRICE_UNKNOWN where it is not told. */
#ifndef ASKD_CHAT_PRICE_H
#define ASKD_CHAT_PRICE_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/chat/usage.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRICE_UNKNOWN (-1)
#define PRICE_PLACES 9 /* decimal places of a rate */

struct price {
    char *at;                   /* owned: the provider that it holds at, NULL: the model's first one */
    char *source;               /* owned: where it was read, NULL if not told */
    char currency[8];           /* "USD" */
    int64_t since_us, until_us; /* since 1970, UTC; 0: not told; it holds until that moment, which is not part of it */
    int64_t above_tokens;       /* for prompts of more tokens than that; 0: for any */
    int from_minute, to_minute; /* of the day, UTC, from may be after to; both 0: all day */
    int64_t input, cached_input, cache_write, output, request, image, input_audio, output_audio;
};

#define PRICE_INIT                                                                                                     \
    {                                                                                                                  \
        .input = PRICE_UNKNOWN, .cached_input = PRICE_UNKNOWN, .cache_write = PRICE_UNKNOWN, .output = PRICE_UNKNOWN,  \
        .request = PRICE_UNKNOWN, .image = PRICE_UNKNOWN, .input_audio = PRICE_UNKNOWN, .output_audio = PRICE_UNKNOWN  \
    }

void price_done(struct price *p); /* frees what it owns */
void price_copy(struct price *to, const struct price *from);

/* A row of models.ini: words and values with commas between, in any order:
 *   since 2025-04-14, until 2026-01-01, at openrouter, above 200000, hours 16:30-00:30, input 2.00, cached_input 0.50,
 *   cache_write 3.75, output 8.00, input_audio 40.00, output_audio 80.00, request 0.001, image 0.01, currency USD,
 *   source https://…
 * Rates per million tokens. A day begins at midnight UTC, and the row does not hold on that of `until` any more.
 * currency is needed, and one rate at least. The error says what is wrong. */
enum error_code price_parse(const char *text, struct price *ret, struct error *err);

/* The same row as text, always in one form, so that equal rows are equal texts: what names a price in the ledger. */
void price_put(struct buf *out, const struct price *p);

/* The row among n that holds for a prompt of so many tokens at that time: of those that do, one with hours before one
 * without, then the highest `above`, then the latest `since`, then the first. at: a provider's name; default_at: whose
 * are the rows without `at`. NULL where none does. */
const struct price *price_pick(const struct price *rows, size_t n, const char *at, const char *default_at,
                               int64_t now_us, int64_t prompt_tokens);

/* In billionths of the currency, rounded up; with the rate of one request and of each image, where they are told.
 * Tokens of a kind that has no rate of its own cost what text does, in or out: those from the cache and to it, and
 * sound. Sound is taken to be of the input that was neither. Unknown counts are none. What does not fit is INT64_MAX.
 * False where a rate that is needed is not told. */
bool price_cost(const struct price *p, const struct usage *u, int64_t *ret_nano);

#endif
