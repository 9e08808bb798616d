#include "client/common/json_read.h"
#include "client/common/base64.h"
#include "lib/proto/frame.h"
#include "lib/proto/mp.h"
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* The functions of jansson that are used; its header is there for their types, the library is not linked. */
#define JANSSON_MAP(X)                                                                                                 \
    X(json_loadb)                                                                                                      \
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

/* Loaded once and kept. NULL with a line in why. */
static const struct jansson *load(char *why, size_t why_size)
{
    static struct jansson j;
    if (j.library != NULL)
        return &j;
    void *library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
    bool ok = library != NULL;
#define X(name)                                                                                                        \
    if (ok) {                                                                                                          \
        void *found = dlsym(library, #name);                                                                           \
        memcpy(&j.name, &found, sizeof(found));                                                                        \
        ok = found != NULL;                                                                                            \
    }
    JANSSON_MAP(X)
#undef X
    if (!ok)
        (void)snprintf(why, why_size, "cannot read JSON: %s: install libjansson4", dlerror());
    else
        j.library = library;
    if (!ok && library != NULL)
        (void)dlclose(library);
    return ok ? &j : NULL;
}

/* One text on its way. What cannot go is nil in its place, and the first such fault is kept. */
struct packer {
    const struct jansson *j;
    struct buf *out;
    unsigned depth;
    const char *fault;
};

static void leave_out(struct packer *p, const char *fault)
{
    mp_put_nil(p->out);
    if (p->fault == NULL)
        p->fault = fault;
}

static void put_bytes(struct packer *p, const json_t *text)
{
    struct buf bytes;
    const size_t len = p->j->json_string_length(text);
    buf_init(&bytes, len + 1);
    if (base64_take(&bytes, p->j->json_string_value(text), len))
        mp_put_bin(p->out, bytes.data, bytes.len);
    else
        leave_out(p, "a \"$bin\" is no base64");
    buf_done(&bytes);
}

static void put(struct packer *p, const json_t *v);

static void put_object(struct packer *p, const json_t *v)
{
    const struct jansson *j = p->j;
    mp_put_map(p->out, (uint32_t)j->json_object_size(v));
    json_t *object = (json_t *)(uintptr_t)v; /* iterating asks for no const and changes nothing */
    for (void *it = j->json_object_iter(object); it != NULL; it = j->json_object_iter_next(object, it)) {
        mp_put_cstr(p->out, j->json_object_iter_key(it));
        put(p, j->json_object_iter_value(it));
    }
}

static void put_array(struct packer *p, const json_t *v)
{
    const size_t n = p->j->json_array_size(v);
    mp_put_array(p->out, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        put(p, p->j->json_array_get(v, i));
}

static const json_t *bytes_of(const struct packer *p, const json_t *v)
{
    const json_t *bin = json_is_object(v) && p->j->json_object_size(v) == 1 ? p->j->json_object_get(v, "$bin") : NULL;
    return bin != NULL && json_typeof(bin) == JSON_STRING ? bin : NULL;
}

static void put_nested(struct packer *p, const json_t *v)
{
    const json_t *bytes = bytes_of(p, v);
    if (bytes != NULL)
        return put_bytes(p, bytes);
    if (p->depth == FRAME_DEPTH_LIMIT)
        return leave_out(p, "it is nested too deep");
    p->depth++;
    if (json_is_object(v))
        put_object(p, v);
    else
        put_array(p, v);
    p->depth--;
}

static void put(struct packer *p, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
    case JSON_ARRAY: put_nested(p, v); break;
    case JSON_STRING: mp_put_str(p->out, p->j->json_string_value(v), p->j->json_string_length(v)); break;
    case JSON_INTEGER: mp_put_int(p->out, p->j->json_integer_value(v)); break;
    case JSON_REAL: mp_put_double(p->out, p->j->json_real_value(v)); break;
    case JSON_TRUE: mp_put_bool(p->out, true); break;
    case JSON_FALSE: mp_put_bool(p->out, false); break;
    case JSON_NULL: mp_put_nil(p->out); break;
    }
}

bool json_read_map(struct buf *out, const char *text, const char *what, char *why, size_t why_size)
{
    const struct jansson *j = load(why, why_size);
    if (j == NULL)
        return false;
    struct packer p = {.j = j, .out = out};
    json_error_t err;
    json_t *root = j->json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);
    if (root != NULL && json_is_object(root))
        put(&p, root);
    const bool ok = root != NULL && json_is_object(root) && p.fault == NULL && !out->failed;
    if (root == NULL)
        (void)snprintf(why, why_size, "cannot read %.100s as a JSON object (line %d, column %d: %.160s): correct it",
                       what, err.line, err.column, err.text);
    else if (!json_is_object(root))
        (void)snprintf(why, why_size, "%.100s: JSON but no object: write {...}", what);
    else if (p.fault != NULL)
        (void)snprintf(why, why_size, "%.100s: %s: correct it", what, p.fault);
    else if (!ok)
        (void)snprintf(why, why_size, "%.100s: more than a message may hold: send less", what);
    if (root != NULL)
        j->json_delete(root);
    return ok;
}

bool json_read_value(struct buf *out, const char *text, size_t len, const char **fault, char *why, size_t why_size)
{
    const struct jansson *j = load(why, why_size);
    if (j == NULL)
        return false;
    struct packer p = {.j = j, .out = out};
    json_error_t err;
    json_t *root = j->json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &err);
    if (root == NULL) {
        (void)snprintf(why, why_size, "no JSON (column %d: %.160s)", err.column, err.text);
        return false;
    }
    put(&p, root);
    j->json_delete(root);
    if (out->failed)
        (void)snprintf(why, why_size, "more than a message may hold");
    *fault = p.fault;
    return !out->failed;
}
