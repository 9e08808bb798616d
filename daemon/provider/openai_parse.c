/* The answers of the chat grammar. */
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_details.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/parser.h"
#include <string.h>

static const struct scan_rule function_rules[] = {
    SCAN_RULE("arguments", SCAN_PIECE, .n = SCAN_ARGUMENTS),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule call_rules[] = {
    SCAN_RULE("index", SCAN_INDEX),
    SCAN_RULE("function", SCAN_OBJECT, .inner = function_rules),
    SCAN_RULE("type", SCAN_SKIP),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule delta_rules[] = {
    SCAN_RULE("content", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("reasoning_content", SCAN_PIECE, .n = SCAN_REASONING),
    SCAN_RULE("reasoning", SCAN_PIECE, .n = SCAN_REASONING),
    SCAN_RULE("role", SCAN_SKIP),
    SCAN_RULE("tool_calls", SCAN_LIST, .inner = call_rules),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule choice_rules[] = {
    SCAN_RULE("delta", SCAN_OBJECT, .inner = delta_rules),
    SCAN_RULE("index", SCAN_ZERO),
    SCAN_RULE("finish_reason", SCAN_NULL),
    SCAN_RULE("message", SCAN_NULL),
    SCAN_RULE("error", SCAN_NULL),
    SCAN_RULE(NULL, SCAN_SKIP),
};
static const struct scan_rule chunk_rules[] = {
    SCAN_RULE("choices", SCAN_LIST, .inner = choice_rules, .must = true),
    SCAN_RULE("usage", SCAN_NULL),
    SCAN_RULE("error", SCAN_NULL),
    SCAN_RULE("x_groq", SCAN_NULL),
    SCAN_RULE(NULL, SCAN_SKIP),
};

/* ------------------------------------------------------------------------------------------------ usage, finish */

static const struct usage_path usage_paths[] = {
    USAGE_PATH("prompt_tokens", input_tokens),
    USAGE_PATH("cached_tokens", cached_input_tokens),
    USAGE_PATH("num_cached_tokens", cached_input_tokens),
    USAGE_PATH("prompt_cache_hit_tokens", cached_input_tokens),
    USAGE_PATH("prompt_tokens_details.cached_tokens", cached_input_tokens),
    USAGE_PATH("prompt_tokens_details.cache_creation_input_tokens", cache_write_tokens),
    USAGE_PATH("prompt_tokens_details.cache_write_tokens", cache_write_tokens),
    USAGE_PATH("audio_prompt_tokens", input_audio_tokens),
    USAGE_PATH("prompt_tokens_details.audio_tokens", input_audio_tokens),
    USAGE_PATH("completion_tokens_details.reasoning_tokens", reasoning_tokens),
    USAGE_PATH("completion_tokens_details.audio_tokens", output_audio_tokens),
    {NULL, 0},
};

/* The last one counts: some repeat it, growing, in every chunk. */
void openai_take_usage(struct provider_parser *p, const json_t *u)
{
    struct usage *to = &p->usage;
    int64_t completion, total;

    parser_usage(u, usage_paths, to);
    parser_cost(u, &p->dialect->cost, to);
    if (!parser_count(u, "completion_tokens", &completion))
        return;
    to->output_tokens = completion;
    /* Where the total says so, the reasoning stands beside the completion. */
    int64_t beside = parser_sum(completion, to->reasoning_tokens);
    if (to->reasoning_tokens > 0 && parser_count(u, "total_tokens", &total) && to->input_tokens >= 0 &&
        total == parser_sum(to->input_tokens, beside))
        to->output_tokens = beside;
}

const struct finish_word openai_finish_words[] = {
    {"stop", FINISH_STOP},
    {"eos", FINISH_STOP},
    {"eos_token", FINISH_STOP},
    {"stop_sequence", FINISH_STOP},
    {"length", FINISH_LENGTH},
    {"model_length", FINISH_LENGTH},
    {"model_context_window_exceeded", FINISH_LENGTH},
    {"tool_calls", FINISH_TOOL_CALLS},
    {"function_call", FINISH_TOOL_CALLS},
    {"content_filter", FINISH_CONTENT_FILTER},
    {"sensitive", FINISH_CONTENT_FILTER},
    {NULL, FINISH_OTHER},
};

/* ------------------------------------------------------------------------------------------------ one choice */

/* data:MIME;base64,… ; what lies elsewhere is left out: the daemon fetches nothing on its own. */
static void take_image(struct provider_parser *p, const json_t *image)
{
    size_t len = 0;
    const json_t *told = jsonx_object(image, "image_url");
    const char *url = told ? jsonx_string(told, "url", &len) : jsonx_string(image, "image_url", &len);
    static const char mark[] = ";base64,";
    const char *sep = url && strncmp(url, "data:", 5) == 0 ? strstr(url, mark) : NULL;

    if (sep)
        parser_image(p, url + 5, (size_t)(sep - url - 5), sep + strlen(mark), len - (size_t)(sep + strlen(mark) - url),
                     NULL);
}

/* A thinking part of a list: its text, or its list of texts. */
static void take_thinking(struct provider_parser *p, const json_t *part)
{
    size_t i, len;
    const char *s = jsonx_string(part, "thinking", &len);
    json_t *piece;

    if (s)
        parser_reasoning(p, s, len);
    json_array_foreach(json_object_get(part, "thinking"), i, piece)
    {
        if ((s = jsonx_string(piece, "text", &len)))
            parser_reasoning(p, s, len);
    }
}

static void take_content_part(struct provider_parser *p, const json_t *part)
{
    size_t len;
    const char *s;

    if (jsonx_is(part, "type", "thinking"))
        take_thinking(p, part);
    else if (jsonx_is(part, "type", "image_url"))
        take_image(p, part);
    else if ((s = jsonx_string(part, "text", &len)))
        parser_text(p, s, len);
}

static void take_content(struct provider_parser *p, const json_t *content)
{
    size_t i;
    json_t *part;

    if (json_is_string(content))
        parser_text(p, json_string_value(content), json_string_length(content));
    json_array_foreach(content, i, part) take_content_part(p, part);
}

/* The same text often stands in several fields: the first that holds any counts. */
static void take_reasoning(struct provider_parser *p, const json_t *delta)
{
    size_t i, len;
    const char *s;
    json_t *detail;

    for (i = 0; i < 2; i++) {
        if ((s = jsonx_string(delta, p->dialect->reasoning_fields[i], &len)) && len > 0) {
            parser_reasoning(p, s, len);
            return;
        }
    }
    json_array_foreach(json_object_get(delta, "reasoning_details"), i, detail)
    {
        if ((s = jsonx_string(detail, "text", &len)) || (s = jsonx_string(detail, "summary", &len)))
            parser_reasoning(p, s, len);
    }
}

/* tool_calls is a list, or the one call itself. The legacy function_call is one without index and id, though some
 * repeat its name. */
static void take_calls(struct provider_parser *p, const json_t *delta)
{
    const json_t *calls = jsonx_get(delta, "tool_calls"), *function = jsonx_object(delta, "function_call");
    size_t n = json_is_array(calls) ? json_array_size(calls) : calls ? 1 : 0;
    struct call_piece piece;

    for (size_t i = 0; i < n && p->phase == PHASE_RUNNING; i++) {
        const json_t *call = json_is_array(calls) ? json_array_get(calls, i) : calls;
        json_t *extra = jsonx_get(call, "extra_content"); /* Gemini's layer puts its signature there */
        if (calls_read(call, &piece))
            parser_call(p, piece, extra ? json_pack("{s:O}", "extra_content", extra) : NULL);
        else
            parser_fail(p, ERR_BAD_RESPONSE, "the provider sent a tool call that cannot be read");
    }
    if (n > 0 || !function)
        return;
    json_t *fragment = json_pack("{s:i, s:O}", "index", 0, "function", function);
    if (calls_read(fragment, &piece))
        parser_call(p, piece, NULL);
    json_decref(fragment);
}

static void take_choice(struct provider_parser *p, const json_t *choice)
{
    const json_t *delta = jsonx_object(choice, "delta");
    size_t i, len;
    json_t *image;

    if (jsonx_object(choice, "error")) { /* OpenRouter's, of the provider behind it */
        parser_fail_inside(p, choice);
        return;
    }
    if (!delta || p->mode == MODE_WHOLE)
        delta = jsonx_object(choice, "message") ? jsonx_object(choice, "message") : delta;
    take_reasoning(p, delta);
    take_content(p, json_object_get(delta, "content"));
    const char *refusal = jsonx_string(delta, "refusal", &len);
    if (refusal)
        parser_refusal(p, refusal, len);
    json_array_foreach(json_object_get(delta, "images"), i, image) take_image(p, image);
    parser_finish(p, openai_finish_words, jsonx_string(choice, "finish_reason", NULL));
    take_calls(p, delta);
    if (p->dialect->details_back && json_is_array(json_object_get(delta, "reasoning_details")))
        parser_keep(p, openai_details_add(&p->kept, json_object_get(delta, "reasoning_details")));
}

/* ------------------------------------------------------------------------------------------------ one chunk */

bool openai_is_error(const json_t *root, const char *event)
{
    if (parser_is_error(root, event))
        return true;
    return !json_object_get(root, "choices") && !jsonx_object(root, "usage") &&
           (jsonx_get(root, "message") || jsonx_get(root, "detail"));
}

static void take_chunk(struct provider_parser *p, const char *event, const json_t *root)
{
    size_t i;
    json_t *choice;

    (void)event;
    if (!json_is_object(root)) {
        parser_fail(p, ERR_BAD_RESPONSE, "the provider sent JSON that is not an object");
        return;
    }
    json_array_foreach(json_object_get(root, "choices"), i, choice)
    {
        int64_t index = 0;
        if (jsonx_integer(choice, "index", &index) ? index != 0 : i > 0)
            continue;
        take_choice(p, choice);
        if (p->phase != PHASE_RUNNING)
            return;
    }
    const json_t *usage = jsonx_object(root, "usage"), *groq = jsonx_object(root, "x_groq");
    openai_take_usage(p, usage ? usage : jsonx_object(groq, "usage"));
    if (parser_is_error(groq, "")) /* why the stream stops early */
        parser_fail_inside(p, groq);
}

static void take_whole(struct provider_parser *p, const json_t *root)
{
    take_chunk(p, "message", root);
    if (json_array_size(json_object_get(root, "choices")) == 0)
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no choices");
}

static void take_end(struct provider_parser *p)
{
    json_t *details = openai_details_joined(p->kept);

    if (details)
        parser_opaque_reasoning(p, NULL, json_pack("{s:o}", "reasoning_details", details));
}

const struct grammar openai_chat_grammar = {
    .framing = FRAMING_SSE,
    .hot = chunk_rules,
    .done_mark = true,
    .chunk = take_chunk,
    .whole = take_whole,
    .end = take_end,
    .is_error = openai_is_error,
};
