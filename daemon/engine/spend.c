#include "daemon/engine/spend.h"
#include "daemon/engine/figures.h"
#include "daemon/engine/premium.h"
#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

struct ledger_row spend_borrowed(const char *id, int64_t at_us, const struct spend_who *who)
{
    struct ledger_row row = LEDGER_ROW_INIT;
    memcpy(row.answer, id, strnlen(id, sizeof row.answer - 1));
    row.at_us = at_us;
    row.uid = who->uid;
    row.client = (char *)(uintptr_t)who->client; /* whoever borrows does not write */
    row.directory = who->place->directory;
    row.host = who->place->host;
    row.label = who->place->label;
    return row;
}

void spend_begin(struct ledger_row *row, const char *id, int64_t at_us, const struct spend_who *who)
{
    const struct ledger_row borrowed = spend_borrowed(id, at_us, who);
    ledger_row_copy(row, &borrowed);
}

bool spend_by(const struct price *p, const struct usage *u, int64_t *nano, char currency[8], char **text)
{
    struct buf row;
    if (!p || !price_cost(p, u, nano))
        return false;
    memcpy(currency, p->currency, sizeof p->currency);
    buf_init(&row, SIZE_MAX / 2); /* of a line of models.ini */
    price_put(&row, p);
    *text = xstrdup(buf_cstr(&row));
    buf_done(&row);
    return true;
}

void spend_price(const struct catalog *c, const struct route *r, struct ledger_row *row)
{
    const struct price *p = figures_price(c, r, row->usage.input_tokens, row->at_us);
    free(row->price);
    row->price = NULL;
    if (!spend_by(p, &row->usage, &row->cost_nano, row->currency, &row->price))
        row->cost_nano = -1;
}

void spend_nothing(const struct catalog *c, const struct route *r, struct ledger_row *row)
{
    const struct price *p = figures_price(c, r, 0, row->at_us);
    if (!p)
        return;
    row->cost_nano = 0;
    memcpy(row->currency, p->currency, sizeof row->currency);
}

int64_t spend_premium(const struct catalog *c, const struct route *r, const struct chat_request *chat, int64_t at_us)
{
    const struct facts f = catalog_facts(c, r->provider->name, r->provider->kind, r->model);
    return chat ? premium_of(&f, chat, at_us) : 0;
}

/* -- what a try is billed for -- */

static bool is_same(const struct tried *a, const char *provider, const char *model)
{
    return strcmp(a->provider, provider) == 0 && strcmp(a->route.model, model) == 0;
}

/* Nobody said that it was not worked on. */
static bool was_given_up(const struct tried *it)
{
    return it->lost || it->error == ERR_CANCELLED || it->error == ERR_INTERRUPTED || it->error == ERR_TIMEOUT;
}

bool spend_is_billed(const struct tried *it)
{
    return it->sent && (!it->error || it->shown_tokens > 0 || was_given_up(it));
}

/* The figures that were not told. */
static void estimate(struct usage *u, int64_t input, int64_t output)
{
    u->estimated |= u->input_tokens < 0 || u->output_tokens < 0;
    if (u->input_tokens < 0)
        u->input_tokens = input;
    if (u->output_tokens < 0)
        u->output_tokens = output;
}

static struct ledger_row *add_row(struct spend *s, const struct ledger_row *who, const char *provider,
                                  const char *model)
{
    s->rows = grow_one(s->rows, s->n, sizeof *s->rows);
    struct ledger_row *row = &s->rows[s->n];
    ledger_row_copy(row, who);
    row->arm = (unsigned)s->n++;
    free(row->provider);
    free(row->model);
    row->provider = xstrdup(provider);
    row->model = xstrdup(model);
    return row;
}

enum ledger_outcome spend_outcome(enum log_state state)
{
    switch (state) {
    case LOG_DONE: return LEDGER_DONE;
    case LOG_CANCELLED: return LEDGER_CANCELLED;
    case LOG_INTERRUPTED: return LEDGER_INTERRUPTED;
    default: return LEDGER_FAILED;
    }
}

