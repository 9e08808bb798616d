#include "daemon/provider/gap.h"
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_dialects.h"
#include "lib/base/alloc.h"
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ the forms */

#define OPENAI_OPTIONS                                                                                                 \
    .option = {.temperature = "temperature", .max_tokens = "max_tokens", .seed = "seed", .stop = "stop", .stop_max = 4}

/* A text, and what is to stand behind what goes on with it. */
#define PROMPT_AND_SUFFIX OPENAI_OPTIONS, .prefix = "prompt", .suffix = "suffix", .grammar = &openai_text_grammar

/* All in one text, between marks that the model was made with. */
#define PROMPT_WITH_MARKS(before, between, behind)                                                                     \
    OPENAI_OPTIONS, .path = "/completions", .prefix = "prompt", .marks = {before, between, behind},                    \
                    .include_usage = true, .grammar = &openai_text_grammar

/* https://platform.openai.com/docs/api-reference/completions/create: `suffix` is for this model alone. */
const struct gap_form openai_gaps[] = {
    {PROMPT_AND_SUFFIX, .models = "gpt-3.5-turbo-instruct*", .path = "/completions", .include_usage = true},
    {.models = NULL},
};

/* https://api-docs.deepseek.com/guides/fim_completion, and /api/create-completion; those that always reason have it
 * not: https://api-docs.deepseek.com/guides/reasoning_model. */
const struct gap_form deepseek_gaps[] = {
    {.models = "*reasoner*"},
    {PROMPT_AND_SUFFIX, .models = "*", .path = "/beta/completions", .above = "/v1", .include_usage = true},
    {.models = NULL},
};

/* https://docs.mistral.ai/api/#operation/createFIMCompletion: of Codestral's, answered like a chat; also by its own
 * host, https://codestral.mistral.ai/v1. */
const struct gap_form mistral_gaps[] = {
    {.models = "codestral-mamba*"},
    {.models = "codestral-embed*"},
    {.models = "codestral*",
     .path = "/fim/completions",
     .prefix = "prompt",
     .suffix = "suffix",
     .option = {.temperature = "temperature",
                .max_tokens = "max_tokens",
                .seed = "random_seed",
                .stop = "stop",
                .stop_max = 4},
     .grammar = &openai_chat_grammar},
    {.models = NULL},
};

#define QWEN_MARKS PROMPT_WITH_MARKS("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")

/* https://www.alibabacloud.com/help/en/model-studio/completions */
const struct gap_form qwen_gaps[] = {
    {QWEN_MARKS, .models = "qwen2.5-coder-*"},
    {QWEN_MARKS, .models = "qwen-coder-turbo*"},
    {.models = NULL},
};

/* Servers that run any model and know no suffix, by what the models' own pages say:
 * https://github.com/QwenLM/Qwen3-Coder, https://github.com/deepseek-ai/DeepSeek-Coder,
 * https://huggingface.co/bigcode/starcoder2-15b. */
const struct gap_form marked_gaps[] = {
    {QWEN_MARKS, .models = "*[Qq]wen*[Cc]oder*"},
    {PROMPT_WITH_MARKS("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"), .models = "*[Dd]eep[Ss]eek-[Cc]oder*"},
    {PROMPT_WITH_MARKS("<fim_prefix>", "<fim_suffix>", "<fim_middle>"), .models = "*[Ss]tar[Cc]oder*"},
    {.models = NULL},
};

/* https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md; where its
 * model has no such marks, it answers with 501. */
const struct gap_form llama_cpp_gaps[] = {
    {.models = "*",
     .path = "/infill",
     .above = "/v1",
     .prefix = "input_prefix",
     .suffix = "input_suffix",
     .option = {.temperature = "temperature",
                .max_tokens = "n_predict",
                .seed = "seed",
                .stop = "stop",
                .stop_max = SIZE_MAX},
     .grammar = &infill_grammar},
    {.models = NULL},
};

/* https://docs.ollama.com/api/generate; where the model has no template for it, 400 "does not support insert". Without
 * a suffix it would take the prefix for a question of a chat. */
