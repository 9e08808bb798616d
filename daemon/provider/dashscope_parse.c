/* The answers of DashScope's text and multimodal generation. */
#include "daemon/provider/dashscope.h"
#include "daemon/provider/parser.h"
#include <string.h>

static const struct scan_word no_reason[] = {{"null", SCAN_OTHER}, {NULL, SCAN_OTHER}};
static const struct scan_rule message_rules[] = {
    SCAN_RULE("content", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("reasoning_content", SCAN_PIECE, .n = SCAN_REASONING),
    SCAN_RULE("role", SCAN_SKIP),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule choice_rules[] = {
    SCAN_RULE("message", SCAN_OBJECT, .inner = message_rules),
    SCAN_RULE("finish_reason", SCAN_WORD, .words = no_reason),
    SCAN_RULE("index", SCAN_ZERO),
    SCAN_RULE(NULL, SCAN_SKIP),
};
static const struct scan_rule output_rules[] = {
    SCAN_RULE("choices", SCAN_LIST, .inner = choice_rules),
    SCAN_RULE("text", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("finish_reason", SCAN_WORD, .words = no_reason),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
/* Usage stands in every event, and the last, which has a reason, is parsed in full. */
static const struct scan_rule event_rules[] = {
    SCAN_RULE("output", SCAN_OBJECT, .inner = output_rules, .must = true),
    SCAN_RULE("code", SCAN_NOTHING),
    SCAN_RULE(NULL, SCAN_SKIP),
};

static const struct finish_word finish_words[] = {
    {"stop", FINISH_STOP},
    {"length", FINISH_LENGTH},
    {"tool_calls", FINISH_TOOL_CALLS},
    {"content_filter", FINISH_CONTENT_FILTER},
    {NULL, FINISH_OTHER},
};

static const struct usage_path usage_paths[] = {
    USAGE_PATH("input_tokens", input_tokens),
    USAGE_PATH("output_tokens", output_tokens),
    USAGE_PATH("prompt_tokens_details.cached_tokens", cached_input_tokens),
    USAGE_PATH("prompt_tokens_details.cache_creation_input_tokens", cache_write_tokens),
    USAGE_PATH("output_tokens_details.reasoning_tokens", reasoning_tokens),
    USAGE_PATH("audio_tokens", input_audio_tokens),
    USAGE_PATH("input_tokens_details.audio_tokens", input_audio_tokens),
    USAGE_PATH("output_tokens_details.audio_tokens", output_audio_tokens),
    USAGE_PATH("image_count", images),
    {NULL, 0},
};

/* The text is a string, or of a model that sees, a list of {text} or {image}. */
static void take_message(struct provider_parser *p, const json_t *message)
{
    struct call_piece piece;
    size_t i;
    json_t *element;

    parser_reasoning_in(p, message, "reasoning_content");
    parser_text_in(p, message, "content");
    json_array_foreach(json_object_get(message, "content"), i, element) parser_text_in(p, element, "text");
    json_array_foreach(json_object_get(message, "tool_calls"), i, element)
    {
        if (p->phase == PHASE_RUNNING && calls_read(element, &piece))
            parser_call(p, piece, NULL);
    }
}

static void take_reason(struct provider_parser *p, const json_t *obj)
{
    const char *reason = jsonx_string(obj, "finish_reason", NULL);

    if (reason && strcmp(reason, "null") != 0)
        parser_finish(p, finish_words, reason);
}

static void take_event(struct provider_parser *p, const char *event, const json_t *root)
{
    const json_t *output = jsonx_object(root, "output"),
                 *choice = json_array_get(json_object_get(output, "choices"), 0);

    (void)event;
    parser_text_in(p, output, "text");
    take_message(p, jsonx_object(choice, "message"));
    parser_usage(jsonx_object(root, "usage"), usage_paths, &p->usage);
    take_reason(p, output);
    take_reason(p, choice);
}

/* {code, message, request_id} */
static bool is_error(const json_t *root, const char *event)
{
    return parser_is_error(root, event) || (!jsonx_get(root, "output") && jsonx_string(root, "code", NULL));
}

static void take_whole(struct provider_parser *p, const json_t *root)
{
    take_event(p, "message", root);
    if (!jsonx_object(root, "output"))
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no output");
}

const struct grammar dashscope_grammar = {
    .framing = FRAMING_SSE, .hot = event_rules, .chunk = take_event, .whole = take_whole, .is_error = is_error};
