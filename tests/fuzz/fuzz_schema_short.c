/* The short form of a schema: what is taken is a schema that the daemon takes, what is not says why. */
#include "client/common/schema_short.h"
#include "lib/base/utf8.h"
#include "lib/base/value.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_value(const struct buf *packed)
{
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    if (msgpack_unpack_next(&u, (const char *)packed->data, packed->len, NULL) != MSGPACK_UNPACK_SUCCESS)
        abort();
    struct value *v = value_from_object(&u.data);
    if (!v)
        abort();
    value_unref(v);
    msgpack_unpacked_destroy(&u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[256] = "", *text = malloc(size + 1);
    struct buf packed;
    memcpy(text, data, size);
    text[size] = '\0';
    buf_init(&packed, 1 << 20);
    if (utf8_valid(text, strlen(text))) {
        if (schema_short_put(&packed, text, why, sizeof why))
            require_value(&packed);
        else if (why[0] == '\0' || !utf8_valid(why, strlen(why)))
            abort();
    }
    buf_done(&packed);
    free(text);
    return 0;
}
