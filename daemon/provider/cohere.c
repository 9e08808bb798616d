/* A question as Cohere's chat wants it. */
#include "daemon/provider/cohere.h"
#include "daemon/provider/build.h"
#include "daemon/provider/embed.h"
#include "daemon/provider/list.h"
#include "daemon/provider/openai_messages.h"
#include <fnmatch.h>
#include <string.h>

#define STOP_MAX 5
#define REASONS "*reasoning*" /* who can think; others refuse to be told */

/* The plan of a turn that called. */
static void put_plan(struct builder *b, json_t *out, const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        json_t *opaque = m->parts[i].kind == PART_REASONING ? opaque_of(&m->parts[i], b->host) : NULL;
        json_t *plan = jsonx_get(opaque, "tool_plan");
        if (plan && json_object_get(out, "tool_calls"))
            json_object_set(out, "tool_plan", plan);
        json_decref(opaque);
    }
}

static void put_thinking(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;
    bool off = r->reasoning == REASONING_OFF;

    if (r->reasoning == REASONING_DEFAULT)
        return;
    if (fnmatch(REASONS, b->target->model, 0) != 0) {
        if (!off)
            build_leave_out(b, "reasoning");
        return;
    }
    json_t *thinking = json_object();
    build_set_string(b, thinking, "type", off ? "disabled" : "enabled");
    if (!off)
        build_set(b, thinking, "token_budget", json_integer(build_budget(r)));
    build_set(b, body, "thinking", thinking);
}

static void put_tools(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;

    build_set(b, body, "tools", build_tools(b, "function", "parameters"));
    if (r->tool_choice == TOOL_CHOICE_REQUIRED || r->tool_choice == TOOL_CHOICE_NONE)
        build_set_string(b, body, "tool_choice", r->tool_choice == TOOL_CHOICE_NONE ? "NONE" : "REQUIRED");
    if (r->tool_choice == TOOL_CHOICE_NAMED)
        build_leave_out(b, "tool_choice");
}

static enum error_code build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                             struct buf *left_out, struct error *err)
{
    struct openai_messages grammar = {
        .system_role = "system", .images = true, .tool_id = {1, 64, "_-"}, .earlier = put_plan};
    static const struct option_names option_names = {"temperature",    "p",     "max_tokens", "seed",
                                                     "stop_sequences", STOP_MAX};
    static const char *const reserved[] = {"max_tokens", "temperature",     "p",           "stop_sequences", "seed",
                                           "tools",      "response_format", "tool_choice", "thinking",       NULL};
    struct builder b;

    if (!build_begin(&b, &cohere_ops, t, r, x, left_out, err))
        return b.code;
    bool words = r->n_tools > 0; /* tools and JSON mode exclude each other */
    grammar.schema_words = words;
    json_t *body = json_object();
    build_set_string(&b, body, "model", t->model);
    build_set(&b, body, "messages", openai_messages(&b, &grammar));
    build_set(&b, body, "stream", json_true());
    if (r->n_tools > 0)
        put_tools(&b, body);
    if (r->schema && !words)
        build_set(&b, body, "response_format",
                  build_typed(&b, "json_object", "json_schema", build_value(&b, r->schema, "schema")));
    build_options(&b, body, &option_names);
    put_thinking(&b, body);
    return build_end(&b, &cohere_ops, cohere_ops.path, body, reserved, x);
}

/* https://docs.cohere.com/reference/list-models */
static const struct list_mark marks[] = {
    {"endpoints", "chat", LIST_OUTPUT, MODALITY_TEXT},     {"endpoints", "embed", LIST_OUTPUT, MODALITY_EMBEDDING},
    {"supports_vision", NULL, LIST_INPUT, MODALITY_IMAGE}, {"features", "tools", LIST_TOOLS, 0},
    {"features", "reasoning", LIST_REASONING, 0},          {.path = NULL},
};

static const struct list_form list = {
    .path = "/v1/models?page_size=1000",
    .key = "models",
    .page = "page_token",
    .next = "next_page_token",
    .id = "name",
    .context_window = {"context_length"},
    .marks = marks,
};

/* https://docs.cohere.com/reference/embed; it wants to know what the vectors are for: to be looked up later. */
static json_t *embed_body(const struct provider_target *t, const struct openai_dialect *d, json_t *texts)
{
    (void)d;
    return json_pack("{s:s, s:o, s:s, s:[s]}", "model", t->model, "texts", texts, "input_type", "search_document",
                     "embedding_types", "float");
}

static const struct embed_form embed = {
    .path = "/v2/embed", .body = embed_body, .list = {"embeddings.float"}, .tokens = "meta.billed_units.input_tokens"};

const struct provider_ops cohere_ops = {
    .api = "cohere",
    .usual_url = "https://api.cohere.com",
    .path = "/v2/chat",
    .accept = "text/event-stream, application/json",
    .list = &list,
    .embed = &embed,
    .grammar = &cohere_grammar,
    .build = build,
};
