#include "lib/chat/price.h"
#include "lib/base/alloc.h"
#include "lib/base/words.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide; /* holds the sum of all products of counts and rates */

#define TOKENS_OF_RATE 1000000u /* what a rate is for */
#define MINUTE_US (60 * 1000000ll)
#define MINUTES_A_DAY 1440

void price_done(struct price *p)
{
    free(p->at);
    free(p->source);
    *p = (struct price)PRICE_INIT;
}

void price_copy(struct price *to, const struct price *from)
{
    *to = *from;
    to->at = xstrdup(from->at);
    to->source = xstrdup(from->source);
}

/* -- a row of the file -- */

/* The order is that of the bits below. */
static const struct word words[] = {
    {"input", WORD_AMOUNT, offsetof(struct price, input)},
    {"cached_input", WORD_AMOUNT, offsetof(struct price, cached_input)},
    {"cache_write", WORD_AMOUNT, offsetof(struct price, cache_write)},
    {"output", WORD_AMOUNT, offsetof(struct price, output)},
    {"request", WORD_AMOUNT, offsetof(struct price, request)},
    {"image", WORD_AMOUNT, offsetof(struct price, image)},
    {"input_audio", WORD_AMOUNT, offsetof(struct price, input_audio)},
    {"output_audio", WORD_AMOUNT, offsetof(struct price, output_audio)},
    {"currency", WORD_CURRENCY, offsetof(struct price, currency)},
    {"since", WORD_DAY, offsetof(struct price, since_us)},
    {"until", WORD_DAY, offsetof(struct price, until_us)},
    {"at", WORD_TEXT, offsetof(struct price, at)},
    {"above", WORD_COUNT, offsetof(struct price, above_tokens)},
    {"hours", WORD_HOURS, offsetof(struct price, from_minute)},
    {"source", WORD_TEXT, offsetof(struct price, source)},
    {0},
};

enum {
    SEEN_RATES = (1 << 8) - 1,
    SEEN_CURRENCY = 1 << 8,
};

static_assert(offsetof(struct price, to_minute) == offsetof(struct price, from_minute) + sizeof(int),
              "WORD_HOURS fills both");

static enum error_code check(const struct price *p, unsigned seen, struct error *err)
{
    if (!(seen & SEEN_RATES))
        return error_set(err, ERR_INVALID_REQUEST, "a price needs a rate, as in 'input 2.00'");
    if (!(seen & SEEN_CURRENCY))
        return error_set(err, ERR_INVALID_REQUEST, "a price needs its currency, as in 'currency USD'");
    if (p->until_us && p->until_us <= p->since_us)
        return error_set(err, ERR_INVALID_REQUEST, "'until' must be later than 'since'");
    return ERR_NONE;
}

enum error_code price_parse(const char *text, struct price *ret, struct error *err)
{
    struct price p = PRICE_INIT;
    unsigned seen;
    enum error_code code = words_read(text, words, &p, &seen, err);

    if (code == ERR_NONE)
        code = check(&p, seen, err);
    if (code == ERR_NONE)
        *ret = p;
    else
        price_done(&p);
    return code;
}

void price_put(struct buf *out, const struct price *p)
{
    words_write(out, words, p);
}

/* -- which one holds -- */

static bool same_name(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool has_hours(const struct price *p)
{
    return p->from_minute != p->to_minute;
}

static bool holds_at_minute(const struct price *p, int minute)
{
    if (!has_hours(p))
        return true;
    if (p->from_minute < p->to_minute)
        return minute >= p->from_minute && minute < p->to_minute;
    return minute >= p->from_minute || minute < p->to_minute; /* over midnight */
}

static bool holds(const struct price *p, int64_t now_us, int64_t prompt_tokens)
{
    return now_us >= p->since_us && (!p->until_us || now_us < p->until_us) &&
           (!p->above_tokens || prompt_tokens > p->above_tokens) &&
           holds_at_minute(p, (int)(now_us / MINUTE_US % MINUTES_A_DAY));
}

static bool goes_before(const struct price *a, const struct price *b)
{
    if (has_hours(a) != has_hours(b))
        return has_hours(a);
    if (a->above_tokens != b->above_tokens)
        return a->above_tokens > b->above_tokens;
    return a->since_us > b->since_us;
}

const struct price *price_pick(const struct price *rows, size_t n, const char *at, const char *default_at,
                               int64_t now_us, int64_t prompt_tokens)
{
    const struct price *best = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct price *p = &rows[i];
        if (same_name(p->at ? p->at : default_at, at) && holds(p, now_us, prompt_tokens) &&
            (!best || goes_before(p, best)))
            best = p;
    }
    return best;
}

/* -- what it comes to -- */

static int64_t known(int64_t count)
{
    return count > 0 ? count : 0;
}

/* Adds the tokens at their rate. False where that is not told and there are any. */
static bool add(wide *sum, int64_t tokens, int64_t rate)
{
    if (tokens == 0)
        return true;
    if (rate < 0)
        return false;
    *sum += (wide)tokens * (wide)rate;
    return true;
}

/* The same of tokens of a kind that may have a rate of its own. */
static bool add_kind(wide *sum, int64_t tokens, int64_t own_rate, int64_t rate)
{
    return add(sum, tokens, own_rate < 0 ? rate : own_rate);
}

static int64_t at_most(int64_t count, int64_t most)
{
    return known(count) < most ? known(count) : most;
}

bool price_cost(const struct price *p, const struct usage *u, int64_t *ret_nano)
{
    int64_t cached = known(u->cached_input_tokens), written = known(u->cache_write_tokens);
    int64_t fresh = known(known(known(u->input_tokens) - cached) - written), output = known(u->output_tokens);
    int64_t heard = at_most(u->input_audio_tokens, fresh), said = at_most(u->output_audio_tokens, output);
    wide sum = 0;

    if (!add(&sum, fresh - heard, p->input) || !add_kind(&sum, heard, p->input_audio, p->input) ||
        !add_kind(&sum, cached, p->cached_input, p->input) || !add_kind(&sum, written, p->cache_write, p->input) ||
        !add(&sum, output - said, p->output) || !add_kind(&sum, said, p->output_audio, p->output))
        return false;
    sum = (sum + TOKENS_OF_RATE - 1) / TOKENS_OF_RATE;
    sum += (uint64_t)known(p->request);
    sum += (wide)known(u->images) * (uint64_t)known(p->image);
    *ret_nano = sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
    return true;
}
