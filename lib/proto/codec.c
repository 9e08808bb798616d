/* Requests: chat params to a value. The params have passed mp_clean. */
#include "lib/proto/codec.h"
#include "lib/base/alloc.h"
#include "lib/base/host.h"

#include "lib/proto/codec_message.h"
#include <stdlib.h>
#include <string.h>

#define STOP_MAX 16
#define TOOLS_MAX 512
#define CONTEXT_MAX 4096 /* bytes of a directory, and of a terminal's name */
#define CONTEXT_LABEL_MAX 64

static const struct word cache_words[] = {
    {"use", CACHE_USE}, {"refresh", CACHE_REFRESH}, {"only", CACHE_ONLY}, {"off", CACHE_OFF}, {NULL, 0}};
static const struct word reasoning_words[] = {
    {"off", REASONING_OFF}, {"low", REASONING_LOW}, {"medium", REASONING_MEDIUM}, {"high", REASONING_HIGH}, {NULL, 0}};
static const struct word tool_choice_words[] = {
    {"auto", TOOL_CHOICE_AUTO}, {"none", TOOL_CHOICE_NONE}, {"required", TOOL_CHOICE_REQUIRED}, {NULL, 0}};
static const struct word context_words[] = {
    {"error", CONTEXT_ERROR}, {"drop_oldest", CONTEXT_DROP_OLDEST}, {"summarize", CONTEXT_SUMMARIZE}, {NULL, 0}};
static const struct word retry_words[] = {{"restart", true}, {NULL, 0}};

/* What the builders write themselves, or what would evade accounting. */
static const char *const extra_refused[] = {
    "model",
    "messages",
    "input",
    "contents",
    "prompt",
    "system",
    "n",
    "stream",
    "stream_options",
    "store",
    "background",
    "service_tier",
    "tools",
    "tool_choice",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "temperature",
    "top_p",
    "stop",
    "seed",
    "response_format",
};

static enum error_code get_messages(const struct input *in, const msgpack_object *o, struct chat_request *r)
{
    if (input_get(in, "attachments") != NULL)
        return input_refuse(in, "attachments", "goes with prompt; with messages, put the parts into their content");
    return codec_messages(o, &r->messages, &r->n_messages, in->err);
}

/* The prompt and its attachments are one message of the user. */
static enum error_code get_prompt(const struct input *in, const msgpack_object *o, struct chat_request *r)
{
    const msgpack_object *attachments = input_get(in, "attachments");
    struct message *m = chat_request_add_message(r, ROLE_USER);
    struct place at = {NULL, "attachments", 0};
    msgpack_object_array parts;
    const char *s;
    size_t len;

    if (!mp_str(o, &s, &len))
        return input_refuse(in, "prompt", "must be a string");
    if (attachments != NULL) {
        if (!mp_array(attachments, &parts))
            return input_refuse_place(in->err, &at, "must be a list of parts");

        enum error_code e = codec_get_parts(&parts, &at, in->err, m, true);

        if (e != ERR_NONE)
            return e;
        if (len == 0 && parts.size > 0)
            return ERR_NONE;
    }
    return codec_add_text(in->err, m, s, len);
}

/* An answer is regenerated: its question is there. */
static enum error_code no_question(const struct input *in)
{
    static const char *const questions[] = {"prompt", "messages", "attachments"};

    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
        if (input_get(in, questions[i]) != NULL)
            return input_refuse(in, questions[i], "must not stand beside regenerate, which asks the same again");
    return ERR_NONE;
}

static enum error_code get_question(const struct input *in, struct chat_request *r)
{
    const msgpack_object *prompt = input_get(in, "prompt"), *messages = input_get(in, "messages");

    if (input_get(in, "regenerate") != NULL)
        return no_question(in);
    if (prompt != NULL && messages != NULL)
        return input_refuse(in, "messages", "must not stand beside prompt");
    if (prompt == NULL && messages == NULL)
        return input_refuse(in, "prompt", "or messages is missing");
    return prompt != NULL ? get_prompt(in, prompt, r) : get_messages(in, messages, r);
}

/* Tools */

static enum error_code get_tool(const msgpack_object *o, const struct place *at, struct error *err,
                                struct chat_request *r)
{
    msgpack_object_map map;
    struct input in = {.map = &map, .place = at, .err = err};
    enum error_code e;

