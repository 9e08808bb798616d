#include "daemon/provider/openai_details.h"
#include "daemon/provider/jsonx.h"
#include <string.h>

static bool same(const json_t *a, const json_t *b, const char *key)
{
    const json_t *x = jsonx_get(a, key), *y = jsonx_get(b, key);

    return x == y || (x && y && json_equal(x, y));
}

/* A whole piece of another kind between two begins a new one: order is kept. */
static json_t *fitting(json_t *kept, const json_t *piece)
{
    json_t *last = json_array_get(kept, json_array_size(kept) - 1);

    return last && same(last, piece, "type") && same(last, piece, "index") ? last : NULL;
}

static bool grows(const char *key)
{
    return strcmp(key, "text") == 0 || strcmp(key, "summary") == 0 || strcmp(key, "data") == 0;
}

static bool join_one(json_t *whole, const json_t *piece)
{
    const char *key;
    json_t *value;
    bool ok = true;

    json_object_foreach((json_t *)piece, key, value)
    {
        json_t *before = json_object_get(whole, key);
        if (json_is_null(value) && before)
            continue;
        if (grows(key) && json_is_string(before) && json_is_string(value))
            ok &= json_object_set_new(whole, key,
                                      json_sprintf("%s%s", json_string_value(before), json_string_value(value))) == 0;
        else
            ok &= json_object_set(whole, key, value) == 0;
    }
    return ok;
}

bool openai_details_join(json_t **kept, const json_t *pieces)
{
    json_t *piece, *whole;
    size_t i;
    bool ok = true;

    if (!*kept)
        *kept = json_array();
    json_array_foreach(pieces, i, piece)
    {
        if ((whole = fitting(*kept, piece)))
            ok &= join_one(whole, piece);
        else if (json_is_object(piece))
            ok &= json_array_append_new(*kept, json_copy(piece)) == 0;
    }
    return ok;
}
