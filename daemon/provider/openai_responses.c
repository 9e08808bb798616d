/* A question as the Responses API wants it. Nothing is stored there: what it wants back goes with each question. */
#include "daemon/provider/openai_responses.h"
#include "daemon/provider/embed.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/openai_lists.h"
#include "daemon/provider/schema.h"
#include <string.h>

/* ------------------------------------------------------------------------------------------------ input */

static json_t *content_part(struct builder *b, const struct message *m, const struct part *p)
{
    json_t *out;

    switch (p->kind) {
    case PART_TEXT: return build_typed(b, "input_text", "text", build_text(p));
    case PART_IMAGE:
        return build_typed(b, "input_image", "image_url",
                           p->data ? build_data_url(b, p, "image/png") : json_string(p->url));
    case PART_FILE:
        if (p->url && !p->data)
            return build_typed(b, "input_file", "file_url", json_string(p->url));
        out = build_typed(b, "input_file", "filename", json_string(p->name ? p->name : "file"));
        build_set(b, out, "file_data", build_data_url(b, p, "application/pdf"));
        return out;
    case PART_AUDIO: build_no_part(b, m, "audio"); return NULL;
    default: return NULL;
    }
}

static void add_plain(struct builder *b, json_t *input, const struct message *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->n_parts; i++) {
        json_t *part = content_part(b, m, &m->parts[i]);
        if (part)
            build_append(b, list, part);
    }
    json_t *only = json_array_size(list) == 1 ? json_object_get(json_array_get(list, 0), "text") : NULL;
    json_t *note = json_array_size(list) == 0 ? build_placeholder(m) : NULL;
    if (only || note || json_array_size(list) > 0)
        build_add_message(b, input, m->role == ROLE_SYSTEM ? b->dialect->system_role : role_name(ROLE_USER),
                          json_incref(only   ? only
                                      : note ? note
                                             : list));
    json_decref(note);
    json_decref(list);
}

static void add_call(struct builder *b, json_t *input, const struct part *p)
{
    json_t *item = build_typed(b, "function_call", "call_id", build_tool_id(&b->dialect->tool_id, p->id));

    build_set_string(b, item, "name", p->name ? p->name : "");
    build_set(b, item, "arguments", build_arguments_text(p));
    build_append(b, input, item);
}

/* A reasoning item goes back only with what followed it. */
static bool is_followed(const struct message *m, size_t at)
{
    for (size_t i = at + 1; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind == PART_TOOL_CALL || (p->kind == PART_TEXT && p->text_len > 0))
            return true;
    }
    return false;
}

/* What is sealed goes without its id: by that it would be looked up among what is stored there, and nothing is. What is
 * neither sealed nor told cannot go. */
static void add_reasoning(struct builder *b, json_t *input, const struct part *p)
{
    json_t *opaque = opaque_of(p, b->host);
    bool sealed = json_is_string(json_object_get(opaque, "encrypted_content"));

    if (sealed)
        json_object_del(opaque, "id");
    if (jsonx_is(opaque, "type", "reasoning") && (sealed || json_array_size(json_object_get(opaque, "content")) > 0))
        build_append(b, input, json_incref(opaque));
    json_decref(opaque);
}

static void add_assistant(struct builder *b, json_t *input, const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind == PART_TEXT && p->text_len > 0)
            build_add_message(b, input, "assistant",
                              json_pack("[o?]", build_typed(b, "output_text", "text", build_text(p))));
        else if (p->kind == PART_TOOL_CALL)
            add_call(b, input, p);
        else if (p->kind == PART_REASONING && is_followed(m, i))
            add_reasoning(b, input, p);
        else if (part_is_attachment(p))
            build_leave_out(b, part_kind_name(p->kind));
    }
}

static void add_results(struct builder *b, json_t *input, const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind != PART_TOOL_RESULT)
            continue;
        json_t *item = build_typed(b, "function_call_output", "call_id", build_tool_id(&b->dialect->tool_id, p->id));
        build_set(b, item, "output", build_text(p));
        build_append(b, input, item);
    }
}

