#include "daemon/provider/build.h"
#include "daemon/provider/openai_dialects.h"
#include "lib/base/secret.h"
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------------------------------------ faults, notes */

void build_refuse(struct builder *b, const char *what)
{
    if (b->code == ERR_NONE)
        b->code = error_set_param(b->err, "messages", "%s", what);
}

void build_set(struct builder *b, json_t *obj, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(obj, key, value) != 0 && b->code == ERR_NONE) /* keys are ours */
        b->code = error_set_param(b->err, key, "%s holds what has no form in JSON", key);
}

void build_set_string(struct builder *b, json_t *obj, const char *key, const char *value)
{
    build_set(b, obj, key, json_string(value));
}

void build_append(struct builder *b, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        build_refuse(b, "a message holds what has no form in JSON");
}

/* The list stays short: there are a dozen names in all. */
void build_leave_out(struct builder *b, const char *name)
{
    size_t len = strlen(name);

    if (!b->left_out)
        return;
    for (const char *at = buf_cstr(b->left_out); (at = strstr(at, name)); at += len)
        if (at[len] == ',' || at[len] == '\0')
            return;
    buf_printf(b->left_out, "%s%s", b->left_out->len ? ", " : "", name);
}

void build_no_part(struct builder *b, const struct message *m, const char *what)
{
    char text[128];

    if (m != b->question) {
        build_leave_out(b, what);
        return;
    }
    snprintf(text, sizeof text, "this provider does not take this: %s", what);
    build_refuse(b, text);
}

/* ------------------------------------------------------------------------------------------------ values */

json_t *build_text(const struct part *p)
{
    return jsonx_text(p->text ? p->text : "", p->text_len);
}

json_t *build_base64(struct builder *b, const char *prefix, const struct part *p)
{
    size_t prefix_len = strlen(prefix), encoded = part_base64_len(p);
    char *text = p->data_len < INT_MAX && encoded + prefix_len < b->max ? malloc(prefix_len + encoded + 1) : NULL;
    json_t *json = NULL;

    if (text) {
        memcpy(text, prefix, prefix_len);
        EVP_EncodeBlock((unsigned char *)text + prefix_len, p->data, (int)p->data_len);
        json = json_stringn(text, prefix_len + encoded);
        free(text);
    }
    if (!json && b->code == ERR_NONE)
        b->code =
            error_set(b->err, ERR_TOO_LARGE, "an attachment of %zu bytes does not fit into a request", p->data_len);
    return json;
}

json_t *build_data_url(struct builder *b, const struct part *p, const char *mime)
{
    char prefix[160];

    snprintf(prefix, sizeof prefix, "data:%s;base64,", p->mime ? p->mime : mime);
    return build_base64(b, prefix, p);
}

json_t *build_value(struct builder *b, const struct value *v, const char *param)
{
    json_t *json = jsonx_from_value(v);

    if (!json && b->code == ERR_NONE)
        b->code = error_set_param(b->err, param, "%s holds what has no form in JSON", param);
    return json;
}

json_t *build_joined(struct builder *b, const struct message *m, enum part_kind kind)
{
    struct buf text;
    json_t *json = NULL;

    if (m->n_parts == 1 && m->parts[0].kind == kind && m->parts[0].text_len > 0)
        return build_text(&m->parts[0]);
    buf_init(&text, b->max);
    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->parts[i].kind == kind && m->parts[i].text)
            buf_append(&text, m->parts[i].text, m->parts[i].text_len);
    }
    if (text.failed && b->code == ERR_NONE)
        b->code = error_set(b->err, ERR_TOO_LARGE, "a message does not fit into a request");
    if (text.len > 0 && !(json = jsonx_text((const char *)text.data, text.len)))
        build_refuse(b, "a message is not UTF-8");
    buf_done(&text);
    return json;
}

