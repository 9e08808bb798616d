#include "daemon/provider/openai_messages.h"
#include <string.h>

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

static json_t *audio_part(struct builder *b, const struct part *p, enum openai_audio how)
{
    const char *format = audio_format(p->mime);
    json_t *audio = json_object();

    if (!p->data || !format) {
        build_refuse(b, "this provider takes audio only by value, as audio/wav or audio/mpeg");
        return audio;
    }
    json_t *data = build_base64(b, how == OPENAI_AUDIO_URL ? "data:;base64," : "", p);
    if (how == OPENAI_AUDIO_STRING) {
        json_decref(audio);
        return build_typed(b, "input_audio", "input_audio", data);
    }
    build_set(b, audio, "data", data);
    build_set_string(b, audio, "format", format);
    return build_typed(b, "input_audio", "input_audio", audio);
}

static json_t *file_part(struct builder *b, const struct part *p, enum openai_file how)
{
    if (how == OPENAI_FILE_DOCUMENT)
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
static json_t *content_part(struct builder *b, const struct openai_messages *how, const struct message *m,
                            const struct part *p)
{
    switch (p->kind) {
    case PART_TEXT: return build_typed(b, "text", "text", build_text(p));
    case PART_IMAGE:
        if (how->images)
            return image_part(b, p);
        build_no_part(b, m, "image");
        return NULL;
    case PART_AUDIO:
        if (how->audio != OPENAI_AUDIO_NONE)
            return audio_part(b, p, how->audio);
        build_no_part(b, m, "audio");
        return NULL;
    case PART_FILE:
        if (how->file != OPENAI_FILE_NONE)
            return file_part(b, p, how->file);
        build_no_part(b, m, "file");
        return NULL;
    default: return NULL;
    }
}

/* One text is a plain string, which every server understands; else a list of parts. */
static json_t *content_of(struct builder *b, const struct openai_messages *how, const struct message *m)
{
    if (m->n_parts == 1 && m->parts[0].kind == PART_TEXT)
        return build_text(&m->parts[0]);
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_parts; i++) {
        json_t *part = content_part(b, how, m, &m->parts[i]);
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

static void add_plain(struct builder *b, const struct openai_messages *how, json_t *messages, const struct message *m)
{
    json_t *content = content_of(b, how, m);

    if (json_is_array(content) && json_array_size(content) == 0)
        json_decref(content);
    else
        build_add_message(b, messages, m->role == ROLE_SYSTEM ? how->system_role : role_name(ROLE_USER), content);
}

static json_t *tool_call(struct builder *b, const struct openai_messages *how, const struct part *p)
{
    json_t *function = json_object(), *call = json_object();

    build_set_string(b, function, "name", p->name ? p->name : "");
    build_set(b, function, "arguments", build_arguments_text(p));
    build_set(b, call, "id", build_tool_id(&how->tool_id, p->id));
    build_set_string(b, call, "type", "function");
    build_set(b, call, "function", function);
    json_t *opaque = opaque_of(p, b->host), *extra = jsonx_get(opaque, "extra_content");
    if (extra)
        json_object_set(call, "extra_content", extra);
    json_decref(opaque);
    return call;
}

/* The model's own turn: what it drew or heard has no place in this grammar, and is left out. */
static void add_assistant(struct builder *b, const struct openai_messages *how, json_t *messages,
                          const struct message *m)
{
    json_t *out = json_object(), *calls = json_array();
    json_t *text = build_joined(b, m, PART_TEXT);

    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->parts[i].kind == PART_TOOL_CALL)
            build_append(b, calls, tool_call(b, how, &m->parts[i]));
        else if (part_is_attachment(&m->parts[i]))
            build_leave_out(b, part_kind_name(m->parts[i].kind));
    }
    bool has_calls = json_array_size(calls) > 0;
    json_t *none = has_calls ? json_null() : build_placeholder(m);
    build_set_string(b, out, "role", "assistant");
    build_set(b, out, "content", text ? json_incref(text) : none ? json_incref(none) : json_string(""));
    if (has_calls)
        json_object_set(out, "tool_calls", calls);
    if (how->earlier)
        how->earlier(b, out, m);
    json_decref(calls);
    json_decref(none);
    json_decref(text);
    build_append(b, messages, out);
}

static void add_tool_results(struct builder *b, const struct openai_messages *how, json_t *messages,
                             const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind != PART_TOOL_RESULT)
            continue;
        json_t *out = json_object();
        build_set_string(b, out, "role", "tool");
        build_set(b, out, "tool_call_id", build_tool_id(&how->tool_id, p->id));
        if (how->tool_name)
            build_set_string(b, out, "name", build_tool_name(b, p));
        build_set(b, out, "content", build_text(p));
        build_append(b, messages, out);
    }
}

/* One message: some refuse a second. */
static json_t *system_of(struct builder *b, const struct openai_messages *how)
{
    const struct chat_request *r = b->request;
    json_t *words = r->schema && how->schema_words ? build_schema_words(b) : NULL, *both;

    if (!r->system || !words)
        return r->system ? json_string(r->system) : words;
    both = json_sprintf("%s\n\n%s", r->system, json_string_value(words));
    json_decref(words);
    return both;
}

json_t *openai_messages(struct builder *b, const struct openai_messages *how)
{
    const struct chat_request *r = b->request;
    json_t *messages = json_array();

    json_t *system = system_of(b, how);
    if (system)
        build_add_message(b, messages, how->system_role, system);
    for (size_t i = 0; i < r->n_messages; i++) {
        const struct message *m = &r->messages[i];
        add_tool_results(b, how, messages, m);
        if (m->role == ROLE_ASSISTANT)
            add_assistant(b, how, messages, m);
        else
            add_plain(b, how, messages, m);
    }
    return messages;
}
