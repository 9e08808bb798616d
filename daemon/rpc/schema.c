#include "daemon/rpc/schema.h"
#include "lib/proto/mp.h"
#include <stdio.h>

static bool fits(unsigned types, const msgpack_object *o)
{
    bool b;
    int64_t i;
    double d;
    const char *s;
    const uint8_t *p;
    size_t len;
    msgpack_object_array a;
    msgpack_object_map m;
    return (types & SCHEMA_BOOL && mp_bool(o, &b)) || (types & SCHEMA_INT && mp_int(o, &i)) ||
           (types & SCHEMA_NUMBER && mp_double(o, &d)) || (types & SCHEMA_STR && mp_str(o, &s, &len)) ||
           (types & SCHEMA_BIN && mp_bytes(o, &p, &len)) || (types & SCHEMA_ARRAY && mp_array(o, &a)) ||
           (types & SCHEMA_MAP && mp_map(o, &m));
}

static void name_types(unsigned types, char *out, size_t size)
{
    static const struct {
        unsigned type;
        const char *name;
    } names[] = {{SCHEMA_BOOL, "a boolean"}, {SCHEMA_INT, "an integer"}, {SCHEMA_NUMBER, "a number"},
                 {SCHEMA_STR, "a string"},   {SCHEMA_BIN, "binary"},     {SCHEMA_ARRAY, "an array"},
                 {SCHEMA_MAP, "a map"}};
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(types & names[i].type) || n >= size)
            continue;
        n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " or " : "", names[i].name);
    }
}

enum error_code schema_check(const struct schema_field *fields, const msgpack_object_map *params, struct error *err)
{
    uint32_t initials = mp_initials(params);
    for (const struct schema_field *f = fields; f->name; f++) {
        const msgpack_object *o = mp_may_have(initials, f->name) ? mp_get(params, f->name) : NULL;
        if (!o) {
            if (f->types & SCHEMA_REQUIRED)
                return error_set_param(err, f->name, "%s is missing", f->name);
        } else if (!fits(f->types, o)) {
            char types[96];
            name_types(f->types, types, sizeof types);
            return error_set_param(err, f->name, "%s must be %s", f->name, types);
        }
    }
    return ERR_NONE;
}
