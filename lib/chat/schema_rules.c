#include "lib/chat/schema_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- values -- */

static bool is(const msgpack_object *o, const char *word)
{
    return o->type == MSGPACK_OBJECT_STR && o->via.str.size == strlen(word) &&
           memcmp(o->via.str.ptr, word, o->via.str.size) == 0;
}

static const msgpack_object *keyword(const msgpack_object_map *map, const char *name)
{
    return schema_member(map, name, strlen(name));
}

/* Exact for all that there are, where a long double has 64 bits of mantissa. */
static long double number(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER: return (long double)o->via.u64;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return (long double)o->via.i64;
    default: return (long double)o->via.f64;
    }
}

/* A number without a fraction, however it was written. */
static bool is_integer(const msgpack_object *o)
{
    return schema_kind(o) == NUMBER && truncl(number(o)) == number(o);
}

static size_t characters(const msgpack_object_str *s)
{
    size_t n = 0;
    for (uint32_t i = 0; i < s->size; i++)
        n += ((unsigned char)s->ptr[i] & 0xc0) != 0x80;
    return n;
}

/* What comparing with it costs at most: what lies in its first two levels, and a part for the bytes. */
static size_t weight(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_STR: return 1 + o->via.str.size / 64;
    case MSGPACK_OBJECT_ARRAY: return 1 + o->via.array.size;
    case MSGPACK_OBJECT_MAP: return 1 + o->via.map.size;
    default: return 1;
    }
}

static const char *said(const msgpack_object *o)
{
    switch (schema_kind(o)) {
    case NIL: return "null";
    case BOOLEAN: return "a boolean";
    case NUMBER: return is_integer(o) ? "an integer" : "a number with a fraction";
    case STRING: return "a string";
    case ARRAY: return "an array";
    case MAP: return "an object";
    case NO_KIND:
    case ANY_KIND: break;
    }
    return "of no JSON type";
}

/* -- of any value -- */

static const struct {
    const char *name, *said;
    enum kind kind;
} types[] = {
    {"null", "null", NIL},          {"boolean", "a boolean", BOOLEAN}, {"integer", "an integer", NUMBER},
    {"number", "a number", NUMBER}, {"string", "a string", STRING},    {"array", "an array", ARRAY},
    {"object", "an object", MAP},
};
enum { TYPES = sizeof types / sizeof types[0], INTEGER = 2 };

static size_t type_of(const msgpack_object *name)
{
    size_t i = 0;
    while (i < TYPES && !is(name, types[i].name))
        i++;
    return i;
}

static bool has_type(const msgpack_object *o, const msgpack_object *name)
{
    size_t i = type_of(name);
    return i < TYPES && types[i].kind == schema_kind(o) && (i != INTEGER || is_integer(o));
}

static bool type_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                       const struct spot *at)
{
    (void)map;
    if (asked->type != MSGPACK_OBJECT_ARRAY) {
        size_t i = type_of(asked);
        return has_type(at->value, asked) ||
               check_fail(c, at, "is %s, not %s", said(at->value), i < TYPES ? types[i].said : "of the type asked for");
    }
    for (uint32_t i = 0; i < asked->via.array.size; i++)
        if (has_type(at->value, &asked->via.array.ptr[i]))
            return true;
    return check_charge(c, asked->via.array.size) &&
           check_fail(c, at, "is %s, which is none of the types allowed", said(at->value));
}

static bool const_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                        const struct spot *at)
{
    (void)map;
    if (!check_charge(c, weight(at->value)))
        return false;
    return msgpack_object_equal(*asked, *at->value) || check_fail(c, at, "is not the one value allowed");
}

static bool enum_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                       const struct spot *at)
{
    (void)map;
    if (asked->type != MSGPACK_OBJECT_ARRAY)
        return true;
    for (uint32_t i = 0; i < asked->via.array.size; i++) {
        if (!check_charge(c, weight(at->value)))
            return false;
        if (msgpack_object_equal(asked->via.array.ptr[i], *at->value))
            return true;
    }
    if (at->value->type == MSGPACK_OBJECT_STR)
        return check_fail(c, at, "\"%.*s\" is none of the %u values allowed", schema_shown(&at->value->via.str),
                          at->value->via.str.ptr, asked->via.array.size);
    return check_fail(c, at, "is none of the %u values allowed", asked->via.array.size);
}

/* -- numbers -- */

static bool compare(struct check *c, const msgpack_object *asked, const struct spot *at, bool ok, const char *what)
{
    return ok || schema_kind(asked) != NUMBER ||
           check_fail(c, at, "is %.15Lg, %s %.15Lg", number(at->value), what, number(asked));
}

