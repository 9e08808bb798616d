/* The answers of Cohere's chat, version 2. */
#include "daemon/provider/cohere.h"
#include "daemon/provider/parser.h"
#include <string.h>

static const struct scan_word event_types[] = {
    {"content-delta", SCAN_OTHER}, {"tool-call-delta", SCAN_OTHER}, {NULL, SCAN_OTHER}};
static const struct scan_rule content_rules[] = {
    SCAN_RULE("text", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("thinking", SCAN_PIECE, .n = SCAN_REASONING),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule function_rules[] = {
    SCAN_RULE("arguments", SCAN_PIECE, .n = SCAN_ARGUMENTS),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule call_rules[] = {
    SCAN_RULE("function", SCAN_OBJECT, .inner = function_rules),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule message_rules[] = {
    SCAN_RULE("content", SCAN_OBJECT, .inner = content_rules),
    SCAN_RULE("tool_calls", SCAN_OBJECT, .inner = call_rules),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule delta_rules[] = {
    SCAN_RULE("message", SCAN_OBJECT, .inner = message_rules),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule event_rules[] = {
    SCAN_RULE("type", SCAN_WORD, .words = event_types, .must = true),
    SCAN_RULE("index", SCAN_INDEX),
    SCAN_RULE("delta", SCAN_OBJECT, .inner = delta_rules),
    SCAN_RULE(NULL, SCAN_NOTHING),
};

static const struct finish_word finish_words[] = {
    {"COMPLETE", FINISH_STOP},      {"STOP_SEQUENCE", FINISH_STOP},   {"MAX_TOKENS", FINISH_LENGTH},
    {"ERROR_LIMIT", FINISH_LENGTH}, {"TOOL_CALL", FINISH_TOOL_CALLS}, {"ERROR_TOXIC", FINISH_CONTENT_FILTER},
    {NULL, FINISH_OTHER},
};

static const struct usage_path usage_paths[] = {
    USAGE_PATH("tokens.input_tokens", input_tokens),
    USAGE_PATH("tokens.output_tokens", output_tokens),
    USAGE_PATH("tokens.reasoning_tokens", reasoning_tokens),
    USAGE_PATH("cached_tokens", cached_input_tokens),
    {NULL, 0},
};

/* What the model means to do with its tools is neither text nor reasoning, but goes back with the calls. Its pieces are
 * joined at the end. */
static void take_plan(struct provider_parser *p, const json_t *message)
{
    json_t *plan = jsonx_get(message, "tool_plan");

    if (json_string_length(plan) == 0)
        return;
    if (!p->kept)
        p->kept = json_array();
    json_array_append(p->kept, plan);
    parser_keep(p, json_string_length(plan) + 64);
}

/* An element of content, or what stands for it in an event. */
static void take_content(struct provider_parser *p, const json_t *content)
{
    parser_text_in(p, content, "text");
    parser_reasoning_in(p, content, "thinking");
}

static void take_call(struct provider_parser *p, int64_t index, const json_t *call)
{
    struct call_piece piece;

    if (!calls_read(call, &piece))
        return;
    piece.index = index;
    parser_call(p, piece, NULL);
}

static void take_message(struct provider_parser *p, const json_t *message)
{
    size_t i;
    json_t *element;

    json_array_foreach(json_object_get(message, "content"), i, element) take_content(p, element);
    json_array_foreach(json_object_get(message, "tool_calls"), i, element)
    {
        if (p->phase == PHASE_RUNNING)
            take_call(p, (int64_t)i, element);
    }
    take_plan(p, message);
}

static void take_event(struct provider_parser *p, const char *event, const json_t *root)
{
    const char *type = jsonx_string(root, "type", NULL);
    const json_t *delta = jsonx_object(root, "delta"), *message = jsonx_object(delta, "message");
    int64_t index = 0;

    if (!type)
        type = event;
    jsonx_integer(root, "index", &index);
    if (strncmp(type, "content-", 8) == 0) {
        take_content(p, jsonx_object(message, "content"));
    } else if (strncmp(type, "tool-call-", 10) == 0) {
        take_call(p, index, jsonx_object(message, "tool_calls"));
    } else if (strcmp(type, "tool-plan-delta") == 0) {
        take_plan(p, message);
    } else if (strcmp(type, "message-end") == 0) {
        parser_usage(json_object_get(delta, "usage"), usage_paths, &p->usage);
        parser_finish(p, finish_words, jsonx_string(delta, "finish_reason", NULL));
        const char *error = jsonx_string(delta, "error", NULL);
        if (error)
            parser_fail_inside(p, delta);
        parser_conclude(p);
    }
}

/* {id, message: "…"} is an error; where message is an object it is an answer. */
static bool is_error(const json_t *root, const char *event)
{
    return parser_is_error(root, event) || json_is_string(json_object_get(root, "message"));
}

static void take_whole(struct provider_parser *p, const json_t *root)
{
    const json_t *message = jsonx_object(root, "message");

    take_message(p, message);
    parser_usage(json_object_get(root, "usage"), usage_paths, &p->usage);
    parser_finish(p, finish_words, jsonx_string(root, "finish_reason", NULL));
    if (!message)
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no message");
}

static void take_end(struct provider_parser *p)
{
    if (p->kept)
        parser_opaque_reasoning(p, NULL, json_pack("{s:o}", "tool_plan", jsonx_join(p->kept)));
}

const struct grammar cohere_grammar = {.framing = FRAMING_SSE,
                                       .hot = event_rules,
                                       .chunk = take_event,
                                       .whole = take_whole,
                                       .end = take_end,
                                       .is_error = is_error};
