/* How the codec reads a request's fields: each getter leaves *ret alone where the field is absent, and says in *err
 * where the fault stands, such as "messages[2].content[0].data".
 *
 * Strings that the peer chose the size of are copied with malloc, whose failure is an error like any other. */
#ifndef ASKD_PROTO_CODEC_INPUT_H
#define ASKD_PROTO_CODEC_INPUT_H

#include "lib/base/error.h"
#include "lib/base/value.h"
#include "lib/proto/mp.h"

/* Where a value stands, as a chain on the stack: a name, or an index where there is none. Turned into text for errors
 * only. */
struct place {
    const struct place *up; /* NULL at the top */
    const char *name;
    size_t index;
};

/* What a reader needs: the map, where the map stands (NULL for the params themselves), where to complain. */
struct input {
    const msgpack_object_map *map;
    const struct place *place;
    struct error *err;
    uint32_t initials; /* of the map's keys (mp_initials), where it is asked for many; else 0 */
};

/* The value under key, NULL if absent or nil. */
const msgpack_object *input_get(const struct input *in, const char *key);

/* What a string may say; a row without text ends the table. */
struct word {
    const char *text;
    int value;
};

bool input_find_word(const struct word *words, const char *s, size_t len, int *value);

/* Both return ERR_INVALID_REQUEST; the message is the place and the reason. */
enum error_code input_refuse_place(struct error *err, const struct place *at, const char *reason);
enum error_code input_refuse(const struct input *in, const char *key, const char *reason);

/* A copy with a NUL behind it; what *ret held before is freed. */
enum error_code input_copy(struct error *err, const void *data, size_t len, char **ret);

enum error_code input_text(const struct input *in, const char *key, char **ret, size_t *ret_len); /* may hold NULs */
enum error_code input_string(const struct input *in, const char *key, char **ret);                /* holds none */
enum error_code input_name(const struct input *in, const char *key, bool required, char **ret);   /* and is not "" */
enum error_code input_bool(const struct input *in, const char *key, bool *ret);
enum error_code input_word(const struct input *in, const char *key, const struct word *words, const char *reason,
                           int *ret);
enum error_code input_double(const struct input *in, const char *key, double *ret, bool *has);
enum error_code input_int(const struct input *in, const char *key, int64_t *ret, bool *has);
enum error_code input_value(const struct input *in, const char *key, bool must_be_map, struct value **ret);

#endif
