#include "client/tty/closing.h"
#include "client/ask/plain.h"
#include "client/common/age.h"
#include "client/common/field.h"
#include "client/common/figures.h"

enum { NAME_SIZE = 160 };

/* The next part of the line, after what stands between two. */
static struct buf *next(struct buf *line)
{
    if (line->len > 0)
        (void)buf_puts(line, " \u00b7 ");
    return line;
}

static void put_tokens(struct buf *line, const msgpack_object_map *usage)
{
    char in[FIGURE_LEN], out[FIGURE_LEN];
    int64_t n_in, n_out;
    const bool has_in = field_int(usage, "input_tokens", &n_in), has_out = field_int(usage, "output_tokens", &n_out);
    figures_tokens(in, has_in ? (double)n_in : -1, true);
    figures_tokens(out, has_out ? (double)n_out : -1, true);
    if (has_in && has_out)
        (void)buf_printf(next(line), "%s tokens in, %s out", in, out);
    else if (has_in || has_out)
        (void)buf_printf(next(line), "%s tokens %s", has_in ? in : out, has_in ? "in" : "out");
}

static void put_cost(struct buf *line, const msgpack_object_map *usage, bool paid)
{
    char amount[FIGURE_LEN], currency[16];
    int64_t nano;
    double requests;
    if (field_int(usage, "cost_nano", &nano) && nano > 0) {
        figures_nano_rounded(amount, nano);
        (void)buf_printf(next(line), "%s %s%s", amount, field_line(usage, "currency", currency, sizeof(currency)),
                         paid ? "" : " saved");
    }
    if (paid && field_double(usage, "premium_requests", &requests) && requests > 0)
        (void)buf_printf(next(line), "%.6g premium request%s", requests, requests == 1 ? "" : "s");
}

static void put_source(struct buf *line, const msgpack_object_map *answer)
{
    char age[AGE_LEN];
    double seconds;
    const bool known = field_double(answer, "age", &seconds);
    age_text(age, known ? seconds : 0);
    if (field_true(answer, "cached"))
        (void)buf_printf(next(line), "cached%s%s%s; -r asks again", known ? " " : "", known ? age : "",
                         known ? " ago" : "");
    else if (field_true(answer, "shared"))
        (void)buf_puts(next(line), "shared with who asked the same");
}

void closing_put(struct buf *line, const msgpack_object *answer)
{
    msgpack_object_map map, usage = {0}, timing = {0};
    char model[NAME_SIZE], span[FIGURE_LEN];
    double speed, total;
    if (!mp_map(answer, &map))
        return;
    const bool cached = field_true(&map, "cached");
    (void)field_map(&map, "usage", &usage);
    (void)field_map(&map, "timing", &timing);
    (void)buf_puts(line, field_line(&map, "model", model, sizeof(model)));
    if (!cached && plain_speed(&usage, &timing, &speed))
        (void)buf_printf(next(line), "%.*f tokens/s", speed < 10 ? 1 : 0, speed);
    put_tokens(line, &usage);
    put_cost(line, &usage, !cached && !field_true(&map, "shared"));
    put_source(line, &map);
    if (!cached && field_double(&timing, "total_ms", &total)) {
        figures_span(span, total / 1e3);
        (void)buf_puts(next(line), span);
    }
}
