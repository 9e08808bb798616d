#include "daemon/provider/provider.h"
#include <string.h>

#define CHAT "openai-chat"

const struct provider_builtin provider_builtins[] = {
    {"openai", "OPENAI_API_KEY", CHAT, "openai", "https://api.openai.com/v1", "gpt-4o-mini", 0},
    {"anthropic", "ANTHROPIC_API_KEY", "anthropic", NULL, "https://api.anthropic.com", "claude-haiku-4-5", 0},
    {"gemini", "GEMINI_API_KEY", "gemini", NULL, "https://generativelanguage.googleapis.com", "gemini-2.5-flash", 0},
    {"deepseek", "DEEPSEEK_API_KEY", CHAT, "deepseek", "https://api.deepseek.com", "deepseek-chat", 0},
    {"openrouter", "OPENROUTER_API_KEY", CHAT, "openrouter", "https://openrouter.ai/api/v1", "openrouter/auto", 0},
    {"dashscope", "DASHSCOPE_API_KEY", CHAT, "qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen-plus",
     0},
    {"mistral", "MISTRAL_API_KEY", CHAT, "mistral", "https://api.mistral.ai/v1", "mistral-small-latest", 0},
    {"groq", "GROQ_API_KEY", CHAT, "groq", "https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", 0},
    {"xai", "XAI_API_KEY", CHAT, "xai", "https://api.x.ai/v1", "grok-3-mini", 0},
    {"cohere", "COHERE_API_KEY", "cohere", NULL, "https://api.cohere.com", "command-a-03-2025", 0},
    {"moonshot", "MOONSHOT_API_KEY", CHAT, "moonshot", "https://api.moonshot.ai/v1", "kimi-latest", 0},
    {"zhipu", "ZHIPUAI_API_KEY", CHAT, "zhipu", "https://open.bigmodel.cn/api/paas/v4", "glm-4.5-flash", 0},
    {"perplexity", "PERPLEXITY_API_KEY", CHAT, "perplexity", "https://api.perplexity.ai", "sonar", 0},
    {"cerebras", "CEREBRAS_API_KEY", CHAT, "cerebras", "https://api.cerebras.ai/v1", "gpt-oss-120b", 0},
    {"together", "TOGETHER_API_KEY", CHAT, "together", "https://api.together.xyz/v1", "openai/gpt-oss-20b", 0},
    {"ollama", NULL, "ollama", NULL, "http://127.0.0.1:11434", NULL, 11434},
    {"llama.cpp", NULL, CHAT, "llama.cpp", "http://127.0.0.1:8080/v1", NULL, 8080},
    {.name = NULL},
};

const struct provider_builtin *provider_builtin_find(const char *name, size_t len)
{
    for (const struct provider_builtin *b = provider_builtins; b->name; b++)
        if (strlen(b->name) == len && memcmp(b->name, name, len) == 0)
            return b;
    return NULL;
}
