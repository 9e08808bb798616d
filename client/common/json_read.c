#include "client/common/json_read.h"
#include "client/common/base64.h"
#include "lib/proto/mp.h"
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* The functions of jansson that are used; its header is there for their types, the library is not linked. */
#define JANSSON_MAP(X)                                                                                                 \
    X(json_loads)                                                                                                      \
    X(json_delete)                                                                                                     \
    X(json_object_size)                                                                                                \
    X(json_object_get)                                                                                                 \
    X(json_object_iter)                                                                                                \
    X(json_object_iter_next)                                                                                           \
    X(json_object_iter_key)                                                                                            \
    X(json_object_iter_value)                                                                                          \
    X(json_array_size)                                                                                                 \
    X(json_array_get)                                                                                                  \
    X(json_string_value)                                                                                               \
    X(json_string_length)                                                                                              \
    X(json_integer_value)                                                                                              \
    X(json_real_value)

struct jansson {
    void *library;
#define X(name) __typeof__(&name) name;
    JANSSON_MAP(X)
#undef X
};

static bool load(struct jansson *j, char *why, size_t why_size)
{
    j->library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
    bool ok = j->library != NULL;
#define X(name)                                                                                                        \
    if (ok) {                                                                                                          \
        void *found = dlsym(j->library, #name);                                                                        \
        memcpy(&j->name, &found, sizeof(found));                                                                       \
        ok = found != NULL;                                                                                            \
    }
    JANSSON_MAP(X)
#undef X
    if (!ok)
        (void)snprintf(why, why_size, "cannot read JSON: %s: install libjansson4", dlerror());
    return ok;
}

/* False for what is no base64. */
static bool put_bytes(struct buf *out, const char *text, size_t len)
{
    struct buf bytes;
    buf_init(&bytes, len + 1);
    bool ok = base64_take(&bytes, text, len);
    if (ok)
        mp_put_bin(out, bytes.data, bytes.len);
    buf_done(&bytes);
    return ok;
}

static bool put(const struct jansson *j, struct buf *out, const json_t *v);

static bool put_object(const struct jansson *j, struct buf *out, const json_t *v)
{
    size_t n = j->json_object_size(v);
    const json_t *bin = n == 1 ? j->json_object_get(v, "$bin") : NULL;
    if (bin != NULL && json_typeof(bin) == JSON_STRING)
        return put_bytes(out, j->json_string_value(bin), j->json_string_length(bin));
    mp_put_map(out, (uint32_t)n);
    json_t *object = (json_t *)(uintptr_t)v; /* iterating asks for no const and changes nothing */
    for (void *it = j->json_object_iter(object); it != NULL; it = j->json_object_iter_next(object, it)) {
        mp_put_cstr(out, j->json_object_iter_key(it));
        if (!put(j, out, j->json_object_iter_value(it)))
            return false;
    }
    return true;
}

/* jansson bounds the nesting (2048), and with it the recursion. */
static bool put(const struct jansson *j, struct buf *out, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: return put_object(j, out, v);
    case JSON_ARRAY:
        mp_put_array(out, (uint32_t)j->json_array_size(v));
        for (size_t i = 0; i < j->json_array_size(v); i++)
            if (!put(j, out, j->json_array_get(v, i)))
                return false;
        break;
    case JSON_STRING: mp_put_str(out, j->json_string_value(v), j->json_string_length(v)); break;
    case JSON_INTEGER: mp_put_int(out, j->json_integer_value(v)); break;
    case JSON_REAL: mp_put_double(out, j->json_real_value(v)); break;
    case JSON_TRUE: mp_put_bool(out, true); break;
    case JSON_FALSE: mp_put_bool(out, false); break;
    case JSON_NULL: mp_put_nil(out); break;
    }
    return true;
}

bool json_read_map(struct buf *out, const char *text, const char *what, char *why, size_t why_size)
{
    struct jansson j;
    if (!load(&j, why, why_size))
        return false;
    json_error_t err;
    json_t *root = j.json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);
    bool ok = false;
    if (root == NULL)
        (void)snprintf(why, why_size, "cannot read %.100s as a JSON object (line %d, column %d: %.160s): correct it",
                       what, err.line, err.column, err.text);
    else if (!json_is_object(root))
        (void)snprintf(why, why_size, "%.100s: JSON but no object: write {...}", what);
    else if (!put(&j, out, root))
        (void)snprintf(why, why_size, "a \"$bin\" in %.100s is no base64: correct it", what);
    else if (out->failed)
        (void)snprintf(why, why_size, "%.100s: more than a message may hold: send less", what);
    else
        ok = true;
    if (root != NULL)
        j.json_delete(root);
    (void)dlclose(j.library);
    return ok;
}
