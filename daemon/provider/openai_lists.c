#include "daemon/provider/openai_lists.h"

/* Of OpenRouter, Groq, Mistral, vLLM and llama.cpp, in this order. */
#define COMMON                                                                                                         \
    .path = "/models", .key = "data", .id = "id",                                                                      \
    .context_window = {"context_length", "context_window", "max_context_length", "max_model_len", "meta.n_ctx_train"}, \
    .max_output = {"top_provider.max_completion_tokens", "max_completion_tokens"},                                     \
    .input = "architecture.input_modalities", .output = "architecture.output_modalities"

const struct list_form openai_list = {COMMON, .title = "name"};

/* https://openrouter.ai/docs/guides/overview/models; a price is a string, of one token. */
static const struct list_mark openrouter_marks[] = {
    {"supported_parameters", "tools", LIST_TOOLS, 0},
    {"supported_parameters", "reasoning", LIST_REASONING, 0},
    {.path = NULL},
};

static const struct list_prices openrouter_prices = {
    .at = "pricing",
    .places = PRICE_PLACES + 6,
    .rates = {"prompt", "completion", "input_cache_read", "input_cache_write", "request", "image", "audio",
              "audio_output"},
    .overrides = "overrides",
};

const struct list_form openrouter_list = {COMMON, .title = "name", .marks = openrouter_marks,
                                          .prices = &openrouter_prices};

/* https://docs.mistral.ai/api/endpoint/models; its name is the id again. */
static const struct list_mark mistral_marks[] = {
    {"capabilities.function_calling", NULL, LIST_TOOLS, 0},
    {"capabilities.reasoning", NULL, LIST_REASONING, 0},
    {"capabilities.vision", NULL, LIST_INPUT, MODALITY_IMAGE},
    {"capabilities.completion_chat", NULL, LIST_OUTPUT, MODALITY_TEXT},
    {.path = NULL},
};

const struct list_form mistral_list = {COMMON, .marks = mistral_marks};

/* https://docs.x.ai/docs/api-reference#list-language-models: a list of its own tells prices, in units of a hundredth of
 * a cent for a million tokens. */
static const struct list_prices xai_prices = {
    .places = PRICE_PLACES - 4,
    .rates = {"prompt_text_token_price", "completion_text_token_price", "cached_prompt_text_token_price"},
    .above = "long_context_threshold",
    .long_rates = {"prompt_text_token_price_long_context", "completion_text_token_price_long_context",
                   "cached_prompt_text_token_price_long_context"},
};

const struct list_form xai_list = {
    .path = "/language-models",
    .key = "models",
    .id = "id",
    .context_window = {"context_length", "max_prompt_length"},
    .input = "input_modalities",
    .output = "output_modalities",
    .prices = &xai_prices,
};

/* https://platform.moonshot.ai/docs/api/list-models */
static const struct list_mark moonshot_marks[] = {
    {"supports_image_in", NULL, LIST_INPUT, MODALITY_IMAGE},
    {"supports_video_in", NULL, LIST_INPUT, MODALITY_VIDEO},
    {"supports_reasoning", NULL, LIST_REASONING, 0},
    {.path = NULL},
};

const struct list_form moonshot_list = {COMMON, .marks = moonshot_marks};

/* https://docs.together.ai/reference/models-1: a bare list; a price is a number, of a million tokens. */
static const struct list_mark together_marks[] = {
    {"type", "chat", LIST_OUTPUT, MODALITY_TEXT},           {"type", "language", LIST_OUTPUT, MODALITY_TEXT},
    {"type", "code", LIST_OUTPUT, MODALITY_TEXT},           {"type", "image", LIST_OUTPUT, MODALITY_IMAGE},
    {"type", "embedding", LIST_OUTPUT, MODALITY_EMBEDDING}, {.path = NULL},
};

static const struct list_prices together_prices = {
    .at = "pricing", .places = PRICE_PLACES, .rates = {"input", "output", "cached_input"}};

const struct list_form together_list = {COMMON, .title = "display_name", .marks = together_marks,
                                        .prices = &together_prices};
