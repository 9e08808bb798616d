/* What is made from the rows of the daemon, and of the page that has been. */
#include "doc/mdoc.h"
#include "doc/rows.h"

const struct rows_block rows_blocks[] = {
    {"methods", rows_methods, NULL, NULL},
    {"shapes", rows_shapes, NULL, NULL},
    {"events", rows_events, NULL, NULL},
    {"changes", rows_changes, NULL, NULL},
    {"schema", rows_schema, NULL, NULL},
    {"options", rows_options, NULL, NULL},
    {"apis", rows_apis, NULL, NULL},
    {"dialects", rows_dialects, NULL, NULL},
    {"providers", rows_providers, NULL, NULL},
    {"sample", rows_sample, NULL, NULL},
    {"models", rows_models, NULL, NULL},
    {"protocol", NULL, mdoc_page, "protocol.md"},
    {NULL, NULL, NULL, NULL},
};