#define NUMBER_RULE(name, operator, what)                                                                              \
    static bool name(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,                      \
                     const struct spot *at)                                                                            \
    {                                                                                                                  \
        (void)map;                                                                                                     \
        return compare(c, asked, at, number(at->value) operator number(asked), what);                                  \
    }
NUMBER_RULE(minimum_holds, >=, "less than")
NUMBER_RULE(maximum_holds, <=, "more than")
NUMBER_RULE(above_holds, >, "not more than")
NUMBER_RULE(below_holds, <, "not less than")

/* 0.3 is taken for a multiple of 0.1, as it is in the decimals that were written. */
static bool multiple_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                           const struct spot *at)
{
    (void)map;
    if (schema_kind(asked) != NUMBER || number(asked) <= 0)
        return true;
    long double times = number(at->value) / number(asked), whole = roundl(times);
    bool exact = is_integer(at->value) && is_integer(asked);
    bool ok =
        exact ? fmodl(number(at->value), number(asked)) == 0 : fabsl(times - whole) <= 1e-9L * fmaxl(1, fabsl(whole));
    return compare(c, asked, at, ok, "no multiple of");
}

/* -- how much there is of it -- */

static bool bounded(struct check *c, const msgpack_object *asked, const struct spot *at, size_t n, bool least,
                    const char *what)
{
    if (schema_kind(asked) != NUMBER || (least ? (long double)n >= number(asked) : (long double)n <= number(asked)))
        return true;
    return check_fail(c, at, "has %zu %s, %s than %.15Lg", n, what, least ? "fewer" : "more", number(asked));
}

static bool measure_text(struct check *c, const msgpack_object *asked, const struct spot *at, bool least)
{
    const msgpack_object_str *s = &at->value->via.str;
    return check_charge(c, 1 + s->size / 64) && bounded(c, asked, at, characters(s), least, "characters");
}

#define COUNT_RULE(name, call)                                                                                         \
    static bool name(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,                      \
                     const struct spot *at)                                                                            \
    {                                                                                                                  \
        (void)map;                                                                                                     \
        return call;                                                                                                   \
    }
COUNT_RULE(min_length_holds, measure_text(c, asked, at, true))
COUNT_RULE(max_length_holds, measure_text(c, asked, at, false))
COUNT_RULE(min_items_holds, bounded(c, asked, at, at->value->via.array.size, true, "elements"))
COUNT_RULE(max_items_holds, bounded(c, asked, at, at->value->via.array.size, false, "elements"))
COUNT_RULE(min_members_holds, bounded(c, asked, at, at->value->via.map.size, true, "members"))
COUNT_RULE(max_members_holds, bounded(c, asked, at, at->value->via.map.size, false, "members"))

/* -- arrays -- */

static struct spot element(const struct spot *at, uint32_t i)
{
    return (struct spot){.up = at, .value = &at->value->via.array.ptr[i], .index = i};
}

static bool prefix_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                         const struct spot *at)
{
    (void)map;
    if (asked->type != MSGPACK_OBJECT_ARRAY)
        return true;
    for (uint32_t i = 0; i < asked->via.array.size && i < at->value->via.array.size; i++) {
        struct spot inner = element(at, i);
        if (!check_apply(c, &asked->via.array.ptr[i], &inner))
            return false;
    }
    return true;
}

/* Of those behind prefixItems. */
static bool items_hold(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                       const struct spot *at)
{
    const msgpack_object *prefix = keyword(map, "prefixItems");
    for (uint32_t i = prefix && prefix->type == MSGPACK_OBJECT_ARRAY ? prefix->via.array.size : 0;
         i < at->value->via.array.size; i++) {
        struct spot inner = element(at, i);
        if (!check_apply(c, asked, &inner))
            return false;
    }
    return true;
}

static bool contains_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                           const struct spot *at)
{
    const msgpack_object *least = keyword(map, "minContains"), *most = keyword(map, "maxContains");
    uint32_t n = 0;
    for (uint32_t i = 0; i < at->value->via.array.size; i++) {
        struct spot inner = element(at, i);
        n += check_quietly(c, asked, &inner);
    }
    if (c->aborted)
        return false;
    if (least && schema_kind(least) == NUMBER ? n < number(least) : n == 0)
        return check_fail(c, at, "has %u elements of those that it is to contain, which are too few", n);
    return !most || schema_kind(most) != NUMBER || n <= number(most) ||
           check_fail(c, at, "has %u elements of those that it is to contain, which are too many", n);
}

