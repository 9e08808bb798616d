/* A question as the body that the chat grammar wants. */
#include "daemon/provider/jsonx.h"
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_dialects.h"
#include "lib/base/secret.h"
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* What a request is built with. The first fault stays; later steps then do nothing that matters. */
struct builder {
    const struct openai_dialect *dialect;
    const struct chat_request *request;
    size_t max; /* bytes of the body, and so of any piece of it */
    enum error_code code;
    struct error *err;
};

/* ------------------------------------------------------------------------------------------------ small helpers */

static void set(struct builder *b, json_t *obj, const char *key, json_t *value)
{
    if (json_object_set_new(obj, key, value) != 0 && b->code == ERR_NONE)
        b->code = error_set_param(b->err, key, "%s holds what has no form in JSON", key);
}

static void append(struct builder *b, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0 && b->code == ERR_NONE)
        b->code = error_set_param(b->err, "messages", "a message holds what has no form in JSON");
}

static void refuse(struct builder *b, const char *what)
{
    if (b->code == ERR_NONE)
        b->code = error_set_param(b->err, "messages", "%s", what);
}

static json_t *text_of(const struct part *p)
{
    return p->text ? json_stringn(p->text, p->text_len) : json_string("");
}

/* prefix and the bytes in base64 as a JSON string, NULL (with b->code) if they are too many. */
static json_t *base64_string(struct builder *b, const char *prefix, const uint8_t *data, size_t len)
{
    size_t prefix_len = strlen(prefix), encoded = (len + 2) / 3 * 4;
    char *text = len < INT_MAX && encoded + prefix_len < b->max ? malloc(prefix_len + encoded + 1) : NULL;
    json_t *json = NULL;

    if (text) {
        memcpy(text, prefix, prefix_len);
        EVP_EncodeBlock((unsigned char *)text + prefix_len, data, (int)len);
        json = json_stringn(text, prefix_len + encoded);
        free(text);
    }
    if (!json && b->code == ERR_NONE)
        b->code = error_set(b->err, ERR_TOO_LARGE, "an attachment of %zu bytes does not fit into a request", len);
    return json;
}

static json_t *data_url(struct builder *b, const struct part *p, const char *mime)
{
    char prefix[160];

    snprintf(prefix, sizeof prefix, "data:%s;base64,", p->mime ? p->mime : mime);
    return base64_string(b, prefix, p->data, p->data_len);
}

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

static json_t *typed(const char *type, json_t *inner)
{
    json_t *part = json_object();

    json_object_set_new(part, "type", json_string(type));
    json_object_set_new(part, type, inner);
    return part;
}

static json_t *image_part(struct builder *b, const struct part *p)
{
    json_t *image = json_object();

    set(b, image, "url", p->data ? data_url(b, p, "image/png") : json_string(p->url));
    return typed("image_url", image);
}

static json_t *audio_part(struct builder *b, const struct part *p)
{
    const char *format = audio_format(p->mime);
    json_t *audio = json_object();

    if (!p->data || !format)
        refuse(b, "this provider takes audio only by value, as audio/wav or audio/mpeg");
    else
        set(b, audio, "data", base64_string(b, "", p->data, p->data_len));
    set(b, audio, "format", json_string(format ? format : ""));
    return typed("input_audio", audio);
}

static json_t *file_part(struct builder *b, const struct part *p)
{
    json_t *file = json_object();

    set(b, file, "filename", json_string(p->name ? p->name : "file"));
    if (p->data)
        set(b, file, "file_data", data_url(b, p, "application/octet-stream"));
    else
        refuse(b, "this provider takes files only by value");
    return typed("file", file);
}

/* NULL for a part that does not stand in the content list. */
static json_t *content_part(struct builder *b, const struct part *p)
{
    switch (p->kind) {
    case PART_TEXT: return typed("text", text_of(p));
    case PART_IMAGE: return image_part(b, p);
    case PART_AUDIO: return audio_part(b, p);
    case PART_FILE: return file_part(b, p);
    default: return NULL;
    }
}

static const char *role_of(const struct builder *b, enum role role)
{
    return role == ROLE_SYSTEM ? b->dialect->system_role : role_name(role);
}

/* One text is a plain string, which every server understands; else a list of parts. */
static json_t *content_of(struct builder *b, const struct message *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->n_parts; i++) {
        json_t *part = content_part(b, &m->parts[i]);
        if (part)
            append(b, list, part);
    }
    json_t *only = json_array_size(list) == 1 ? json_object_get(json_array_get(list, 0), "text") : NULL;
    if (!only)
        return list;
    json_incref(only);
    json_decref(list);
    return only;
}

