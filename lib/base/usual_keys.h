/* The environment variables in which the keys of providers usually stand. One table for the daemon, which takes keys
 * from them, and its clients, which import them. */
#ifndef ASKD_BASE_USUAL_KEYS_H
#define ASKD_BASE_USUAL_KEYS_H

#include <stddef.h>

/* A provider's name and its variable, as the first two members of a row. */
#define USUAL_KEY_OPENAI "openai", "OPENAI_API_KEY"
#define USUAL_KEY_ANTHROPIC "anthropic", "ANTHROPIC_API_KEY"
#define USUAL_KEY_GEMINI "gemini", "GEMINI_API_KEY"
#define USUAL_KEY_DEEPSEEK "deepseek", "DEEPSEEK_API_KEY"
#define USUAL_KEY_OPENROUTER "openrouter", "OPENROUTER_API_KEY"
#define USUAL_KEY_DASHSCOPE "dashscope", "DASHSCOPE_API_KEY"
#define USUAL_KEY_MISTRAL "mistral", "MISTRAL_API_KEY"
#define USUAL_KEY_GROQ "groq", "GROQ_API_KEY"
#define USUAL_KEY_XAI "xai", "XAI_API_KEY"
#define USUAL_KEY_COHERE "cohere", "COHERE_API_KEY"
#define USUAL_KEY_MOONSHOT "moonshot", "MOONSHOT_API_KEY"
#define USUAL_KEY_ZHIPU "zhipu", "ZHIPUAI_API_KEY"
#define USUAL_KEY_PERPLEXITY "perplexity", "PERPLEXITY_API_KEY"
#define USUAL_KEY_CEREBRAS "cerebras", "CEREBRAS_API_KEY"
#define USUAL_KEY_TOGETHER "together", "TOGETHER_API_KEY"

struct usual_key {
    const char *provider, *env;
    const char *what; /* whose models, in a few words for who chooses among providers */
};
extern const struct usual_key usual_keys[]; /* ended by a NULL provider */

/* The row of that provider, NULL if there is none. */
const struct usual_key *usual_key_find(const char *provider, size_t len);

#endif
