/* The answers of /api/chat: a JSON object a line, or one alone. */
#include "daemon/provider/ollama.h"
#include "daemon/provider/parser.h"

static const struct scan_rule message_rules[] = {
    SCAN_RULE("content", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("thinking", SCAN_PIECE, .n = SCAN_REASONING),
    SCAN_RULE("role", SCAN_SKIP),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule line_rules[] = {
    SCAN_RULE("message", SCAN_OBJECT, .inner = message_rules, .must = true),
    SCAN_RULE("done", SCAN_FALSE),
    SCAN_RULE("error", SCAN_NULL),
    SCAN_RULE(NULL, SCAN_SKIP),
};

/* "load" and "unload" answer a question that asks nothing. */
static const struct finish_word finish_words[] = {
    {"stop", FINISH_STOP},   {"length", FINISH_LENGTH}, {"load", FINISH_STOP},
    {"unload", FINISH_STOP}, {NULL, FINISH_OTHER},
};

static const struct usage_path usage_paths[] = {
    USAGE_PATH("prompt_eval_count", input_tokens),
    USAGE_PATH("eval_count", output_tokens),
    {NULL, 0},
};

static void take_line(struct provider_parser *p, const char *event, const json_t *root)
{
    const json_t *message = jsonx_object(root, "message");
    struct call_piece piece;
    size_t i;
    json_t *call;

    (void)event;
    parser_reasoning_in(p, message, "thinking");
    parser_text_in(p, message, "content");
    json_array_foreach(json_object_get(message, "tool_calls"), i, call)
    {
        if (p->phase != PHASE_RUNNING)
            return;
        if (calls_read(call, &piece)) {
            piece.index = -1; /* a call comes whole, and some number each from 0 */
            piece.whole = true;
            parser_call(p, piece, NULL);
        }
    }
    if (!json_is_true(json_object_get(root, "done")))
        return;
    parser_usage(root, usage_paths, &p->usage);
    parser_finish(p, finish_words, jsonx_string(root, "done_reason", NULL));
    parser_conclude(p);
}

static void take_whole(struct provider_parser *p, const json_t *root)
{
    if (jsonx_object(root, "message"))
        take_line(p, "message", root);
    else
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no message");
}

const struct grammar ollama_grammar = {
    .framing = FRAMING_LINES, .hot = line_rules, .chunk = take_line, .whole = take_whole};
