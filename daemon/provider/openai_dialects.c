#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/gap.h"
#include "daemon/provider/openai_lists.h"
#include "lib/chat/price.h"
#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#define IN_DOLLARS(where)                                                                                              \
    {                                                                                                                  \
        .path = (where), .places = PRICE_PLACES                                                                        \
    }

/* What most rows agree on; a row names only what is different, behind this. */
#define COMMON                                                                                                         \
    .max_tokens = "max_tokens", .seed = "seed", .required = "required", .named_tool = true, .system_role = "system",   \
    .include_usage = true, .json_schema = true, .images = true, .stop_max = 4, .tool_id = {1, 64, "_-.:|"},            \
    .effort = {"none", "low", "medium", "high"}, .reasoning_fields = {"reasoning_content", "reasoning"},               \
    .embed_path = "/embeddings", .embed_encoding = "float"

/* https://platform.openai.com/docs/guides/reasoning: those that reason refuse sampling, older ones can do it only less
 * or more. */
static const struct openai_model openai_models[] = {
    {.pattern = "o1-mini*", .system_role = "user", .no_reasoning = true, .no_sampling = true, .no_stop = true},
    {.pattern = "o1-preview*", .system_role = "user", .no_reasoning = true, .no_sampling = true, .no_stop = true},
    {.pattern = "o[134]*",
     .no_sampling = true,
     .no_stop = true,
     .encrypted = true,
     .max_tokens = "max_completion_tokens",
     .effort = {"low", "low", "medium", "high"}},
    {.pattern = "gpt-5*-chat*", .no_reasoning = true, .max_tokens = "max_completion_tokens"},
    {.pattern = "gpt-5.*", .no_sampling = true, .encrypted = true, .max_tokens = "max_completion_tokens"},
    {.pattern = "gpt-5*",
     .no_sampling = true,
     .encrypted = true,
     .max_tokens = "max_completion_tokens",
     .effort = {"minimal", "low", "medium", "high"}},
    {.pattern = "gpt-[34]*", .no_reasoning = true},
    {.pattern = "chatgpt-4o*", .no_reasoning = true},
    {.pattern = NULL},
};

static const struct openai_model groq_models[] = {
    {.pattern = "*qwen*", .effort = {"none", "default", "default", "default"}},
    {.pattern = "*gpt-oss*", .effort = {"low", "low", "medium", "high"}},
    {.pattern = "*", .no_reasoning = true},
    {.pattern = NULL},
};

/* Most of those that reason refuse to be told how much, and stop sequences:
 * https://docs.x.ai/docs/guides/reasoning. */
static const struct openai_model xai_models[] = {
    {.pattern = "*non-reasoning*", .no_reasoning = true},
    {.pattern = "grok-3-mini*", .no_stop = true, .effort = {"low", "low", "high", "high"}},
    {.pattern = "grok-[23]*", .no_reasoning = true},
    {.pattern = "grok-4.20-multi-agent*", .encrypted = true, .effort = {"low", "low", "medium", "high"}},
    {.pattern = "grok-4", .no_reasoning = true, .no_stop = true, .encrypted = true},
    {.pattern = "grok-4-*", .no_reasoning = true, .no_stop = true, .encrypted = true},
    {.pattern = "grok-4.20*", .no_reasoning = true, .no_stop = true, .encrypted = true},
    {.pattern = "grok-code-*", .no_reasoning = true, .no_stop = true, .encrypted = true},
    {.pattern = "grok-*", .encrypted = true},
    {.pattern = NULL},
};

static const struct openai_model openrouter_models[] = {
    {.pattern = "anthropic/*", .cache_marks = true},
    {.pattern = "openai/o[134]*", .encrypted = true},
    {.pattern = "openai/gpt-5*", .encrypted = true},
    {.pattern = "x-ai/grok-4*", .encrypted = true},
    {.pattern = NULL},
};

