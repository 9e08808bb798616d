#include "daemon/ledger/today.h"
#include "daemon/ledger/period.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

struct user {
    uid_t uid;
    struct today_figures f;
};

struct today {
    int64_t begins_us;  /* of the day that it counts */
    struct user *users; /* owned, by uid */
    size_t n;
};

struct today *today_new(void)
{
    return NEW(struct today);
}

static void forget(struct today *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->users[i].f.sums);
    free(t->users);
    t->users = NULL;
    t->n = 0;
}

struct today *today_free(struct today *t)
{
    if (!t)
        return NULL;
    forget(t);
    free(t);
    return NULL;
}

int64_t today_begins(int64_t now_us)
{
    return period_window(PERIOD_DAY, now_us).start_us;
}

/* False for a day that is over. */
static bool is_today(struct today *t, int64_t at_us)
{
    const int64_t begins_us = today_begins(at_us);
    if (begins_us > t->begins_us) {
        forget(t);
        t->begins_us = begins_us;
    }
    return begins_us == t->begins_us;
}

/* Where that user stands, or would. */
static size_t place_of(const struct today *t, uid_t uid)
{
    size_t from = 0, to = t->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (t->users[middle].uid < uid)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct today_figures *figures_of(struct today *t, uid_t uid)
{
    size_t at = place_of(t, uid);
    if (at < t->n && t->users[at].uid == uid)
        return &t->users[at].f;
    if (t->n >= TODAY_USERS_MAX)
        return NULL;
    t->users = grow_one(t->users, t->n, sizeof *t->users);
    memmove(&t->users[at + 1], &t->users[at], (t->n - at) * sizeof *t->users);
    t->users[at] = (struct user){.uid = uid};
    t->n++;
    return &t->users[at].f;
}

/* Of a count that is not known, nothing is added. */
static void add(int64_t *sum, int64_t n)
{
    if (n > 0 && __builtin_add_overflow(*sum, n, sum))
        *sum = INT64_MAX;
}

/* Of that currency; they stand in the order of their codes. */
static struct today_sum *sum_of(struct today_figures *f, const char *currency)
{
    size_t i = 0;
    while (i < f->n_sums && strcmp(f->sums[i].currency, currency) < 0)
        i++;
    if (i < f->n_sums && strcmp(f->sums[i].currency, currency) == 0)
        return &f->sums[i];
    f->sums = grow_one(f->sums, f->n_sums, sizeof *f->sums);
    memmove(&f->sums[i + 1], &f->sums[i], (f->n_sums - i) * sizeof *f->sums);
    f->sums[i] = (struct today_sum){0};
    memcpy(f->sums[i].currency, currency, strnlen(currency, sizeof f->sums[i].currency - 1));
    f->n_sums++;
    return &f->sums[i];
}

static void add_money(struct today_figures *f, const char *currency, int64_t cost_nano, int64_t saved_nano)
{
    if (currency[0] == '\0')
        return;
    struct today_sum *sum = sum_of(f, currency);
    add(&sum->cost_nano, cost_nano);
    add(&sum->saved_nano, saved_nano);
}

void today_add(struct today *t, const struct ledger_row *row)
{
    struct today_figures *f = is_today(t, row->at_us) ? figures_of(t, row->uid) : NULL;
    if (!f || row->outcome == LEDGER_RUNNING)
        return;
    add(&f->requests, row->requests);
    if (!row->arm)
        add(&f->answers, row->answers);
    if (row->how == LEDGER_CACHED)
        add(&f->cache_hits, row->answers);
    else if (row->how == LEDGER_SHARED)
        add(&f->shared, row->answers);
    if (row->how == LEDGER_FRESH) {
        add(&f->input_tokens, row->usage.input_tokens);
        add(&f->output_tokens, row->usage.output_tokens);
        add(&f->premium_nano, row->premium_nano);
        add_money(f, row->currency, row->cost_nano, 0);
    }
    add_money(f, row->saved_currency, 0, row->saved_nano);
}

void today_recall(struct today *t, uid_t uid, int64_t at_us, const struct today_figures *sum)
{
    struct today_figures *f = is_today(t, at_us) ? figures_of(t, uid) : NULL;
    if (!f)
        return;
    add(&f->requests, sum->requests);
    add(&f->answers, sum->answers);
    add(&f->cache_hits, sum->cache_hits);
    add(&f->shared, sum->shared);
    add(&f->input_tokens, sum->input_tokens);
    add(&f->output_tokens, sum->output_tokens);
    add(&f->premium_nano, sum->premium_nano);
    for (size_t i = 0; i < sum->n_sums; i++)
        add_money(f, sum->sums[i].currency, sum->sums[i].cost_nano, sum->sums[i].saved_nano);
}

const struct today_figures *today_of(struct today *t, uid_t uid, int64_t now_us)
{
    static const struct today_figures nothing;
    size_t at = is_today(t, now_us) ? place_of(t, uid) : t->n;
    return at < t->n && t->users[at].uid == uid ? &t->users[at].f : &nothing;
}
