#include "lib/proto/codec_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const msgpack_object *input_get(const struct input *in, const char *key)
{
    return in->initials && !mp_may_have(in->initials, key) ? NULL : mp_get(in->map, key);
}

bool input_find_word(const struct word *words, const char *s, size_t len, int *value)
{
    for (; words->text != NULL; words++) {
        if (strlen(words->text) == len && memcmp(words->text, s, len) == 0) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

/* Writes the place into dst and returns the length that it has or, where it does not fit, would have. */
static size_t place_text(const struct place *p, char *dst, size_t size)
{
    size_t at = p->up != NULL ? place_text(p->up, dst, size) : 0;
    size_t left = at < size ? size - at : 0;
    int n = p->name != NULL ? snprintf(dst + size - left, left, "%s%s", at > 0 ? "." : "", p->name)
                            : snprintf(dst + size - left, left, "[%zu]", p->index);

    return at + (size_t)n;
}

enum error_code input_refuse_place(struct error *err, const struct place *at, const char *reason)
{
    char param[sizeof(err->param)];

    place_text(at, param, sizeof(param));
    return error_set_param(err, param, "%s %s", param, reason);
}

enum error_code input_refuse(const struct input *in, const char *key, const char *reason)
{
    struct place at = {in->place, key, 0};

    return input_refuse_place(in->err, &at, reason);
}

enum error_code input_copy(struct error *err, const void *data, size_t len, char **ret)
{
    char *copy = malloc(len + 1);

    if (copy == NULL)
        return error_set(err, ERR_OVERLOADED, "no memory for %zu bytes", len);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    free(*ret);
    *ret = copy;
    return ERR_NONE;
}

/* Text with its length, which may hold NUL characters. */
enum error_code input_text(const struct input *in, const char *key, char **ret, size_t *ret_len)
{
    const msgpack_object *o = input_get(in, key);
    const char *s;
    size_t len;

    if (o == NULL)
        return ERR_NONE;
    if (!mp_str(o, &s, &len))
        return input_refuse(in, key, "must be a string");
    *ret_len = len;
    return input_copy(in->err, s, len, ret);
}

/* A C string: one with a NUL character in it would be cut where nobody sees it. */
enum error_code input_string(const struct input *in, const char *key, char **ret)
{
    size_t len = 0;
    enum error_code e = input_text(in, key, ret, &len);

    if (e == ERR_NONE && len > 0 && memchr(*ret, '\0', len) != NULL)
        return input_refuse(in, key, "must not hold a NUL character");
    return e;
}

/* A string that names something. */
enum error_code input_name(const struct input *in, const char *key, bool required, char **ret)
{
    enum error_code e = input_string(in, key, ret);

    if (e != ERR_NONE)
        return e;
    if (*ret == NULL)
        return required ? input_refuse(in, key, "is missing") : ERR_NONE;
    return **ret == '\0' ? input_refuse(in, key, "must not be empty") : ERR_NONE;
}

enum error_code input_bool(const struct input *in, const char *key, bool *ret)
{
    const msgpack_object *o = input_get(in, key);

    return o == NULL || mp_bool(o, ret) ? ERR_NONE : input_refuse(in, key, "must be true or false");
}

enum error_code input_word(const struct input *in, const char *key, const struct word *words, const char *reason,
                           int *ret)
{
    const msgpack_object *o = input_get(in, key);
    const char *s;
    size_t len;

    if (o == NULL || (mp_str(o, &s, &len) && input_find_word(words, s, len, ret)))
        return ERR_NONE;
    return input_refuse(in, key, reason);
}

enum error_code input_double(const struct input *in, const char *key, double *ret, bool *has)
{
    const msgpack_object *o = input_get(in, key);

    if (o == NULL)
        return ERR_NONE;
    *has = true;
    return mp_double(o, ret) ? ERR_NONE : input_refuse(in, key, "must be a number");
}

enum error_code input_int(const struct input *in, const char *key, int64_t *ret, bool *has)
{
    const msgpack_object *o = input_get(in, key);

    if (o == NULL)
        return ERR_NONE;
    *has = true;
    return mp_int(o, ret) ? ERR_NONE : input_refuse(in, key, "must be a whole number");
}

enum error_code input_value(const struct input *in, const char *key, bool must_be_map, struct value **ret)
{
    const msgpack_object *o = input_get(in, key);
    msgpack_object as_map = {.type = MSGPACK_OBJECT_MAP};

    if (o == NULL)
        return ERR_NONE;
    if (must_be_map) {
        if (!mp_map(o, &as_map.via.map))
            return input_refuse(in, key, "must be a map");
        o = &as_map;
    }
    *ret = value_from_object(o);
    return *ret != NULL ? ERR_NONE
                        : input_refuse(in, key, "must have strings as keys, none of them twice, and no ext type");
}