json_t *build_typed(struct builder *b, const char *type, const char *key, json_t *inner)
{
    json_t *out = json_object();

    build_set_string(b, out, "type", type);
    build_set(b, out, key, inner);
    return out;
}

/* ------------------------------------------------------------------------------------------------ tools */

json_t *build_arguments(const struct part *call)
{
    enum jsonx_fault fault;
    json_t *json = call->text_len > 0 ? jsonx_parse(call->text, call->text_len, &fault) : NULL;

    if (json_is_object(json))
        return json;
    json_decref(json);
    return json_object();
}

json_t *build_arguments_text(const struct part *call)
{
    enum jsonx_fault fault;
    json_t *json = call->text_len > 0 ? jsonx_parse(call->text, call->text_len, &fault) : NULL;
    bool whole = json != NULL;

    json_decref(json);
    return whole ? build_text(call) : json_string("{}");
}

const char *build_tool_name(const struct builder *b, const struct part *result)
{
    const struct chat_request *r = b->request;

    if (result->name)
        return result->name;
    for (size_t i = r->n_messages; i-- > 0;) {
        for (size_t j = 0; result->id && j < r->messages[i].n_parts; j++) {
            const struct part *p = &r->messages[i].parts[j];
            if (p->kind == PART_TOOL_CALL && p->id && p->name && strcmp(p->id, result->id) == 0)
                return p->name;
        }
    }
    return "";
}

static bool id_fits(const struct id_rule *rule, const char *id)
{
    size_t len = strlen(id);

    if (len < rule->min || len > rule->max)
        return false;
    for (const char *p = id; *p; p++) {
        bool plain = (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z');
        if (!plain && !strchr(rule->also, *p))
            return false;
    }
    return true;
}

json_t *build_tool_id(const struct id_rule *rule, const char *id)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    unsigned char hash[EVP_MAX_MD_SIZE];
    char made[33];
    size_t len = rule->max < sizeof made ? rule->max : sizeof made - 1;

    if (!id)
        id = "";
    if (id_fits(rule, id) || !EVP_Digest(id, strlen(id), hash, NULL, EVP_sha256(), NULL))
        return json_string(id);
    for (size_t i = 0; i < len; i++)
        made[i] = digits[hash[i] % 62];
    return json_stringn(made, len);
}

/* ------------------------------------------------------------------------------------------------ options */

json_t *build_system(struct builder *b)
{
    const struct chat_request *r = b->request;
    struct buf text;
    json_t *json = NULL;

    buf_init(&text, b->max);
    if (r->system)
        buf_puts(&text, r->system);
    for (size_t i = 0; i < r->n_messages; i++) {
        for (size_t j = 0; r->messages[i].role == ROLE_SYSTEM && j < r->messages[i].n_parts; j++) {
            const struct part *p = &r->messages[i].parts[j];
            if (p->kind != PART_TEXT || p->text_len == 0)
                continue;
            if (text.len > 0)
                buf_puts(&text, "\n\n");
            buf_append(&text, p->text, p->text_len);
        }
    }
    if (text.failed && b->code == ERR_NONE)
        b->code = error_set_param(b->err, "system", "the system message does not fit into a request");
    else if (text.len > 0 && !(json = jsonx_text((const char *)text.data, text.len)))
        build_refuse(b, "the system message is not UTF-8");
    buf_done(&text);
    return json;
}

json_t *build_add_message(struct builder *b, json_t *messages, const char *role, json_t *content)
{
    json_t *message = json_object();

    build_set_string(b, message, "role", role);
    build_set(b, message, "content", content);
    build_append(b, messages, message);
    return message;
}

void build_cache_mark(struct builder *b, json_t *block)
{
    build_set(b, block, "cache_control", json_pack("{s:s}", "type", "ephemeral"));
}

bool build_holds(const struct message *m, enum part_kind kind)
{
    for (size_t i = 0; i < m->n_parts; i++)
        if (m->parts[i].kind == kind)
            return true;
    return false;
}

