#include "daemon/rpc/templated.h"
#include "daemon/rpc/held.h"
#include "lib/base/alloc.h"
#include "lib/chat/title.h"
#include "lib/proto/mp.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_SIZE 40
#define TITLED_MAX (PROMPT_NAME_MAX + 2 + TITLE_SIZE) /* bytes: name, colon, words */

enum error_code templated_find(const msgpack_object_map *params, const struct prompt_set *set, const char *field,
                               const struct prompt **ret, struct error *err)
{
    const msgpack_object *o = mp_get(params, field);
    const char *name = "";
    size_t len = 0;
    if (o)
        mp_str(o, &name, &len);
    enum error_code code = prompt_check_name(name, len, field, err);
    if (code != ERR_NONE)
        return code;
    *ret = prompt_set_find(set, name, len);
    if (*ret)
        return ERR_NONE;
    error_set_param(err, field, "no prompt %.*s; askctl prompts lists those there are%s%s", (int)len, name,
                    set->warning ? ", but " : "", set->warning ? set->warning : "");
    return err->code = ERR_NOT_FOUND;
}

/* -- values -- */

/* What a prompt is filled with, in one block. */
struct values {
    struct template_value *list;
    size_t n;
    char *names;                  /* each with its NUL */
    char (*numbers)[NUMBER_SIZE]; /* the texts of those that are none */
};

static void values_done(struct values *v)
{
    free(v->list);
    free(v->names);
    free(v->numbers);
}

/* A string as it is, a number as it is written. */
static bool read_value(const msgpack_object *o, struct template_value *v, char number[NUMBER_SIZE])
{
    int64_t i;
    double d;
    if (mp_str(o, &v->text, &v->len))
        return true;
    if (mp_int(o, &i))
        snprintf(number, NUMBER_SIZE, "%" PRId64, i);
    else if (mp_double(o, &d))
        snprintf(number, NUMBER_SIZE, "%.15g", d);
    else
        return false;
    v->text = number;
    v->len = strlen(number);
    return true;
}

static enum error_code refuse(struct error *err, const char *name, size_t len, const char *why)
{
    char param[TEMPLATE_NAME_MAX + 8];
    snprintf(param, sizeof param, "vars.%.*s", (int)(len < TEMPLATE_NAME_MAX ? len : TEMPLATE_NAME_MAX), name);
    return error_set_param(err, param, "%s %s", param, why);
}

/* No prompt has more variables, so that more values cannot all be for one. */
static enum error_code read_values(const msgpack_object_map *params, struct values *v, struct error *err)
{
    const msgpack_object *o = mp_get(params, "vars");
    msgpack_object_map map = {0};
    size_t names = 0;
    if (o)
        mp_map(o, &map);
    if (map.size > 2 * TEMPLATE_VARIABLES_MAX)
        return error_set_param(err, "vars", "vars holds more than %d values", 2 * TEMPLATE_VARIABLES_MAX);
    v->list = xcalloc(map.size, sizeof *v->list);
    v->numbers = xcalloc(map.size, sizeof *v->numbers);
    v->names = xcalloc(map.size, TEMPLATE_NAME_MAX + 1);
    for (uint32_t i = 0; i < map.size; i++) {
        const char *name;
        size_t len;
        if (!mp_str(&map.ptr[i].key, &name, &len))
            return error_set_param(err, "vars", "vars must have strings as keys");
        if (len == 0 || len > TEMPLATE_NAME_MAX || memchr(name, '\0', len))
            return refuse(err, name, len, "is no variable's name");
        if (strlen(PROMPT_INPUT) == len && memcmp(name, PROMPT_INPUT, len) == 0)
            return refuse(err, name, len, "is no variable: the input is what is piped in, or a field of its own");
        if (map.ptr[i].val.type == MSGPACK_OBJECT_NIL)
            continue;
        struct template_value *value = &v->list[v->n];
        if (!read_value(&map.ptr[i].val, value, v->numbers[i]))
            return refuse(err, name, len, "must be a string or a number");
        value->name = memcpy(v->names + names, name, len);
        names += len + 1;
        v->n++;
    }
    return ERR_NONE;
}

/* Parts that go before the question are something that it is about. */
static bool has_attachments(const msgpack_object_map *params)
{
    const msgpack_object *o = mp_get(params, "attachments");
    msgpack_object_array a;
    return o && mp_array(o, &a) && a.size > 0;
}

