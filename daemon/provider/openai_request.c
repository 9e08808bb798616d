/* A question as the body that the chat grammar wants. */
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/schema.h"
#include <string.h>

/* ------------------------------------------------------------------------------------------------ messages */

/* What the model reasoned: its own details as they came, or its text where the dialect wants that back. A turn with
 * calls may be of another model, that told nothing of its reasoning. */
static void put_earlier(struct builder *b, json_t *out, const struct message *m)
{
    json_t *all = json_array(), *text = b->dialect->reasoning_back ? build_joined(b, m, PART_REASONING) : NULL;

    for (size_t i = 0; b->dialect->details_back && i < m->n_parts; i++) {
        json_t *opaque = m->parts[i].kind == PART_REASONING ? opaque_of(&m->parts[i], b->host) : NULL;
        json_array_extend(all, json_object_get(opaque, "reasoning_details"));
        json_decref(opaque);
    }
    if (json_array_size(all) > 0)
        json_object_set(out, "reasoning_details", all);
    const char *none = build_holds(m, PART_TOOL_CALL) ? b->dialect->reasoning_with_calls : NULL;
    if (text || none)
        build_set(b, out, b->dialect->reasoning_back, text ? text : json_string(none));
    json_decref(all);
}

/* Its text as a list of one part, which can bear a mark. False where it has no text. */
static bool mark(struct builder *b, json_t *message)
{
    json_t *content = json_object_get(message, "content");
    size_t n = json_array_size(content);
    json_t *last = n > 0 ? json_array_get(content, n - 1) : NULL;

    if (json_string_length(content) > 0) {
        json_t *list = json_array();
        last = build_typed(b, "text", "text", json_incref(content));
        build_append(b, list, last);
        build_set(b, message, "content", list);
    }
    if (last)
        build_cache_mark(b, last);
    return last != NULL;
}

/* The instructions, and what was said before the question. */
static void mark_stable(struct builder *b, json_t *messages)
{
    size_t n = json_array_size(messages);

    if (b->request->system)
        mark(b, json_array_get(messages, 0));
    for (size_t i = n > 0 ? n - 1 : 0; i-- > (b->request->system ? 1 : 0);) {
        json_t *message = json_array_get(messages, i);
        if (!jsonx_is(message, "role", "tool") && mark(b, message))
            return;
    }
}

static json_t *messages_of(struct builder *b)
{
    const struct openai_dialect *d = b->dialect;
    const struct openai_model *m = openai_model_find(d, b->target->model);
    struct openai_messages how = {.system_role = m->system_role ? m->system_role : d->system_role,
                                  .images = d->images,
                                  .audio = d->audio,
                                  .file = d->file,
                                  .tool_id = d->tool_id,
                                  .schema_words = !d->json_schema,
                                  .earlier = put_earlier};

    json_t *messages = openai_messages(b, &how);
    if (m->cache_marks)
        mark_stable(b, messages);
    return messages;
}

/* ------------------------------------------------------------------------------------------------ options */

static void put_tool_choice(struct builder *b, json_t *body)
{
    const char *word = build_tool_choice_word(b->request, b->dialect->required);

    bool forced = b->request->tool_choice == TOOL_CHOICE_REQUIRED || b->request->tool_choice == TOOL_CHOICE_NAMED;
    if (forced && b->dialect->plain_thoughts && build_reasons(b->request)) {
        build_leave_out(b, "tool_choice");
        return;
    }
    if (word) {
        build_set_string(b, body, "tool_choice", word);
    } else if (b->request->tool_choice == TOOL_CHOICE_NAMED && b->dialect->named_tool) {
        json_t *function = json_object();
        build_set_string(b, function, "name", b->request->tool_choice_name);
        build_set(b, body, "tool_choice", build_typed(b, "function", "function", function));
    } else if (b->request->tool_choice != TOOL_CHOICE_DEFAULT) {
        build_leave_out(b, "tool_choice");
    }
}

/* `strict` is asked for only where the schema is so: others are refused in that mode. */
static void put_schema(struct builder *b, json_t *body)
{
    if (b->dialect->plain_thoughts && build_reasons(b->request) && !b->dialect->json_schema)
        return; /* told in words alone */
    if (!b->dialect->json_schema) {
        json_t *format = json_object();
        build_set_string(b, format, "type", "json_object");
        build_set(b, body, "response_format", format);
        return;
    }
    json_t *inner = json_object(), *schema = build_value(b, b->request->schema, "schema");
    build_set_string(b, inner, "name", "answer");
    if (schema_is_strict(schema))
        build_set(b, inner, "strict", json_true());
    build_set(b, inner, "schema", schema);
    build_set(b, body, "response_format", build_typed(b, "json_schema", "json_schema", inner));
}

