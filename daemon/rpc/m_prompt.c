/* prompt.list, prompt.get, prompt.render. */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/held.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/templated.h"
#include "lib/base/utf8.h"
#include "lib/proto/codec.h"
#include <string.h>

#define REPLY_MAX ((size_t)48 << 20) /* of a list: PROMPT_SET_BYTES_MAX, and what surrounds it */
#define TEXT_MAX ((size_t)64 << 10)  /* of a path or a name */

struct entries {
    struct buf *b;
    uint32_t n;
};

/* Names of files are bytes; what is no UTF-8 in them is shown as U+FFFD. NULL: left out. */
static void put(struct entries *e, const char *key, const char *text)
{
    struct buf clean;
    if (!text)
        return;
    buf_init(&clean, TEXT_MAX);
    utf8_append_repaired(&clean, text, strlen(text));
    mp_put_cstr(e->b, key);
    mp_put_str(e->b, clean.len > 0 ? (const char *)clean.data : "", clean.len);
    buf_done(&clean);
    e->n++;
}

static void put_error(struct entries *e, const struct prompt *p)
{
    struct error err = ERROR_INIT;
    if (!p->error)
        return;
    error_set(&err, ERR_INVALID_REQUEST, "%s", p->error);
    mp_put_cstr(e->b, "error");
    codec_put_error(e->b, &err, NULL, false);
    e->n++;
}

static void put_variables(struct entries *e, const struct prompt *p)
{
    mp_put_cstr(e->b, "variables");
    mp_put_array(e->b, (uint32_t)p->n_variables);
    for (size_t i = 0; i < p->n_variables; i++) {
        const struct template_variable *v = &p->variables[i];
        mp_put_map(e->b, v->otherwise ? 2 : 1);
        mp_put_entry(e->b, "name", v->name);
        if (v->otherwise)
            mp_put_entry(e->b, "default", v->otherwise);
    }
    e->n++;
}

static void put_listed(struct entries *e, const struct prompt *p)
{
    put(e, "name", p->name);
    put(e, "description", p->front.description);
    put_variables(e, p);
    mp_put_cstr(e->b, "needs_input");
    mp_put_bool(e->b, p->needs_input);
    e->n++;
    put(e, "path", p->path);
    put_error(e, p);
}

static void put_front(struct entries *e, const struct front *f)
{
    put(e, "model", f->model);
    if (f->has_temperature) {
        mp_put_cstr(e->b, "temperature");
        mp_put_double(e->b, f->temperature);
        e->n++;
    }
    put(e, "reasoning", f->reasoning);
    if (f->reasoning_budget > 0) {
        mp_put_entry_int(e->b, "reasoning", f->reasoning_budget);
        e->n++;
    }
}

static void put_template(struct entries *e, const char *key, const struct template *t)
{
    size_t len;
    if (!t)
        return;
    const char *text = template_text(t, &len);
    mp_put_cstr(e->b, key);
    mp_put_str(e->b, text, len);
    e->n++;
}

static void put_bytes(struct entries *e, const char *key, const struct buf *text)
{
    mp_put_cstr(e->b, key);
    mp_put_str(e->b, text->len > 0 ? (const char *)text->data : "", text->len);
    e->n++;
}

/* Sends a value that was put together, where the peer may have so much. */
static enum error_code reply(struct call *c, const struct buf *value, struct error *err)
{
    enum error_code code = server_may_send(c->peer->server, c->peer, value->len, err);
    if (code == ERR_NONE && value->failed)
        code = error_set(err, ERR_TOO_LARGE, "the result is larger than %zu MiB", value->max >> 20);
    if (code == ERR_NONE) {
        struct buf *b = call_begin(c);
        buf_append(b, value->data, value->len);
        call_end(c);
    }
    return code;
}

static enum error_code list(struct call *c, const struct prompt_set *set, const struct method *m, struct error *err)
{
    struct buf b;
    (void)m;
    buf_init(&b, REPLY_MAX);
    mp_put_array(&b, (uint32_t)set->n);
    for (size_t i = 0; i < set->n; i++) {
        struct entries e = {.b = &b};
        const size_t at = mp_open_map(&b);
        put_listed(&e, set->prompts[i]);
        mp_close_map(&b, at, e.n);
    }
    enum error_code code = reply(c, &b, err);
    buf_done(&b);
    return code;
}

static enum error_code get(struct call *c, const struct prompt_set *set, const struct method *m, struct error *err)
{
    const struct prompt *p;
    struct buf b;
    (void)m;
    enum error_code code = templated_find(&c->params, set, "name", &p, err);
    if (code != ERR_NONE)
        return code;
    buf_init(&b, REPLY_MAX);
    struct entries e = {.b = &b};
    const size_t at = mp_open_map(&b);
    put_listed(&e, p);
    put_front(&e, &p->front);
    put_template(&e, "system", p->system);
    put_template(&e, "prompt", p->user);
    mp_close_map(&b, at, e.n);
    code = reply(c, &b, err);
    buf_done(&b);
    return code;
}

static enum error_code render(struct call *c, const struct prompt_set *set, const struct method *m, struct error *err)
{
    struct templated t;
    struct buf b;
    (void)m;
    enum error_code code = templated_render(&c->params, set, "name", "input", &t, err);
    buf_init(&b, 2 * TEMPLATED_MAX + TEXT_MAX);
    if (code == ERR_NONE) {
        struct entries e = {.b = &b};
        const size_t at = mp_open_map(&b);
        if (t.system.len > 0)
            put_bytes(&e, "system", &t.system);
        put_bytes(&e, "prompt", &t.question);
        put_front(&e, &t.prompt->front);
        mp_close_map(&b, at, e.n);
        code = reply(c, &b, err);
    }
    buf_done(&b);
    templated_done(&t);
    return code;
}

enum error_code m_prompt_list(struct call *c, struct error *err)
{
    return held_call(c, list, NULL, err);
}

enum error_code m_prompt_get(struct call *c, struct error *err)
{
    return held_call(c, get, NULL, err);
}

enum error_code m_prompt_render(struct call *c, struct error *err)
{
    return held_call(c, render, NULL, err);
}