void build_add_result(struct builder *b, json_t *parts, json_t *result, bool (*is_result)(const json_t *part))
{
    size_t at = 0;

    while (at < json_array_size(parts) && is_result(json_array_get(parts, at)))
        at++;
    if (json_array_insert_new(parts, at, result) != 0)
        build_refuse(b, "a message holds what has no form in JSON");
}

bool build_is_blank(const struct part *p)
{
    for (size_t i = 0; i < p->text_len; i++)
        if (!strchr(" \t\r\n", p->text[i]) || p->text[i] == '\0')
            return false;
    return true;
}

json_t *build_turns(struct builder *b, const char *model_role, const char *key,
                    void (*add)(struct builder *b, json_t *parts, const struct message *m))
{
    const struct chat_request *r = b->request;
    json_t *turns = json_array(), *last = NULL; /* the last turn's parts */
    bool last_own = false;

    for (size_t i = 0; i < r->n_messages; i++) {
        const struct message *m = &r->messages[i];
        bool own = m->role == ROLE_ASSISTANT, joins = last && own == last_own;
        if (m->role == ROLE_SYSTEM)
            continue;
        json_t *parts = joins ? json_incref(last) : json_array();
        add(b, parts, m);
        if (!joins && json_array_size(parts) > 0) {
            json_t *turn = json_object();
            build_set_string(b, turn, "role", own ? model_role : "user");
            json_object_set(turn, key, parts);
            build_append(b, turns, turn);
            last = parts;
            last_own = own;
        }
        json_decref(parts);
    }
    return turns;
}

json_t *build_placeholder(const struct message *m)
{
    char text[80];

    for (size_t i = 0; i < m->n_parts; i++) {
        if (!part_is_attachment(&m->parts[i]))
            continue;
        snprintf(text, sizeof text, "(there was an attachment here: %s)", part_kind_name(m->parts[i].kind));
        return json_string(text);
    }
    return NULL;
}

bool build_reasons(const struct chat_request *r)
{
    return r->reasoning != REASONING_DEFAULT && r->reasoning != REASONING_OFF;
}

json_t *build_schema_words(struct builder *b)
{
    json_t *schema = build_value(b, b->request->schema, "schema"), *json = NULL;
    struct buf words;

    buf_init(&words, b->max);
    buf_puts(&words, "Answer with JSON only, by this JSON schema: ");
    if (jsonx_dump(schema, &words))
        json = json_stringn((const char *)words.data, words.len);
    else if (b->code == ERR_NONE)
        b->code = error_set_param(b->err, "schema", "the schema does not fit into a request");
    json_decref(schema);
    buf_done(&words);
    return json;
}

json_t *build_tools(struct builder *b, const char *wrap, const char *key)
{
    const struct chat_request *r = b->request;
    json_t *tools = json_array();

    for (size_t i = 0; i < r->n_tools; i++) {
        json_t *tool = json_object();
        build_set_string(b, tool, "name", r->tools[i].name);
        if (r->tools[i].description)
            build_set_string(b, tool, "description", r->tools[i].description);
        if (r->tools[i].parameters)
            build_set(b, tool, key, build_value(b, r->tools[i].parameters, "tools"));
        build_append(b, tools, wrap ? build_typed(b, wrap, wrap, tool) : tool);
    }
    return tools;
}

const char *build_tool_choice_word(const struct chat_request *r, const char *required)
{
    switch (r->tool_choice) {
    case TOOL_CHOICE_AUTO: return "auto";
    case TOOL_CHOICE_NONE: return "none";
    case TOOL_CHOICE_REQUIRED: return required;
    default: return NULL;
    }
}

/* Sets what was asked for (has) under its name there; without a name it is left out, noted as `param`. */
static void set_option(struct builder *b, json_t *obj, bool has, const char *key, const char *param, json_t *value)
{
    if (has && key)
        build_set(b, obj, key, json_incref(value));
    else if (has)
        build_leave_out(b, param);
    json_decref(value);
}

