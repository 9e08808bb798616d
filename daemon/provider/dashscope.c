/* A question as DashScope wants it. Models that see or hear have an address and a form of content of their own. */
#include "daemon/provider/dashscope.h"
#include "daemon/provider/build.h"
#include "daemon/provider/embed.h"
#include "daemon/provider/list.h"
#include "daemon/provider/openai_messages.h"
#include <fnmatch.h>
#include <string.h>

static const char *const multimodal[] = {"*-vl*", "qvq*", "*-omni*", "*-audio*", "*-ocr*", NULL};

static bool is_multimodal(const char *model)
{
    for (size_t i = 0; multimodal[i]; i++)
        if (fnmatch(multimodal[i], model, 0) == 0)
            return true;
    return false;
}

/* [{type: text, text}, {type: image_url, image_url: {url}}] as [{text}, {image: url}]. */
static void rewrite_content(struct builder *b, json_t *message)
{
    json_t *content = json_object_get(message, "content"), *list = json_array(), *part;
    size_t i;

    if (json_is_string(content) && json_string_length(content) > 0)
        build_append(b, list, json_pack("{s:O}", "text", content));
    json_array_foreach(content, i, part)
    {
        json_t *image = json_object_get(json_object_get(part, "image_url"), "url");
        json_t *audio = json_object_get(json_object_get(part, "input_audio"), "data");
        json_t *text = json_object_get(part, "text");
        if (image || audio || text)
            build_append(b, list,
                         json_pack("{s:O}",
                                   image   ? "image"
                                   : audio ? "audio"
                                           : "text",
                                   image   ? image
                                   : audio ? audio
                                           : text));
    }
    json_object_set(message, "content", list);
    json_decref(list);
}

/* Null is refused. */
static json_t *messages_of(struct builder *b, bool multi)
{
    const struct openai_messages how = {.system_role = "system",
                                        .images = multi,
                                        .audio = multi ? OPENAI_AUDIO_URL : OPENAI_AUDIO_NONE,
                                        .tool_id = {1, 64, "_-"},
                                        .tool_name = true,
                                        .schema_words = true};
    json_t *messages = openai_messages(b, &how), *message;
    size_t i;

    json_array_foreach(messages, i, message)
    {
        if (json_is_null(json_object_get(message, "content")))
            build_set_string(b, message, "content", "");
        if (multi)
            rewrite_content(b, message);
    }
    return messages;
}

static void put_tools(struct builder *b, json_t *to)
{
    const struct chat_request *r = b->request;
    const char *word = build_tool_choice_word(r, NULL);

    build_set(b, to, "tools", build_tools(b, "function", "parameters"));
    if (word)
        build_set_string(b, to, "tool_choice", word);
    else if (r->tool_choice == TOOL_CHOICE_NAMED && !build_reasons(r))
        build_set(b, to, "tool_choice",
                  json_pack("{s:s, s:{s:s}}", "type", "function", "function", "name", r->tool_choice_name));
    else if (r->tool_choice != TOOL_CHOICE_DEFAULT)
        build_leave_out(b, "tool_choice");
}

static json_t *parameters_of(struct builder *b)
{
    static const struct option_names option_names = {"temperature", "top_p", "max_tokens", "seed", "stop", SIZE_MAX};
    const struct chat_request *r = b->request;
    json_t *to = json_object();

    build_set_string(b, to, "result_format", "message");
    build_set(b, to, "incremental_output", json_true());
    if (r->n_tools > 0)
        put_tools(b, to);
    if (r->schema && !build_reasons(r)) /* while it thinks it is told in words alone */
        build_set(b, to, "response_format", json_pack("{s:s}", "type", "json_object"));
    build_options(b, to, &option_names);
    if (r->reasoning != REASONING_DEFAULT)
        build_set(b, to, "enable_thinking", json_boolean(r->reasoning != REASONING_OFF));
    if (r->reasoning == REASONING_BUDGET)
        build_set(b, to, "thinking_budget", json_integer(r->reasoning_budget));
    return to;
}

static enum error_code build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                             struct buf *left_out, struct error *err)
{
    static const char *const reserved[] = {
        "result_format", "incremental_output", "tools", "tool_choice", "response_format", "temperature",
        "top_p",         "max_tokens",         "seed",  "stop",        "prompt",          NULL};
    bool multi = is_multimodal(t->model);
    struct builder b;

    if (!build_begin(&b, &dashscope_ops, t, r, x, left_out, err))
        return b.code;
    json_t *body = json_object();
    build_set_string(&b, body, "model", t->model);
    build_set(&b, body, "input", json_pack("{s:o?}", "messages", messages_of(&b, multi)));
    build_set(&b, body, "parameters", parameters_of(&b));
    return build_end(&b, &dashscope_ops,
                     multi ? "/api/v1/services/aigc/multimodal-generation/generation"
                           : "/api/v1/services/aigc/text-generation/generation",
                     body, reserved, x);
}

static const char *const headers[] = {"X-DashScope-SSE: enable", NULL};

static const struct list_form list = {.path = "/compatible-mode/v1/models", .key = "data", .id = "id"};

const struct provider_ops dashscope_ops = {
    .api = "dashscope",
    .usual_url = "https://dashscope.aliyuncs.com",
    .path = "/api/v1/services/aigc",
    .accept = "text/event-stream, application/json",
    .headers = headers,
    .list = &list,
    .embed = &dashscope_embed,
    .grammar = &dashscope_grammar,
    .build = build,
};
