#include "daemon/ledger/rates.h"
#include "daemon/ledger/amount.h"
#include "daemon/ledger/currency.h"
#include "lib/base/alloc.h"
#include "lib/base/decimal.h"
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide; /* holds a product of two amounts */

#define UNIT 1000000000u /* billionths */

/* As the section has it. */
struct rates_section {
    char *worth[CURRENCY_COUNT];
};

struct rates {
    struct rate {
        int64_t nano; /* what one is worth, 0: not told */
        enum currency in;
    } worth[CURRENCY_COUNT];
};

#define AT(code) (offsetof(struct rates_section, worth) + CURRENCY_##code * sizeof(char *))

/* One row tells of all, which a manual with a row for each would say no better. */
#define TEXT                                                                                                           \
    "What one euro is worth in US dollars, as in eur = 1.08, or in another currency, as in eur = 7.8 cny. There is "   \
    "such a key for each currency, its code of ISO 4217 in small letters: cny, gbp, jpy. Budgets in money need it "    \
    "for "                                                                                                             \
    "models whose price is in another currency than the limit. askd fetches no rates."

static const struct config_option options[] = {
#define X(code, small)                                                                                                 \
    {#small, CONFIG_STRING, AT(code), 0, 0, NULL, NULL, CONFIG_RELOAD, CURRENCY_##code == CURRENCY_EUR ? TEXT : NULL},
    CURRENCY_MAP(X)
#undef X
        {0},
};

const struct config_room rates_room = {"rates", false, sizeof(struct rates_section), options};

/* -- reading them -- */

/* "0.14", "1.08 usd". False where it is none, or of the currency itself. */
static bool read_rate(const char *text, enum currency of, struct rate *ret)
{
    const size_t len = strcspn(text, " \t");
    const char *in = text + len + strspn(text + len, " \t");

    ret->in = *in ? currency_find(in) : CURRENCY_USD;
    return ret->in != CURRENCY_COUNT && ret->in != of && decimal_parse(text, len, AMOUNT_PLACES, &ret->nano) &&
           ret->nano > 0;
}

enum error_code rates_load(const struct config *c, struct rates **ret, struct error *err)
{
    const struct rates_section *s = config_get(c, &rates_room, NULL);
    struct rates *r = NEW(struct rates);

    for (int i = 0; i < CURRENCY_COUNT; i++) {
        if (!s->worth[i] || read_rate(s->worth[i], (enum currency)i, &r->worth[i]))
            continue;
        rates_free(r);
        return config_complain(c, &rates_room, NULL, options[i].key, err,
                               "%s must be what one %s is worth in another currency, as in %s = 1.08 %s, with at most "
                               "%d decimal places, not '%.60s'",
                               options[i].key, currency_code((enum currency)i), options[i].key,
                               i == CURRENCY_USD ? "eur" : "usd", AMOUNT_PLACES, s->worth[i]);
    }
    *ret = r;
    return ERR_NONE;
}

struct rates *rates_free(struct rates *r)
{
    free(r);
    return NULL;
}

/* -- going by them -- */

static int64_t times(int64_t nano, uint64_t by, uint64_t over)
{
    wide n = ((wide)(uint64_t)nano * by + over - 1) / over;

    return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static bool between(const struct rates *r, int64_t nano, enum currency from, enum currency to, int64_t *ret)
{
    if (from == to)
        *ret = nano;
    else if (r->worth[from].nano && r->worth[from].in == to)
        *ret = times(nano, (uint64_t)r->worth[from].nano, UNIT);
    else if (r->worth[to].nano && r->worth[to].in == from)
        *ret = times(nano, UNIT, (uint64_t)r->worth[to].nano);
    else
        return false;
    return true;
}

bool rates_convert(const struct rates *r, int64_t nano, const char *from, const char *to, int64_t *ret)
{
    if (strcmp(from, to) == 0) { /* one that ISO does not know too */
        *ret = nano;
        return true;
    }
    const enum currency f = currency_find(from), t = currency_find(to);
    if (f == CURRENCY_COUNT || t == CURRENCY_COUNT)
        return false;
    return between(r, nano, f, t, ret) ||
           (between(r, nano, f, CURRENCY_USD, &nano) && between(r, nano, CURRENCY_USD, t, ret));
}
