#include "lib/base/error.h"
#include "lib/chat/schema_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 160, SHOWN_NAME = 64, FAIL_STEPS = 50 };

/* -- what is said -- */

static bool is_plain(const msgpack_object_str *name)
{
    if (name->size == 0 || (name->ptr[0] >= '0' && name->ptr[0] <= '9'))
        return false;
    for (uint32_t i = 0; i < name->size; i++) {
        char c = name->ptr[i];
        if (c != '_' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return true;
}

int schema_shown(const msgpack_object_str *name)
{
    return name->size < SHOWN_NAME ? (int)name->size : SHOWN_NAME;
}

/* Appends the path from the top to the spot, as far as there is room. */
static void put_path(struct buf *out, const struct spot *at)
{
    if (!at->up) {
        buf_puts(out, "$");
        return;
    }
    put_path(out, at->up);
    if (!at->name)
        buf_printf(out, "[%u]", at->index);
    else if (is_plain(at->name))
        buf_printf(out, ".%.*s", schema_shown(at->name), at->name->ptr);
    else
        buf_printf(out, "[\"%.*s\"]", schema_shown(at->name), at->name->ptr);
}

static unsigned depth_of(const struct spot *at)
{
    unsigned n = 0;
    while ((at = at->up))
        n++;
    return n;
}

bool check_fail(struct check *c, const struct spot *at, const char *fmt, ...)
{
    char text[SCHEMA_WHY_SIZE], line[2 * SCHEMA_WHY_SIZE];
    struct buf path;
    va_list ap;
    unsigned depth = depth_of(at);
    if (!c->misfit || (c->misfit->why[0] && depth <= c->misfit->depth) || !check_charge(c, FAIL_STEPS))
        return false;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_init(&path, PATH_SIZE);
    put_path(&path, at);
    int n = snprintf(line, sizeof line, "%s%s: %s", buf_cstr(&path), path.failed ? "…" : "", text);
    buf_done(&path);
    c->misfit->depth = depth;
    error_text(c->misfit->why, sizeof c->misfit->why, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
    return false;
}

bool check_abort(struct check *c, const char *fmt, ...)
{
    va_list ap;
    char line[SCHEMA_WHY_SIZE];
    if (c->aborted)
        return false;
    c->aborted = true;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    error_text(c->why, SCHEMA_WHY_SIZE, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
    return false;
}

bool check_charge(struct check *c, size_t steps)
{
    if (c->aborted)
        return false;
    if (steps > SCHEMA_STEPS_MAX - c->steps)
        return check_abort(c, "$: cannot be checked: that would take more than %u steps", SCHEMA_STEPS_MAX);
    c->steps += steps;
    return true;
}

/* -- the walk -- */

int schema_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t common = a_len < b_len ? a_len : b_len;
    int order = common ? memcmp(a, b, common) : 0;
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

const msgpack_object *schema_member(const msgpack_object_map *m, const char *name, size_t len)
{
    size_t low = 0, high = m->size;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const msgpack_object_str *key = &m->ptr[mid].key.via.str;
        int order = schema_compare(name, len, key->ptr, key->size);
        if (order == 0)
            return &m->ptr[mid].val;
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

enum kind schema_kind(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_NIL: return NIL;
    case MSGPACK_OBJECT_BOOLEAN: return BOOLEAN;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return NUMBER;
    case MSGPACK_OBJECT_STR: return STRING;
    case MSGPACK_OBJECT_ARRAY: return ARRAY;
    case MSGPACK_OBJECT_MAP: return MAP;
    case MSGPACK_OBJECT_BIN:
    case MSGPACK_OBJECT_EXT: break;
    }
    return NO_KIND;
}

static bool apply_map(struct check *c, const msgpack_object_map *schema, const struct spot *at)
{
    enum kind kind = schema_kind(at->value);
    for (uint32_t i = 0; i < schema->size; i++) {
        const struct schema_rule *r = schema_rule_find(&schema->ptr[i].key.via.str);
        if (!check_charge(c, 1))
            return false;
        if (r && (r->kinds & kind) && !r->holds(c, schema, &schema->ptr[i].val, at))
            return false;
    }
    return true;
}

/* What is neither a map nor a bool is no schema, and asks for nothing. */
bool check_apply(struct check *c, const msgpack_object *schema, const struct spot *at)
{
    bool ok = true;
    if (!check_charge(c, 1))
        return false;
    if (c->depth == SCHEMA_DEPTH_MAX)
        return check_abort(c, "$: cannot be checked: the schema's references are nested over %u deep",
                           SCHEMA_DEPTH_MAX);
    c->depth++;
    if (schema->type == MSGPACK_OBJECT_MAP)
        ok = apply_map(c, &schema->via.map, at);
    else if (schema->type == MSGPACK_OBJECT_BOOLEAN && !schema->via.boolean)
        ok = check_fail(c, at, "nothing may stand here");
    c->depth--;
    return ok && !c->aborted;
}

bool check_quietly(struct check *c, const msgpack_object *schema, const struct spot *at)
{
    struct misfit *told = c->misfit;
    c->misfit = NULL;
    bool ok = check_apply(c, schema, at);
    c->misfit = told;
    return ok;
}

/* -- references -- */

/* One step of a JSON pointer, ~0 and ~1 turned back. False where it leads nowhere. */
static bool step(const msgpack_object **o, const char *s, size_t len)
{
    char name[256];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (n == sizeof name)
            return false;
        bool escape = s[i] == '~' && i + 1 < len && (s[i + 1] == '0' || s[i + 1] == '1');
        name[n++] = escape ? (char)(s[++i] == '0' ? '~' : '/') : s[i];
    }
    if ((*o)->type == MSGPACK_OBJECT_MAP) {
        *o = schema_member(&(*o)->via.map, name, n);
        return *o != NULL;
    }
    size_t index = 0;
    for (size_t i = 0; i < n && index < UINT32_MAX; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        index = index * 10 + (size_t)(name[i] - '0');
    }
    if ((*o)->type != MSGPACK_OBJECT_ARRAY || n == 0 || index >= (*o)->via.array.size)
        return false;
    *o = &(*o)->via.array.ptr[index];
    return true;
}

static const msgpack_object *resolve(const msgpack_object *root, const msgpack_object_str *ref)
{
    const char *s = ref->ptr, *end = s + ref->size;
    if (s == end || *s++ != '#')
        return NULL;
    while (s < end) {
        if (*s++ != '/')
            return NULL;
        const char *next = memchr(s, '/', (size_t)(end - s));
        if (!step(&root, s, (size_t)((next ? next : end) - s)))
            return NULL;
        s = next ? next : end;
        if (next && next + 1 == end) /* a last, empty name */
            return step(&root, end, 0) ? root : NULL;
    }
    return root;
}

bool check_follow(struct check *c, const msgpack_object_str *ref, const struct spot *at)
{
    const msgpack_object *schema = resolve(c->root, ref);
    if (!schema)
        return check_abort(c, "$: cannot be checked: the schema refers to \"%.*s\", which is not in it",
                           schema_shown(ref), ref->ptr);
    return check_charge(c, 1 + ref->size / 16) && check_apply(c, schema, at);
}

static bool unpack(msgpack_unpacked *into, const struct value *v)
{
    size_t len;
    const uint8_t *bytes = value_bytes(v, &len);
    return msgpack_unpack_next(into, (const char *)bytes, len, NULL) == MSGPACK_UNPACK_SUCCESS;
}

bool schema_fits(const struct value *schema, const struct value *answer, char why[SCHEMA_WHY_SIZE])
{
    msgpack_unpacked asked, given;
    struct misfit misfit = {.depth = 0};
    struct check c = {.root = &asked.data, .misfit = &misfit, .why = why};
    *why = '\0';
    msgpack_unpacked_init(&asked);
    msgpack_unpacked_init(&given);
    bool ok = unpack(&asked, schema) && unpack(&given, answer);
    if (ok)
        ok = check_apply(&c, &asked.data, &(struct spot){.value = &given.data});
    else
        check_abort(&c, "$: cannot be checked: there is no memory for it");
    msgpack_unpacked_destroy(&asked);
    msgpack_unpacked_destroy(&given);
    if (!ok && !c.aborted)
        memcpy(why, misfit.why, sizeof misfit.why);
    return ok;
}
