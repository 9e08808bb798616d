/* Prices in a list of models: rates of the model's row, and those that hold under a condition, as rows of struct price.
 *
 * Of conditional ones a member that is no string is a condition (https://openrouter.ai/docs/api-reference/models):
 *   min_prompt_tokens   a prompt of more tokens
 *   utc_start, utc_end  from the one up to the other, clock numbers: 1630 is 16:30; the start may be behind the end
 * All of them must hold; of several overrides that do, the later one counts, rate by rate, and what none names is as in
 * the row. One with a condition that has no place in struct price, such as the days of the week, is left out. */
#include "daemon/provider/list.h"
#include "lib/base/grow.h"
#include <string.h>

static const size_t members[LIST_RATES] = {
    [LIST_RATE_INPUT] = offsetof(struct price, input),
    [LIST_RATE_OUTPUT] = offsetof(struct price, output),
    [LIST_RATE_CACHED] = offsetof(struct price, cached_input),
    [LIST_RATE_WRITE] = offsetof(struct price, cache_write),
    [LIST_RATE_REQUEST] = offsetof(struct price, request),
    [LIST_RATE_IMAGE] = offsetof(struct price, image),
    [LIST_RATE_AUDIO_IN] = offsetof(struct price, input_audio),
    [LIST_RATE_AUDIO_OUT] = offsetof(struct price, output_audio),
};

static int64_t *rate_in(struct price *p, enum list_rate rate)
{
    return (int64_t *)(void *)((char *)p + members[rate]);
}

/* ------------------------------------------------------------------------------------------------ rates */

/* A negative rate is one that varies. zero: whether nothing is a rate. */
static void take_rates(const struct list_prices *form, const char *const *names, const json_t *obj, bool zero,
                       struct price *p)
{
    int64_t n;

    for (enum list_rate i = 0; i < LIST_RATES; i++) {
        bool each = i == LIST_RATE_REQUEST || i == LIST_RATE_IMAGE;
        const json_t *told = names[i] ? json_object_get(obj, names[i]) : NULL;
        if (jsonx_to_decimal(told, each ? PRICE_PLACES : form->places, &n) && (zero || n != 0))
            *rate_in(p, i) = n < 0 ? PRICE_UNKNOWN : n;
    }
}

static void add(struct listed *l, const struct price *p)
{
    bool told = false;

    for (enum list_rate i = 0; i < LIST_RATES; i++)
        told |= *rate_in((struct price *)p, i) != PRICE_UNKNOWN;
    if (!told)
        return;
    l->prices = grow_one(l->prices, l->n_prices, sizeof(*l->prices));
    price_copy(&l->prices[l->n_prices++], p);
}

/* ------------------------------------------------------------------------------------------------ overrides */

struct override {
    const json_t *rates;
    int64_t above; /* tokens, 0: any */
    int from, to;  /* minutes of the day, both 0: all day */
};

static bool minute_in(const json_t *v, int *ret)
{
    int64_t n;

    if (!jsonx_to_integer(v, &n) || n < 0 || n > 2400 || n % 100 > 59)
        return false;
    *ret = (int)(n / 100 * 60 + n % 100) % (24 * 60);
    return true;
}

static bool read_condition(const char *key, const json_t *v, struct override *o)
{
    if (json_is_string(v) || json_is_null(v))
        return true;
    if (strcmp(key, "min_prompt_tokens") == 0)
        return jsonx_to_integer(v, &o->above) && o->above >= 0;
    if (strcmp(key, "utc_start") == 0)
        return minute_in(v, &o->from);
    return strcmp(key, "utc_end") == 0 && minute_in(v, &o->to);
}

static bool read_override(const json_t *row, struct override *o)
{
    const char *key;
    json_t *v;

    *o = (struct override){.rates = row};
    json_object_foreach((json_t *)row, key, v) if (!read_condition(key, v, o)) return false;
    if (o->from == o->to)
        o->from = o->to = 0;
    return json_is_object(row);
}

static bool all_day(const struct override *o)
{
    return o->from == 0 && o->to == 0;
}

static bool same_hours(const struct override *a, const struct override *b)
{
    return a->from == b->from && a->to == b->to;
}

/* What holds wherever the conditions of `when` do. */
static void add_under(const struct list_prices *form, const struct price *base, const struct override *overrides,
                      size_t n, const struct override *when, struct listed *l)
{
    struct price p = *base;

    p.above_tokens = when->above;
    p.from_minute = when->from;
    p.to_minute = when->to;
    for (size_t i = 0; i < n; i++)
        if (overrides[i].above <= when->above && (all_day(&overrides[i]) || same_hours(&overrides[i], when)))
            take_rates(form, form->rates, overrides[i].rates, true, &p);
    add(l, &p);
}

/* A row for each pair of hours and length that is told, so that one row always says all. */
static void add_all(const struct list_prices *form, const struct price *base, const struct override *overrides,
                    size_t n, struct listed *l)
{
    for (size_t h = 0; h < n; h++) {
        bool again = false;
        for (size_t i = 0; i < h; i++)
            again |= same_hours(&overrides[i], &overrides[h]);
        for (size_t a = 0; a < n && !again; a++) {
            struct override when = {.above = overrides[a].above, .from = overrides[h].from, .to = overrides[h].to};
            bool before = false;
            for (size_t i = 0; i < a; i++)
                before |= overrides[i].above == when.above;
            if (!before)
                add_under(form, base, overrides, n, &when, l);
        }
    }
}

static void read_overrides(const struct list_prices *form, const struct price *base, const json_t *list,
                           struct listed *l)
{
    struct override overrides[LIST_OVERRIDES_MAX + 1] = {{.rates = NULL}}; /* the first: under no condition at all */
    size_t i, n = 1;
    json_t *row;

    json_array_foreach(list, i, row) if (n <= LIST_OVERRIDES_MAX && read_override(row, &overrides[n])) n++;
    add_all(form, base, overrides, n, l);
}

void list_price_read(const struct list_prices *form, const json_t *row, struct listed *l)
{
    const json_t *obj = form->at ? jsonx_at(row, form->at) : row;
    struct price p = PRICE_INIT;
    int64_t above = 0;

    strcpy(p.currency, "USD");
    take_rates(form, form->rates, obj, true, &p);
    read_overrides(form, &p, form->overrides ? json_object_get(obj, form->overrides) : NULL, l);
    if (form->above && jsonx_integer(obj, form->above, &above) && above > 0) {
        p.above_tokens = above;
        take_rates(form, form->long_rates, obj, false, &p);
        add(l, &p);
    }
}
