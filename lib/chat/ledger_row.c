#include "lib/chat/ledger_row.h"
#include "lib/base/alloc.h"
#include "lib/base/names.h"
#include <stdlib.h>

static const char *const how_names[] = {
#define X(code, name) [code] = name,
    LEDGER_HOW_MAP(X)
#undef X
};

static const char *const outcome_names[] = {
#define X(code, name) [code] = name,
    LEDGER_OUTCOME_MAP(X)
#undef X
};

void ledger_row_done(struct ledger_row *r)
{
    free(r->client);
    free(r->directory);
    free(r->label);
    free(r->provider);
    free(r->model);
    free(r->price);
    *r = (struct ledger_row)LEDGER_ROW_INIT;
}

void ledger_row_copy(struct ledger_row *to, const struct ledger_row *from)
{
    *to = *from;
    to->client = xstrdup(from->client);
    to->directory = xstrdup(from->directory);
    to->label = xstrdup(from->label);
    to->provider = xstrdup(from->provider);
    to->model = xstrdup(from->model);
    to->price = xstrdup(from->price);
}

const char *ledger_how_name(enum ledger_how how)
{
    return how_names[how];
}

const char *ledger_outcome_name(enum ledger_outcome outcome)
{
    return outcome_names[outcome];
}

bool ledger_outcome_from_name(const char *s, size_t len, enum ledger_outcome *ret)
{
    int i = names_find(outcome_names, NAMES_COUNT(outcome_names), s, len);

    if (i >= 0)
        *ret = (enum ledger_outcome)i;
    return i >= 0;
}
