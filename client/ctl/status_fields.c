#include "client/ctl/status_fields.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include <inttypes.h>
#include <string.h>

enum { VALUE_SIZE = 256 };

static void put_str(struct buf *b, const msgpack_object_map *status, const char *field)
{
    char text[VALUE_SIZE];
    (void)buf_puts(b, field_line(status, field, text, sizeof(text)));
}

static void put_int(struct buf *b, const msgpack_object_map *status, const char *field)
{
    int64_t n;
    if (field_int(status, field, &n))
        (void)buf_printf(b, "%" PRId64, n);
}

static void put_span(struct buf *b, const msgpack_object_map *status, const char *field)
{
    char text[FIGURE_LEN];
    double seconds;
    if (!field_double(status, field, &seconds))
        return;
    figures_span(text, seconds);
    (void)buf_puts(b, text);
}

static void put_store(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map store;
    if (field_map(status, "store", &store))
        put_str(b, &store, field);
}

/* -- of the providers -- */

enum provider_is { ANY, READY, DOWN };

static bool has_open_breaker(const msgpack_object_map *provider)
{
    msgpack_object_array models = {0};
    msgpack_object_map model;
    char breaker[VALUE_SIZE];
    (void)field_array(provider, "models", &models);
    for (uint32_t i = 0; i < models.size; i++)
        if (mp_map(&models.ptr[i], &model) && field_copy(&model, "breaker", breaker, sizeof(breaker)) &&
            strcmp(breaker, "closed") != 0)
            return true;
    return false;
}

/* Down: it could be asked, but failed too often lately. What has no key was never meant to be asked. */
static bool is(const msgpack_object_map *provider, enum provider_is what)
{
    char state[VALUE_SIZE];
    const bool usable = field_copy(provider, "state", state, sizeof(state)) && strcmp(state, "no_key") != 0;
    const bool down = usable && has_open_breaker(provider);
    return what == ANY || (what == READY ? usable && !down : down);
}

static void count_providers(struct buf *b, const msgpack_object_map *status, enum provider_is what, const char *sum)
{
    msgpack_object_array providers;
    msgpack_object_map provider;
    int64_t n, all = 0;
    if (!field_array(status, "providers", &providers))
        return;
    for (uint32_t i = 0; i < providers.size; i++)
        if (mp_map(&providers.ptr[i], &provider) && is(&provider, what))
            all += sum == NULL ? 1 : field_int(&provider, sum, &n) ? n : 0;
    (void)buf_printf(b, "%" PRId64, all);
}

static void put_waiting(struct buf *b, const msgpack_object_map *status, const char *field)
{
    count_providers(b, status, ANY, field);
}

static void put_ready(struct buf *b, const msgpack_object_map *status, const char *field)
{
    (void)field;
    count_providers(b, status, READY, NULL);
}

static void put_down(struct buf *b, const msgpack_object_map *status, const char *field)
{
    (void)field;
    count_providers(b, status, DOWN, NULL);
}

/* -- of today -- */

static void put_today(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map today;
    if (field_map(status, "today", &today))
        put_int(b, &today, field);
}

static void put_tokens(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map today;
    char text[FIGURE_LEN];
    int64_t in = 0, out = 0;
    if (!field_map(status, "today", &today))
        return;
    if (strcmp(field, "output_tokens") != 0)
        (void)field_int(&today, "input_tokens", &in);
    if (strcmp(field, "input_tokens") != 0)
        (void)field_int(&today, "output_tokens", &out);
    figures_tokens(text, (double)in + (double)out, true);
    (void)buf_puts(b, text);
}

/* "0.4213 USD, 1.1000 CNY" */
static void put_cost(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map today, sum;
    msgpack_object_array sums = {0};
    char amount[FIGURE_LEN], currency[16];
    bool any = false;
    if (!field_map(status, "today", &today))
        return;
    (void)field_array(&today, "cost", &sums);
    for (uint32_t i = 0; i < sums.size; i++) {
        int64_t nano;
        if (!mp_map(&sums.ptr[i], &sum) || !field_int(&sum, field, &nano))
            continue;
        figures_nano_rounded(amount, nano);
        (void)buf_printf(b, "%s%s %s", any ? ", " : "", amount,
                         field_line(&sum, "currency", currency, sizeof(currency)));
        any = true;
    }
    if (!any)
        (void)buf_putc(b, '0');
}

const struct status_field status_fields[] = {
    {"version", put_str, "version"},
    {"pid", put_int, "pid"},
    {"uptime", put_span, "uptime"},
    {"model", put_str, "default_model"},
    {"running", put_int, "answers"},
    {"queued", put_waiting, "waiting"},
    {"connections", put_int, "connections"},
    {"providers", put_ready, NULL},
    {"providers_down", put_down, NULL},
    {"requests", put_today, "requests"},
    {"tokens", put_tokens, ""},
    {"tokens_in", put_tokens, "input_tokens"},
    {"tokens_out", put_tokens, "output_tokens"},
    {"cost_today", put_cost, "cost_nano"},
    {"cache_hits", put_today, "cache_hits"},
    {"state", put_store, "state"},
    {0},
};

const struct status_field *status_field_find(const char *name, size_t len)
{
    for (const struct status_field *f = status_fields; f->name != NULL; f++)
        if (strlen(f->name) == len && memcmp(f->name, name, len) == 0)
            return f;
    return NULL;
}
