/* What a budget allows, and what is counted against it: money, tokens, requests or premium requests. Plain values. */
#ifndef ASKD_LEDGER_AMOUNT_H
#define ASKD_LEDGER_AMOUNT_H

#include "lib/base/error.h"
#include <stddef.h>
#include <stdint.h>

enum amount_unit { AMOUNT_MONEY, AMOUNT_TOKENS, AMOUNT_REQUESTS, AMOUNT_PREMIUM };

struct amount {
    enum amount_unit unit;
    char currency[8]; /* of money: "USD"; else "" */
    int64_t value;    /* money and premium requests in billionths */
};

#define AMOUNT_PLACES 9 /* decimal places of money and premium requests */
#define AMOUNT_TEXT 64  /* room for amount_print */

/* "20 usd", "0.5 EUR", "500000 tokens", "50 requests", "300 premium": 0 or more, a currency by its code of ISO 4217,
 * tokens and requests whole. The error says what it would take. */
enum error_code amount_parse(const char *text, struct amount *ret, struct error *err);
/* For people: "0.42 USD", "1 request", "12.5 premium requests". amount_parse takes it. */
void amount_print(const struct amount *a, char out[AMOUNT_TEXT]);
/* The unit alone: "tokens", "requests", "premium", or the currency. Lives as long as the amount. */
const char *amount_unit(const struct amount *a);

#endif
