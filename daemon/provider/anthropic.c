/* A question as the Messages API wants it. */
#include "daemon/provider/anthropic.h"
#include "daemon/provider/build.h"
#include "daemon/provider/list.h"
#include "daemon/provider/schema.h"
#include <fnmatch.h>
#include <string.h>

/* How a model is told to think. */
enum thinking {
    THINKING_NONE,
    THINKING_BUDGET,   /* thinking: {type: enabled, budget_tokens} */
    THINKING_EITHER,   /* either: a budget as a budget, a word as a word */
    THINKING_ADAPTIVE, /* thinking: {type: adaptive}, output_config: {effort} */
};

/* Which of temperature and top_p a model takes. */
enum sampling { SAMPLING_BOTH, SAMPLING_ONE, SAMPLING_NONE };

#define BUDGET_MIN 1024 /* of thinking */

/* max_tokens must be told: the most that a model can write, where the question does not say. By
 * https://docs.claude.com/en/docs/about-claude/models. The first pattern that fits counts. */
static const struct model {
    const char *pattern;
    int64_t max_output;
    enum thinking thinking;
    enum sampling sampling;
    bool schemas; /* it can be held to one */
} models[] = {
    {"claude-3-5-*", 8192, THINKING_NONE, SAMPLING_BOTH, false},
    {"claude-3-7-*", 64000, THINKING_BUDGET, SAMPLING_BOTH, false},
    {"claude-3-*", 4096, THINKING_NONE, SAMPLING_BOTH, false},
    {"claude-2*", 4096, THINKING_NONE, SAMPLING_BOTH, false},
    {"claude-*-4-5*", 64000, THINKING_BUDGET, SAMPLING_ONE, true},
    {"claude-*-4-6*", 64000, THINKING_EITHER, SAMPLING_ONE, true},
    {"claude-*-4-[789]*", 64000, THINKING_ADAPTIVE, SAMPLING_NONE, true},
    {"claude-opus-4-1*", 32000, THINKING_BUDGET, SAMPLING_ONE, true},
    {"claude-opus-4*", 32000, THINKING_BUDGET, SAMPLING_BOTH, false},
    {"claude-*-4*", 64000, THINKING_BUDGET, SAMPLING_BOTH, false},
    {"claude-*", 64000, THINKING_ADAPTIVE, SAMPLING_NONE, true},
    {"*", 8192, THINKING_BUDGET, SAMPLING_BOTH, true},
};

static const struct id_rule id_rule = {1, 64, "_-"};

static const struct model *model_find(const char *name)
{
    const struct model *m = models;

    while (fnmatch(m->pattern, name, 0) != 0 && strcmp(m->pattern, "*") != 0)
        m++;
    return m;
}

/* ------------------------------------------------------------------------------------------------ blocks */

static json_t *source_of(struct builder *b, const struct part *p, const char *mime)
{
    json_t *source = json_object();

    build_set_string(b, source, "type", p->data ? "base64" : "url");
    if (p->data) {
        build_set_string(b, source, "media_type", p->mime ? p->mime : mime);
        build_set(b, source, "data", build_base64(b, "", p));
    } else {
        build_set_string(b, source, "url", p->url);
    }
    return source;
}

static json_t *document(struct builder *b, const struct part *p)
{
    json_t *block = build_typed(b, "document", "source", source_of(b, p, "application/pdf"));

    if (p->name)
        build_set_string(b, block, "title", p->name);
    return block;
}

static json_t *tool_use(struct builder *b, const struct part *p)
{
    json_t *block = build_typed(b, "tool_use", "id", build_tool_id(&id_rule, p->id));

    build_set_string(b, block, "name", p->name ? p->name : "");
    build_set(b, block, "input", build_arguments(p));
    return block;
}

