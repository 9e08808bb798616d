#include "lib/base/usual_keys.h"
#include <string.h>

const struct usual_key usual_keys[] = {
    {USUAL_KEY_OPENAI, "GPT"},
    {USUAL_KEY_ANTHROPIC, "Claude"},
    {USUAL_KEY_GEMINI, "Google's Gemini"},
    {USUAL_KEY_DEEPSEEK, "DeepSeek"},
    {USUAL_KEY_OPENROUTER, "most models, one key"},
    {USUAL_KEY_DASHSCOPE, "Alibaba's Qwen"},
    {USUAL_KEY_MISTRAL, "Mistral"},
    {USUAL_KEY_GROQ, "open models"},
    {USUAL_KEY_XAI, "Grok"},
    {USUAL_KEY_COHERE, "Command"},
    {USUAL_KEY_MOONSHOT, "Kimi"},
    {USUAL_KEY_ZHIPU, "GLM"},
    {USUAL_KEY_PERPLEXITY, "Sonar, with search"},
    {USUAL_KEY_CEREBRAS, "open models"},
    {USUAL_KEY_TOGETHER, "open models"},
    {NULL, NULL, NULL},
};

const struct usual_key *usual_key_find(const char *provider, size_t len)
{
    for (const struct usual_key *k = usual_keys; k->provider; k++)
        if (strlen(k->provider) == len && memcmp(k->provider, provider, len) == 0)
            return k;
    return NULL;
}
