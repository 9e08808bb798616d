/* The answers of the Messages API: content blocks, streamed in events whose names are also their types. */
#include "daemon/provider/anthropic.h"
#include "daemon/provider/parser.h"
#include <string.h>

/* What of the input was counted beside the rest. */
enum { COUNT_INPUT, COUNT_READ, COUNT_WRITTEN };

static const struct scan_word delta_types[] = {
    {"text_delta", SCAN_OTHER}, {"thinking_delta", SCAN_OTHER}, {"input_json_delta", SCAN_OTHER}, {NULL, SCAN_OTHER}};
static const struct scan_word event_types[] = {
    {"content_block_delta", SCAN_OTHER}, {"ping", SCAN_OTHER}, {NULL, SCAN_OTHER}};
static const struct scan_rule delta_rules[] = {
    SCAN_RULE("type", SCAN_WORD, .words = delta_types),
    SCAN_RULE("text", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("thinking", SCAN_PIECE, .n = SCAN_REASONING),
    SCAN_RULE("partial_json", SCAN_PIECE, .n = SCAN_ARGUMENTS),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule event_rules[] = {
    SCAN_RULE("type", SCAN_WORD, .words = event_types, .must = true),
    SCAN_RULE("index", SCAN_INDEX),
    SCAN_RULE("delta", SCAN_OBJECT, .inner = delta_rules),
    SCAN_RULE(NULL, SCAN_NOTHING),
};

static const struct finish_word finish_words[] = {
    {"end_turn", FINISH_STOP},       {"stop_sequence", FINISH_STOP},
    {"max_tokens", FINISH_LENGTH},   {"model_context_window_exceeded", FINISH_LENGTH},
    {"tool_use", FINISH_TOOL_CALLS}, {"pause_turn", FINISH_PAUSE},
    {"refusal", FINISH_REFUSAL},     {NULL, FINISH_OTHER},
};

/* ------------------------------------------------------------------------------------------------ usage */

static const struct usage_path usage_paths[] = {
    USAGE_PATH("output_tokens", output_tokens),
    USAGE_PATH("output_tokens_details.thinking_tokens", reasoning_tokens),
    {NULL, 0},
};

/* Input is told without what the cache read and wrote; the last word on each figure counts. */
static void take_usage(struct provider_parser *p, const json_t *u)
{
    int64_t *counts = p->counts;

    parser_count(u, "input_tokens", &counts[COUNT_INPUT]);
    parser_count(u, "cache_read_input_tokens", &counts[COUNT_READ]);
    parser_count(u, "cache_creation_input_tokens", &counts[COUNT_WRITTEN]);
    parser_usage(u, usage_paths, &p->usage);
    p->usage.cached_input_tokens = counts[COUNT_READ];
    p->usage.cache_write_tokens = counts[COUNT_WRITTEN];
    p->usage.input_tokens = parser_sum(parser_sum(counts[COUNT_INPUT], counts[COUNT_READ]), counts[COUNT_WRITTEN]);
}

/* ------------------------------------------------------------------------------------------------ blocks */

/* Some tell all of the input where its block begins, and nothing after it; some tell it again. */
static void keep_input(struct provider_parser *p, int64_t index, const json_t *input)
{
    if (!p->kept)
        p->kept = json_array();
    json_array_append_new(p->kept, json_pack("{s:I, s:O}", "index", (json_int_t)index, "input", input));
}

static void take_end(struct provider_parser *p)
{
    size_t i;
    json_t *kept;

    json_array_foreach(p->kept, i, kept)
    {
        struct call_piece piece = {.index = json_integer_value(json_object_get(kept, "index")),
                                   .object = json_object_get(kept, "input")};
        if (calls_bare(&p->calls, piece.index))
            parser_call(p, piece, NULL);
    }
}

/* A block whole, or as it begins. Tools that the provider runs itself are not the client's to call, and so on: blocks
 * of other types are left out. */
static void take_block(struct provider_parser *p, int64_t index, const json_t *block, bool whole)
{
    const json_t *input = jsonx_object(block, "input");

    if (jsonx_is(block, "type", "text")) {
        parser_text_in(p, block, "text");
    } else if (jsonx_is(block, "type", "thinking")) {
        const char *signature = jsonx_string(block, "signature", NULL);
        parser_reasoning_in(p, block, "thinking");
        if (signature && *signature)
            parser_opaque_reasoning(p, signature, json_object());
    } else if (jsonx_is(block, "type", "redacted_thinking")) {
        parser_opaque_reasoning(p, NULL, json_deep_copy(block));
    } else if (jsonx_is(block, "type", "tool_use")) {
        struct call_piece piece = {.index = index,
                                   .id = jsonx_string(block, "id", NULL),
                                   .name = jsonx_string(block, "name", NULL),
                                   .object = whole ? input : NULL};
        parser_call(p, piece, NULL);
        if (!whole && json_object_size(input) > 0)
            keep_input(p, index, input);
    }
}

static void take_delta(struct provider_parser *p, int64_t index, const json_t *delta)
{
    const char *signature = jsonx_string(delta, "signature", NULL);
    struct call_piece piece = {.index = index};

    parser_text_in(p, delta, "text");
    parser_reasoning_in(p, delta, "thinking");
    piece.arguments = jsonx_string(delta, "partial_json", &piece.arguments_len);
    if (piece.arguments && calls_known(&p->calls, index))
        parser_call(p, piece, NULL);
    if (signature && *signature)
        parser_opaque_reasoning(p, signature, json_object());
}

static void take_message(struct provider_parser *p, const json_t *message)
{
    const json_t *content = json_object_get(message, "content");
    size_t i;
    json_t *block;

    json_array_foreach(content, i, block)
    {
        if (p->phase == PHASE_RUNNING)
            take_block(p, (int64_t)i, block, true);
    }
    take_usage(p, json_object_get(message, "usage"));
    parser_finish(p, finish_words, jsonx_string(message, "stop_reason", NULL));
}

/* ------------------------------------------------------------------------------------------------ events */

static void take_event(struct provider_parser *p, const char *event, const json_t *root)
{
    const char *type = jsonx_string(root, "type", NULL);
    int64_t index = -1;

    if (!type)
        type = event;
    jsonx_integer(root, "index", &index);
    if (strcmp(type, "message_start") == 0) {
        take_message(p, json_object_get(root, "message"));
    } else if (strcmp(type, "content_block_start") == 0) {
        take_block(p, index, json_object_get(root, "content_block"), false);
    } else if (strcmp(type, "content_block_delta") == 0) {
        take_delta(p, index, jsonx_object(root, "delta"));
    } else if (strcmp(type, "message_delta") == 0) {
        take_usage(p, json_object_get(root, "usage"));
        parser_finish(p, finish_words, jsonx_string(json_object_get(root, "delta"), "stop_reason", NULL));
    } else if (strcmp(type, "message_stop") == 0) {
        parser_conclude(p);
    }
}

static bool is_error(const json_t *root, const char *event)
{
    return parser_is_error(root, event) || jsonx_is(root, "type", "error");
}

static void take_whole(struct provider_parser *p, const json_t *root)
{
    if (json_is_array(json_object_get(root, "content")))
        take_message(p, root);
    else
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no content");
}

const struct grammar anthropic_grammar = {.framing = FRAMING_SSE,
                                          .hot = event_rules,
                                          .begun_calls = true,
                                          .chunk = take_event,
                                          .whole = take_whole,
                                          .end = take_end,
                                          .is_error = is_error};