/* The last one that was sent, or, where none was, that was to be; and how many requests its row stands for: those
 * before it that are billed have rows of their own. */
static const struct tried *last_of(const struct tried_list *t, const char *provider, const char *model,
                                   int64_t *requests)
{
    const struct tried *last = NULL;
    *requests = 0;
    for (size_t i = 0; t && i < t->n; i++) {
        const struct tried *it = &t->list[i];
        if (!is_same(it, provider, model))
            continue;
        if (it->sent)
            *requests += !last || !spend_is_billed(last);
        if (it->sent || !last || !last->sent)
            last = it;
    }
    return last;
}

static void bill(const struct catalog *c, const struct route *r, const struct spend_end *end, struct ledger_row *row)
{
    spend_price(c, r, row);
    row->premium_nano = spend_premium(c, r, end->chat, row->at_us);
}

static void add_own(const struct catalog *c, const struct tried_list *t, const struct ledger_row *who,
                    const struct spend_end *end, struct spend *ret)
{
    struct ledger_row *row = add_row(ret, who, end->provider, end->model);
    const struct tried *last = last_of(t, end->provider, end->model, &row->requests);
    row->outcome = spend_outcome(end->state);
    if (!last)
        return;
    if (last->sent)
        row->usage = end->usage;
    if (!last->sent || (!usage_known(&end->usage) && !spend_is_billed(last) && end->shown_tokens == 0)) {
        spend_nothing(c, &last->route, row);
        return;
    }
    /* Where it was to be asked again, what it had shown is void. */
    estimate(&row->usage, end->input_tokens, end->shown_tokens > 0 ? end->shown_tokens : last->shown_tokens);
    bill(c, &last->route, end, row);
}

/* What a try came to that the answer's own row does not tell of. One that was given up for a faster one is billed maybe
 * for as much as that one said. */
static void add_arm(const struct catalog *c, const struct tried_list *t, const struct tried *it,
                    const struct ledger_row *who, const struct spend_end *end, struct spend *ret)
{
    int64_t requests;
    const bool is_last = it == last_of(t, it->provider, it->route.model, &requests);
    if (is_last ? is_same(it, end->provider, end->model) : !spend_is_billed(it))
        return;
    struct ledger_row *row = add_row(ret, who, it->provider, it->route.model);
    row->requests = is_last ? requests : 1;
    row->outcome = it->lost ? LEDGER_CANCELLED : LEDGER_FAILED;
    if (!spend_is_billed(it)) {
        spend_nothing(c, &it->route, row);
        return;
    }
    estimate(&row->usage, end->input_tokens, it->lost ? end->shown_tokens : it->shown_tokens);
    bill(c, &it->route, end, row);
}

void spend_rows(const struct catalog *c, const struct tried_list *t, const struct ledger_row *who,
                const struct spend_end *end, struct spend *ret)
{
    *ret = (struct spend){0};
    add_own(c, t, who, end, ret);
    for (size_t i = 0; t && i < t->n; i++)
        if (t->list[i].sent)
            add_arm(c, t, &t->list[i], who, end, ret);
}

void spend_done(struct spend *s)
{
    for (size_t i = 0; i < s->n; i++)
        ledger_row_done(&s->rows[i]);
    free(s->rows);
    *s = (struct spend){0};
}

void spend_shared(const struct ledger_row *who, const struct ledger_row *paid, struct ledger_row *ret)
{
    ledger_row_copy(ret, who);
    ret->provider = xstrdup(paid->provider);
    ret->model = xstrdup(paid->model);
    ret->how = LEDGER_SHARED;
    ret->outcome = paid->outcome;
    ret->saved_nano = paid->cost_nano;
    memcpy(ret->saved_currency, paid->currency, sizeof ret->saved_currency);
}