enum error_code templated_render(const msgpack_object_map *params, const struct prompt_set *set, const char *field,
                                 const char *input, struct templated *ret, struct error *err)
{
    struct values values = {0};
    struct prompt_input in = {.field = input};
    const msgpack_object *o = mp_get(params, input);
    *ret = (struct templated){0};
    buf_init(&ret->system, TEMPLATED_MAX);
    buf_init(&ret->question, TEMPLATED_MAX);
    enum error_code code = templated_find(params, set, field, &ret->prompt, err);
    if (code == ERR_NONE)
        code = read_values(params, &values, err);
    if (code == ERR_NONE) {
        if (o)
            mp_str(o, &in.text, &in.len);
        if (in.len == 0)
            in.text = has_attachments(params) ? "" : NULL;
        in.vars = values.list;
        in.n_vars = values.n;
        code = prompt_render(ret->prompt, &in, &ret->system, &ret->question, err);
    }
    values_done(&values);
    return code;
}

void templated_done(struct templated *t)
{
    buf_done(&t->system);
    buf_done(&t->question);
}

/* -- the question of chat -- */

static msgpack_object object_of(const void *s, size_t len)
{
    return (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {(uint32_t)len, s}};
}

/* A field more; of two with one name the last one holds. */
static void add(msgpack_object_map *params, const char *key, msgpack_object value)
{
    params->ptr[params->size++] = (msgpack_object_kv){object_of(key, strlen(key)), value};
}

/* What the chat does not say for itself, the prompt's file does. */
static void add_front(msgpack_object_map *params, const struct front *f)
{
    if (f->model && !mp_get(params, "model"))
        add(params, "model", object_of(f->model, strlen(f->model)));
    if (f->has_temperature && !mp_get(params, "temperature"))
        add(params, "temperature", (msgpack_object){.type = MSGPACK_OBJECT_FLOAT64, .via.f64 = f->temperature});
    if (mp_get(params, "reasoning"))
        return;
    if (f->reasoning)
        add(params, "reasoning", object_of(f->reasoning, strlen(f->reasoning)));
    else if (f->reasoning_budget > 0)
        add(params, "reasoning",
            (msgpack_object){.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = (uint64_t)f->reasoning_budget});
}

/* The prompt's own instructions, then the chat's. */
static enum error_code join_system(struct templated *t, const msgpack_object_map *params, struct error *err)
{
    const msgpack_object *o = mp_get(params, "system");
    const char *s;
    size_t len;
    if (!o || !mp_str(o, &s, &len) || len == 0)
        return ERR_NONE;
    if (t->system.len > 0)
        buf_puts(&t->system, "\n\n");
    if (buf_append(&t->system, s, len) && !t->system.failed)
        return ERR_NONE;
    return error_set_param(err, "system", "system is larger than %zu bytes with that of the prompt", TEMPLATED_MAX);
}

/* What a prompt says in front of its input is the same each time. */
static void add_title(msgpack_object_map *params, const struct prompt *prompt, char title[TITLED_MAX])
{
    const msgpack_object *o = mp_get(params, "prompt");
    const char *input = "";
    size_t len = 0;
    char words[TITLE_SIZE];
    if (mp_get(params, "title"))
        return;
    if (o)
        mp_str(o, &input, &len);
    bool some = title_of_text(input, len, words);
    int n = snprintf(title, TITLED_MAX, some ? "%s: %s" : "%s", prompt->name, words);
    add(params, "title", object_of(title, (size_t)n));
}

static enum error_code run_rendered(struct call *c, const struct method *m, const struct templated *t,
                                    struct error *err)
{
    enum { ADDED = 7 };
    char title[TITLED_MAX];
    msgpack_object_map params = {0, xcalloc(c->params.size + ADDED, sizeof *params.ptr)};
    struct call rendered = {.peer = c->peer, .msgid = c->msgid};
    if (c->params.size > 0)
        memcpy(params.ptr, c->params.ptr, c->params.size * sizeof *params.ptr);
    params.size = c->params.size;
    add_title(&params, t->prompt, title);
    add(&params, "prompt", object_of(t->question.data ? (const char *)t->question.data : "", t->question.len));
    if (t->system.len > 0)
        add(&params, "system", object_of(t->system.data, t->system.len));
    add_front(&params, &t->prompt->front);
    rendered.params = params;
    enum error_code code = m->handle(&rendered, err);
    free(params.ptr);
    return code;
}

static enum error_code run(struct call *c, const struct prompt_set *set, const struct method *m, struct error *err)
{
    struct templated t;
    enum error_code code = templated_render(&c->params, set, "template", "prompt", &t, err);
    if (code == ERR_NONE)
        code = join_system(&t, &c->params, err);
    if (code == ERR_NONE)
        code = run_rendered(c, m, &t, err);
    templated_done(&t);
    return code;
}

enum error_code templated_call(struct call *c, const struct method *m, struct error *err)
{
    if (!mp_get(&c->params, "template")) {
        if (mp_get(&c->params, "vars"))
            return error_set_param(err, "vars", "vars are those of a template, which is missing");
        return m->handle(c, err);
    }
    if (mp_get(&c->params, "messages"))
        return error_set_param(err, "messages", "messages must not stand beside template; what it is about is prompt");
    return held_call(c, run, m, err);
}
