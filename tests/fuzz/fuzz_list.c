/* A list of models, and the way to its next page: whatever is read is within its bounds, and the page can be asked for.
 * First byte: whose list. */
#include "daemon/provider/list.h"
#include "daemon/provider/openai_dialects.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void each(void *data, const struct listed *l)
{
    (void)data;
    require(l->id && *l->id && strlen(l->id) <= LIST_NAME_MAX && utf8_valid(l->id, strlen(l->id)));
    require(!l->title || (strlen(l->title) <= LIST_NAME_MAX && utf8_valid(l->title, strlen(l->title))));
    require(l->context_window >= 0 && l->max_output >= 0);
    for (size_t i = 0; i < l->n_prices; i++) {
        const struct price *p = &l->prices[i];
        require(p->input >= PRICE_UNKNOWN && p->output >= PRICE_UNKNOWN && p->cached_input >= PRICE_UNKNOWN);
        require(p->cache_write >= PRICE_UNKNOWN && p->request >= PRICE_UNKNOWN && p->image >= PRICE_UNKNOWN);
        require(p->input_audio >= PRICE_UNKNOWN && p->output_audio >= PRICE_UNKNOWN);
        require(p->above_tokens >= 0 && p->from_minute >= 0 && p->from_minute < 1440);
        require(p->to_minute >= 0 && p->to_minute < 1440);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct provider_target t = {.base_url = "https://h", .model = ""};
    struct error err = ERROR_INIT;
    struct exchange x;
    size_t n = 0;
    char *next;

    if (size < 1)
        return 0;
    while (provider_adapters[n])
        n++;
    const struct provider_ops *ops = provider_adapters[data[0] % n];
    t.dialect = ops->dialects ? openai_dialect_name(data[0] / n) : NULL;
    uint8_t *copy = malloc(size);
    memcpy(copy, data + 1, size - 1);
    enum error_code code = provider_read_list(ops, &t, copy, size - 1, each, NULL, &next, &err);
    free(copy);
    require(code == ERR_NONE || !next);
    if (next) {
        exchange_init(&x, 16);
        require(provider_build_list(ops, &t, next, &x, &err) == ERR_NONE);
        exchange_done(&x);
    }
    free(next);
    return 0;
}