static json_t *tool_result(struct builder *b, const struct part *p)
{
    json_t *block = build_typed(b, "tool_result", "tool_use_id", build_tool_id(&id_rule, p->id));

    build_set(b, block, "content", build_text(p));
    if (p->is_error)
        build_set(b, block, "is_error", json_true());
    return block;
}

/* Only what was signed here, or sealed, may go back. */
static json_t *thinking(struct builder *b, const struct part *p)
{
    json_t *opaque = opaque_of(p, b->host), *block = NULL;

    if (jsonx_is(opaque, "type", "redacted_thinking"))
        return opaque;
    if (p->signature && (opaque || !p->opaque)) {
        block = build_typed(b, "thinking", "thinking", build_text(p));
        build_set_string(b, block, "signature", p->signature);
    }
    json_decref(opaque);
    return block;
}

/* NULL for what has no place here. */
static json_t *block_of(struct builder *b, const struct message *m, const struct part *p)
{
    bool own = m->role == ROLE_ASSISTANT;

    switch (p->kind) {
    case PART_TEXT: /* one of blanks is refused, though models write such before a call */
        return build_is_blank(p) ? NULL : build_typed(b, "text", "text", build_text(p));
    case PART_IMAGE:
        if (!own)
            return build_typed(b, "image", "source", source_of(b, p, "image/png"));
        break;
    case PART_FILE:
        if (!own)
            return document(b, p);
        break;
    case PART_AUDIO: break;
    case PART_TOOL_CALL: return own ? tool_use(b, p) : NULL;
    case PART_TOOL_RESULT: return own ? NULL : tool_result(b, p);
    case PART_REASONING: return own ? thinking(b, p) : NULL;
    }
    build_no_part(b, m, part_kind_name(p->kind));
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ turns */

static bool is_result(const json_t *block)
{
    return jsonx_is(block, "type", "tool_result");
}

/* Results come first in their turn. */
static void add_blocks(struct builder *b, json_t *content, const struct message *m)
{
    bool any = false;

    for (size_t i = 0; i < m->n_parts; i++) {
        json_t *block = block_of(b, m, &m->parts[i]);
        any |= block != NULL;
        if (block && m->parts[i].kind == PART_TOOL_RESULT)
            build_add_result(b, content, block, is_result);
        else if (block)
            build_append(b, content, block);
    }
    json_t *note = any ? NULL : build_placeholder(m);
    if (note)
        build_append(b, content, build_typed(b, "text", "text", note));
}

/* ------------------------------------------------------------------------------------------------ caching */

/* The prefix up to a block that bears this is kept for five minutes; it is cheaper to read than to tell again. */
static void mark(struct builder *b, json_t *block)
{
    if (block)
        build_cache_mark(b, block);
}

/* What was said before the question will be said again. Thinking cannot bear the mark. */
static void mark_stable(struct builder *b, const json_t *messages)
{
    size_t n = json_array_size(messages);
    const json_t *content = n >= 2 ? json_object_get(json_array_get(messages, n - 2), "content") : NULL;

    for (size_t i = json_array_size(content); i-- > 0;) {
        json_t *block = json_array_get(content, i);
        const char *type = jsonx_string(block, "type", NULL);
        if (type && !strstr(type, "thinking")) {
            mark(b, block);
            return;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ options */

/* words: the schema of the answer, where it is told so; NULL if not. Takes them. */
static void put_system(struct builder *b, json_t *body, json_t *words)
{
    json_t *system = build_system(b), *list = json_array();

    if (system)
        build_append(b, list, build_typed(b, "text", "text", system));
    if (words)
        build_append(b, list, build_typed(b, "text", "text", words));
    mark(b, json_array_get(list, json_array_size(list) - 1));
    if (json_array_size(list) > 0)
        json_object_set(body, "system", list);
    json_decref(list);
}

/* A model that can be held to a schema wants its objects closed. Else it is told in words, which are returned. */
static json_t *put_schema(struct builder *b, json_t *config, const struct model *model)
{
    if (!b->request->schema)
        return NULL;
    json_t *schema = build_value(b, b->request->schema, "schema");
    if (model->schemas && schema_close(schema)) {
        build_set(b, config, "format", build_typed(b, "json_schema", "schema", schema));
        return NULL;
    }
    json_decref(schema);
    return build_schema_words(b);
}

static void put_tools(struct builder *b, json_t *body)
{
    json_t *tools = build_tools(b, NULL, "input_schema"), *tool;
    size_t i;

    json_array_foreach(tools, i, tool)
    {
        if (!json_object_get(tool, "input_schema")) /* must be told */
            build_set(b, tool, "input_schema", json_pack("{s:s}", "type", "object"));
    }
    mark(b, json_array_get(tools, json_array_size(tools) - 1));
    build_set(b, body, "tools", tools);
}

static bool is_named(const json_t *tools, const char *name)
{
    size_t i;
    json_t *tool;

    json_array_foreach(tools, i, tool)
    {
        if (jsonx_is(tool, "name", name))
            return true;
    }
    return false;
}

/* Calls that were made are refused where no tools are told, as where a conversation goes on without them: what was
 * called is told again, and may not be called. */
static void put_tools_called(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;
    json_t *tools = json_array();

    for (size_t i = 0; i < r->n_messages; i++) {
        for (size_t j = 0; j < r->messages[i].n_parts; j++) {
            const struct part *p = &r->messages[i].parts[j];
            if (p->kind == PART_TOOL_CALL && p->name && !is_named(tools, p->name))
                build_append(b, tools, json_pack("{s:s, s:{s:s}}", "name", p->name, "input_schema", "type", "object"));
        }
    }
    if (json_array_size(tools) > 0) {
        json_object_set(body, "tools", tools);
        build_set(b, body, "tool_choice", json_pack("{s:s}", "type", "none"));
    }
    json_decref(tools);
}

static void put_tool_choice(struct builder *b, json_t *body, bool thinks)
{
    const struct chat_request *r = b->request;
    const char *word = build_tool_choice_word(r, "any");
    bool forced = r->tool_choice == TOOL_CHOICE_NAMED || r->tool_choice == TOOL_CHOICE_REQUIRED;

    if (r->tool_choice == TOOL_CHOICE_DEFAULT)
        return;
    if (forced && thinks) { /* refused together */
        build_leave_out(b, "tool_choice");
        return;
    }
    json_t *choice = json_object();
    build_set_string(b, choice, "type", word ? word : "tool");
    if (!word)
        build_set_string(b, choice, "name", r->tool_choice_name);
    build_set(b, body, "tool_choice", choice);
}

/* In a tool loop the turn that called must begin with its thinking, which only this host can have made. */
static bool may_think(const struct builder *b)
{
    const struct chat_request *r = b->request;
    size_t i = r->n_messages;

    while (i > 0 && r->messages[i - 1].role != ROLE_ASSISTANT)
        i--;
    if (i == 0 || i == r->n_messages || !build_holds(&r->messages[i], PART_TOOL_RESULT))
        return true;
    const struct message *m = &r->messages[i - 1];
    for (size_t j = 0; j < m->n_parts; j++)
        if (m->parts[j].kind == PART_REASONING && (m->parts[j].signature || m->parts[j].opaque) &&
            opaque_is_for(&m->parts[j], b->host))
            return true;
    return !build_holds(m, PART_TOOL_CALL);
}

/* Returns whether it is told to think. */
static bool put_thinking(struct builder *b, json_t *body, const struct model *model, int64_t max_tokens, json_t *config)
{
    const struct chat_request *r = b->request;
    int64_t budget = build_budget(r);

    if (r->reasoning == REASONING_DEFAULT)
        return false;
    if (r->reasoning == REASONING_OFF) {
        if (model->thinking != THINKING_NONE)
            build_set(b, body, "thinking", json_pack("{s:s}", "type", "disabled"));
        return false;
    }
    if (model->thinking == THINKING_ADAPTIVE ||
        (model->thinking == THINKING_EITHER && r->reasoning != REASONING_BUDGET)) {
        build_set(b, body, "thinking", json_pack("{s:s}", "type", "adaptive"));
        build_set_string(b, config, "effort", build_effort(r));
        return true;
    }
    budget = budget < max_tokens ? budget : max_tokens - 1;
    if (model->thinking == THINKING_NONE || budget < BUDGET_MIN || !may_think(b)) {
        build_leave_out(b, "reasoning");
        return false;
    }
    build_set(b, body, "thinking", json_pack("{s:s, s:I}", "type", "enabled", "budget_tokens", (json_int_t)budget));
    return true;
}

static void put_options(struct builder *b, json_t *body, enum sampling takes)
{
    bool first = takes != SAMPLING_NONE, both = first && (takes == SAMPLING_BOTH || !b->request->has_temperature);
    const struct option_names names = {.temperature = first ? "temperature" : NULL,
                                       .top_p = both ? "top_p" : NULL,
                                       .max_tokens = "max_tokens",
                                       .stop = "stop_sequences",
                                       .stop_max = SIZE_MAX};

    build_options(b, body, &names);
}

static enum error_code build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                             struct buf *left_out, struct error *err)
{
    static const char *const reserved[] = {"max_tokens", "system",         "temperature", "top_p", "tools",
                                           "thinking",   "stop_sequences", "tool_choice", NULL};
    const struct model *model = model_find(t->model);
    int64_t max_tokens = r->has_max_tokens ? r->max_tokens : model->max_output;
    struct builder b;

    if (!build_begin(&b, &anthropic_ops, t, r, x, left_out, err))
        return b.code;
    json_t *body = json_object(), *config = json_object(),
           *messages = build_turns(&b, "assistant", "content", add_blocks);
    build_set_string(&b, body, "model", t->model);
    build_set(&b, body, "max_tokens", json_integer(max_tokens));
    build_set(&b, body, "stream", json_true());
    put_system(&b, body, put_schema(&b, config, model));
    mark_stable(&b, messages);
    build_set(&b, body, "messages", messages);
    bool thinks = put_thinking(&b, body, model, max_tokens, config);
    if (r->n_tools > 0) {
        put_tools(&b, body);
        put_tool_choice(&b, body, thinks);
    } else {
        put_tools_called(&b, body);
    }
    put_options(&b, body, thinks ? SAMPLING_NONE : model->sampling); /* who thinks takes the usual one only */
    if (json_object_size(config) > 0)
        json_object_set(body, "output_config", config);
    json_decref(config);
    return build_end(&b, &anthropic_ops, anthropic_ops.path, body, reserved, x);
}

static const char *const headers[] = {"anthropic-version: 2023-06-01", NULL};

/* https://docs.claude.com/en/api/models-list */
static const struct list_mark marks[] = {
    {"capabilities.image_input.supported", NULL, LIST_INPUT, MODALITY_IMAGE},
    {"capabilities.pdf_input.supported", NULL, LIST_INPUT, MODALITY_FILE},
    {"capabilities.thinking.supported", NULL, LIST_REASONING, 0},
    {.path = NULL},
};

static const struct list_form list = {
    .path = "/v1/models?limit=1000",
    .key = "data",
    .page = "after_id",
    .next = "last_id",
    .more = "has_more",
    .id = "id",
    .title = "display_name",
    .context_window = {"max_input_tokens"},
    .max_output = {"max_tokens"},
    .marks = marks,
};

const struct provider_ops anthropic_ops = {
    .api = "anthropic",
    .usual_url = "https://api.anthropic.com",
    .path = "/v1/messages",
    .accept = "text/event-stream, application/json",
    .key_header = "x-api-key",
    .headers = headers,
    .list = &list,
    .grammar = &anthropic_grammar,
    .build = build,
};