/* Newer ones take a word beside thinking; others only whether. */
static const struct openai_model zhipu_models[] = {
    {.pattern = "glm-5.[2-9]*", .effort = {"none", "low", "medium", "high"}},
    {.pattern = NULL},
};

/* By https://openrouter.ai/docs/app-attribution; a section's own header goes before. */
static const char *const openrouter_headers[] = {"HTTP-Referer: http://localhost/askd", "X-Title: askd", NULL};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif
static const struct openai_dialect dialects[] = {
    /* Whoever it is: a model of OpenAI's names is one of OpenAI's. */
    {COMMON, .name = "generic", .audio = OPENAI_AUDIO_OBJECT, .file = OPENAI_FILE_OBJECT, .think_tags = true,
     .models = openai_models, .cost = IN_DOLLARS("pydantic_ai_gateway.cost_estimate")},
    {COMMON, .name = "openai", .gaps = openai_gaps, .max_tokens = "max_completion_tokens", .prompt_cache_key = true,
     .audio = OPENAI_AUDIO_OBJECT, .file = OPENAI_FILE_OBJECT, .tool_id = {1, 40, "_-.:|"},
     .reasoning = OPENAI_REASONING_EFFORT, .models = openai_models},
    {COMMON, .name = "azure", .gaps = openai_gaps, .key_header = "api-key", .audio = OPENAI_AUDIO_OBJECT,
     .file = OPENAI_FILE_OBJECT, .tool_id = {1, 40, "_-.:|"}, .reasoning = OPENAI_REASONING_EFFORT,
     .models = openai_models},
    {COMMON, .name = "deepseek", .gaps = deepseek_gaps, .plain_thoughts = true, .json_schema = false, .images = false,
     .stop_max = 16, .seed = NULL, .reasoning = OPENAI_REASONING_THINKING, .reasoning_back = "reasoning_content",
     .reasoning_with_calls = ""},
    {COMMON, .name = "qwen", .gaps = qwen_gaps, .json_schema = false, .plain_thoughts = true, .audio = OPENAI_AUDIO_URL,
     .reasoning = OPENAI_REASONING_ENABLE},
    {COMMON, .name = "openrouter", .headers = openrouter_headers, .usage_object = true, .cost = IN_DOLLARS("cost"),
     .audio = OPENAI_AUDIO_OBJECT, .file = OPENAI_FILE_OBJECT, .reasoning = OPENAI_REASONING_OBJECT,
     .reasoning_fields = {"reasoning", "reasoning_content"}, .details_back = true, .models = openrouter_models,
     .list = &openrouter_list},
    {COMMON, .name = "mistral", .gaps = mistral_gaps, .seed = "random_seed", .required = "any", .include_usage = false,
     .prompt_cache_key = true, .audio = OPENAI_AUDIO_STRING, .file = OPENAI_FILE_DOCUMENT, .tool_id = {9, 9, ""},
     .reasoning = OPENAI_REASONING_EFFORT, .effort = {"none", "high", "high", "high"}, .list = &mistral_list,
     .embed_encoding = NULL},
    {COMMON, .name = "groq", .max_tokens = "max_completion_tokens", .reasoning = OPENAI_REASONING_EFFORT,
     .reasoning_fields = {"reasoning", "reasoning_content"}, .think_tags = true, .models = groq_models},
    {COMMON, .name = "xai", .reasoning = OPENAI_REASONING_EFFORT, .models = xai_models, .list = &xai_list,
     .cost = {.path = "cost_in_usd_ticks", .parts = 10}},
    {COMMON, .name = "moonshot", .seed = NULL, .required = NULL, .named_tool = false, .stop_max = 5,
     .prompt_cache_key = true, .reasoning = OPENAI_REASONING_THINKING, .effort = {NULL},
     .reasoning_back = "reasoning_content", .reasoning_with_calls = " ", .list = &moonshot_list},
    {COMMON, .name = "zhipu", .seed = NULL, .required = NULL, .named_tool = false, .json_schema = false, .stop_max = 1,
     .reasoning = OPENAI_REASONING_THINKING, .effort = {NULL}, .reasoning_back = "reasoning_content",
     .models = zhipu_models},
    {COMMON, .name = "baichuan", .seed = NULL, .required = NULL, .named_tool = false, .include_usage = false,
     .json_schema = false, .images = false},
    {COMMON, .name = "perplexity", .seed = NULL, .cost = IN_DOLLARS("cost.total_cost"), .include_usage = false,
     .think_tags = true, .embed_path = "/v1/embeddings", .embed_encoding = NULL, .embed_int8 = true},
    {COMMON, .name = "cerebras", .max_tokens = "max_completion_tokens", .images = false,
     .reasoning = OPENAI_REASONING_EFFORT, .reasoning_fields = {"reasoning", "reasoning_content"}, .think_tags = true},
    {COMMON, .name = "huggingface", .think_tags = true},
    {COMMON, .name = "together", .reasoning = OPENAI_REASONING_EFFORT,
     .reasoning_fields = {"reasoning", "reasoning_content"}, .think_tags = true, .list = &together_list},
    {COMMON, .name = "llama.cpp", .gaps = llama_cpp_gaps, .audio = OPENAI_AUDIO_OBJECT, .stop_max = 16,
     .reasoning = OPENAI_REASONING_TEMPLATE, .think_tags = true},
    {COMMON, .name = "vllm", .gaps = marked_gaps, .audio = OPENAI_AUDIO_OBJECT, .stop_max = 16,
     .reasoning = OPENAI_REASONING_TEMPLATE, .think_tags = true},
    {COMMON, .name = "fastchat", .seed = NULL, .required = NULL, .named_tool = false, .include_usage = false,
     .json_schema = false, .think_tags = true},
    {COMMON, .name = "lm-studio", .gaps = marked_gaps, .named_tool = false, .think_tags = true},
    /* The layers in the manner of OpenAI of two that have a grammar of their own. */
    {COMMON, .name = "gemini", .audio = OPENAI_AUDIO_OBJECT, .seed = NULL, .reasoning = OPENAI_REASONING_EFFORT},
    {COMMON, .name = "ollama", .gaps = ollama_layer_gaps, .reasoning = OPENAI_REASONING_EFFORT,
     .reasoning_back = "reasoning", .reasoning_fields = {"reasoning", "reasoning_content"}, .think_tags = true},
};
#pragma GCC diagnostic pop