static void add_plain(struct builder *b, json_t *messages, const struct message *m)
{
    json_t *content = content_of(b, m);

    if (json_is_array(content) && json_array_size(content) == 0) {
        json_decref(content);
        return;
    }
    json_t *out = json_object();
    set(b, out, "role", json_string(role_of(b, m->role == ROLE_TOOL ? ROLE_USER : m->role)));
    set(b, out, "content", content);
    append(b, messages, out);
}

static json_t *tool_call(struct builder *b, const struct part *p)
{
    json_t *function = json_object(), *call = json_object();

    set(b, function, "name", json_string(p->name ? p->name : ""));
    set(b, function, "arguments", p->text_len > 0 ? text_of(p) : json_string("{}"));
    set(b, call, "id", json_string(p->id ? p->id : ""));
    set(b, call, "type", json_string("function"));
    set(b, call, "function", function);
    return call;
}

/* The parts of one kind, joined; NULL if there are none. */
static json_t *joined(struct builder *b, const struct message *m, enum part_kind kind)
{
    struct buf text;
    json_t *json = NULL;

    buf_init(&text, b->max);
    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->parts[i].kind == kind && m->parts[i].text)
            buf_append(&text, m->parts[i].text, m->parts[i].text_len);
    }
    if (text.failed && b->code == ERR_NONE)
        b->code = error_set(b->err, ERR_TOO_LARGE, "a message does not fit into a request");
    if (text.len > 0 && !(json = json_stringn((const char *)text.data, text.len)))
        refuse(b, "a message is not UTF-8");
    buf_done(&text);
    return json;
}

/* The model's own turn: what it drew or heard has no place in this grammar, and is left out. */
static void add_assistant(struct builder *b, json_t *messages, const struct message *m)
{
    json_t *out = json_object(), *calls = json_array();
    json_t *text = joined(b, m, PART_TEXT);
    json_t *reasoning = b->dialect->reasoning_back ? joined(b, m, PART_REASONING) : NULL;

    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->parts[i].kind == PART_TOOL_CALL)
            append(b, calls, tool_call(b, &m->parts[i]));
    }
    bool has_calls = json_array_size(calls) > 0;
    set(b, out, "role", json_string("assistant"));
    set(b, out, "content", text ? text : has_calls ? json_null() : json_string(""));
    if (reasoning)
        set(b, out, b->dialect->reasoning_back, reasoning);
    if (has_calls)
        json_object_set(out, "tool_calls", calls);
    json_decref(calls);
    append(b, messages, out);
}

static void add_tool_results(struct builder *b, json_t *messages, const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind != PART_TOOL_RESULT)
            continue;
        json_t *out = json_object();
        set(b, out, "role", json_string("tool"));
        set(b, out, "tool_call_id", json_string(p->id ? p->id : ""));
        set(b, out, "content", text_of(p));
        append(b, messages, out);
    }
}

static void add_system(struct builder *b, json_t *messages, json_t *content)
{
    json_t *out = json_object();

    set(b, out, "role", json_string(b->dialect->system_role));
    set(b, out, "content", content);
    append(b, messages, out);
}

/* For a dialect that cannot be given a schema: the model is told it, in words. */
static void add_schema_words(struct builder *b, json_t *messages)
{
    json_t *schema = jsonx_from_value(b->request->schema);
    struct buf words;

    buf_init(&words, b->max);
    buf_puts(&words, "Answer with JSON only, by this JSON schema: ");
    if (jsonx_dump(schema, &words))
        add_system(b, messages, json_stringn((const char *)words.data, words.len));
    else if (b->code == ERR_NONE)
        b->code = error_set_param(b->err, "schema", "the schema does not fit into a request");
    json_decref(schema);
    buf_done(&words);
}

