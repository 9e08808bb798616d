/* Vectors in the manner of OpenAI (https://platform.openai.com/docs/api-reference/embeddings). */
#include "daemon/provider/embed.h"

static void put_path(const struct provider_target *t, const struct openai_dialect *d, struct buf *path)
{
    (void)t;
    buf_puts(path, d->embed_path);
}

static json_t *body(const struct provider_target *t, const struct openai_dialect *d, json_t *texts)
{
    return json_pack("{s:s, s:o, s:s*}", "model", t->model, "input", texts, "encoding_format", d->embed_encoding);
}

#define ANSWER .list = {"data"}, .vector = {"embedding"}, .index = "index", .tokens = "usage.prompt_tokens"

const struct embed_form openai_embed = {.put_path = put_path, .body = body, ANSWER};

const struct embed_form dashscope_embed = {.path = "/compatible-mode/v1/embeddings", .body = body, ANSWER};
