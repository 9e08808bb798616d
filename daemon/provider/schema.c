#include "daemon/provider/schema.h"
#include "daemon/provider/jsonx.h"
#include <string.h>

static bool names(const json_t *list, const char *name)
{
    size_t i;
    json_t *element;

    if (json_is_string(list))
        return strcmp(json_string_value(list), name) == 0;
    json_array_foreach(list, i, element)
    {
        if (json_is_string(element) && strcmp(json_string_value(element), name) == 0)
            return true;
    }
    return false;
}

static bool is_object(const json_t *schema)
{
    const json_t *type = jsonx_get(schema, "type");

    return type ? names(type, "object") : jsonx_object(schema, "properties") != NULL;
}

static bool one_of(const char *const *keys, const char *key)
{
    while (*keys && strcmp(*keys, key) != 0)
        keys++;
    return *keys != NULL;
}

/* Whether `holds` is true of every object that the schema describes. Its depth is bounded by struct value. */
static bool all_objects(json_t *schema, bool (*holds)(json_t *object))
{
    static const char *const maps[] = {"properties", "$defs", "definitions", NULL};
    static const char *const schemas[] = {"items", "anyOf", "oneOf", "allOf", "prefixItems", "not", NULL};
    const char *key, *name;
    json_t *value, *inner;
    size_t i;

    if (is_object(schema) && !holds(schema))
        return false;
    json_object_foreach(schema, key, value)
    {
        if (one_of(maps, key)) {
            json_object_foreach(value, name, inner)
            {
                if (!all_objects(inner, holds))
                    return false;
            }
        } else if (one_of(schemas, key)) {
            if (!all_objects(value, holds))
                return false;
            json_array_foreach(value, i, inner)
            {
                if (!all_objects(inner, holds))
                    return false;
            }
        }
    }
    return true;
}

static bool is_strict(json_t *object)
{
    const json_t *required = json_object_get(object, "required");
    const char *name;
    json_t *property;

    json_object_foreach(json_object_get(object, "properties"), name, property)
    {
        if (!json_is_array(required) || !names(required, name))
            return false;
    }
    return json_is_false(json_object_get(object, "additionalProperties"));
}

bool schema_is_strict(json_t *schema)
{
    return is_object(schema) && all_objects(schema, is_strict);
}

static bool close_one(json_t *object)
{
    const json_t *more = json_object_get(object, "additionalProperties");

    if (json_is_false(more))
        return true;
    return !more && json_object_size(json_object_get(object, "properties")) > 0 &&
           json_object_set_new(object, "additionalProperties", json_false()) == 0;
}

bool schema_close(json_t *schema)
{
    return all_objects(schema, close_one);
}