    if (!mp_map(o, &map))
        return input_refuse_place(err, at, "must be a map");

    struct tool *t = chat_request_add_tool(r);

    if ((e = input_name(&in, "name", true, &t->name)) != ERR_NONE ||
        (e = input_string(&in, "description", &t->description)) != ERR_NONE)
        return e;
    return input_value(&in, "parameters", true, &t->parameters);
}

static enum error_code get_tools(const struct input *in, struct chat_request *r)
{
    const msgpack_object *o = input_get(in, "tools");
    struct place at = {NULL, "tools", 0};
    msgpack_object_array tools;
    enum error_code e = ERR_NONE;

    if (o == NULL)
        return ERR_NONE;
    if (!mp_array(o, &tools))
        return input_refuse_place(in->err, &at, "must be a list");
    if (tools.size > TOOLS_MAX)
        return error_set_param(in->err, "tools", "tools must hold at most %d tools", TOOLS_MAX);
    for (uint32_t i = 0; i < tools.size && e == ERR_NONE; i++) {
        struct place here = {&at, NULL, i};

        e = get_tool(&tools.ptr[i], &here, in->err, r);
    }
    return e;
}

static bool has_tool(const struct chat_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_tools; i++)
        if (strcmp(r->tools[i].name, name) == 0)
            return true;
    return false;
}

static enum error_code get_tool_choice(const struct input *in, struct chat_request *r)
{
    int word;
    enum error_code e = input_string(in, "tool_choice", &r->tool_choice_name);

    if (e != ERR_NONE || r->tool_choice_name == NULL)
        return e;
    if (input_find_word(tool_choice_words, r->tool_choice_name, strlen(r->tool_choice_name), &word)) {
        r->tool_choice = (enum tool_choice)word;
        free(r->tool_choice_name);
        r->tool_choice_name = NULL;
        return ERR_NONE;
    }
    r->tool_choice = TOOL_CHOICE_NAMED;
    return has_tool(r, r->tool_choice_name)
               ? ERR_NONE
               : input_refuse(in, "tool_choice", "is none of auto, none, required and no tool of this request");
}

/* The rest */

static enum error_code add_stop(const msgpack_object *o, const struct place *at, struct error *err,
                                struct chat_request *r)
{
    const char *s;
    size_t len;

    if (!mp_str(o, &s, &len))
        return input_refuse_place(err, at,
                                  at->name != NULL ? "must be a string or a list of strings" : "must be a string");
    if (len == 0)
        return input_refuse_place(err, at, "must not be empty");
    if (memchr(s, '\0', len) != NULL)
        return input_refuse_place(err, at, "must not hold a NUL character");
    chat_request_add_stop(r, s, len);
    return ERR_NONE;
}

static enum error_code get_stop(const struct input *in, struct chat_request *r)
{
    const msgpack_object *o = input_get(in, "stop");
    struct place at = {NULL, "stop", 0};
    msgpack_object_array list;
    enum error_code e = ERR_NONE;

    if (o == NULL)
        return ERR_NONE;
    if (!mp_array(o, &list))
        return add_stop(o, &at, in->err, r);
    if (list.size > STOP_MAX)
        return error_set_param(in->err, "stop", "stop must hold at most %d strings", STOP_MAX);
    for (uint32_t i = 0; i < list.size && e == ERR_NONE; i++) {
        struct place here = {&at, NULL, i};

        e = add_stop(&list.ptr[i], &here, in->err, r);
    }
    return e;
}

static enum error_code get_reasoning(const struct input *in, struct chat_request *r)
{
    const msgpack_object *o = input_get(in, "reasoning");
    int64_t budget;
    int word = REASONING_DEFAULT;

    if (o != NULL && mp_int(o, &budget)) {
        if (budget < 0)
            return input_refuse(in, "reasoning", "must not be negative");
        r->reasoning = budget == 0 ? REASONING_OFF : REASONING_BUDGET;
        r->reasoning_budget = budget;
        return ERR_NONE;
    }

    enum error_code e = input_word(in, "reasoning", reasoning_words,
                                   "is none of off, low, medium, high and no number of tokens", &word);

