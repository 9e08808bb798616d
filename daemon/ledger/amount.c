#include "daemon/ledger/amount.h"
#include "daemon/ledger/currency.h"
#include "lib/base/decimal.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct unit {
    const char *word; /* as it is called in a report, and in a budget's limit */
    const char *one, *many;
    unsigned places;
} units[] = {
    [AMOUNT_TOKENS] = {"tokens", "token", "tokens", 0},
    [AMOUNT_REQUESTS] = {"requests", "request", "requests", 0},
    [AMOUNT_PREMIUM] = {"premium", "premium request", "premium requests", AMOUNT_PLACES},
};

static bool names_unit(const struct unit *u, const char *text)
{
    return u->word &&
           (strcasecmp(u->word, text) == 0 || strcasecmp(u->one, text) == 0 || strcasecmp(u->many, text) == 0);
}

static bool read_unit(const char *text, struct amount *a)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (names_unit(&units[i], text)) {
            a->unit = (enum amount_unit)i;
            return true;
        }
    const char *code = currency_code(currency_find(text));
    if (!code)
        return false;
    a->unit = AMOUNT_MONEY;
    strcpy(a->currency, code);
    return true;
}

static unsigned places_of(const struct amount *a)
{
    return a->unit == AMOUNT_MONEY ? AMOUNT_PLACES : units[a->unit].places;
}

enum error_code amount_parse(const char *text, struct amount *ret, struct error *err)
{
    struct amount a = {0};
    const size_t len = strcspn(text, " \t");
    const char *unit = text + len + strspn(text + len, " \t");

    if (!read_unit(unit, &a))
        return error_set(
            err, ERR_INVALID_REQUEST,
            "an amount is a number and a unit, a currency's code, tokens, requests or premium, as in 20 usd, "
            "not '%.60s'",
            text);
    if (!decimal_parse(text, len, places_of(&a), &a.value) || a.value < 0)
        return error_set(err, ERR_INVALID_REQUEST,
                         "'%.*s' is no number that an amount can have: from 0, in digits, as 1000 or 0.5",
                         (int)(len < 60 ? len : 60), text);
    if (places_of(&a) == 0 && strspn(text, "0123456789") < len)
        return error_set(err, ERR_INVALID_REQUEST, "%s are counted by whole numbers", units[a.unit].many);
    *ret = a;
    return ERR_NONE;
}

void amount_print(const struct amount *a, char out[AMOUNT_TEXT])
{
    char number[32];

    decimal_print(a->value, places_of(a), number);
    if (a->unit == AMOUNT_MONEY)
        snprintf(out, AMOUNT_TEXT, "%s %s", number, a->currency);
    else
        snprintf(out, AMOUNT_TEXT, "%s %s", number,
                 strcmp(number, "1") == 0 ? units[a->unit].one : units[a->unit].many);
}

const char *amount_unit(const struct amount *a)
{
    return a->unit == AMOUNT_MONEY ? a->currency : units[a->unit].word;
}
