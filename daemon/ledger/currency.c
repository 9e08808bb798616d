#include "daemon/ledger/currency.h"
#include <stdlib.h>
#include <strings.h>

static const char *const codes[] = {
#define X(code, small) #code,
    CURRENCY_MAP(X)
#undef X
};

static int compare(const void *key, const void *code)
{
    return strcasecmp(key, *(const char *const *)code);
}

enum currency currency_find(const char *code)
{
    const char *const *found = bsearch(code, codes, CURRENCY_COUNT, sizeof(codes[0]), compare);

    return found ? (enum currency)(found - codes) : CURRENCY_COUNT;
}

const char *currency_code(enum currency c)
{
    return c < CURRENCY_COUNT ? codes[c] : NULL;
}
