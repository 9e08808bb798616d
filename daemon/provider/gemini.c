/* A question as generateContent wants it. */
#include "daemon/provider/gemini.h"
#include "daemon/provider/build.h"
#include "daemon/provider/embed.h"
#include "daemon/provider/list.h"
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define STOP_MAX 5

/* How a model is told to think. By https://ai.google.dev/gemini-api/docs/thinking. The first pattern that fits counts.
 */
static const struct model {
    const char *pattern;
    bool thinks;
    bool no_system;       /* instructions stand before the first question */
    bool sealed;          /* the first call of each of its turns must bear a signature */
    int64_t least;        /* thinkingBudget for "off" */
    const char *level[4]; /* thinkingLevel for off, low, medium, high; NULL: it is told a budget */
} models[] = {
    {.pattern = "gemini-1*"},
    {.pattern = "gemini-2.0*"},
    {.pattern = "gemini-2.5-pro*", .thinks = true, .least = 128},
    {.pattern = "gemini-2.5*", .thinks = true},
    {.pattern = "gemini-3-pro*", .thinks = true, .sealed = true, .level = {"low", "low", "high", "high"}},
    {.pattern = "gemini-3*flash*", .thinks = true, .sealed = true, .level = {"minimal", "low", "medium", "high"}},
    {.pattern = "gemini-*", .thinks = true, .sealed = true, .level = {"low", "low", "medium", "high"}},
    {.pattern = "gemma-*", .no_system = true},
    {.pattern = "*"},
};

static const struct model *model_find(const char *name)
{
    const struct model *m = models;

    while (fnmatch(m->pattern, name, 0) != 0 && strcmp(m->pattern, "*") != 0)
        m++;
    return m;
}

bool gemini_is_vertex(const struct provider_target *t)
{
    return strstr(t->base_url, gemini_ops.token_mark) != NULL;
}

/* ------------------------------------------------------------------------------------------------ parts */

static json_t *media(struct builder *b, const struct part *p, const char *mime)
{
    json_t *inner = json_object(), *part = json_object();

    build_set_string(b, inner, "mimeType", p->mime ? p->mime : mime);
    if (p->data)
        build_set(b, inner, "data", build_base64(b, "", p));
    else
        build_set_string(b, inner, "fileUri", p->url);
    build_set(b, part, p->data ? "inlineData" : "fileData", inner);
    return part;
}

/* Vertex knows calls by their names and order only. */
static void put_id(struct builder *b, json_t *obj, const struct part *p)
{
    if (p->id && !gemini_is_vertex(b->target))
        build_set_string(b, obj, "id", p->id);
}

static json_t *function_call(struct builder *b, const struct part *p)
{
    json_t *call = json_object(), *part = json_object();

    put_id(b, call, p);
    build_set_string(b, call, "name", p->name ? p->name : "");
    build_set(b, call, "args", build_arguments(p));
    build_set(b, part, "functionCall", call);
    return part;
}

/* The response must be an object: what is none becomes one. */
static json_t *function_response(struct builder *b, const struct part *p)
{
    enum jsonx_fault fault;
    json_t *response = p->text_len > 0 ? jsonx_parse(p->text, p->text_len, &fault) : NULL;
    json_t *inner = json_object(), *part = json_object();

    if (!json_is_object(response)) {
        json_decref(response);
        response = json_object();
        build_set(b, response, p->is_error ? "error" : "result", build_text(p));
    }
    put_id(b, inner, p);
    build_set_string(b, inner, "name", build_tool_name(b, p));
    build_set(b, inner, "response", response);
    build_set(b, part, "functionResponse", inner);
    return part;
}

/* Of what the model thought only the signature goes back, on its part. */
static json_t *part_of(struct builder *b, const struct message *m, const struct part *p)
{
    json_t *opaque = opaque_of(p, b->host), *signature = jsonx_get(opaque, "thoughtSignature"), *part = NULL;

    switch (p->kind) {
    case PART_TEXT:
        if (p->text_len > 0 || signature)
            build_set(b, part = json_object(), "text", build_text(p));
        break;
    case PART_IMAGE: part = media(b, p, "image/png"); break;
    case PART_AUDIO: part = media(b, p, "audio/wav"); break;
    case PART_FILE: part = media(b, p, "application/pdf"); break;
    case PART_TOOL_CALL: part = m->role == ROLE_ASSISTANT ? function_call(b, p) : NULL; break;
    case PART_TOOL_RESULT: part = m->role == ROLE_ASSISTANT ? NULL : function_response(b, p); break;
    case PART_REASONING:
        if (signature) {
            build_set(b, part = json_object(), "text", build_text(p));
            build_set(b, part, "thought", json_true());
        }
        break;
    }
    if (part && signature)
        json_object_set(part, "thoughtSignature", signature);
    json_decref(opaque);
    return part;
}

