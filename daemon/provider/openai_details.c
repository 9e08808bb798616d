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

static size_t size_of(const json_t *json)
{
    return json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) + 64;
}

/* A member that grows is a list of its pieces until the end: joining each would copy all that came before it. */
static size_t grow(json_t *whole, const char *key, json_t *value)
{
    json_t *before = json_object_get(whole, key);

    if (json_is_array(before))
        json_array_append(before, value);
    else
        json_object_set_new(whole, key, json_pack("[O]", value));
    return json_string_length(value) + 64;
}

static size_t join_one(json_t *whole, const json_t *piece)
{
    const char *key;
    json_t *value;
    size_t size = 0;

    json_object_foreach((json_t *)piece, key, value)
    {
        json_t *before = json_object_get(whole, key);
        if (before && (json_is_null(value) || json_equal(before, value)))
            continue;
        if (grows(key) && json_is_string(value)) {
            size += grow(whole, key, value);
        } else {
            json_object_set(whole, key, value);
            size += size_of(value);
        }
    }
    return size;
}

size_t openai_details_add(json_t **kept, const json_t *pieces)
{
    json_t *piece, *whole;
    size_t i, size = 0;

    if (!*kept)
        *kept = json_array();
    json_array_foreach(pieces, i, piece)
    {
        if (!json_is_object(piece))
            continue;
        if (!(whole = fitting(*kept, piece))) {
            json_array_append_new(*kept, whole = json_object());
            size += 512; /* an empty object's */
        }
        size += join_one(whole, piece);
    }
    return size;
}

json_t *openai_details_joined(const json_t *kept)
{
    json_t *list = json_array_size(kept) > 0 ? json_array() : NULL, *whole, *value;
    const char *key;
    size_t i;

    json_array_foreach(kept, i, whole)
    {
        json_t *out = json_object();
        json_object_foreach(whole, key, value) if (grows(key) && json_is_array(value))
            json_object_set_new(out, key, jsonx_join(value));
        else json_object_set(out, key, value);
        json_array_append_new(list, out);
    }
    return list;
}