static void set_stop(struct builder *b, json_t *obj, const struct option_names *names)
{
    const struct chat_request *r = b->request;
    size_t n = !names->stop ? 0 : r->n_stop < names->stop_max ? r->n_stop : names->stop_max;
    json_t *stop = json_array();

    for (size_t i = 0; i < n; i++)
        build_append(b, stop, json_string(r->stop[i]));
    if (n > 0)
        json_object_set(obj, names->stop, stop);
    if (r->n_stop > n)
        build_leave_out(b, "stop");
    json_decref(stop);
}

void build_options(struct builder *b, json_t *obj, const struct option_names *names)
{
    const struct chat_request *r = b->request;

    set_option(b, obj, r->has_temperature, names->temperature, "temperature", json_real(r->temperature));
    set_option(b, obj, r->has_top_p, names->top_p, "top_p", json_real(r->top_p));
    set_option(b, obj, r->has_max_tokens, names->max_tokens, "max_tokens", json_integer(r->max_tokens));
    set_option(b, obj, r->has_seed, names->seed, "seed", json_integer(r->seed));
    set_stop(b, obj, names);
}

const char *build_effort(const struct chat_request *r)
{
    switch (r->reasoning) {
    case REASONING_OFF: return "none";
    case REASONING_LOW: return "low";
    case REASONING_MEDIUM: return "medium";
    case REASONING_BUDGET: return r->reasoning_budget <= 2048 ? "low" : r->reasoning_budget <= 8192 ? "medium" : "high";
    default: return "high";
    }
}

int64_t build_budget(const struct chat_request *r)
{
    switch (r->reasoning) {
    case REASONING_BUDGET: return r->reasoning_budget;
    case REASONING_LOW: return 2048;
    case REASONING_MEDIUM: return 8192;
    case REASONING_HIGH: return 24576;
    default: return 0;
    }
}

/* ------------------------------------------------------------------------------------------------ the exchange */

/* "https://h/v1/?a=b" and "/x?c" make "https://h/v1/x?c&a=b". */
static char *join_url(const char *base, const char *path)
{
    size_t stem = strcspn(base, "?");
    const char *query = base + stem;
    char *url = NULL;

    while (stem > 0 && base[stem - 1] == '/')
        stem--;
    const char *joint = *query && strchr(path, '?') ? "&" : *query ? "?" : "";
    int n = asprintf(&url, "%.*s%s%s%s", (int)stem, base, path, joint, *query ? query + 1 : "");
    return n < 0 ? NULL : url;
}

/* "Name: value". */
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

static bool configured(const struct provider_target *t, const char *line)
{
    size_t len = strcspn(line, ":") + 1;

    for (const char *const *own = t->headers; own && *own; own++)
        if (strncasecmp(*own, line, len) == 0)
            return true;
    return false;
}

/* Those that the API or the dialect always wants, unless the configuration gives another value. */
static bool add_usual_headers(const struct provider_target *t, const char *const *lines, struct exchange *x)
{
    for (; lines && *lines; lines++)
        if (!configured(t, *lines) && !add_header_line(x, *lines))
            return false;
    return true;
}

static bool add_key(const struct provider_ops *ops, const struct openai_dialect *d, const struct provider_target *t,
                    struct exchange *x)
{
    bool token = ops->token_mark && strstr(t->base_url, ops->token_mark);
    const char *header = ops->dialects ? d->key_header : token ? NULL : ops->key_header;

    if (!t->key)
        return true;
    return header ? exchange_secret_header(x, header, "", t->key)
                  : exchange_secret_header(x, "Authorization", "Bearer ", t->key);
}

