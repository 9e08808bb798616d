#include "lib/base/usual_keys.h"
#include <string.h>

const struct usual_key usual_keys[] = {
    {USUAL_KEY_OPENAI},     {USUAL_KEY_ANTHROPIC}, {USUAL_KEY_GEMINI},   {USUAL_KEY_DEEPSEEK},
    {USUAL_KEY_OPENROUTER}, {USUAL_KEY_DASHSCOPE}, {USUAL_KEY_MISTRAL},  {USUAL_KEY_GROQ},
    {USUAL_KEY_XAI},        {USUAL_KEY_COHERE},    {USUAL_KEY_MOONSHOT}, {USUAL_KEY_ZHIPU},
    {USUAL_KEY_PERPLEXITY}, {USUAL_KEY_CEREBRAS},  {USUAL_KEY_TOGETHER}, {NULL, NULL},
};

const struct usual_key *usual_key_find(const char *provider, size_t len)
{
    for (const struct usual_key *k = usual_keys; k->provider; k++)
        if (strlen(k->provider) == len && memcmp(k->provider, provider, len) == 0)
            return k;
    return NULL;
}