    r->reasoning = (enum reasoning_mode)word;
    return e;
}

static const char *find_refused(const msgpack_object *key)
{
    const uint8_t *k;
    size_t len;

    if (!mp_bytes(key, &k, &len))
        return NULL;
    for (size_t i = 0; i < sizeof(extra_refused) / sizeof(extra_refused[0]); i++)
        if (strlen(extra_refused[i]) == len && memcmp(extra_refused[i], k, len) == 0)
            return extra_refused[i];
    return NULL;
}

static enum error_code get_extra(const struct input *in, struct chat_request *r)
{
    const msgpack_object *o = input_get(in, "extra");
    struct place at = {NULL, "extra", 0};
    msgpack_object_map map;

    if (o == NULL || !mp_map(o, &map))
        return input_value(in, "extra", true, &r->extra);
    for (uint32_t i = 0; i < map.size; i++) {
        const char *name = find_refused(&map.ptr[i].key);
        struct place here = {&at, name, 0};

        if (name != NULL)
            return input_refuse_place(in->err, &here, "is set by the daemon itself");
    }
    return input_value(in, "extra", true, &r->extra);
}

static enum error_code get_sampling(const struct input *in, struct chat_request *r)
{
    enum error_code e;

    if ((e = input_double(in, "temperature", &r->temperature, &r->has_temperature)) != ERR_NONE ||
        (e = input_double(in, "top_p", &r->top_p, &r->has_top_p)) != ERR_NONE ||
        (e = input_int(in, "max_tokens", &r->max_tokens, &r->has_max_tokens)) != ERR_NONE ||
        (e = input_int(in, "seed", &r->seed, &r->has_seed)) != ERR_NONE)
        return e;
    /* Written so that NaN is refused. */
    if (r->has_temperature && !(r->temperature >= 0 && r->temperature <= 2))
        return input_refuse(in, "temperature", "must be between 0 and 2");
    if (r->has_top_p && !(r->top_p >= 0 && r->top_p <= 1))
        return input_refuse(in, "top_p", "must be between 0 and 1");
    if (r->has_max_tokens && r->max_tokens < 1)
        return input_refuse(in, "max_tokens", "must be at least 1");
    return ERR_NONE;
}

static enum error_code get_handling(const struct input *in, struct chat_request *r)
{
    int cache = (int)r->cache, context = (int)r->context_policy, restart = r->retry_restart;
    enum error_code e;

    if ((e = input_bool(in, "stream", &r->stream)) != ERR_NONE ||
        (e = input_bool(in, "detach", &r->detach)) != ERR_NONE ||
        (e = input_word(in, "cache", cache_words, "is none of use, refresh, only, off", &cache)) != ERR_NONE ||
        (e = input_word(in, "context_policy", context_words, "is none of error, drop_oldest, summarize", &context)) !=
            ERR_NONE ||
        (e = input_word(in, "retry", retry_words, "can only be restart", &restart)) != ERR_NONE ||
        (e = input_double(in, "cache_ttl", &r->cache_ttl, &r->has_cache_ttl)) != ERR_NONE ||
        (e = input_double(in, "timeout", &r->timeout, &r->has_timeout)) != ERR_NONE)
        return e;
    r->cache = (enum cache_policy)cache;
    r->context_policy = (enum context_policy)context;
    r->retry_restart = restart != 0;
    if (r->has_timeout && !(r->timeout > 0 && r->timeout <= CODEC_TIMEOUT_MAX))
        return input_refuse(in, "timeout", "must be over 0 and at most 1e9 seconds");
    if (r->has_cache_ttl && !(r->cache_ttl >= 0 && r->cache_ttl <= CODEC_TIMEOUT_MAX))
        return input_refuse(in, "cache_ttl", "must be between 0 and 1e9 seconds");
    return ERR_NONE;
}

enum error_code codec_context(const msgpack_object_map *params, struct chat_place *place, struct error *err)
{
    const msgpack_object *o = mp_get(params, "context");
    struct place at = {NULL, "context", 0};
    msgpack_object_map map;
    struct input in = {.map = &map, .place = &at, .err = err};
    enum error_code e;

