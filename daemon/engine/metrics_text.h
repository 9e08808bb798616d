/* Prometheus' text format, version 0.0.4: families of samples, each with what it means and of which type it is.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef ASKD_ENGINE_METRICS_TEXT_H
#define ASKD_ENGINE_METRICS_TEXT_H

#include "lib/base/buf.h"
#include <stddef.h>

enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM };

struct metrics_label {
    const char *name, *value; /* a value may be any UTF-8 */
};

enum { METRICS_LABELS_MAX = 4 };

/* "# HELP" and "# TYPE"; its samples follow. */
void metrics_family(struct buf *out, const char *name, enum metrics_type type, const char *help);
/* suffix: "" or what a histogram's samples end in. labels: n of them, maybe 0. */
void metrics_sample(struct buf *out, const char *name, const char *suffix, const struct metrics_label *labels, size_t n,
                    double value);

struct histogram;
/* All samples of one: its steps, each with all below it, then sum and count. */
void metrics_histogram(struct buf *out, const char *name, const struct metrics_label *labels, size_t n,
                       const struct histogram *h);

#endif
