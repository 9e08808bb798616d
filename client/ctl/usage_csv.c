/* askctl usage as CSV: a record with the fields' names, and one for each group. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/csv.h"
#include "client/ctl/usage.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CSV_MAX = 64 << 20 }; /* bytes */

static const struct {
    const char *name, *field;
    bool nano; /* billionths, told as a number with its places */
} figures[] = {
    {"requests", "requests", false},
    {"answers", "answers", false},
    {"errors", "errors", false},
    {"cache_hits", "cache_hits", false},
    {"shared", "shared", false},
    {"input_tokens", "input_tokens", false},
    {"cached_input_tokens", "cached_input_tokens", false},
    {"cache_write_tokens", "cache_write_tokens", false},
    {"output_tokens", "output_tokens", false},
    {"reasoning_tokens", "reasoning_tokens", false},
    {"input_audio_tokens", "input_audio_tokens", false},
    {"output_audio_tokens", "output_audio_tokens", false},
    {"images", "images", false},
    {"premium_requests", "premium_nano", true},
    {"cost", "cost_nano", true},
    {"saved", "saved_nano", true},
    {"provider_cost_usd", "provider_cost_nano", true},
    {"compared_cost_usd", "compared_nano", true},
};
enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static void put_text(struct buf *b, bool first, const char *s)
{
    csv_put(b, first, s, strlen(s));
}

static void put_head(struct buf *b, const struct usage_query *q)
{
    for (size_t i = 0; i < q->n_by; i++)
        put_text(b, i == 0, q->by[i]->name);
    put_text(b, q->n_by == 0, "currency");
    for (size_t i = 0; i < FIGURES; i++)
        put_text(b, false, figures[i].name);
    csv_end(b);
}

/* A text goes out as it is, not as a terminal would have it. */
static void put_value(struct buf *b, bool first, const msgpack_object_map *row, const struct usage_by *by)
{
    char text[USAGE_VALUE];
    const char *s;
    size_t len;
    if (field_str(row, by->name, &s, &len)) {
        csv_put(b, first, s, len);
    } else {
        usage_value(text, row, by);
        put_text(b, first, text);
    }
}

/* Empty where it is not known, as the cost of what has no price. */
static void put_figure(struct buf *b, const msgpack_object_map *row, const char *field, bool nano)
{
    char text[FIGURE_LEN] = "";
    int64_t v;
    bool known = field_int(row, field, &v);
    if (known && nano)
        figures_nano(text, v);
    else if (known)
        (void)snprintf(text, sizeof(text), "%" PRId64, v);
    put_text(b, false, text);
}

static void put_row(struct buf *b, const struct usage_query *q, const msgpack_object_map *row)
{
    const char *currency = "";
    size_t len = 0;
    for (size_t i = 0; i < q->n_by; i++)
        put_value(b, i == 0, row, q->by[i]);
    (void)field_str(row, "currency", &currency, &len);
    csv_put(b, q->n_by == 0, currency, len);
    for (size_t i = 0; i < FIGURES; i++)
        put_figure(b, row, figures[i].field, figures[i].nano);
    csv_end(b);
}

int usage_csv(struct ctl *c, const struct usage_query *q, const msgpack_object_array *rows)
{
    struct buf b;
    msgpack_object_map row;
    int status = EXIT_OTHER;
    buf_init(&b, CSV_MAX);
    put_head(&b, q);
    for (uint32_t i = 0; i < rows->size; i++)
        if (mp_map(&rows->ptr[i], &row))
            put_row(&b, q, &row);
    if (b.failed) {
        exit_print(c->program, "there is more than %d MiB to print: narrow it down", CSV_MAX >> 20);
    } else {
        (void)out_text(c->out, (const char *)b.data, b.len);
        status = ctl_flush(c);
    }
    buf_done(&b);
    return status;
}
