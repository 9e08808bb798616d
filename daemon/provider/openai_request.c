/* A question as the body that the chat grammar wants. */
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_dialects.h"
#include <string.h>

/* ------------------------------------------------------------------------------------------------ messages */

static const char *audio_format(const char *mime)
{
    static const char *const known[][2] = {{"audio/wav", "wav"},
                                           {"audio/x-wav", "wav"},
                                           {"audio/wave", "wav"},
                                           {"audio/mpeg", "mp3"},
                                           {"audio/mp3", "mp3"}};

    for (size_t i = 0; mime && i < sizeof known / sizeof *known; i++) {
        if (strcmp(mime, known[i][0]) == 0)
            return known[i][1];
    }
    return NULL;
}

static json_t *image_part(struct builder *b, const struct part *p)
{
    json_t *image = json_object();

    build_set(b, image, "url", p->data ? build_data_url(b, p, "image/png") : json_string(p->url));
    return build_typed(b, "image_url", "image_url", image);
}

static json_t *audio_part(struct builder *b, const struct part *p)
{
    const char *format = audio_format(p->mime);
    json_t *audio = json_object();

    if (!p->data || !format) {
        build_refuse(b, "this provider takes audio only by value, as audio/wav or audio/mpeg");
        return audio;
    }
    json_t *data = build_base64(b, b->dialect->audio == OPENAI_AUDIO_URL ? "data:;base64," : "", p);
    if (b->dialect->audio == OPENAI_AUDIO_STRING) {
        json_decref(audio);
        return build_typed(b, "input_audio", "input_audio", data);
    }
    build_set(b, audio, "data", data);
    build_set_string(b, audio, "format", format);
    return build_typed(b, "input_audio", "input_audio", audio);
}

static json_t *file_part(struct builder *b, const struct part *p)
{
    if (b->dialect->file == OPENAI_FILE_DOCUMENT)
        return build_typed(b, "document_url", "document_url",
                           p->data ? build_data_url(b, p, "application/pdf") : json_string(p->url));
    json_t *file = json_object();
    build_set_string(b, file, "filename", p->name ? p->name : "file");
    if (p->data)
        build_set(b, file, "file_data", build_data_url(b, p, "application/octet-stream"));
    else
        build_refuse(b, "this provider takes files only by value");
    return build_typed(b, "file", "file", file);
}

/* NULL for a part that does not stand in the content list. */
static json_t *content_part(struct builder *b, const struct message *m, const struct part *p)
{
    const struct openai_dialect *d = b->dialect;

    switch (p->kind) {
    case PART_TEXT: return build_typed(b, "text", "text", build_text(p));
    case PART_IMAGE:
        if (d->images)
            return image_part(b, p);
        build_no_part(b, m, "image");
        return NULL;
    case PART_AUDIO:
        if (d->audio != OPENAI_AUDIO_NONE)
            return audio_part(b, p);
        build_no_part(b, m, "audio");
        return NULL;
    case PART_FILE:
        if (d->file != OPENAI_FILE_NONE)
            return file_part(b, p);
        build_no_part(b, m, "file");
        return NULL;
    default: return NULL;
    }
}

static const char *system_role(const struct builder *b)
{
    const struct openai_model *m = openai_model_find(b->dialect, b->target->model);

    return m->system_role ? m->system_role : b->dialect->system_role;
}

/* One text is a plain string, which every server understands; else a list of parts. */
static json_t *content_of(struct builder *b, const struct message *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->n_parts; i++) {
        json_t *part = content_part(b, m, &m->parts[i]);
        if (part)
            build_append(b, list, part);
    }
    json_t *only = json_array_size(list) == 0   ? build_placeholder(m)
                   : json_array_size(list) == 1 ? json_incref(json_object_get(json_array_get(list, 0), "text"))
                                                : NULL;
    if (!only)
        return list;
    json_decref(list);
    return only;
}

static void add_message(struct builder *b, json_t *messages, const char *role, json_t *content)
{
    json_t *out = json_object();

    build_set_string(b, out, "role", role);
    build_set(b, out, "content", content);
    build_append(b, messages, out);
}

static void add_plain(struct builder *b, json_t *messages, const struct message *m)
{
    json_t *content = content_of(b, m);

    if (json_is_array(content) && json_array_size(content) == 0)
        json_decref(content);
    else
        add_message(b, messages, m->role == ROLE_SYSTEM ? system_role(b) : role_name(ROLE_USER), content);
}

static json_t *tool_call(struct builder *b, const struct part *p)
{
    json_t *function = json_object(), *call = json_object();

    build_set_string(b, function, "name", p->name ? p->name : "");
    build_set(b, function, "arguments", p->text_len > 0 ? build_text(p) : json_string("{}"));
    build_set(b, call, "id", build_tool_id(&b->dialect->tool_id, p->id));
    build_set_string(b, call, "type", "function");
    build_set(b, call, "function", function);
    return call;
}

