#include "daemon/provider/openai_chat.h"
#include "daemon/provider/embed.h"
#include "daemon/provider/openai_lists.h"

const struct provider_ops openai_chat_ops = {
    .api = "openai-chat",
    .dialects = true,
    .path = "/chat/completions",
    .accept = "text/event-stream, application/json",
    .list = &openai_list,
    .embed = &openai_embed,
    .grammar = &openai_chat_grammar,
    .build = openai_chat_build,
};
