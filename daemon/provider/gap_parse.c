/* The answers to gaps that are no answers of a chat. */
#include "daemon/provider/gap.h"
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/parser.h"

static bool is_object(struct provider_parser *p, const json_t *root)
{
    if (!json_is_object(root))
        parser_fail(p, ERR_BAD_RESPONSE, "the provider sent JSON that is not an object");
    return json_is_object(root);
}

/* ------------------------------------------------------------------------------------------------ choices */

static void take_choices(struct provider_parser *p, const char *event, const json_t *root)
{
    size_t i;
    json_t *choice;

    (void)event;
    if (!is_object(p, root))
        return;
    json_array_foreach(json_object_get(root, "choices"), i, choice)
    {
        int64_t index = 0;
        if (jsonx_integer(choice, "index", &index) ? index != 0 : i > 0)
            continue;
        parser_text_in(p, choice, "text");
        parser_finish(p, openai_finish_words, jsonx_string(choice, "finish_reason", NULL));
    }
    openai_take_usage(p, jsonx_object(root, "usage"));
}

static void take_whole_choices(struct provider_parser *p, const json_t *root)
{
    take_choices(p, "message", root);
    if (json_array_size(json_object_get(root, "choices")) == 0)
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no choices");
}

const struct grammar openai_text_grammar = {.framing = FRAMING_SSE,
                                            .done_mark = true,
                                            .chunk = take_choices,
                                            .whole = take_whole_choices,
                                            .is_error = openai_is_error};

/* ------------------------------------------------------------------------------------------------ /api/generate */

static const struct finish_word ollama_finish_words[] = {
    {"stop", FINISH_STOP},   {"length", FINISH_LENGTH}, {"load", FINISH_STOP},
    {"unload", FINISH_STOP}, {NULL, FINISH_OTHER},
};

static const struct usage_path ollama_usage_paths[] = {
    USAGE_PATH("prompt_eval_count", input_tokens),
    USAGE_PATH("eval_count", output_tokens),
    {NULL, 0},
};

static void take_line(struct provider_parser *p, const char *event, const json_t *root)
{
    (void)event;
    if (!is_object(p, root))
        return;
    parser_text_in(p, root, "response");
    if (!json_is_true(json_object_get(root, "done")))
        return;
    parser_usage(root, ollama_usage_paths, &p->usage);
    parser_finish(p, ollama_finish_words, jsonx_string(root, "done_reason", NULL));
    parser_conclude(p);
}

static void take_whole_line(struct provider_parser *p, const json_t *root)
{
    if (jsonx_get(root, "response"))
        take_line(p, "message", root);
    else
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no response");
}

const struct grammar ollama_text_grammar = {.framing = FRAMING_LINES, .chunk = take_line, .whole = take_whole_line};

/* ------------------------------------------------------------------------------------------------ /infill */

static const struct finish_word infill_finish_words[] = {
    {"eos", FINISH_STOP}, {"word", FINISH_STOP}, {"none", FINISH_STOP}, {"limit", FINISH_LENGTH}, {NULL, FINISH_OTHER},
};

static const struct usage_path infill_usage_paths[] = {
    USAGE_PATH("tokens_evaluated", input_tokens),
    USAGE_PATH("tokens_predicted", output_tokens),
    {NULL, 0},
};

/* Older ones say in a member of its own that it is the bound that was reached. */
static void take_infill(struct provider_parser *p, const char *event, const json_t *root)
{
    (void)event;
    if (!is_object(p, root))
        return;
    parser_text_in(p, root, "content");
    if (!json_is_true(json_object_get(root, "stop")))
        return;
    const char *why = jsonx_string(root, "stop_type", NULL);
    parser_usage(root, infill_usage_paths, &p->usage);
    parser_finish(p, infill_finish_words,
                  why                                                    ? why
                  : json_is_true(json_object_get(root, "stopped_limit")) ? "limit"
                                                                         : "eos");
    parser_conclude(p);
}

static void take_whole_infill(struct provider_parser *p, const json_t *root)
{
    if (jsonx_get(root, "content"))
        take_infill(p, "message", root);
    else
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no content");
}

const struct grammar infill_grammar = {
    .framing = FRAMING_SSE, .done_mark = true, .chunk = take_infill, .whole = take_whole_infill};