const struct gap_form ollama_gaps[] = {
    {.models = "*",
     .path = "/api/generate",
     .prefix = "prompt",
     .suffix = "suffix",
     .no_suffix = "\n",
     .nest = "options",
     .option = {.temperature = "temperature",
                .max_tokens = "num_predict",
                .seed = "seed",
                .stop = "stop",
                .stop_max = SIZE_MAX},
     .grammar = &ollama_text_grammar},
    {.models = NULL},
};

/* The same by https://docs.ollama.com/api/openai-compatibility. */
const struct gap_form ollama_layer_gaps[] = {
    {PROMPT_AND_SUFFIX, .models = "*", .path = "/completions", .no_suffix = "\n", .include_usage = true},
    {.models = NULL},
};

const struct gap_form *provider_gap_form(const struct provider_ops *ops, const char *dialect, const char *model)
{
    const struct openai_dialect *d = openai_dialect_find(ops->dialects ? dialect : NULL);
    const struct gap_form *f = ops->dialects && d ? d->gaps : ops->gaps;

    while (f && f->models && fnmatch(f->models, model, 0) != 0)
        f++;
    return f && f->models && f->path ? f : NULL;
}

/* ------------------------------------------------------------------------------------------------ the request */

static json_t *marked(const struct builder *b, const struct gap_form *f, const struct chat_gap *g)
{
    struct buf text;

    buf_init(&text, b->max);
    buf_puts(&text, f->marks[0]);
    buf_append(&text, g->prefix, g->prefix_len);
    buf_puts(&text, f->marks[1]);
    buf_append(&text, g->suffix, g->suffix_len);
    buf_puts(&text, f->marks[2]);
    json_t *json = text.failed ? NULL : jsonx_text((const char *)text.data, text.len);
    buf_done(&text);
    return json;
}

static void put_gap(struct builder *b, const struct gap_form *f, json_t *body)
{
    const struct chat_gap *g = b->request->gap;

    if (!f->suffix) {
        build_set(b, body, f->prefix, marked(b, f, g));
        return;
    }
    build_set(b, body, f->prefix, jsonx_text(g->prefix, g->prefix_len));
    if (g->suffix_len > 0)
        build_set(b, body, f->suffix, jsonx_text(g->suffix, g->suffix_len));
    else
        build_set_string(b, body, f->suffix, f->no_suffix ? f->no_suffix : "");
}

static void put_options(struct builder *b, const struct gap_form *f, json_t *body)
{
    json_t *nest = f->nest ? json_object() : body;

    build_options(b, nest, &f->option);
    if (f->nest)
        build_set(b, body, f->nest, nest);
}

/* How much of the base URL's path the form's path stands behind: not `above`, nor what it begins with itself. */
static size_t stem_of(const struct gap_form *f, const char *base)
{
    size_t len = strcspn(base, "?"), above = f->above ? strlen(f->above) : 0;

    while (len > 0 && base[len - 1] == '/')
        len--;
    if (above > 0 && len > above && memcmp(base + len - above, f->above, above) == 0)
        return len - above;
    for (size_t n = strlen(f->path) - 1; n > 0; n--)
        if (f->path[n] == '/' && n < len && memcmp(base + len - n, f->path, n) == 0)
            return len - n;
    return len;
}

enum error_code provider_build_gap(const struct provider_ops *ops, const struct provider_target *t,
                                   const struct chat_request *r, struct exchange *x, struct error *err)
{
    static const char *const reserved[] = {"prompt", NULL};
    const struct gap_form *f = t->gap;
    char *base =
        xasprintf("%.*s%s", (int)stem_of(f, t->base_url), t->base_url, t->base_url + strcspn(t->base_url, "?"));
    struct provider_target target = *t;
    struct builder b;

    target.base_url = base;
    if (build_begin(&b, ops, &target, r, x, NULL, err)) {
        json_t *body = json_object();
        build_set_string(&b, body, "model", t->model);
        put_gap(&b, f, body);
        build_set(&b, body, "stream", json_true());
        if (f->include_usage)
            build_set(&b, body, "stream_options", json_pack("{s:b}", "include_usage", 1));
        put_options(&b, f, body);
        build_end(&b, ops, f->path, body, reserved, x);
    }
    free(base);
    return b.code;
}
