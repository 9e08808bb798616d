/* What the scan takes for well-formed must be well-formed, and mean the same to the full parser. First byte: whose
 * rules. */
#include "daemon/provider/jsonx.h"
#include "daemon/provider/parser.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan_found found;
    enum jsonx_fault fault;
    size_t n = 0;

    if (size < 2)
        return 0;
    while (provider_adapters[n])
        n++;
    const struct grammar *g = provider_adapters[data[0] % n]->grammar;
    char *copy = malloc(size - 1);
    memcpy(copy, data + 1, size - 1);
    enum scan_kind kind = scan_chunk(g->hot, copy, size - 1, &found);
    json_t *root = jsonx_parse(copy, size - 1, &fault);
    if (kind != SCAN_OTHER && !json_is_object(root))
        abort();
    if (kind != SCAN_OTHER && found.len > 0) {
        struct buf text;
        buf_init(&text, size);
        if (!scan_unescape(found.raw, found.len, &text))
            abort();
        json_t *string = json_stringn((const char *)text.data, text.len);
        if (!string) /* not UTF-8 */
            abort();
        json_decref(string);
        buf_done(&text);
    }
    json_decref(root);
    free(copy);
    return 0;
}
