#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/provider.h"
#include <string.h>

const struct provider_ops *const provider_adapters[] = {&openai_chat_ops, NULL};

const struct provider_ops *provider_find(const char *api)
{
    for (size_t i = 0; provider_adapters[i]; i++) {
        if (strcmp(provider_adapters[i]->api, api) == 0)
            return provider_adapters[i];
    }
    return NULL;
}

bool provider_dialect_known(const char *api, const char *name)
{
    return strcmp(api, openai_chat_ops.api) == 0 && openai_dialect_find(name) != NULL;
}
