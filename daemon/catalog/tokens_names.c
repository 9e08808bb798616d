/* Families of tokenizers and what they are called, and which family a model's name tells of. */
#include "daemon/catalog/tokens.h"
#include "lib/base/names.h"
#include <ctype.h>
#include <strings.h>

static const char *const names[] = {
#define X(code, name) [code] = name,
    TOKEN_FAMILY_MAP(X)
#undef X
};

/* The first that stands in a model's name at the beginning of a word decides: what was distilled into another model
 * stands before what it was distilled from, a longer name before its own beginning. */
static const struct {
    const char *word;
    enum token_family family;
} words[] = {
    {"distill-llama", TOKENS_LLAMA},
    {"distill-qwen", TOKENS_QWEN},
    {"claude", TOKENS_CLAUDE},
    {"gemini", TOKENS_GEMINI},
    {"gemma", TOKENS_GEMINI},
    {"learnlm", TOKENS_GEMINI},
    {"gpt-4o", TOKENS_O200K},
    {"gpt-4.", TOKENS_O200K},
    {"gpt-4", TOKENS_CL100K},
    {"gpt-3", TOKENS_CL100K}, /* and Azure's gpt-35 */
    {"text-embedding", TOKENS_CL100K},
    {"gpt-", TOKENS_O200K}, /* 5 and later, oss, audio, realtime */
    {"chatgpt-4o", TOKENS_O200K},
    {"codex", TOKENS_O200K},
    {"o1", TOKENS_O200K},
    {"o3", TOKENS_O200K},
    {"o4", TOKENS_O200K},
    {"deepseek", TOKENS_DEEPSEEK},
    {"qwen", TOKENS_QWEN},
    {"qwq", TOKENS_QWEN},
    {"qvq", TOKENS_QWEN},
    {"llama", TOKENS_LLAMA},
    {"mistral", TOKENS_MISTRAL},
    {"ministral", TOKENS_MISTRAL},
    {"magistral", TOKENS_MISTRAL},
    {"mixtral", TOKENS_MISTRAL},
    {"codestral", TOKENS_MISTRAL},
    {"devstral", TOKENS_MISTRAL},
    {"pixtral", TOKENS_MISTRAL},
    {"voxtral", TOKENS_MISTRAL},
    {"command", TOKENS_COHERE},
    {"c4ai", TOKENS_COHERE},
    {"aya", TOKENS_COHERE},
    {"grok", TOKENS_GROK},
};

const char *tokens_family_name(enum token_family f)
{
    return names[f];
}

static bool has_word(const char *name, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = name; *p; p++) {
        if (tolower((unsigned char)*p) != *word) /* most go no further, at each question */
            continue;
        bool first = p == name || !isalnum((unsigned char)p[-1]);
        if (first && strncasecmp(p, word, len) == 0)
            return true;
    }
    return false;
}

enum token_family tokens_family_of_model(const char *name)
{
    for (size_t i = 0; i < NAMES_COUNT(words); i++) {
        if (has_word(name, words[i].word))
            return words[i].family;
    }
    return TOKENS_GENERIC;
}