static bool unique_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                         const struct spot *at)
{
    const msgpack_object_array *a = &at->value->via.array;
    (void)map;
    if (asked->type != MSGPACK_OBJECT_BOOLEAN || !asked->via.boolean)
        return true;
    for (uint32_t i = 0; i < a->size; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (!check_charge(c, weight(&a->ptr[i])))
                return false;
            if (msgpack_object_equal(a->ptr[i], a->ptr[j]))
                return check_fail(c, at, "has the same at %u and %u, where no two may be equal", j, i);
        }
    }
    return true;
}

/* -- objects -- */

static struct spot member(const struct spot *at, const msgpack_object_kv *entry)
{
    return (struct spot){.up = at, .value = &entry->val, .name = &entry->key.via.str};
}

/* Names are compared once for each of the two maps' members. */
static const msgpack_object *find(struct check *c, const msgpack_object_map *map, const msgpack_object_str *name)
{
    return check_charge(c, 1) ? schema_member(map, name->ptr, name->size) : NULL;
}

static bool properties_hold(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                            const struct spot *at)
{
    const msgpack_object_map *given = &at->value->via.map;
    (void)map;
    if (asked->type != MSGPACK_OBJECT_MAP)
        return true;
    for (uint32_t i = 0; i < given->size; i++) {
        const msgpack_object *schema = find(c, &asked->via.map, &given->ptr[i].key.via.str);
        struct spot inner = member(at, &given->ptr[i]);
        if (c->aborted || (schema && !check_apply(c, schema, &inner)))
            return false;
    }
    return true;
}

/* Which ones a patternProperties speaks of is not known here: then none is looked at. */
static bool additional_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                             const struct spot *at)
{
    const msgpack_object *properties = keyword(map, "properties");
    const msgpack_object_map *given = &at->value->via.map;
    if (keyword(map, "patternProperties"))
        return true;
    for (uint32_t i = 0; i < given->size; i++) {
        const msgpack_object_str *name = &given->ptr[i].key.via.str;
        struct spot inner = member(at, &given->ptr[i]);
        if (properties && properties->type == MSGPACK_OBJECT_MAP && find(c, &properties->via.map, name))
            continue;
        if (asked->type == MSGPACK_OBJECT_BOOLEAN && !asked->via.boolean)
            return check_fail(c, at, "has the member \"%.*s\", which is not allowed", schema_shown(name), name->ptr);
        if (!check_apply(c, asked, &inner))
            return false;
    }
    return !c->aborted;
}

static bool has_all(struct check *c, const msgpack_object *names, const struct spot *at)
{
    if (names->type != MSGPACK_OBJECT_ARRAY)
        return true;
    for (uint32_t i = 0; i < names->via.array.size; i++) {
        const msgpack_object *name = &names->via.array.ptr[i];
        if (name->type == MSGPACK_OBJECT_STR && !find(c, &at->value->via.map, &name->via.str))
            return check_fail(c, at, "lacks the member \"%.*s\"", schema_shown(&name->via.str), name->via.str.ptr);
    }
    return true;
}

static bool required_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                           const struct spot *at)
{
    (void)map;
    return has_all(c, asked, at);
}

static bool dependent_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                            const struct spot *at)
{
    (void)map;
    if (asked->type != MSGPACK_OBJECT_MAP)
        return true;
    for (uint32_t i = 0; i < asked->via.map.size; i++) {
        const msgpack_object_kv *entry = &asked->via.map.ptr[i];
        bool there = find(c, &at->value->via.map, &entry->key.via.str) != NULL;
        if (c->aborted || (there && !has_all(c, &entry->val, at)))
            return false;
    }
    return true;
}

static bool names_hold(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                       const struct spot *at)
{
    const msgpack_object_map *given = &at->value->via.map;
    (void)map;
    for (uint32_t i = 0; i < given->size; i++) {
        struct spot inner = member(at, &given->ptr[i]);
        inner.value = &given->ptr[i].key;
        if (!check_apply(c, asked, &inner))
            return false;
    }
    return true;
}

/* -- schemas over schemas -- */

static bool ref_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                      const struct spot *at)
{
    (void)map;
    return asked->type != MSGPACK_OBJECT_STR || check_follow(c, &asked->via.str, at);
}

