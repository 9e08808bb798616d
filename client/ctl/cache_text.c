#include "client/ctl/cache_text.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A count; 0 for what is none. */
static int64_t count_of(const msgpack_object_map *cache, const char *name)
{
    int64_t n = 0;
    const int64_t max = INT64_MAX / 4; /* so that some of them can be added */
    (void)field_int(cache, name, &n);
    return n < 0 ? 0 : n < max ? n : max;
}

bool cache_rate_text(char out[CACHE_TEXT_SIZE], const msgpack_object_map *cache)
{
    int64_t given = count_of(cache, "hits") + count_of(cache, "joins");
    int64_t all = given + count_of(cache, "misses");
    if (all == 0)
        return false;
    (void)snprintf(out, CACHE_TEXT_SIZE, "%" PRId64 " of %" PRId64 " question%s (%.0f %%)", given, all,
                   all == 1 ? "" : "s", 100 * (double)given / (double)all);
    return true;
}

bool cache_saved_text(char out[CACHE_TEXT_SIZE], const msgpack_object_map *cache)
{
    msgpack_object_array saved = {0};
    msgpack_object_map one;
    size_t used = 0;
    (void)field_array(cache, "saved", &saved);
    for (uint32_t i = 0; i < saved.size; i++) {
        char amount[FIGURE_LEN], currency[16];
        double cost;
        if (!mp_map(&saved.ptr[i], &one) || !field_double(&one, "cost", &cost))
            continue;
        figures_amount(amount, cost);
        (void)field_line(&one, "currency", currency, sizeof(currency));
        int n = snprintf(out + used, CACHE_TEXT_SIZE - used, "%s%s %s", used > 0 ? ", " : "", amount, currency);
        if (n < 0 || (size_t)n >= CACHE_TEXT_SIZE - used)
            break;
        used += (size_t)n;
    }
    return used > 0;
}