/* For calls that another model made (https://ai.google.dev/gemini-api/docs/thought-signatures, FAQ). */
#define NO_SIGNATURE "skip_thought_signature_validator"

static void seal(struct builder *b, json_t *part)
{
    if (!json_object_get(part, "thoughtSignature") && model_find(b->target->model)->sealed)
        build_set_string(b, part, "thoughtSignature", NO_SIGNATURE);
}

static bool is_result(const json_t *part)
{
    return json_object_get(part, "functionResponse") != NULL;
}

/* Results come first in their turn. */
static void add_parts(struct builder *b, json_t *parts, const struct message *m)
{
    size_t calls = 0;

    for (size_t i = 0; i < m->n_parts; i++) {
        json_t *part = part_of(b, m, &m->parts[i]);
        if (part && m->parts[i].kind == PART_TOOL_CALL && calls++ == 0)
            seal(b, part);
        if (part && m->parts[i].kind == PART_TOOL_RESULT)
            build_add_result(b, parts, part, is_result);
        else if (part)
            build_append(b, parts, part);
    }
}

/* A call may only follow a turn of the user, and there must be one: where the instructions are all that was said, it is
 * empty. */
static json_t *contents_of(struct builder *b)
{
    json_t *contents = build_turns(b, "model", "parts", add_parts);

    if (!jsonx_is(json_array_get(contents, 0), "role", "user"))
        json_array_insert_new(contents, 0, json_pack("{s:s, s:[{s:s}]}", "role", "user", "parts", "text", ""));
    return contents;
}

/* ------------------------------------------------------------------------------------------------ options */

static void put_tools(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;
    json_t *one = json_object(), *list = json_array(), *config = json_object();

    build_set(b, one, "functionDeclarations", build_tools(b, NULL, "parametersJsonSchema"));
    build_append(b, list, one);
    build_set(b, body, "tools", list);
    static const char *const modes[] = {[TOOL_CHOICE_AUTO] = "AUTO",
                                        [TOOL_CHOICE_NONE] = "NONE",
                                        [TOOL_CHOICE_REQUIRED] = "ANY",
                                        [TOOL_CHOICE_NAMED] = "ANY"};
    if (r->tool_choice != TOOL_CHOICE_DEFAULT) {
        build_set_string(b, config, "mode", modes[r->tool_choice]);
        if (r->tool_choice == TOOL_CHOICE_NAMED)
            build_set(b, config, "allowedFunctionNames", json_pack("[s]", r->tool_choice_name));
        build_set(b, body, "toolConfig", json_pack("{s:O}", "functionCallingConfig", config));
    }
    json_decref(config);
}

static const char *level_of(const struct model *m, const struct chat_request *r)
{
    switch (r->reasoning) {
    case REASONING_OFF: return m->level[0];
    case REASONING_LOW: return m->level[1];
    case REASONING_MEDIUM: return m->level[2];
    case REASONING_HIGH: return m->level[3];
    default: return NULL;
    }
}

static void put_thinking(struct builder *b, json_t *config)
{
    const struct chat_request *r = b->request;
    const struct model *m = model_find(b->target->model);
    const char *level = level_of(m, r);
    bool off = r->reasoning == REASONING_OFF;

    if (r->reasoning == REASONING_DEFAULT)
        return;
    if (!m->thinks) {
        if (!off)
            build_leave_out(b, "reasoning");
        return;
    }
    json_t *thinking = json_object();
    if (!off)
        build_set(b, thinking, "includeThoughts", json_true());
    if (level)
        build_set_string(b, thinking, "thinkingLevel", level);
    else
        build_set(b, thinking, "thinkingBudget", json_integer(off ? m->least : build_budget(r)));
    build_set(b, config, "thinkingConfig", thinking);
}