    if (o == NULL)
        return ERR_NONE;
    if (!mp_map(o, &map))
        return input_refuse_place(err, &at, "must be a map");
    if ((e = input_name(&in, "cwd", false, &place->directory)) != ERR_NONE ||
        (e = input_name(&in, "terminal", false, &place->terminal)) != ERR_NONE ||
        (e = input_name(&in, "host", false, &place->host)) != ERR_NONE ||
        (e = input_name(&in, "budget", false, &place->label)) != ERR_NONE)
        return e;
    if (place->directory != NULL && strlen(place->directory) > CONTEXT_MAX)
        return input_refuse(&in, "cwd", "is longer than 4096 bytes");
    if (place->terminal != NULL && strlen(place->terminal) > CONTEXT_MAX)
        return input_refuse(&in, "terminal", "is longer than 4096 bytes");
    if (place->host != NULL && strlen(place->host) >= HOST_SIZE)
        return input_refuse(&in, "host", "is longer than 255 bytes");
    if (place->label != NULL && strlen(place->label) > CONTEXT_LABEL_MAX)
        return input_refuse(&in, "budget", "is longer than 64 bytes");
    return ERR_NONE;
}

/* Each of the three says what the question follows: one alone, and with it in which conversation, where that is not
 * told. */
static enum error_code check_place(const struct input *in, struct chat_request *r)
{
    const char *const names[] = {"parent", "edit", "regenerate"}, *const given[] = {r->parent, r->edit, r->regenerate};
    bool anew = r->conversation != NULL && strcmp(r->conversation, CONVERSATION_NEW) == 0, before = false;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (given[i] == NULL)
            continue;
        if (anew)
            return input_refuse(in, names[i], "goes with the conversation that it is in, which is not a new one");
        if (before)
            return input_refuse(in, names[i], "must stand alone of parent, edit and regenerate");
        before = true;
        if (r->conversation == NULL)
            r->conversation = xstrdup(CONVERSATION_OF_MESSAGE);
    }
    if ((r->edit != NULL || r->regenerate != NULL) && r->cache == CACHE_ONLY)
        return input_refuse(in, "cache", "must not be only beside edit or regenerate, which ask anew");
    return ERR_NONE;
}

/* Where the question belongs, and where it is kept. */
static enum error_code get_place(const struct input *in, struct chat_request *r)
{
    bool store = true;
    enum error_code e;

    if ((e = input_name(in, "conversation", false, &r->conversation)) != ERR_NONE ||
        (e = input_name(in, "title", false, &r->title)) != ERR_NONE ||
        (e = input_name(in, "parent", false, &r->parent)) != ERR_NONE ||
        (e = input_name(in, "edit", false, &r->edit)) != ERR_NONE ||
        (e = input_name(in, "regenerate", false, &r->regenerate)) != ERR_NONE ||
        (e = input_bool(in, "store", &store)) != ERR_NONE)
        return e;
    r->no_store = !store;
    if ((e = check_place(in, r)) != ERR_NONE)
        return e;
    return codec_context(in->map, &r->place, in->err);
}

static enum error_code get_request(const struct input *in, struct chat_request *r)
{
    enum error_code e;

    if ((e = input_name(in, "model", false, &r->model)) != ERR_NONE ||
        (e = input_string(in, "system", &r->system)) != ERR_NONE || (e = get_question(in, r)) != ERR_NONE ||
        (e = get_tools(in, r)) != ERR_NONE || (e = get_tool_choice(in, r)) != ERR_NONE ||
        (e = input_value(in, "schema", true, &r->schema)) != ERR_NONE || (e = get_sampling(in, r)) != ERR_NONE ||
        (e = get_stop(in, r)) != ERR_NONE || (e = get_reasoning(in, r)) != ERR_NONE ||
        (e = get_handling(in, r)) != ERR_NONE || (e = get_place(in, r)) != ERR_NONE)
        return e;
    return get_extra(in, r);
}

enum error_code codec_chat_request(const msgpack_object_map *params, struct chat_request **ret, struct error *err)
{
    struct input in = {.map = params, .err = err, .initials = mp_initials(params)};
    struct chat_request *r = chat_request_new();
    enum error_code e = get_request(&in, r);

    if (e != ERR_NONE) {
        chat_request_free(r);
        return e;
    }
    *ret = r;
    return ERR_NONE;
}
