#include "lib/chat/ledger_row.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

void ledger_row_done(struct ledger_row *r)
{
    free(r->client);
    free(r->directory);
    free(r->host);
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
    to->host = xstrdup(from->host);
    to->label = xstrdup(from->label);
    to->provider = xstrdup(from->provider);
    to->model = xstrdup(from->model);
    to->price = xstrdup(from->price);
}
