#include "daemon/provider/openai_dialects.h"
#include <stddef.h>
#include <string.h>

/* What most rows agree on; a row names only what is different, behind this. */
#define COMMON                                                                                                         \
    .max_tokens = "max_tokens", .seed = "seed", .required = "required", .system_role = "system",                       \
    .include_usage = true, .json_schema = true, .reasoning_fields = {"reasoning_content", "reasoning"}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif
static const struct openai_dialect dialects[] = {
    {COMMON, .name = "generic", .think_tags = true},
    {COMMON, .name = "openai", .max_tokens = "max_completion_tokens", .reasoning = OPENAI_REASONING_EFFORT},
    {COMMON, .name = "deepseek", .json_schema = false, .reasoning = OPENAI_REASONING_THINKING,
     .reasoning_back = "reasoning_content"},
    {COMMON, .name = "qwen", .reasoning = OPENAI_REASONING_ENABLE},
    {COMMON, .name = "openrouter", .reasoning = OPENAI_REASONING_OBJECT,
     .reasoning_fields = {"reasoning", "reasoning_content"}},
    {COMMON, .name = "mistral", .seed = "random_seed", .required = "any", .include_usage = false,
     .reasoning = OPENAI_REASONING_HIGH},
    {COMMON, .name = "groq", .max_tokens = "max_completion_tokens", .reasoning = OPENAI_REASONING_EFFORT,
     .reasoning_fields = {"reasoning", "reasoning_content"}, .think_tags = true},
    {COMMON, .name = "xai", .reasoning = OPENAI_REASONING_EFFORT},
    {COMMON, .name = "gemini", .reasoning = OPENAI_REASONING_EFFORT},
    {COMMON, .name = "ollama", .reasoning = OPENAI_REASONING_EFFORT,
     .reasoning_fields = {"reasoning", "reasoning_content"}, .think_tags = true},
    {COMMON, .name = "llama.cpp", .think_tags = true},
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