static void put_effort_object(struct builder *b, json_t *body, const char *word)
{
    json_t *reasoning = json_object();

    if (b->request->reasoning == REASONING_BUDGET)
        build_set(b, reasoning, "max_tokens", json_integer(b->request->reasoning_budget));
    else
        build_set_string(b, reasoning, "effort", word);
    build_set(b, body, "reasoning", reasoning);
}

static void put_enable(struct builder *b, json_t *body)
{
    build_set(b, body, "enable_thinking", json_boolean(b->request->reasoning != REASONING_OFF));
    if (b->request->reasoning == REASONING_BUDGET)
        build_set(b, body, "thinking_budget", json_integer(b->request->reasoning_budget));
}

static void put_reasoning(struct builder *b, json_t *body)
{
    const struct openai_model *m = openai_model_find(b->dialect, b->target->model);
    const char *word = openai_effort(b->dialect, m, b->request);
    bool off = b->request->reasoning == REASONING_OFF;
    enum openai_reasoning how = m->no_reasoning ? OPENAI_REASONING_NONE : b->dialect->reasoning;
    json_t *inner = json_object();

    switch (b->request->reasoning == REASONING_DEFAULT ? OPENAI_REASONING_NONE : how) {
    case OPENAI_REASONING_NONE:
        if (b->request->reasoning != REASONING_DEFAULT && !off)
            build_leave_out(b, "reasoning");
        break;
    case OPENAI_REASONING_EFFORT:
        if (word)
            build_set_string(b, body, "reasoning_effort", word);
        else
            build_leave_out(b, "reasoning");
        break;
    case OPENAI_REASONING_OBJECT: put_effort_object(b, body, word); break;
    case OPENAI_REASONING_THINKING:
        build_set_string(b, inner, "type", off ? "disabled" : "enabled");
        json_object_set(body, "thinking", inner);
        if (!off && word)
            build_set_string(b, body, "reasoning_effort", word);
        break;
    case OPENAI_REASONING_ENABLE: put_enable(b, body); break;
    case OPENAI_REASONING_TEMPLATE:
        build_set(b, inner, "enable_thinking", json_boolean(!off));
        json_object_set(body, "chat_template_kwargs", inner);
        break;
    }
    json_decref(inner);
}

static void put_options(struct builder *b, json_t *body)
{
    const struct openai_dialect *d = b->dialect;
    const struct openai_model *m = openai_model_find(d, b->target->model);
    bool sampling = openai_takes_sampling(b->dialect, m, b->request);
    const struct option_names names = {.temperature = sampling ? "temperature" : NULL,
                                       .top_p = sampling ? "top_p" : NULL,
                                       .max_tokens = m->max_tokens ? m->max_tokens : d->max_tokens,
                                       .seed = d->seed,
                                       .stop = m->no_stop ? NULL : "stop",
                                       .stop_max = d->stop_max};

    build_options(b, body, &names);
}

/* Fields that `extra` may not set, whether this request holds them or not. */
static const char *const reserved[] = {
    "max_tokens",    "max_completion_tokens", "temperature", "top_p",       "stop",
    "seed",          "random_seed",           "tools",       "tool_choice", "functions",
    "function_call", "response_format",       NULL};

enum error_code openai_chat_build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                                  struct buf *left_out, struct error *err)
{
    struct builder b;

    if (!build_begin(&b, &openai_chat_ops, t, r, x, left_out, err))
        return b.code;
    json_t *body = json_object();
    build_set_string(&b, body, "model", t->model);
    build_set(&b, body, "messages", messages_of(&b));
    build_set(&b, body, "stream", json_true());
    if (b.dialect->include_usage)
        build_set(&b, body, "stream_options", json_pack("{s:b}", "include_usage", 1));
    if (b.dialect->usage_object)
        build_set(&b, body, "usage", json_pack("{s:b}", "include", 1));
    if (b.dialect->prompt_cache_key && t->conversation)
        build_set_string(&b, body, "prompt_cache_key", t->conversation);
    if (r->n_tools > 0) {
        build_set(&b, body, "tools", build_tools(&b, "function", "parameters"));
        put_tool_choice(&b, body);
    }
    if (r->schema)
        put_schema(&b, body);
    put_options(&b, body);
    put_reasoning(&b, body);
    return build_end(&b, &openai_chat_ops, openai_chat_ops.path, body, reserved, x);
}
