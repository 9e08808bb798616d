#include "daemon/provider/provider.h"
#include "lib/base/usual_keys.h"
#include <string.h>

#define CHAT "openai-chat"

const struct provider_builtin provider_builtins[] = {
    {USUAL_KEY_OPENAI, CHAT, "openai", "https://api.openai.com/v1", 0},
    {USUAL_KEY_ANTHROPIC, "anthropic", NULL, "https://api.anthropic.com", 0},
    {USUAL_KEY_GEMINI, "gemini", NULL, "https://generativelanguage.googleapis.com", 0},
    {USUAL_KEY_DEEPSEEK, CHAT, "deepseek", "https://api.deepseek.com", 0},
    {USUAL_KEY_OPENROUTER, CHAT, "openrouter", "https://openrouter.ai/api/v1", 0},
    {USUAL_KEY_DASHSCOPE, CHAT, "qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1", 0},
    {USUAL_KEY_MISTRAL, CHAT, "mistral", "https://api.mistral.ai/v1", 0},
    {USUAL_KEY_GROQ, CHAT, "groq", "https://api.groq.com/openai/v1", 0},
    {USUAL_KEY_XAI, CHAT, "xai", "https://api.x.ai/v1", 0},
    {USUAL_KEY_COHERE, "cohere", NULL, "https://api.cohere.com", 0},
    {USUAL_KEY_MOONSHOT, CHAT, "moonshot", "https://api.moonshot.ai/v1", 0},
    {USUAL_KEY_ZHIPU, CHAT, "zhipu", "https://open.bigmodel.cn/api/paas/v4", 0},
    {USUAL_KEY_PERPLEXITY, CHAT, "perplexity", "https://api.perplexity.ai", 0},
    {USUAL_KEY_CEREBRAS, CHAT, "cerebras", "https://api.cerebras.ai/v1", 0},
    {USUAL_KEY_TOGETHER, CHAT, "together", "https://api.together.xyz/v1", 0},
    {"ollama", NULL, "ollama", NULL, "http://127.0.0.1:11434", 11434},
    {"llama.cpp", NULL, CHAT, "llama.cpp", "http://127.0.0.1:8080/v1", 8080},
    {.name = NULL},
};

const struct provider_builtin *provider_builtin_find(const char *name, size_t len)
{
    for (const struct provider_builtin *b = provider_builtins; b->name; b++)
        if (strlen(b->name) == len && memcmp(b->name, name, len) == 0)
            return b;
    return NULL;
}