const struct openai_dialect *openai_dialect_find(const char *name)
{
    if (!name)
        return &dialects[0];
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        if (strcmp(dialects[i].name, name) == 0)
            return &dialects[i];
    }
    return NULL;
}

const char *openai_dialect_name(size_t i)
{
    return i < sizeof dialects / sizeof *dialects ? dialects[i].name : NULL;
}

const struct openai_model *openai_model_find(const struct openai_dialect *d, const char *model)
{
    static const struct openai_model plain;

    for (const struct openai_model *m = d->models; m && m->pattern; m++)
        if (fnmatch(m->pattern, model, 0) == 0)
            return m;
    return &plain;
}

bool openai_takes_sampling(const struct openai_dialect *d, const struct openai_model *m, const struct chat_request *r)
{
    const char *word = r->reasoning == REASONING_OFF ? openai_effort(d, m, r) : NULL;

    return !m->no_sampling || (word && strcmp(word, "none") == 0);
}

const char *openai_effort(const struct openai_dialect *d, const struct openai_model *m, const struct chat_request *r)
{
    const char *word = build_effort(r);
    int level = strcmp(word, "none") == 0     ? OPENAI_OFF
                : strcmp(word, "low") == 0    ? OPENAI_LOW
                : strcmp(word, "medium") == 0 ? OPENAI_MEDIUM
                                              : OPENAI_HIGH;

    return m->effort[OPENAI_HIGH] ? m->effort[level] : d->effort[level];
}
