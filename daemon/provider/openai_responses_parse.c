/* The answers of the Responses API: items, streamed in events that say how each grows. An item is known by its
 * output_index: ids change under way behind some. What an item holds counts where its growing was not told. */
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/openai_responses.h"
#include "daemon/provider/parser.h"
#include <string.h>

/* Items, by output_index, of which such a piece was seen: what they say, think, sum up, ask for; the whole thought;
 * what they drew. */
enum { SEEN_TEXT, SEEN_REASONING, SEEN_SUMMARY, SEEN_ARGUMENTS, SEEN_THOUGHT, SEEN_IMAGE };

static const struct scan_word event_types[] = {
    {"response.output_text.delta", SCAN_TEXT},
    {"response.reasoning_text.delta", SCAN_REASONING},
    {"response.function_call_arguments.delta", SCAN_ARGUMENTS},
    {NULL, SCAN_OTHER},
};
static const struct scan_rule event_rules[] = {
    SCAN_RULE("type", SCAN_WORD, .words = event_types, .must = true),
    SCAN_RULE("delta", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("output_index", SCAN_INDEX),
    SCAN_RULE("error", SCAN_NULL),
    SCAN_RULE(NULL, SCAN_SKIP),
};

static const struct finish_word finish_words[] = {
    {"completed", FINISH_STOP},    {"max_output_tokens", FINISH_LENGTH},
    {"max_tokens", FINISH_LENGTH}, {"content_filter", FINISH_CONTENT_FILTER},
    {NULL, FINISH_OTHER},
};

/* ------------------------------------------------------------------------------------------------ what was seen */

static bool in_bounds(struct provider_parser *p, int64_t index)
{
    if (index >= PARSER_SET_MAX)
        parser_fail(p, ERR_TOO_LARGE, "the provider's answer holds more items than the daemon reads");
    return p->phase == PHASE_RUNNING;
}

/* Who tells no index has one item. */
static void see(struct provider_parser *p, int what, int64_t index)
{
    index = index < 0 ? 0 : index;
    if (in_bounds(p, index))
        p->seen[what].bits[index / 64] |= UINT64_C(1) << index % 64;
}

static bool was_seen(struct provider_parser *p, int what, int64_t index)
{
    index = index < 0 ? 0 : index;
    return !in_bounds(p, index) || (p->seen[what].bits[index / 64] >> index % 64 & 1);
}

static void hot_taken(struct provider_parser *p, enum scan_kind kind, const struct scan_found *found)
{
    if (kind == SCAN_TEXT)
        see(p, SEEN_TEXT, found->index);
    else if (kind == SCAN_REASONING)
        see(p, SEEN_REASONING, found->index);
    else if (kind == SCAN_ARGUMENTS)
        see(p, SEEN_ARGUMENTS, found->index);
}

/* ------------------------------------------------------------------------------------------------ items */

static void take_refusal(struct provider_parser *p, const json_t *obj, const char *key)
{
    size_t len;
    const char *s = jsonx_string(obj, key, &len);

    if (s)
        parser_refusal(p, s, len);
}

static void take_message(struct provider_parser *p, int64_t index, const json_t *item)
{
    size_t i;
    json_t *part;

    if (was_seen(p, SEEN_TEXT, index))
        return;
    see(p, SEEN_TEXT, index);
    json_array_foreach(json_object_get(item, "content"), i, part)
    {
        parser_text_in(p, part, "text");
        take_refusal(p, part, "refusal");
    }
}

/* What the model thought, or else its summary; and the item itself, if it can be of use again: its secret, or the
 * thought of a model that has none. */
static void take_reasoning(struct provider_parser *p, int64_t index, const json_t *item)
{
    const json_t *content = json_object_get(item, "content"), *summary = json_object_get(item, "summary");
    bool thought = json_array_size(content) > 0;
    size_t i;
    json_t *part;

    if (was_seen(p, SEEN_THOUGHT, index))
        return;
    see(p, SEEN_THOUGHT, index);
    if (!was_seen(p, SEEN_REASONING, index) && !was_seen(p, SEEN_SUMMARY, index))
        json_array_foreach(thought ? content : summary, i, part) parser_reasoning_in(p, part, "text");
    if (thought || jsonx_get(item, "encrypted_content"))
        parser_opaque_reasoning(p, NULL, json_deep_copy(item));
}

static void take_call(struct provider_parser *p, int64_t index, const json_t *item)
{
    struct call_piece piece = {
        .index = index, .id = jsonx_string(item, "call_id", NULL), .name = jsonx_string(item, "name", NULL)};
    const char *arguments = jsonx_string(item, "arguments", &piece.arguments_len);

    if (arguments && piece.arguments_len > 0 && !was_seen(p, SEEN_ARGUMENTS, index)) {
        piece.arguments = arguments;
        see(p, SEEN_ARGUMENTS, index);
    } else {
        piece.arguments_len = 0;
    }
    if (!piece.id)
        piece.id = jsonx_string(item, "id", NULL);
    parser_call(p, piece, NULL);
}

static void take_image(struct provider_parser *p, int64_t index, const json_t *item)
{
    size_t len;
    const char *data = jsonx_string(item, "result", &len), *format = jsonx_string(item, "output_format", NULL);
    char mime[32];

    if (!data)
        return;
    see(p, SEEN_IMAGE, index);
    int n = snprintf(mime, sizeof mime, "image/%.20s", format ? format : "png");
    parser_image(p, mime, (size_t)n, data, len, NULL);
}

/* A whole item. What the provider's own tools did is left out. */
static void take_item(struct provider_parser *p, int64_t index, const json_t *item)
{
    if (jsonx_is(item, "type", "message"))
        take_message(p, index, item);
    else if (jsonx_is(item, "type", "reasoning"))
        take_reasoning(p, index, item);
    else if (jsonx_is(item, "type", "function_call"))
        take_call(p, index, item);
    else if (jsonx_is(item, "type", "image_generation_call"))
        take_image(p, index, item);
}

/* ------------------------------------------------------------------------------------------------ the response */

static const struct usage_path usage_paths[] = {
    USAGE_PATH("input_tokens", input_tokens),
    USAGE_PATH("output_tokens", output_tokens),
    USAGE_PATH("input_tokens_details.cached_tokens", cached_input_tokens),
    USAGE_PATH("input_tokens_details.cache_write_tokens", cache_write_tokens),
    USAGE_PATH("output_tokens_details.reasoning_tokens", reasoning_tokens),
    USAGE_PATH("server_side_tool_usage_details.image_generation_calls", images), /* of xAI */
    {NULL, 0},
};

/* Nothing was told of any item. */
static bool nothing_seen(const struct provider_parser *p)
{
    static const struct parser_set empty;
    bool any = p->calls.n > 0;

    for (size_t i = 0; i < sizeof p->seen / sizeof *p->seen; i++)
        any |= memcmp(&p->seen[i], &empty, sizeof empty) != 0;
    return !any;
}

static void take_output(struct provider_parser *p, const json_t *response)
{
    size_t i;
    json_t *item;

    json_array_foreach(json_object_get(response, "output"), i, item)
    {
        if (p->phase == PHASE_RUNNING)
            take_item(p, (int64_t)i, item);
    }
}

/* The response as it ended. */
static void take_response(struct provider_parser *p, const json_t *response)
{
    const char *status = jsonx_string(response, "status", NULL);
    const char *why = jsonx_string(json_object_get(response, "incomplete_details"), "reason", NULL);
    const json_t *usage = json_object_get(response, "usage");

    if (jsonx_object(response, "error")) {
        parser_fail_inside(p, response);
        return;
    }
    if (status && strcmp(status, "failed") == 0)
        parser_fail(p, ERR_BAD_RESPONSE, "the provider failed and gave no reason");
    parser_usage(usage, usage_paths, &p->usage);
    parser_cost(usage, &p->dialect->cost, &p->usage);
    parser_finish(p, finish_words, why ? why : status);
    parser_conclude(p);
}

/* What may be told in the midst and is not hot. */
static void take_delta(struct provider_parser *p, const char *type, int64_t index, const json_t *root)
{
    struct call_piece piece = {.index = index};

    if (strcmp(type, "response.output_text.delta") == 0) {
        parser_text_in(p, root, "delta");
        see(p, SEEN_TEXT, index);
    } else if (strcmp(type, "response.refusal.delta") == 0) {
        take_refusal(p, root, "delta");
        see(p, SEEN_TEXT, index);
    } else if (strcmp(type, "response.reasoning_text.delta") == 0) {
        parser_reasoning_in(p, root, "delta");
        see(p, SEEN_REASONING, index);
    } else if (strcmp(type, "response.reasoning_summary_text.delta") == 0 && !was_seen(p, SEEN_REASONING, index)) {
        parser_reasoning_in(p, root, "delta");
        see(p, SEEN_SUMMARY, index);
    } else if (strcmp(type, "response.function_call_arguments.delta") == 0 && calls_known(&p->calls, index)) {
        piece.arguments = jsonx_string(root, "delta", &piece.arguments_len);
        parser_call(p, piece, NULL);
        see(p, SEEN_ARGUMENTS, index);
    } else if (strcmp(type, "response.function_call_arguments.done") == 0 && calls_known(&p->calls, index) &&
               !was_seen(p, SEEN_ARGUMENTS, index)) {
        piece.arguments = jsonx_string(root, "arguments", &piece.arguments_len);
        parser_call(p, piece, NULL);
        see(p, SEEN_ARGUMENTS, index);
    }
}

/* What a stream tells at its end alone counts too. */
static void take_end(struct provider_parser *p, const json_t *response)
{
    if (nothing_seen(p) && !jsonx_object(response, "error"))
        take_output(p, response);
    take_response(p, response);
}

static void take_event(struct provider_parser *p, const char *event, const json_t *root)
{
    const char *type = jsonx_string(root, "type", NULL);
    const json_t *item = jsonx_object(root, "item"), *response = jsonx_object(root, "response");
    int64_t index = 0;

    if (!type)
        type = event;
    jsonx_integer(root, "output_index", &index);
    if (strcmp(type, "response.output_item.added") == 0 && jsonx_is(item, "type", "function_call"))
        take_call(p, index, item);
    else if (strcmp(type, "response.output_item.done") == 0)
        take_item(p, index, item);
    else if (strcmp(type, "response.completed") == 0 || strcmp(type, "response.incomplete") == 0 ||
             strcmp(type, "response.failed") == 0)
        take_end(p, response);
    else
        take_delta(p, type, index, root);
}

static bool is_error(const json_t *root, const char *event)
{
    return parser_is_error(root, event) || jsonx_is(root, "type", "error");
}

static void take_whole(struct provider_parser *p, const json_t *root)
{
    take_output(p, root);
    if (!json_is_array(json_object_get(root, "output")))
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no output");
    take_response(p, root);
}

const struct grammar openai_responses_grammar = {.framing = FRAMING_SSE,
                                                 .hot = event_rules,
                                                 .begun_calls = true,
                                                 .hot_taken = hot_taken,
                                                 .chunk = take_event,
                                                 .whole = take_whole,
                                                 .is_error = is_error};
