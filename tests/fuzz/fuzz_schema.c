/* A schema and an answer, with a NUL between them: whatever either says, the check ends, with a reason where it does
 * not fit. */
#include "daemon/provider/jsonx.h"
#include "lib/base/utf8.h"
#include "lib/chat/schema_check.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct value *read_value(const uint8_t *data, size_t size)
{
    enum jsonx_fault fault;
    json_t *json = jsonx_parse((const char *)data, size, &fault);
    struct value *v = json ? jsonx_to_value(json) : NULL;
    json_decref(json);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[SCHEMA_WHY_SIZE];
    const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
    size_t at = cut ? (size_t)(cut - data) : size;
    struct value *schema = read_value(data, at), *answer = cut ? read_value(cut + 1, size - at - 1) : NULL;
    if (schema && answer && schema_fits(schema, answer, why) == (why[0] != '\0'))
        abort();
    if (schema && answer && !utf8_valid(why, strlen(why)))
        abort();
    value_unref(schema);
    value_unref(answer);
    return 0;
}