static json_t *generation_config(struct builder *b)
{
    static const struct option_names option_names = {"temperature", "topP",          "maxOutputTokens",
                                                     "seed",        "stopSequences", STOP_MAX};
    const struct chat_request *r = b->request;
    json_t *config = json_object();

    build_options(b, config, &option_names);
    if (r->schema) {
        build_set_string(b, config, "responseMimeType", "application/json");
        build_set(b, config, "responseJsonSchema", build_value(b, r->schema, "schema"));
    }
    if (strstr(b->target->model, "-image")) /* else it only writes */
        build_set(b, config, "responseModalities", json_pack("[s, s]", "TEXT", "IMAGE"));
    put_thinking(b, config);
    return config;
}

/* ------------------------------------------------------------------------------------------------ the exchange */

/* Takes the text. */
static void put_before(struct builder *b, json_t *contents, json_t *text)
{
    json_t *part = json_object();

    build_set(b, part, "text", text);
    json_array_insert_new(json_object_get(json_array_get(contents, 0), "parts"), 0, part);
}

/* The model's name is part of the path: what has a meaning there is escaped. */
void gemini_put_path(const struct provider_target *t, const char *verb, struct buf *path)
{
    const char *name = t->model;

    if (strncmp(name, "models/", 7) == 0)
        name += 7;
    bool tuned = strncmp(name, "tunedModels/", 12) == 0; /* these stand beside the others */
    buf_puts(path, gemini_is_vertex(t) ? "/models/" : tuned ? "/v1beta/" : "/v1beta/models/");
    for (; *name; name++) {
        if ((unsigned char)*name <= ' ' || (unsigned char)*name >= 0x7f || strchr("%?#\"<>\\^`{|}", *name))
            buf_printf(path, "%%%02X", (unsigned char)*name);
        else
            buf_putc(path, *name);
    }
    buf_puts(path, verb);
}

static enum error_code build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                             struct buf *left_out, struct error *err)
{
    static const char *const reserved[] = {
        "contents",   "systemInstruction", "system_instruction", "tools",
        "toolConfig", "tool_config",       "generation_config",  "temperature",
        "topP",       "maxOutputTokens",   "candidateCount",     "stopSequences",
        "seed",       "responseMimeType",  "responseSchema",     "responseJsonSchema",
        NULL};
    struct builder b;
    struct buf path;

    if (!build_begin(&b, &gemini_ops, t, r, x, left_out, err))
        return b.code;
    json_t *body = json_object(), *system = build_system(&b), *config = generation_config(&b);
    build_set(&b, body, "contents", contents_of(&b));
    if (system && model_find(t->model)->no_system)
        put_before(&b, json_object_get(body, "contents"), system);
    else if (system)
        build_set(&b, body, "systemInstruction", json_pack("{s:[{s:o}]}", "parts", "text", system));
    if (r->n_tools > 0)
        put_tools(&b, body);
    if (json_object_size(config) > 0)
        json_object_set(body, "generationConfig", config);
    json_decref(config);
    buf_init(&path, 4096);
    gemini_put_path(t, ":streamGenerateContent?alt=sse", &path);
    if (path.failed && b.code == ERR_NONE)
        b.code = error_set_param(err, "model", "the model's name is too long");
    enum error_code code = build_end(&b, &gemini_ops, buf_cstr(&path), body, reserved, x);
    buf_done(&path);
    return code;
}

/* https://ai.google.dev/api/models */
static const struct list_mark marks[] = {
    {"supportedGenerationMethods", "generateContent", LIST_OUTPUT, MODALITY_TEXT},
    {"supportedGenerationMethods", "embedContent", LIST_OUTPUT, MODALITY_EMBEDDING},
    {"thinking", NULL, LIST_REASONING, 0},
    {.path = NULL},
};

static const struct list_form list = {
    .path = "/v1beta/models?pageSize=1000",
    .key = "models",
    .page = "pageToken",
    .next = "nextPageToken",
    .id = "name",
    .prefix = "models/",
    .title = "displayName",
    .context_window = {"inputTokenLimit"},
    .max_output = {"outputTokenLimit"},
    .marks = marks,
};

const struct provider_ops gemini_ops = {
    .api = "gemini",
    .usual_url = "https://generativelanguage.googleapis.com",
    .path = "/v1beta/models",
    .accept = "text/event-stream, application/json",
    .key_header = "x-goog-api-key",
    .token_mark = "/publishers/",
    .list = &list,
    .embed = &gemini_embed,
    .grammar = &gemini_grammar,
    .build = build,
};
