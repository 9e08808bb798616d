/* Vectors of Gemini (https://ai.google.dev/api/embeddings), and of Vertex AI, which has a verb and a body of its own.
 */
#include "daemon/provider/embed.h"
#include "daemon/provider/gemini.h"

static void put_path(const struct provider_target *t, const struct openai_dialect *d, struct buf *path)
{
    (void)d;
    gemini_put_path(t, gemini_is_vertex(t) ? ":predict" : ":batchEmbedContents", path);
}

static json_t *request_of(const struct provider_target *t, json_t *text)
{
    const char *prefix = strchr(t->model, '/') ? "" : "models/";

    return json_pack("{s:s+, s:{s:[{s:O}]}}", "model", prefix, t->model, "content", "parts", "text", text);
}

static json_t *body(const struct provider_target *t, const struct openai_dialect *d, json_t *texts)
{
    bool vertex = gemini_is_vertex(t);
    json_t *list = json_array(), *text;
    size_t i;

    (void)d;
    json_array_foreach(texts, i, text)
        json_array_append_new(list, vertex ? json_pack("{s:O}", "content", text) : request_of(t, text));
    bool whole = json_array_size(list) == json_array_size(texts);
    json_decref(texts);
    if (whole)
        return json_pack("{s:o}", vertex ? "instances" : "requests", list);
    json_decref(list);
    return NULL;
}

const struct embed_form gemini_embed = {
    .put_path = put_path,
    .body = body,
    .list = {"embeddings", "predictions"},
    .vector = {"values", "embeddings.values"},
    .tokens = "usageMetadata.promptTokenCount",
    .each_tokens = "embeddings.statistics.token_count",
};