static bool all_hold(struct check *c, const msgpack_object_map *map, const msgpack_object *asked, const struct spot *at)
{
    (void)map;
    for (uint32_t i = 0; asked->type == MSGPACK_OBJECT_ARRAY && i < asked->via.array.size; i++)
        if (!check_apply(c, &asked->via.array.ptr[i], at))
            return false;
    return true;
}

/* How many of the schemas fit, up to two. The reason of the nearest that does not is in *nearest. */
static unsigned count_fits(struct check *c, const msgpack_object_array *schemas, const struct spot *at, unsigned enough,
                           struct misfit *nearest)
{
    struct misfit *told = c->misfit;
    unsigned n = 0;
    c->misfit = told ? nearest : NULL;
    for (uint32_t i = 0; i < schemas->size && n < enough && !c->aborted; i++)
        n += check_apply(c, &schemas->ptr[i], at);
    c->misfit = told;
    return n;
}

static bool fail_all(struct check *c, const struct spot *at, const struct misfit *nearest, uint32_t n)
{
    bool ok = check_fail(c, at, "fits none of the %u alternatives", n);
    if (c->misfit && nearest->why[0] && nearest->depth > c->misfit->depth)
        *c->misfit = *nearest; /* it went further into the value, and says more */
    return ok;
}

static bool any_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                      const struct spot *at)
{
    struct misfit nearest = {.depth = 0};
    (void)map;
    return asked->type != MSGPACK_OBJECT_ARRAY || count_fits(c, &asked->via.array, at, 1, &nearest) == 1 ||
           fail_all(c, at, &nearest, asked->via.array.size);
}

static bool one_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                      const struct spot *at)
{
    struct misfit nearest = {.depth = 0};
    (void)map;
    if (asked->type != MSGPACK_OBJECT_ARRAY)
        return true;
    unsigned n = count_fits(c, &asked->via.array, at, 2, &nearest);
    if (n == 2)
        return check_fail(c, at, "fits more than one of the alternatives, of which it is to fit one alone");
    return n == 1 || fail_all(c, at, &nearest, asked->via.array.size);
}

static bool not_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked,
                      const struct spot *at)
{
    (void)map;
    bool fits = check_quietly(c, asked, at);
    return !c->aborted && (!fits || check_fail(c, at, "is what it must not be"));
}

static bool if_holds(struct check *c, const msgpack_object_map *map, const msgpack_object *asked, const struct spot *at)
{
    const msgpack_object *then = keyword(map, check_quietly(c, asked, at) ? "then" : "else");
    return !c->aborted && (!then || check_apply(c, then, at));
}

/* Sorted. What else there is of keywords asks for nothing by itself (minContains, then, $defs), or is not known. */
static const struct schema_rule rules[] = {
    {"$ref", ANY_KIND, ref_holds},
    {"additionalProperties", MAP, additional_holds},
    {"allOf", ANY_KIND, all_hold},
    {"anyOf", ANY_KIND, any_holds},
    {"const", ANY_KIND, const_holds},
    {"contains", ARRAY, contains_holds},
    {"dependentRequired", MAP, dependent_holds},
    {"enum", ANY_KIND, enum_holds},
    {"exclusiveMaximum", NUMBER, below_holds},
    {"exclusiveMinimum", NUMBER, above_holds},
    {"if", ANY_KIND, if_holds},
    {"items", ARRAY, items_hold},
    {"maxItems", ARRAY, max_items_holds},
    {"maxLength", STRING, max_length_holds},
    {"maxProperties", MAP, max_members_holds},
    {"maximum", NUMBER, maximum_holds},
    {"minItems", ARRAY, min_items_holds},
    {"minLength", STRING, min_length_holds},
    {"minProperties", MAP, min_members_holds},
    {"minimum", NUMBER, minimum_holds},
    {"multipleOf", NUMBER, multiple_holds},
    {"not", ANY_KIND, not_holds},
    {"oneOf", ANY_KIND, one_holds},
    {"prefixItems", ARRAY, prefix_holds},
    {"properties", MAP, properties_hold},
    {"propertyNames", MAP, names_hold},
    {"required", MAP, required_holds},
    {"type", ANY_KIND, type_holds},
    {"uniqueItems", ARRAY, unique_holds},
};

static int compare_keyword(const void *key, const void *rule)
{
    const msgpack_object_str *s = key;
    const char *name = ((const struct schema_rule *)rule)->keyword;
    return schema_compare(s->ptr, s->size, name, strlen(name));
}

const struct schema_rule *schema_rule_find(const msgpack_object_str *name)
{
    return bsearch(name, rules, sizeof rules / sizeof rules[0], sizeof rules[0], compare_keyword);
}
