/* The vectors of an answer. */
#include "daemon/provider/base64.h"
#include "daemon/provider/embed.h"
#include "daemon/provider/error_map.h"
#include "daemon/provider/parser.h"
#include "lib/base/alloc.h"
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    const struct embed_form *form;
    bool int8;        /* base64 of signed bytes, else of little-endian floats */
    double *numbers;  /* of one vector, PROVIDER_DIMENSION_MAX of them */
    size_t dimension; /* of the first, 0 before it */
    size_t n;         /* vectors */
    struct error *err;
};

static enum error_code bad(struct reading *r, size_t index, const char *what)
{
    return error_set(r->err, ERR_BAD_RESPONSE, "the provider's vector %zu %s", index, what);
}

/* ------------------------------------------------------------------------------------------------ one vector */

static enum error_code take_dimension(struct reading *r, size_t index, size_t n)
{
    if (n == 0)
        return bad(r, index, "is empty");
    if (n > PROVIDER_DIMENSION_MAX)
        return error_set(r->err, ERR_BAD_RESPONSE, "the provider's vector %zu has over %d numbers", index,
                         PROVIDER_DIMENSION_MAX);
    if (r->dimension != 0 && r->dimension != n)
        return error_set(r->err, ERR_BAD_RESPONSE, "the provider's vector %zu has %zu numbers, the first %zu", index, n,
                         r->dimension);
    if (n > PROVIDER_NUMBERS_MAX / r->n)
        return error_set(r->err, ERR_TOO_LARGE, "%zu vectors of %zu numbers are over %d; ask for fewer texts at once",
                         r->n, n, PROVIDER_NUMBERS_MAX);
    r->dimension = n;
    return ERR_NONE;
}

static enum error_code take_list(struct reading *r, size_t index, const json_t *list)
{
    enum error_code code = take_dimension(r, index, json_array_size(list));

    for (size_t i = 0; code == ERR_NONE && i < r->dimension; i++) {
        const json_t *v = json_array_get(list, i);
        r->numbers[i] = json_is_number(v) ? json_number_value(v) : NAN;
    }
    return code;
}

static enum error_code take_bytes(struct reading *r, size_t index, const uint8_t *bytes, size_t len)
{
    size_t size = r->int8 ? 1 : sizeof(float);
    enum error_code code = len % size ? bad(r, index, "is not of whole numbers") : take_dimension(r, index, len / size);

    for (size_t i = 0; code == ERR_NONE && i < r->dimension; i++) {
        uint32_t bits;
        float number;
        if (r->int8) {
            r->numbers[i] = (int8_t)bytes[i];
        } else {
            memcpy(&bits, bytes + i * size, size);
            bits = le32toh(bits);
            memcpy(&number, &bits, size);
            r->numbers[i] = number;
        }
    }
    return code;
}

static enum error_code take_base64(struct reading *r, size_t index, const json_t *text)
{
    size_t len = 0;
    uint8_t *bytes = base64_decode(json_string_value(text), json_string_length(text), &len);
    enum error_code code = bytes ? take_bytes(r, index, bytes, len) : bad(r, index, "is no base64");

    free(bytes);
    return code;
}

static const json_t *either(const json_t *obj, const char *const paths[2])
{
    const json_t *v = paths[0] ? jsonx_at(obj, paths[0]) : obj;

    return v || !paths[1] ? v : jsonx_at(obj, paths[1]);
}

static enum error_code take_vector(struct reading *r, size_t index, const json_t *element)
{
    const json_t *v = either(element, r->form->vector);
    enum error_code code = json_is_array(v)    ? take_list(r, index, v)
                           : json_is_string(v) ? take_base64(r, index, v)
                                               : bad(r, index, "is not there");

    for (size_t i = 0; code == ERR_NONE && i < r->dimension; i++)
        if (!isfinite(r->numbers[i]))
            code = bad(r, index, "holds what is no finite number");
    return code;
}

/* ------------------------------------------------------------------------------------------------ all of them */

/* places: the elements by the text that each is for. One that does not say is for the text at its own place. */
static enum error_code put_in_order(struct reading *r, const json_t *list, const json_t **places, size_t n)
{
    size_t i;
    json_t *element;

    json_array_foreach(list, i, element)
    {
        int64_t at = (int64_t)i;
        if (r->form->index)
            jsonx_integer(element, r->form->index, &at);
        if (at < 0 || (uint64_t)at >= n || places[at])
            return bad(r, i, "is for none of the texts");
        places[at] = element;
    }
    return ERR_NONE;
}

static enum error_code take_all(struct reading *r, const json_t *list, size_t n,
                                void (*each)(void *data, size_t index, const double *vector, size_t n), void *data)
{
    if (!json_is_array(list))
        return error_set(r->err, ERR_BAD_RESPONSE, "the provider sent no list of vectors");
    if (json_array_size(list) != n)
        return error_set(r->err, ERR_BAD_RESPONSE, "the provider sent %zu vectors for %zu texts", json_array_size(list),
                         n);
    const json_t **places = xcalloc(n + 1, sizeof(*places));
    r->n = n;
    r->numbers = xcalloc(PROVIDER_DIMENSION_MAX, sizeof(*r->numbers));
    enum error_code code = put_in_order(r, list, places, n);
    for (size_t i = 0; code == ERR_NONE && i < n; i++) {
        code = take_vector(r, i, places[i]);
        if (code == ERR_NONE)
            each(data, i, r->numbers, r->dimension);
    }
    free(r->numbers);
    free(places);
    return code;
}

static void read_usage(const struct embed_form *form, const struct openai_dialect *d, const json_t *root,
                       const json_t *list, struct usage *u)
{
    int64_t n;
    size_t i;
    json_t *element;

    *u = (struct usage)USAGE_INIT;
    if (form->tokens && jsonx_to_integer(jsonx_at(root, form->tokens), &n) && n >= 0)
        u->input_tokens = n;
    else if (form->each_tokens)
        json_array_foreach(list, i, element) if (jsonx_to_integer(jsonx_at(element, form->each_tokens), &n) && n >= 0)
            u->input_tokens = parser_sum(u->input_tokens, n);
    parser_cost(json_object_get(root, "usage"), &d->cost, u);
    parser_bound(u);
}

enum error_code provider_read_vectors(const struct provider_ops *ops, const struct provider_target *t,
                                      const uint8_t *body, size_t len, size_t n_input,
                                      void (*each)(void *data, size_t index, const double *vector, size_t n),
                                      void *data, struct usage *usage, struct error *err)
{
    const struct openai_dialect *d = openai_dialect_find(ops->dialects ? t->dialect : NULL);
    struct reading r = {.form = ops->embed, .int8 = d && d->embed_int8, .err = err};
    enum jsonx_fault fault;
    enum error_code code;

    if (!ops->embed)
        return error_set(err, ERR_INVALID_REQUEST, "API %s has no embeddings", ops->api);
    if (!d)
        return error_set(err, ERR_INVALID_REQUEST, "there is no dialect %s of %s", t->dialect, ops->api);
    json_t *root = jsonx_parse((const char *)body, len, &fault);
    const json_t *list = either(root, r.form->list);
    if (!root)
        code = error_set(err, ERR_BAD_RESPONSE, "the provider's vectors are no JSON");
    else if (!list && grammar_is_error(ops->grammar, root, "message"))
        code = error_map_inside(root, err);
    else
        code = take_all(&r, list, n_input, each, data);
    if (usage)
        read_usage(r.form, d, root, list, usage);
    json_decref(root);
    return code;
}