static json_t *messages_of(struct builder *b)
{
    const struct chat_request *r = b->request;
    json_t *messages = json_array();

    if (r->system)
        add_system(b, messages, json_string(r->system));
    if (r->schema && !b->dialect->json_schema)
        add_schema_words(b, messages);
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

static void put_tools(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;
    json_t *tools = json_array();

    for (size_t i = 0; i < r->n_tools; i++) {
        json_t *function = json_object();
        set(b, function, "name", json_string(r->tools[i].name));
        if (r->tools[i].description)
            set(b, function, "description", json_string(r->tools[i].description));
        if (r->tools[i].parameters)
            set(b, function, "parameters", jsonx_from_value(r->tools[i].parameters));
        append(b, tools, typed("function", function));
    }
    set(b, body, "tools", tools);
}

static void put_tool_choice(struct builder *b, json_t *body)
{
    const char *word = NULL;

    switch (b->request->tool_choice) {
    case TOOL_CHOICE_DEFAULT: return;
    case TOOL_CHOICE_AUTO: word = "auto"; break;
    case TOOL_CHOICE_NONE: word = "none"; break;
    case TOOL_CHOICE_REQUIRED: word = b->dialect->required; break;
    case TOOL_CHOICE_NAMED: break;
    }
    if (word) {
        set(b, body, "tool_choice", json_string(word));
        return;
    }
    json_t *function = json_object();
    set(b, function, "name", json_string(b->request->tool_choice_name));
    set(b, body, "tool_choice", typed("function", function));
}

/* `strict` is asked for only where the schema is closed: others are refused in that mode. */
static void put_schema(struct builder *b, json_t *body)
{
    if (!b->dialect->json_schema) {
        json_t *format = json_object();
        set(b, format, "type", json_string("json_object"));
        set(b, body, "response_format", format);
        return;
    }
    json_t *inner = json_object(), *schema = jsonx_from_value(b->request->schema);
    set(b, inner, "name", json_string("answer"));
    if (json_is_false(json_object_get(schema, "additionalProperties")))
        set(b, inner, "strict", json_true());
    set(b, inner, "schema", schema);
    set(b, body, "response_format", typed("json_schema", inner));
}

static const char *effort_word(const struct chat_request *r)
{
    switch (r->reasoning) {
    case REASONING_OFF: return "none";
    case REASONING_LOW: return "low";
    case REASONING_MEDIUM: return "medium";
    case REASONING_BUDGET: return r->reasoning_budget <= 2048 ? "low" : r->reasoning_budget <= 8192 ? "medium" : "high";
    default: return "high";
    }
}

static void put_effort_object(struct builder *b, json_t *body)
{
    json_t *reasoning = json_object();

    if (b->request->reasoning == REASONING_BUDGET)
        set(b, reasoning, "max_tokens", json_integer(b->request->reasoning_budget));
    else
        set(b, reasoning, "effort", json_string(effort_word(b->request)));
    set(b, body, "reasoning", reasoning);
}

static void put_thinking(struct builder *b, json_t *body)
{
    bool on = b->request->reasoning != REASONING_OFF;
    json_t *thinking = json_object();

    set(b, thinking, "type", json_string(on ? "enabled" : "disabled"));
    set(b, body, "thinking", thinking);
    if (on)
        set(b, body, "reasoning_effort", json_string(effort_word(b->request)));
}

static void put_enable(struct builder *b, json_t *body)
{
    set(b, body, "enable_thinking", json_boolean(b->request->reasoning != REASONING_OFF));
    if (b->request->reasoning == REASONING_BUDGET)
        set(b, body, "thinking_budget", json_integer(b->request->reasoning_budget));
}

static void put_reasoning(struct builder *b, json_t *body)
{
    bool off = b->request->reasoning == REASONING_OFF;

    if (b->request->reasoning == REASONING_DEFAULT)
        return;
    switch (b->dialect->reasoning) {
    case OPENAI_REASONING_NONE: break;
    case OPENAI_REASONING_EFFORT: set(b, body, "reasoning_effort", json_string(effort_word(b->request))); break;
    case OPENAI_REASONING_HIGH: set(b, body, "reasoning_effort", json_string(off ? "none" : "high")); break;
    case OPENAI_REASONING_OBJECT: put_effort_object(b, body); break;
    case OPENAI_REASONING_THINKING: put_thinking(b, body); break;
    case OPENAI_REASONING_ENABLE: put_enable(b, body); break;
    }
}

static void put_sampling(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;

    if (r->has_temperature)
        set(b, body, "temperature", json_real(r->temperature));
    if (r->has_top_p)
        set(b, body, "top_p", json_real(r->top_p));
    if (r->has_max_tokens)
        set(b, body, b->dialect->max_tokens, json_integer(r->max_tokens));
    if (r->has_seed)
        set(b, body, b->dialect->seed, json_integer(r->seed));
    if (r->n_stop == 0)
        return;
    json_t *stop = json_array();
    for (size_t i = 0; i < r->n_stop; i++)
        append(b, stop, json_string(r->stop[i]));
    set(b, body, "stop", stop);
}

/* Fields that `extra` may not set, whether this request holds them or not. */
static bool reserved(const char *key)
{
    static const char *const names[] = {
        "model",       "messages",    "stream",       "stream_options", "n",
        "store",       "background",  "service_tier", "max_tokens",     "max_completion_tokens",
        "temperature", "top_p",       "stop",         "seed",           "random_seed",
        "tools",       "tool_choice", "functions",    "function_call",  "response_format",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], key) == 0)
            return true;
    }
    return false;
}

