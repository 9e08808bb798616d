/* A question as Ollama wants it. */
#include "daemon/provider/ollama.h"
#include "daemon/provider/build.h"
#include "daemon/provider/embed.h"
#include "daemon/provider/gap.h"
#include "daemon/provider/list.h"
#include <fnmatch.h>
#include <string.h>

/* Only these are told how much to think; others whether. */
#define LEVELS "*gpt-oss*"

static json_t *text_of(struct builder *b, const struct message *m)
{
    json_t *text = build_joined(b, m, PART_TEXT);

    return text ? text : json_string("");
}

static json_t *images_of(struct builder *b, const struct message *m)
{
    json_t *images = json_array();

    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind == PART_IMAGE && p->data)
            build_append(b, images, build_base64(b, "", p));
        else if (p->kind == PART_IMAGE)
            build_no_part(b, m, "an image by its address");
        else if (p->kind == PART_AUDIO || p->kind == PART_FILE)
            build_no_part(b, m, part_kind_name(p->kind));
    }
    return images;
}

static void add_plain(struct builder *b, json_t *messages, const struct message *m)
{
    json_t *images = images_of(b, m), *text = text_of(b, m);
    bool any = json_array_size(images) > 0;
    json_t *note = any || json_string_length(text) > 0 ? NULL : build_placeholder(m);

    if (any || note || json_string_length(text) > 0) {
        json_t *out =
            build_add_message(b, messages, m->role == ROLE_SYSTEM ? "system" : "user", json_incref(note ? note : text));
        if (any)
            json_object_set(out, "images", images);
    }
    json_decref(note);
    json_decref(text);
    json_decref(images);
}

static void add_results(struct builder *b, json_t *messages, const struct message *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind != PART_TOOL_RESULT)
            continue;
        json_t *out = build_add_message(b, messages, "tool", build_text(p));
        build_set_string(b, out, "tool_name", build_tool_name(b, p));
    }
}

static void add_assistant(struct builder *b, json_t *messages, const struct message *m)
{
    json_t *calls = json_array(), *thinking;

    for (size_t i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];
        if (p->kind != PART_TOOL_CALL)
            continue;
        json_t *function = json_object(), *call = json_object();
        build_set_string(b, function, "name", p->name ? p->name : "");
        build_set(b, function, "arguments", build_arguments(p));
        build_set(b, call, "function", function);
        build_append(b, calls, call);
    }
    json_t *out = build_add_message(b, messages, "assistant", text_of(b, m));
    if (json_array_size(calls) > 0) {
        if ((thinking = build_joined(b, m, PART_REASONING))) /* between a call and its result it still counts */
            build_set(b, out, "thinking", thinking);
        json_object_set(out, "tool_calls", calls);
    }
    json_decref(calls);
}

static json_t *messages_of(struct builder *b)
{
    const struct chat_request *r = b->request;
    json_t *messages = json_array();

    if (r->system)
        build_add_message(b, messages, "system", json_string(r->system));
    for (size_t i = 0; i < r->n_messages; i++) {
        const struct message *m = &r->messages[i];
        add_results(b, messages, m);
        if (m->role == ROLE_ASSISTANT)
            add_assistant(b, messages, m);
        else
            add_plain(b, messages, m);
    }
    return messages;
}

static void put_options(struct builder *b, json_t *body)
{
    static const struct option_names option_names = {"temperature", "top_p", "num_predict", "seed", "stop", SIZE_MAX};
    json_t *options = json_object();

    build_options(b, options, &option_names);
    if (json_object_size(options) > 0)
        json_object_set(body, "options", options);
    json_decref(options);
}

static void put_think(struct builder *b, json_t *body)
{
    const struct chat_request *r = b->request;
    bool off = r->reasoning == REASONING_OFF;

    if (r->reasoning == REASONING_DEFAULT)
        return;
    if (!off && fnmatch(LEVELS, b->target->model, 0) == 0)
        build_set_string(b, body, "think", build_effort(r));
    else
        build_set(b, body, "think", json_boolean(!off));
}

static enum error_code build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                             struct buf *left_out, struct error *err)
{
    static const char *const reserved[] = {"tools",       "format", "think", "temperature", "top_p",
                                           "num_predict", "seed",   "stop",  NULL};
    struct builder b;

    if (!build_begin(&b, &ollama_ops, t, r, x, left_out, err))
        return b.code;
    json_t *body = json_object();
    build_set_string(&b, body, "model", t->model);
    build_set(&b, body, "messages", messages_of(&b));
    build_set(&b, body, "stream", json_true());
    if (r->n_tools > 0 && r->tool_choice != TOOL_CHOICE_NONE)
        build_set(&b, body, "tools", build_tools(&b, "function", "parameters"));
    if (r->tool_choice == TOOL_CHOICE_REQUIRED || r->tool_choice == TOOL_CHOICE_NAMED)
        build_leave_out(&b, "tool_choice");
    if (r->schema)
        build_set(&b, body, "format", build_value(&b, r->schema, "schema"));
    put_options(&b, body);
    put_think(&b, body);
    return build_end(&b, &ollama_ops, ollama_ops.path, body, reserved, x);
}

/* https://docs.ollama.com/api/tags; older ones do not tell what a model can do. */
static const struct list_mark marks[] = {
    {"capabilities", "vision", LIST_INPUT, MODALITY_IMAGE},
    {"capabilities", "completion", LIST_OUTPUT, MODALITY_TEXT},
    {"capabilities", "embedding", LIST_OUTPUT, MODALITY_EMBEDDING},
    {"capabilities", "tools", LIST_TOOLS, 0},
    {"capabilities", "thinking", LIST_REASONING, 0},
    {.path = NULL},
};

static const struct list_form list = {.path = "/api/tags", .key = "models", .id = "name", .marks = marks};

/* https://docs.ollama.com/api/embed */
static json_t *embed_body(const struct provider_target *t, const struct openai_dialect *d, json_t *texts)
{
    (void)d;
    return json_pack("{s:s, s:o}", "model", t->model, "input", texts);
}

static const struct embed_form embed = {
    .path = "/api/embed", .body = embed_body, .list = {"embeddings"}, .tokens = "prompt_eval_count"};

const struct provider_ops ollama_ops = {
    .api = "ollama",
    .usual_url = "http://127.0.0.1:11434",
    .path = "/api/chat",
    .accept = "application/x-ndjson, application/json",
    .list = &list,
    .embed = &embed,
    .gaps = ollama_gaps,
    .grammar = &ollama_grammar,
    .build = build,
};
