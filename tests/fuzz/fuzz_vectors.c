/* An answer with vectors: as many as there are texts, equally long, of finite numbers, in order. First byte: whose;
 * second: how many texts. */
#include "daemon/provider/openai_dialects.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t count, dimension;
};

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void each(void *data, size_t index, const double *vector, size_t n)
{
    struct seen *s = data;

    require(index == s->count++ && n > 0 && n <= PROVIDER_DIMENSION_MAX);
    require(index == 0 || n == s->dimension);
    s->dimension = n;
    for (size_t i = 0; i < n; i++)
        require(isfinite(vector[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct provider_target t = {.base_url = "https://h", .model = "m"};
    struct error err = ERROR_INIT;
    struct seen s = {.count = 0};
    struct usage u;
    size_t n = 0;

    if (size < 2)
        return 0;
    while (provider_adapters[n])
        n++;
    const struct provider_ops *ops = provider_adapters[data[0] % n];
    t.dialect = ops->dialects ? openai_dialect_name(data[0] / n) : NULL;
    uint8_t *copy = malloc(size);
    memcpy(copy, data + 2, size - 2);
    enum error_code code = provider_read_vectors(ops, &t, copy, size - 2, data[1], each, &s, &u, &err);
    free(copy);
    require(code != ERR_NONE || s.count == data[1]);
    require(code != ERR_NONE || u.input_tokens >= -1);
    return 0;
}
