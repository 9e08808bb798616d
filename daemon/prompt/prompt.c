#include "daemon/prompt/prompt.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include "lib/base/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct prompt *prompt_new(const char *name, const char *path)
{
    struct prompt *p = NEW(struct prompt);
    p->name = xstrdup(name);
    p->path = xstrdup(path);
    return p;
}

struct prompt *prompt_free(struct prompt *p)
{
    if (!p)
        return NULL;
    front_done(&p->front);
    template_free(p->system);
    template_free(p->user);
    free(p->variables);
    free(p->name);
    free(p->path);
    free(p->error);
    free(p);
    return NULL;
}

/* -- its texts -- */

void prompt_refuse(struct prompt *p, const char *fmt, ...)
{
    char *why = NULL;
    va_list ap;
    if (p->error)
        return; /* the first one tells it */
    va_start(ap, fmt);
    int n = vasprintf(&why, fmt, ap);
    va_end(ap);
    p->error = xasprintf("%s: %s", p->path, n >= 0 ? why : "no memory to say what is wrong");
    if (n >= 0)
        free(why);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The template of a text without the blanks at its end; NULL for nothing but blanks. */
static struct template *read_text(struct prompt *p, const char *text, size_t len)
{
    struct template *t = NULL;
    struct error err = ERROR_INIT;
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    if (len > 0 && !utf8_valid(text, len))
        prompt_refuse(p, "the text is not UTF-8");
    else if (len > 0 && template_parse(text, len, &t, &err) != ERR_NONE)
        prompt_refuse(p, "%s", err.message);
    return t;
}

/* A text with a front block before it. */
static struct template *read_fronted(struct prompt *p, const char *text, size_t len)
{
    struct error err = ERROR_INIT;
    size_t body = 0;
    if (len > 0 && (!utf8_valid(text, len) || memchr(text, '\0', len)))
        prompt_refuse(p, "the file is not UTF-8 text");
    else if (front_read(text, len, &p->front, &body, &err) != ERR_NONE)
        prompt_refuse(p, "%s", err.message);
    else
        return read_text(p, text + body, len - body);
    return NULL;
}

static struct template_variable *find_variable(const struct prompt *p, const char *name)
{
    for (size_t i = 0; i < p->n_variables; i++)
        if (strcmp(p->variables[i].name, name) == 0)
            return &p->variables[i];
    return NULL;
}

static void add_variables(struct prompt *p, const struct template *t)
{
    size_t n = 0;
    const struct template_variable *v = t ? template_variables(t, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct template_variable *known = find_variable(p, v[i].name);
        if (known && !known->otherwise)
            known->otherwise = v[i].otherwise;
        if (known || strcmp(v[i].name, PROMPT_INPUT) == 0)
            continue;
        p->variables = grow_one(p->variables, p->n_variables, sizeof *p->variables);
        p->variables[p->n_variables++] = v[i];
    }
}

static bool has_input(const struct template *t)
{
    return t && template_has(t, PROMPT_INPUT);
}

/* Has its place no default? */
static bool must_have_input(const struct template *t)
{
    size_t n = 0;
    const struct template_variable *v = t ? template_variables(t, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].name, PROMPT_INPUT) == 0)
            return !v[i].otherwise;
    return false;
}

/* Once both texts are there. */
static void complete(struct prompt *p)
{
    if (!p->error && !p->system && !p->user)
        prompt_refuse(p, "there is no text in it");
    add_variables(p, p->system);
    add_variables(p, p->user);
    p->needs_input = must_have_input(p->system) || must_have_input(p->user) || (!p->user && !has_input(p->system));
}

void prompt_read_file(struct prompt *p, const char *text, size_t len)
{
    p->user = read_fronted(p, text, len);
    complete(p);
}

void prompt_read_folder(struct prompt *p, const char *system, size_t system_len, const char *user, size_t user_len)
{
    p->system = read_fronted(p, system, system_len);
    if (user)
        p->user = read_text(p, user, user_len);
    complete(p);
}

/* -- names -- */

enum error_code prompt_check_name(const char *name, size_t len, const char *param, struct error *err)
{
    if (len == 0 || len > PROMPT_NAME_MAX)
        return error_set_param(err, param, "a prompt's name has 1 to %d bytes", PROMPT_NAME_MAX);
    size_t chars;
    if (!utf8_is_line(name, len, &chars))
        return error_set_param(err, param, "a prompt's name holds no control characters");
    for (size_t i = 0; i < len; i++) {
        const bool begins = i == 0 || name[i - 1] == '/';
        if (begins && (name[i] == '.' || name[i] == '/'))
            return error_set_param(err, param,
                                   "%.*s is no prompt's name: each step of it is a visible file's or folder's",
                                   (int)len, name);
    }
    if (name[len - 1] == '/')
        return error_set_param(err, param, "%.*s is no prompt's name: it ends with a slash", (int)len, name);
    return ERR_NONE;
}

