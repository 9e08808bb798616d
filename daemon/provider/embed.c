#include "daemon/provider/embed.h"
#include "daemon/provider/build.h"

#define PATH_MAX_LEN 4096 /* a model's name is part of some */

/* NULL where one of them is no text. */
static json_t *texts_of(const struct embed_request *r, struct error *err)
{
    json_t *texts = json_array();

    for (size_t i = 0; i < r->n_input; i++) {
        if (json_array_append_new(texts, json_stringn(r->input[i], r->input_len[i])) == 0)
            continue;
        error_set_param(err, "input", "input %zu is not UTF-8", i);
        json_decref(texts);
        return NULL;
    }
    return texts;
}

static enum error_code address(const struct provider_ops *ops, const struct provider_target *t,
                               const struct openai_dialect *d, struct exchange *x, struct error *err)
{
    const struct embed_form *form = ops->embed;
    struct buf path;

    buf_init(&path, PATH_MAX_LEN);
    if (form->path)
        buf_puts(&path, form->path);
    else
        form->put_path(t, d, &path);
    enum error_code code = path.failed ? error_set_param(err, "model", "the model's name is too long")
                                       : build_address(ops, t, "POST", buf_cstr(&path), x, err);
    buf_done(&path);
    if (code == ERR_NONE && !exchange_header(x, "Content-Type", "application/json"))
        code = error_set(err, ERR_INVALID_REQUEST, "the configuration gives the provider too many headers");
    return code;
}

enum error_code provider_build_embed(const struct provider_ops *ops, const struct provider_target *t,
                                     const struct embed_request *r, struct exchange *x, struct error *err)
{
    const struct openai_dialect *d = openai_dialect_find(ops->dialects ? t->dialect : NULL);
    json_t *texts;

    if (!ops->embed)
        return error_set(err, ERR_INVALID_REQUEST, "API %s has no embeddings", ops->api);
    if (!d)
        return error_set(err, ERR_INVALID_REQUEST, "there is no dialect %s of %s", t->dialect, ops->api);
    if (r->n_input == 0)
        return error_set_param(err, "input", "there is no text to be made a vector");
    enum error_code code = address(ops, t, d, x, err);
    if (code != ERR_NONE)
        return code;
    if (!(texts = texts_of(r, err)))
        return ERR_INVALID_REQUEST;
    json_t *body = ops->embed->body(t, d, texts);
    if (!body)
        code = error_set_param(err, "model", "the model's name is not UTF-8");
    else if (!jsonx_dump(body, &x->body))
        code = error_set(err, ERR_TOO_LARGE, "the texts are over %zu bytes", x->body.max);
    json_decref(body);
    return code;
}
