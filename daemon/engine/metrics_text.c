#include "daemon/engine/metrics_text.h"
#include "daemon/engine/meter.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const type_names[] = {
    [METRICS_COUNTER] = "counter", [METRICS_GAUGE] = "gauge", [METRICS_HISTOGRAM] = "histogram"};

/* A line's end and a backslash are escaped everywhere, a quote in values only. */
static void put_escaped(struct buf *out, const char *text, bool quoted)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            buf_puts(out, "\\n");
        else if (*p == '\\' || (quoted && *p == '"'))
            buf_printf(out, "\\%c", *p);
        else
            buf_putc(out, *p);
    }
}

void metrics_family(struct buf *out, const char *name, enum metrics_type type, const char *help)
{
    buf_printf(out, "# HELP %s ", name);
    put_escaped(out, help, false);
    buf_printf(out, "\n# TYPE %s %s\n", name, type_names[type]);
}

static void put_labels(struct buf *out, const struct metrics_label *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "%c%s=\"", i ? ',' : '{', labels[i].name);
        put_escaped(out, labels[i].value, true);
        buf_putc(out, '"');
    }
    if (n)
        buf_putc(out, '}');
}

/* A whole number as such, as long as a double has it exactly. */
static void put_number(char text[32], double value)
{
    if (isinf(value))
        snprintf(text, 32, value > 0 ? "+Inf" : "-Inf");
    else if (value == floor(value) && fabs(value) < 9007199254740992.0)
        snprintf(text, 32, "%.0f", value);
    else
        snprintf(text, 32, "%.12g", value);
}

void metrics_sample(struct buf *out, const char *name, const char *suffix, const struct metrics_label *labels, size_t n,
                    double value)
{
    char number[32];
    put_number(number, value);
    buf_printf(out, "%s%s", name, suffix);
    put_labels(out, labels, n);
    buf_printf(out, " %s\n", number);
}

void metrics_histogram(struct buf *out, const char *name, const struct metrics_label *labels, size_t n,
                       const struct histogram *h)
{
    struct metrics_label with_bound[METRICS_LABELS_MAX + 1];
    char bound[32];
    uint64_t below = 0;
    assert(n <= METRICS_LABELS_MAX);
    for (size_t i = 0; i < n; i++)
        with_bound[i] = labels[i];
    with_bound[n] = (struct metrics_label){"le", bound};
    for (size_t i = 0; i <= h->n; i++) {
        below += h->counts[i];
        put_number(bound, i < h->n ? h->bounds[i] : INFINITY);
        metrics_sample(out, name, "_bucket", with_bound, n + 1, (double)below);
    }
    metrics_sample(out, name, "_sum", labels, n, h->sum);
    metrics_sample(out, name, "_count", labels, n, (double)below);
}
