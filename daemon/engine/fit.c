#include "daemon/engine/fit.h"
#include "daemon/provider/jsonx.h"
#include "lib/chat/schema_check.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static_assert(FOLD_SCHEMA_ERROR == SCHEMA_WHY_SIZE, "the fold keeps the whole reason");

static const char *why_no_json(const struct fold *fold, enum jsonx_fault fault)
{
    static const char fence[] = "```";
    if (fold->text.len == 0)
        return "$: is no JSON: it is empty";
    if (fold->text.len > strlen(fence) && memcmp(fold->text.data, fence, strlen(fence)) == 0)
        return "$: is no JSON: it stands in a code fence";
    return fault == JSONX_CUT ? "$: is no JSON: it ends too early" : "$: is no JSON";
}

/* NULL with the reason. */
static struct value *read_text(struct fold *fold)
{
    enum jsonx_fault fault;
    if (fold->text.failed || fold->text.len > FIT_TEXT_MAX) {
        snprintf(fold->schema_error, sizeof fold->schema_error, "$: cannot be checked: the text is larger than %zu KiB",
                 FIT_TEXT_MAX >> 10);
        return NULL;
    }
    json_t *json = jsonx_parse((const char *)fold->text.data, fold->text.len, &fault);
    if (!json) {
        snprintf(fold->schema_error, sizeof fold->schema_error, "%s", why_no_json(fold, fault));
        return NULL;
    }
    struct value *v = jsonx_to_value(json);
    if (!v)
        snprintf(fold->schema_error, sizeof fold->schema_error,
                 "$: cannot be checked: it is nested over %d deep, or holds over %d values", JSONX_VALUE_DEPTH,
                 JSONX_VALUE_VALUES);
    json_decref(json);
    return v;
}

void fit_check(const struct value *schema, struct fold *fold)
{
    if (fold->n_calls > 0)
        return;
    struct value *answer = read_text(fold);
    if (answer)
        schema_fits(schema, answer, fold->schema_error);
    value_unref(answer);
}
