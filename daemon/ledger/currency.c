#include "daemon/ledger/currency.h"
#include <strings.h>

static const char *const codes[] = {
#define X(code, small) #code,
    CURRENCY_MAP(X)
#undef X
};

enum currency currency_find(const char *code)
{
    int c = 0;

    while (c < CURRENCY_COUNT && strcasecmp(codes[c], code) != 0)
        c++;
    return (enum currency)c;
}

const char *currency_code(enum currency c)
{
    return c < CURRENCY_COUNT ? codes[c] : NULL;
}
