/* The answers of generateContent: each chunk of a stream is a whole response, whose parts are joined. */
#include "daemon/provider/gemini.h"
#include "daemon/provider/parser.h"
#include <string.h>

/* What the usage tells; the last word on each counts. */
enum { COUNT_PROMPT, COUNT_TOOL_PROMPT, COUNT_CACHED, COUNT_CANDIDATES, COUNT_THOUGHTS, COUNT_END };

enum { SEEN }; /* holds 0 once there was a candidate */

static const char *const count_names[COUNT_END] = {
    [COUNT_PROMPT] = "promptTokenCount",        [COUNT_TOOL_PROMPT] = "toolUsePromptTokenCount",
    [COUNT_CACHED] = "cachedContentTokenCount", [COUNT_CANDIDATES] = "candidatesTokenCount",
    [COUNT_THOUGHTS] = "thoughtsTokenCount",
};

static const struct scan_rule part_rules[] = {
    SCAN_RULE("text", SCAN_PIECE, .n = SCAN_TEXT),
    SCAN_RULE("thought", SCAN_MARK, .n = SCAN_REASONING),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule content_rules[] = {
    SCAN_RULE("parts", SCAN_LIST, .inner = part_rules),
    SCAN_RULE("role", SCAN_SKIP),
    SCAN_RULE(NULL, SCAN_NOTHING),
};
static const struct scan_rule candidate_rules[] = {
    SCAN_RULE("content", SCAN_OBJECT, .inner = content_rules),
    SCAN_RULE("index", SCAN_ZERO),
    SCAN_RULE("finishReason", SCAN_NULL),
    SCAN_RULE(NULL, SCAN_SKIP),
};
static const struct scan_rule usage_rules[] = {
    SCAN_RULE("promptTokenCount", SCAN_COUNT, .n = COUNT_PROMPT),
    SCAN_RULE("toolUsePromptTokenCount", SCAN_COUNT, .n = COUNT_TOOL_PROMPT),
    SCAN_RULE("cachedContentTokenCount", SCAN_COUNT, .n = COUNT_CACHED),
    SCAN_RULE("candidatesTokenCount", SCAN_COUNT, .n = COUNT_CANDIDATES),
    SCAN_RULE("thoughtsTokenCount", SCAN_COUNT, .n = COUNT_THOUGHTS),
    SCAN_RULE(NULL, SCAN_SKIP),
};
static const struct scan_rule response_rules[] = {
    SCAN_RULE("candidates", SCAN_LIST, .inner = candidate_rules, .must = true),
    SCAN_RULE("usageMetadata", SCAN_OBJECT, .inner = usage_rules),
    SCAN_RULE("promptFeedback", SCAN_NOTHING),
    SCAN_RULE("error", SCAN_NULL),
    SCAN_RULE(NULL, SCAN_SKIP),
};

static const struct finish_word finish_words[] = {
    {"STOP", FINISH_STOP},
    {"MAX_TOKENS", FINISH_LENGTH},
    {"SAFETY", FINISH_CONTENT_FILTER},
    {"RECITATION", FINISH_CONTENT_FILTER},
    {"BLOCKLIST", FINISH_CONTENT_FILTER},
    {"PROHIBITED_CONTENT", FINISH_CONTENT_FILTER},
    {"SPII", FINISH_CONTENT_FILTER},
    {"IMAGE_SAFETY", FINISH_CONTENT_FILTER},
    {"IMAGE_PROHIBITED_CONTENT", FINISH_CONTENT_FILTER},
    {"IMAGE_RECITATION", FINISH_CONTENT_FILTER},
    {"MODEL_ARMOR", FINISH_CONTENT_FILTER},
    {NULL, FINISH_OTHER},
};

/* ------------------------------------------------------------------------------------------------ usage */

/* In the JSON of protocol buffers a count that is not told is 0. */
static int64_t at_least_0(int64_t n)
{
    return n < 0 ? 0 : n;
}

/* Some usage was told. */
static void count(struct provider_parser *p, const int64_t counts[SCAN_COUNTS])
{
    struct usage *u = &p->usage;

    for (size_t i = 0; i < COUNT_END; i++)
        if (counts[i] >= 0)
            p->counts[i] = counts[i];
    u->input_tokens = parser_sum(at_least_0(p->counts[COUNT_PROMPT]), p->counts[COUNT_TOOL_PROMPT]);
    u->cached_input_tokens = p->counts[COUNT_CACHED];
    u->output_tokens = parser_sum(at_least_0(p->counts[COUNT_CANDIDATES]), p->counts[COUNT_THOUGHTS]);
    u->reasoning_tokens = p->counts[COUNT_THOUGHTS];
}

static void hot_taken(struct provider_parser *p, enum scan_kind kind, const struct scan_found *found)
{
    (void)kind;
    if (found->counts[COUNT_PROMPT] >= 0)
        count(p, found->counts);
}

/* Adds the tokens of sound that a list tells of, [{modality, tokenCount}], to *sum, which is -1 at first. */
static void add_sound(const json_t *usage, const char *list, int64_t *sum)
{
    int64_t n;
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(usage, list), i, row)
    {
        if (jsonx_is(row, "modality", "AUDIO") && parser_count(row, "tokenCount", &n))
            *sum = parser_sum(*sum, n);
    }
}

