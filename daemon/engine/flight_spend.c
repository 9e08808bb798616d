/* What a flight costs, and who pays. */
#include "daemon/engine/books.h"
#include "daemon/engine/figures.h"
#include "daemon/engine/flight_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

int64_t flight_shown_tokens(const struct fold *fold)
{
    if (fold->usage.output_tokens >= 0)
        return fold->usage.output_tokens;
    return tokens_of_text(tokens_family_of_model(fold->model), (const char *)fold->text.data, fold->text.len);
}

bool flight_pays(const struct flight *f, const struct rider *r)
{
    return r->who && strcmp(r->who->answer, f->payer.answer) == 0;
}

bool flight_is_paid_aboard(const struct flight *f)
{
    const struct rider *r;
    TAILQ_FOREACH (r, &f->riders, link)
        if (flight_pays(f, r))
            return true;
    return false;
}

void flight_settle(struct flight *f, enum log_state state, const struct fold *fold, struct spend *spend)
{
    struct spend_end end = {.provider = fold->provider,
                            .model = fold->model,
                            .state = state,
                            .chat = f->q.req,
                            .usage = fold->usage,
                            .input_tokens = f->cost.input,
                            .shown_tokens = flight_shown_tokens(fold)};
    bool aboard = flight_is_paid_aboard(f);
    end.usage.cost_nano = f->told_cost_nano;
    spend_rows(f->engine->catalog, f->tries ? tries_tried(f->tries) : NULL, &f->payer, &end, spend);
    if (f->tries)
        tries_settle(f->tries, spend);
    for (size_t i = 0; !aboard && f->tries && i < spend->n; i++) {
        struct ledger_row row;
        ledger_row_copy(&row, &spend->rows[i]);
        row.arm++;
        books_add(f->engine->books, &row);
    }
}

/* Its payer's row while it runs; whom it goes to is known. */
static struct ledger_row *expect(const struct flight *f)
{
    struct ledger_row *ret = NEW(struct ledger_row);
    ledger_row_copy(ret, &f->payer);
    ret->provider = xstrdup(f->route->provider->name);
    ret->model = xstrdup(f->model);
    ret->outcome = LEDGER_RUNNING;
    ret->requests = 1;
    ret->usage.input_tokens = f->cost.input;
    ret->usage.output_tokens = f->cost.output;
    ret->usage.estimated = true;
    ret->premium_nano = spend_premium(f->engine->catalog, f->route, f->q.req, ret->at_us);
    spend_price(f->engine->catalog, f->route, ret);
    return ret;
}

/* Who pays has left, and others stay: what is reserved stands in a row beside his from now on, whose place that of
 * flight_settle takes. */
void flight_leave_reserved(struct flight *f)
{
    struct ledger_row *row = expect(f);
    row->arm = 1;
    books_add(f->engine->books, row);
    books_flush(f->engine->books);
    free(row);
}

struct ledger_row *flight_expect(const struct flight *f, const struct rider *r)
{
    return f->route && flight_pays(f, r) ? expect(f) : NULL;
}

/* Where the provider does not say what it cost, the catalogue may know. */
void flight_price_usage(struct flight *f, struct usage *u)
{
    const char *currency;
    f->told_cost_nano = u->cost_nano;
    u->premium_nano = spend_premium(f->engine->catalog, f->route, f->q.req, f->payer.at_us);
    if (u->cost_nano >= 0)
        return;
    if (figures_cost(f->engine->catalog, f->route, u, f->payer.at_us, &u->cost_nano, &currency))
        error_text(u->currency, sizeof u->currency, currency, strlen(currency));
    else
        u->cost_nano = -1;
}

/* What is void from now on may be billed all the same. */
void flight_note_shown(struct flight *f)
{
    struct fold fold;
    if (!f->first_us)
        return;
    fold_log(&fold, f->log, f->first_provider, f->first_model);
    tries_note_shown(f->tries, flight_shown_tokens(&fold));
    fold_done(&fold);
}