static json_t *input_of(struct builder *b)
{
    const struct chat_request *r = b->request;
    json_t *input = json_array();

    for (size_t i = 0; i < r->n_messages; i++) {
        const struct message *m = &r->messages[i];
        add_results(b, input, m);
        if (m->role == ROLE_ASSISTANT)
            add_assistant(b, input, m);
        else
            add_plain(b, input, m);
    }
    return input;
}

/* ------------------------------------------------------------------------------------------------ options */

/* Unlike in the chat API a tool is strict unless it says that it is not, and must have parameters. */
static void put_tools(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;
    const char *word = build_tool_choice_word(r, "required");
    json_t *tools = build_tools(b, NULL, "parameters"), *tool;
    size_t i;

    json_array_foreach(tools, i, tool)
    {
        build_set_string(b, tool, "type", "function");
        build_set(b, tool, "strict", json_false());
        if (!json_object_get(tool, "parameters"))
            build_set(b, tool, "parameters", json_pack("{s:s, s:{}}", "type", "object", "properties"));
    }
    build_set(b, body, "tools", tools);
    if (word)
        build_set_string(b, body, "tool_choice", word);
    else if (r->tool_choice == TOOL_CHOICE_NAMED)
        build_set(b, body, "tool_choice", build_typed(b, "function", "name", json_string(r->tool_choice_name)));
}

static void put_schema(struct builder *b, json_t *body)
{
    json_t *format = build_typed(b, "json_schema", "name", json_string("answer"));
    json_t *schema = build_value(b, b->request->schema, "schema");

    if (schema_is_strict(schema))
        build_set(b, format, "strict", json_true());
    build_set(b, format, "schema", schema);
    build_set(b, body, "text", json_pack("{s:o?}", "format", format));
}

static void put_reasoning(struct builder *b, json_t *body, const struct openai_model *m)
{
    const char *word = openai_effort(b->dialect, m, b->request);
    bool told = b->request->reasoning != REASONING_DEFAULT;

    if (m->encrypted && b->request->reasoning != REASONING_OFF)
        build_set(b, body, "include", json_pack("[s]", "reasoning.encrypted_content"));
    if (told && word && !m->no_reasoning)
        build_set(b, body, "reasoning", json_pack("{s:s}", "effort", word));
    else if (told && b->request->reasoning != REASONING_OFF)
        build_leave_out(b, "reasoning");
}

static void put_options(struct builder *b, json_t *body, const struct openai_model *m)
{
    bool sampling = openai_takes_sampling(b->dialect, m, b->request);
    const struct option_names names = {.temperature = sampling ? "temperature" : NULL,
                                       .top_p = sampling ? "top_p" : NULL,
                                       .max_tokens = "max_output_tokens"};

    build_options(b, body, &names);
}

static enum error_code build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                             struct buf *left_out, struct error *err)
{
    static const char *const reserved[] = {"input", "instructions", "max_output_tokens",    "temperature",  "top_p",
                                           "tools", "tool_choice",  "previous_response_id", "conversation", NULL};
    struct builder b;

    if (!build_begin(&b, &openai_responses_ops, t, r, x, left_out, err))
        return b.code;
    const struct openai_model *m = openai_model_find(b.dialect, t->model);
    json_t *body = json_object();
    build_set_string(&b, body, "model", t->model);
    if (r->system)
        build_set_string(&b, body, "instructions", r->system);
    build_set(&b, body, "input", input_of(&b));
    build_set(&b, body, "stream", json_true());
    build_set(&b, body, "store", json_false());
    if (b.dialect->prompt_cache_key && t->conversation)
        build_set_string(&b, body, "prompt_cache_key", t->conversation);
    if (r->n_tools > 0)
        put_tools(&b, body);
    if (r->schema)
        put_schema(&b, body);
    put_options(&b, body, m);
    put_reasoning(&b, body, m);
    return build_end(&b, &openai_responses_ops, openai_responses_ops.path, body, reserved, x);
}

const struct provider_ops openai_responses_ops = {
    .api = "openai-responses",
    .dialects = true,
    .usual_dialect = "openai",
    .usual_url = "https://api.openai.com/v1",
    .path = "/responses",
    .accept = "text/event-stream, application/json",
    .list = &openai_list,
    .embed = &openai_embed,
    .grammar = &openai_responses_grammar,
    .build = build,
};
