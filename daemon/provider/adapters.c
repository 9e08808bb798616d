#include "daemon/provider/anthropic.h"
#include "daemon/provider/cohere.h"
#include "daemon/provider/dashscope.h"
#include "daemon/provider/gemini.h"
#include "daemon/provider/ollama.h"
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/openai_responses.h"
#include <string.h>

const struct provider_ops *const provider_adapters[] = {
    &openai_chat_ops, &openai_responses_ops, &anthropic_ops, &gemini_ops,
    &ollama_ops,      &cohere_ops,           &dashscope_ops, NULL};

const struct provider_ops *provider_find(const char *api)
{
    for (size_t i = 0; provider_adapters[i]; i++) {
        if (strcmp(provider_adapters[i]->api, api) == 0)
            return provider_adapters[i];
    }
    return NULL;
}

/* Longest first, and whole segments only. */
size_t provider_path_given(const struct provider_ops *ops, const char *base_url)
{
    const char *host = strstr(base_url, "://");
    const char *begin = host ? strchr(host + 3, '/') : NULL;
    size_t len = begin ? strcspn(begin, "?#") : 0;

    if (ops->token_mark && strstr(base_url, ops->token_mark))
        return 0; /* the path is another one there */
    while (len > 0 && begin[len - 1] == '/')
        len--;
    for (size_t n = strlen(ops->path); n > 0; n--) {
        if ((ops->path[n] == '/' || ops->path[n] == '\0') && n <= len && memcmp(begin + len - n, ops->path, n) == 0)
            return n;
    }
    return 0;
}

bool provider_dialect_known(const char *api, const char *name)
{
    const struct provider_ops *ops = provider_find(api);

    return ops && ops->dialects && openai_dialect_find(name) != NULL;
}