static void merge_extra(struct builder *b, json_t *body)
{
    json_t *extra = jsonx_from_value(b->request->extra), *value;
    const char *key;

    if (!json_is_object(extra) && b->code == ERR_NONE)
        b->code = error_set_param(b->err, "extra", "extra holds what has no form in JSON");
    json_object_foreach(extra, key, value)
    {
        char param[128];
        snprintf(param, sizeof param, "extra.%s", key);
        if (!reserved(key) && !json_object_get(body, key))
            json_object_set(body, key, value);
        else if (b->code == ERR_NONE)
            b->code = error_set_param(b->err, param, "%s is not for extra to set", key);
    }
    json_decref(extra);
}

static json_t *body_of(struct builder *b, const char *model)
{
    json_t *body = json_object();

    set(b, body, "model", json_string(model));
    set(b, body, "messages", messages_of(b));
    set(b, body, "stream", json_true());
    if (b->dialect->include_usage) {
        json_t *options = json_object();
        set(b, options, "include_usage", json_true());
        set(b, body, "stream_options", options);
    }
    if (b->request->n_tools > 0) {
        put_tools(b, body);
        put_tool_choice(b, body);
    }
    if (b->request->schema)
        put_schema(b, body);
    put_sampling(b, body);
    put_reasoning(b, body);
    if (b->request->extra)
        merge_extra(b, body);
    return body;
}

/* ------------------------------------------------------------------------------------------------ the exchange */

/* "https://h/v1/?a=b" and "/x" make "https://h/v1/x?a=b". */
static char *join_url(const char *base, const char *path)
{
    size_t stem = strcspn(base, "?");
    const char *query = base + stem;
    char *url = NULL;

    while (stem > 0 && base[stem - 1] == '/')
        stem--;
    return asprintf(&url, "%.*s%s%s", (int)stem, base, path, query) < 0 ? NULL : url;
}

/* "Name: value" of the configuration. */
static bool add_header_line(struct exchange *x, const char *line)
{
    size_t name_len = strcspn(line, ":");
    char name[128];

    if (name_len == 0 || name_len >= sizeof name || line[name_len] == '\0')
        return false;
    memcpy(name, line, name_len);
    name[name_len] = '\0';
    return exchange_header(x, name, line + name_len + 1 + strspn(line + name_len + 1, " \t"));
}

enum error_code openai_chat_address(const struct provider_target *t, const char *method, const char *path,
                                    struct exchange *x, struct error *err)
{
    x->method = method;
    x->url = join_url(t->base_url, path);
    bool ok = x->url && exchange_header(x, "Accept", "text/event-stream, application/json");

    if (ok && t->key)
        ok = exchange_secret_header(x, "Authorization", "Bearer ", t->key);
    for (const char *const *line = t->headers; ok && line && *line; line++)
        ok = add_header_line(x, *line);
    return ok ? ERR_NONE
              : error_set(err, ERR_INVALID_REQUEST, "the provider's headers in the configuration are not valid");
}

enum error_code openai_chat_build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                                  struct error *err)
{
    struct builder b = {openai_dialect_find(t->dialect), r, x->body.max, ERR_NONE, err};

    if (!b.dialect)
        return error_set(err, ERR_INVALID_REQUEST, "there is no dialect %s of openai-chat", t->dialect);
    enum error_code code = openai_chat_address(t, "POST", "/chat/completions", x, err);
    if (code != ERR_NONE)
        return code;
    if (!exchange_header(x, "Content-Type", "application/json"))
        return error_set(err, ERR_INVALID_REQUEST, "the configuration gives the provider too many headers");
    json_t *body = body_of(&b, t->model);
    if (b.code == ERR_NONE && !jsonx_dump(body, &x->body))
        b.code = error_set(err, ERR_TOO_LARGE, "the question is over %zu bytes", x->body.max);
    json_decref(body);
    return b.code;
}