/* -- the question -- */

/* "language, tone (else plain)", as far as it fits. */
static void list_variables(const struct prompt *p, char *out, size_t size)
{
    size_t at = 0;
    snprintf(out, size, "none");
    for (size_t i = 0; i < p->n_variables && at < size; i++) {
        const char *otherwise = p->variables[i].otherwise;
        at += (size_t)snprintf(out + at, size - at, "%s%s%s%.40s%s", at ? ", " : "", p->variables[i].name,
                               otherwise ? " (else " : "",
                               !otherwise   ? ""
                               : *otherwise ? otherwise
                                            : "empty",
                               otherwise ? ")" : "");
    }
}

static enum error_code refuse_variable(const struct prompt *p, const char *name, const char *what, struct error *err)
{
    char all[200], param[TEMPLATE_NAME_MAX + 8];
    list_variables(p, all, sizeof all);
    snprintf(param, sizeof param, "vars.%.*s", TEMPLATE_NAME_MAX, name);
    return error_set_param(err, param, "the prompt %s %s %.*s; its variables: %s", p->name, what, TEMPLATE_NAME_MAX,
                           name, all);
}

static const struct template_value *find_value(const struct prompt_input *in, const char *name)
{
    for (size_t i = in->n_vars; i > 0; i--)
        if (strcmp(in->vars[i - 1].name, name) == 0)
            return &in->vars[i - 1];
    return NULL;
}

static enum error_code check_input(const struct prompt *p, const struct prompt_input *in, struct error *err)
{
    if (p->error)
        return error_set(err, ERR_INVALID_REQUEST, "the prompt %s cannot be used: %s", p->name, p->error);
    for (size_t i = 0; i < in->n_vars; i++)
        if (!find_variable(p, in->vars[i].name))
            return refuse_variable(p, in->vars[i].name, "has no variable", err);
    for (size_t i = 0; i < p->n_variables; i++) {
        const char *name = p->variables[i].name;
        if (p->variables[i].otherwise || find_value(in, name))
            continue;
        char what[2 * TEMPLATE_NAME_MAX + 64];
        snprintf(what, sizeof what, "needs a value (vars.%s; ask -v %s=VALUE) for its variable", name, name);
        return refuse_variable(p, name, what, err);
    }
    if (p->needs_input && !in->text)
        return error_set_param(err, in->field,
                               "the prompt %s needs an input (%s): pipe it into ask, or write it behind the options",
                               p->name, in->field);
    return ERR_NONE;
}

static bool append(struct buf *b, const char *text, size_t len)
{
    return len == 0 || buf_append(b, text, len);
}

/* The question's texts and the input, with blank lines between. */
static enum error_code put_question(const struct prompt *p, const struct template *const texts[2],
                                    const struct template_value *values, size_t n, const struct prompt_input *in,
                                    struct buf *question, struct error *err)
{
    bool placed = false;
    enum error_code code = ERR_NONE;
    for (size_t i = 0; i < 2 && code == ERR_NONE; i++) {
        if (!texts[i])
            continue;
        if (question->len > 0)
            buf_puts(question, "\n\n");
        code = template_fill(texts[i], values, n, question, err);
        placed |= has_input(texts[i]);
    }
    if (code == ERR_NONE && !placed && in->text) {
        if (question->len > 0 && in->len > 0)
            buf_puts(question, "\n\n");
        append(question, in->text, in->len);
    }
    if (code == ERR_NONE && question->failed)
        code = error_set(err, ERR_TOO_LARGE, "the prompt %s is larger than %zu bytes with its input", p->name,
                         question->max);
    return code;
}

enum error_code prompt_render(const struct prompt *p, const struct prompt_input *in, struct buf *system,
                              struct buf *question, struct error *err)
{
    struct template_value values[2 * TEMPLATE_VARIABLES_MAX + 1];
    size_t n = 0;
    enum error_code code = check_input(p, in, err);
    if (code != ERR_NONE)
        return code;
    for (size_t i = 0; i < p->n_variables; i++) {
        const struct template_variable *v = &p->variables[i];
        const struct template_value *given = find_value(in, v->name);
        values[n++] = given ? *given : (struct template_value){v->name, v->otherwise, strlen(v->otherwise)};
    }
    if (in->text)
        values[n++] = (struct template_value){PROMPT_INPUT, in->text, in->len};
    const bool instructs = p->system && !has_input(p->system);
    const struct template *const texts[] = {instructs ? NULL : p->system, p->user};
    if (instructs)
        code = template_fill(p->system, values, n, system, err);
    return code == ERR_NONE ? put_question(p, texts, values, n, in, question, err) : code;
}