/* What the model reasoned: its own details as they came, or its text where the dialect wants that back. */
static void put_earlier_reasoning(struct builder *b, json_t *out, const struct message *m)
{
    json_t *all = json_array(), *text = b->dialect->reasoning_back ? build_joined(b, m, PART_REASONING) : NULL;

    for (size_t i = 0; b->dialect->details_back && i < m->n_parts; i++) {
        json_t *opaque = m->parts[i].kind == PART_REASONING ? opaque_of(&m->parts[i], b->host) : NULL;
        json_array_extend(all, json_object_get(opaque, "reasoning_details"));
        json_decref(opaque);
    }
    if (json_array_size(all) > 0)
        json_object_set(out, "reasoning_details", all);
    if (text)
        build_set(b, out, b->dialect->reasoning_back, text);
    json_decref(all);
}

/* The model's own turn: what it drew or heard has no place in this grammar, and is left out. */
static void add_assistant(struct builder *b, json_t *messages, const struct message *m)
{
    json_t *out = json_object(), *calls = json_array();
    json_t *text = build_joined(b, m, PART_TEXT);

    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->parts[i].kind == PART_TOOL_CALL)
            build_append(b, calls, tool_call(b, &m->parts[i]));
        else if (m->parts[i].kind == PART_IMAGE || m->parts[i].kind == PART_AUDIO || m->parts[i].kind == PART_FILE)
            build_leave_out(b, part_kind_name(m->parts[i].kind));
    }
    bool has_calls = json_array_size(calls) > 0;
    json_t *none = has_calls ? json_null() : build_placeholder(m);
    build_set_string(b, out, "role", "assistant");
    build_set(b, out, "content", text ? json_incref(text) : none ? json_incref(none) : json_string(""));
    put_earlier_reasoning(b, out, m);
    if (has_calls)
        json_object_set(out, "tool_calls", calls);
    json_decref(calls);
    json_decref(none);
    json_decref(text);
    build_append(b, messages, out);
}

static void add_tool_results(struct builder *b, json_t *messages, const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind != PART_TOOL_RESULT)
            continue;
        json_t *out = json_object();
        build_set_string(b, out, "role", "tool");
        build_set(b, out, "tool_call_id", build_tool_id(&b->dialect->tool_id, p->id));
        build_set(b, out, "content", build_text(p));
        build_append(b, messages, out);
    }
}

static json_t *messages_of(struct builder *b)
{
    const struct chat_request *r = b->request;
    json_t *messages = json_array();

    if (r->system)
        add_message(b, messages, system_role(b), json_string(r->system));
    if (r->schema && !b->dialect->json_schema)
        add_message(b, messages, system_role(b), build_schema_words(b));
    for (size_t i = 0; i < r->n_messages; i++) {
        const struct message *m = &r->messages[i];
        add_tool_results(b, messages, m);
        if (m->role == ROLE_ASSISTANT)
            add_assistant(b, messages, m);
        else
            add_plain(b, messages, m);
    }
    return messages;
}

/* ------------------------------------------------------------------------------------------------ options */

static void put_tool_choice(struct builder *b, json_t *body)
{
    const char *word = build_tool_choice_word(b->request, b->dialect->required);

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

/* `strict` is asked for only where the schema is closed: others are refused in that mode. */
static void put_schema(struct builder *b, json_t *body)
{
    if (!b->dialect->json_schema) {
        json_t *format = json_object();
        build_set_string(b, format, "type", "json_object");
        build_set(b, body, "response_format", format);
        return;
    }
    json_t *inner = json_object(), *schema = build_value(b, b->request->schema, "schema");
    build_set_string(b, inner, "name", "answer");
    if (json_is_false(json_object_get(schema, "additionalProperties")))
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

static void put_sampling(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;
    const struct openai_model *m = openai_model_find(b->dialect, b->target->model);
    const char *max_tokens = m->max_tokens ? m->max_tokens : b->dialect->max_tokens;
    bool sampling = !m->no_sampling || r->reasoning == REASONING_OFF;

    build_number(b, body, r->has_temperature, sampling ? "temperature" : NULL, "temperature", r->temperature);
    build_number(b, body, r->has_top_p, sampling ? "top_p" : NULL, "top_p", r->top_p);
    build_integer(b, body, r->has_max_tokens, max_tokens, "max_tokens", r->max_tokens);
    build_integer(b, body, r->has_seed, b->dialect->seed, "seed", r->seed);
    json_t *stop = build_stop(b, m->no_stop ? 0 : b->dialect->stop_max);
    if (stop)
        build_set(b, body, "stop", stop);
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
    put_sampling(&b, body);
    put_reasoning(&b, body);
    return build_end(&b, &openai_chat_ops, "/chat/completions", body, reserved, x);
}