static void take_usage(struct provider_parser *p, const json_t *usage)
{
    int64_t counts[SCAN_COUNTS];

    for (size_t i = 0; i < SCAN_COUNTS; i++)
        counts[i] = -1;
    for (size_t i = 0; i < COUNT_END; i++)
        parser_count(usage, count_names[i], &counts[i]);
    if (!usage)
        return;
    count(p, counts);
    p->usage.input_audio_tokens = p->usage.output_audio_tokens = -1;
    add_sound(usage, "promptTokensDetails", &p->usage.input_audio_tokens);
    add_sound(usage, "toolUsePromptTokensDetails", &p->usage.input_audio_tokens);
    add_sound(usage, "candidatesTokensDetails", &p->usage.output_audio_tokens);
}

/* ------------------------------------------------------------------------------------------------ parts */

static json_t *signature_of(const json_t *part)
{
    json_t *signature = jsonx_get(part, "thoughtSignature");

    return signature ? json_pack("{s:O}", "thoughtSignature", signature) : NULL;
}

static void take_call(struct provider_parser *p, const json_t *part, const json_t *call)
{
    struct call_piece piece = {.index = -1,
                               .whole = true,
                               .id = jsonx_string(call, "id", NULL),
                               .name = jsonx_string(call, "name", NULL),
                               .object = jsonx_object(call, "args")};

    parser_call(p, piece, signature_of(part));
}

static void take_image(struct provider_parser *p, const json_t *part, const json_t *blob)
{
    size_t mime_len = 0, len = 0;
    const char *mime = jsonx_string(blob, "mimeType", &mime_len), *data = jsonx_string(blob, "data", &len);

    if (mime && data && strncmp(mime, "image/", 6) == 0)
        parser_image(p, mime, mime_len, data, len, signature_of(part));
}

/* Code that the provider ran, and its calls of its own tools, are left out. */
static void take_part(struct provider_parser *p, const json_t *part)
{
    const json_t *call = jsonx_object(part, "functionCall"), *blob = jsonx_object(part, "inlineData");
    size_t len;
    const char *text = jsonx_string(part, "text", &len);
    bool thought = json_is_true(json_object_get(part, "thought"));
    json_t *signature = call || blob ? NULL : signature_of(part);

    if (call) {
        take_call(p, part, call);
    } else if (blob) {
        take_image(p, part, blob);
    } else if (text && thought) {
        parser_reasoning(p, text, len);
        parser_opaque_reasoning(p, NULL, signature);
    } else if (signature) {
        parser_opaque_text(p, text, len, signature);
    } else if (text) {
        parser_text(p, text, len);
    }
}

/* ------------------------------------------------------------------------------------------------ responses */

/* A prompt that is blocked has no candidates. */
static void take_feedback(struct provider_parser *p, const json_t *root)
{
    const json_t *feedback = jsonx_object(root, "promptFeedback");
    const char *reason = jsonx_string(feedback, "blockReason", NULL);

    if (!reason || json_array_size(json_object_get(root, "candidates")) > 0)
        return;
    p->finished = true;
    p->finish = FINISH_CONTENT_FILTER;
}

/* Where there are several, a chunk may hold any of them. */
static const json_t *first_candidate(const json_t *candidates)
{
    size_t i;
    json_t *candidate;

    json_array_foreach(candidates, i, candidate)
    {
        int64_t index = 0;
        if (jsonx_integer(candidate, "index", &index) ? index == 0 : i == 0)
            return candidate;
    }
    return NULL;
}

static void take_response(struct provider_parser *p, const char *event, const json_t *root)
{
    const json_t *candidate = first_candidate(json_object_get(root, "candidates"));
    size_t i;
    json_t *part;

    (void)event;
    p->seen[SEEN].bits[0] |= candidate != NULL;
    json_array_foreach(json_object_get(json_object_get(candidate, "content"), "parts"), i, part)
    {
        if (p->phase == PHASE_RUNNING)
            take_part(p, part);
    }
    take_feedback(p, root);
    take_usage(p, jsonx_object(root, "usageMetadata"));
    parser_finish(p, finish_words, jsonx_string(candidate, "finishReason", NULL));
}

/* Without alt=sse the stream is one list of responses. */
static void take_whole(struct provider_parser *p, const json_t *root)
{
    size_t i;
    json_t *response;

    if (json_is_object(root))
        take_response(p, "message", root);
    json_array_foreach(root, i, response)
    {
        if (p->phase == PHASE_RUNNING && parser_is_error(response, "message"))
            parser_fail_inside(p, response);
        else if (p->phase == PHASE_RUNNING)
            take_response(p, "message", response);
    }
    if (!p->finished && !p->seen[SEEN].bits[0])
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no candidates");
}

const struct grammar gemini_grammar = {
    .framing = FRAMING_SSE, .hot = response_rules, .hot_taken = hot_taken, .chunk = take_response, .whole = take_whole};