enum error_code build_address(const struct provider_ops *ops, const struct provider_target *t, const char *method,
                              const char *path, struct exchange *x, struct error *err)
{
    const struct openai_dialect *d = openai_dialect_find(ops->dialects ? t->dialect : NULL);

    if (!d)
        return error_set(err, ERR_INVALID_REQUEST, "there is no dialect %s of %s", t->dialect, ops->api);
    x->method = method;
    x->url = join_url(t->base_url, path);
    bool ok = x->url && exchange_header(x, "Accept", ops->accept) && add_key(ops, d, t, x) &&
              add_usual_headers(t, ops->headers, x) && (!ops->dialects || add_usual_headers(t, d->headers, x));

    for (const char *const *line = t->headers; ok && line && *line; line++)
        ok = add_header_line(x, *line);
    return ok ? ERR_NONE
              : error_set(err, ERR_INVALID_REQUEST, "the provider's headers in the configuration are not valid");
}

/* ------------------------------------------------------------------------------------------------ begin and end */

bool build_begin(struct builder *b, const struct provider_ops *ops, const struct provider_target *t,
                 const struct chat_request *r, struct exchange *x, struct buf *left_out, struct error *err)
{
    *b = (struct builder){.target = t, .request = r, .max = x->body.max, .left_out = left_out, .err = err};
    b->dialect = openai_dialect_find(ops->dialects ? t->dialect : NULL);
    opaque_host(t->base_url, b->host, sizeof b->host);
    for (size_t i = 0; i < r->n_messages; i++)
        if (r->messages[i].role == ROLE_USER)
            b->question = &r->messages[i];
    if (!b->dialect)
        b->code = error_set(err, ERR_INVALID_REQUEST, "there is no dialect %s of %s", t->dialect, ops->api);
    return b->dialect != NULL;
}

static bool listed(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* What no API may be told by `extra`: it is the daemon's to say, or it would evade what the daemon counts. */
static const char *const never[] = {"model",      "messages",     "stream", "stream_options", "n", "store",
                                    "background", "service_tier", NULL};

/* Objects that some APIs put their options into: what they hold is judged like the body's own members. */
static const char *const nests[] = {"generationConfig", "options", "parameters", "input", NULL};

static bool may_set(const json_t *there, const char *key, const json_t *value, const char *const *reserved)
{
    const char *inner_key;
    json_t *inner;

    if (listed(never, key) || listed(reserved, key))
        return false;
    if (!there && !listed(nests, key))
        return true;
    if (!json_is_object(value) || (there && !json_is_object(there)))
        return false;
    json_object_foreach((json_t *)value, inner_key, inner)
    {
        if (listed(never, inner_key) || listed(reserved, inner_key) || json_object_get(there, inner_key))
            return false;
    }
    return true;
}

static void merge_extra(struct builder *b, json_t *body, const char *const *reserved)
{
    json_t *extra = build_value(b, b->request->extra, "extra"), *value;
    const char *key;
    char param[160];

    json_object_foreach(extra, key, value)
    {
        json_t *there = json_object_get(body, key);
        snprintf(param, sizeof param, "extra.%s", key);
        if (!may_set(there, key, value, reserved) && b->code == ERR_NONE)
            b->code = error_set_param(b->err, param, "%s is not for extra to set", param);
        else if (there)
            json_object_update(there, value);
        else
            json_object_set(body, key, value);
    }
    json_decref(extra);
}

enum error_code build_end(struct builder *b, const struct provider_ops *ops, const char *path, json_t *body,
                          const char *const *reserved, struct exchange *x)
{
    if (b->request->extra)
        merge_extra(b, body, reserved);
    if (b->code == ERR_NONE)
        b->code = build_address(ops, b->target, "POST", path, x, b->err);
    if (b->code == ERR_NONE && !exchange_header(x, "Content-Type", "application/json"))
        b->code = error_set(b->err, ERR_INVALID_REQUEST, "the configuration gives the provider too many headers");
    if (b->code == ERR_NONE && !jsonx_dump(body, &x->body))
        b->code = error_set(b->err, ERR_TOO_LARGE, "the question is over %zu bytes", x->body.max);
    json_decref(body);
    return b->code;
}
