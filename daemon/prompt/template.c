#include "daemon/prompt/template.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

#define OPEN "{{"
#define CLOSE "}}"
#define MARK 2 /* the length of both */
#define IS_TEXT SIZE_MAX

/* A stretch of the text. */
struct piece {
    size_t start, len;
    size_t variable; /* the place of this one; IS_TEXT: it stands for itself */
};

struct template
{
    char *text;
    size_t len;
    struct piece *pieces;
    size_t n_pieces, n_places;
    struct template_variable *variables;
    size_t n_variables;
};

/* A place as it stands in the text. */
struct place {
    size_t start, end; /* with its braces */
    size_t name_len;
    bool has_default;
};

/* -- finding places -- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

static bool at(const struct template *t, size_t i, const char *mark)
{
    return t->len - i >= MARK && memcmp(t->text + i, mark, MARK) == 0;
}

/* Where a default ends; the text's end where it does not. */
static size_t default_end(const struct template *t, size_t i)
{
    while (i < t->len && !at(t, i, CLOSE)) {
        if (t->text[i] == '\n' || at(t, i, OPEN))
            return t->len;
        i++;
    }
    return i;
}

/* Does a place begin at i, which is within the text? */
static bool place_at(const struct template *t, size_t i, struct place *ret)
{
    if (!at(t, i, OPEN))
        return false;
    const size_t name = i + MARK;
    size_t end = name;
    if (name == t->len || !is_letter(t->text[name]))
        return false;
    while (end < t->len && is_name_char(t->text[end]))
        end++;
    *ret = (struct place){.start = i, .name_len = end - name};
    if (ret->name_len > TEMPLATE_NAME_MAX || end == t->len)
        return false;
    ret->has_default = t->text[end] == ':';
    if (ret->has_default)
        end = default_end(t, end + 1);
    ret->end = end + MARK;
    return at(t, end, CLOSE);
}

/* -- parsing -- */

static void add_piece(struct template *t, size_t start, size_t end, size_t variable)
{
    if (start == end)
        return;
    t->pieces = grow_one(t->pieces, t->n_pieces, sizeof *t->pieces);
    t->pieces[t->n_pieces++] = (struct piece){start, end - start, variable};
}

/* n_variables if there is none. */
static size_t find_variable(const struct template *t, const char *name, size_t len)
{
    size_t i = 0;
    while (i < t->n_variables && (strlen(t->variables[i].name) != len || memcmp(t->variables[i].name, name, len) != 0))
        i++;
    return i;
}

static enum error_code add_place(struct template *t, const struct place *p, struct error *err)
{
    const char *name = t->text + p->start + MARK;
    const size_t i = find_variable(t, name, p->name_len);
    if (++t->n_places > TEMPLATE_PLACES_MAX)
        return error_set(err, ERR_INVALID_REQUEST, "more than %d places for variables", TEMPLATE_PLACES_MAX);
    if (i == TEMPLATE_VARIABLES_MAX)
        return error_set(err, ERR_INVALID_REQUEST, "more than %d variables", TEMPLATE_VARIABLES_MAX);
    if (i == t->n_variables) {
        t->variables = grow_one(t->variables, t->n_variables++, sizeof *t->variables);
        t->variables[i].name = xstrndup(name, p->name_len);
    }
    if (p->has_default && !t->variables[i].otherwise) {
        const size_t start = p->start + MARK + p->name_len + 1;
        t->variables[i].otherwise = xstrndup(t->text + start, p->end - MARK - start);
    }
    add_piece(t, p->start, p->end, i);
    return ERR_NONE;
}

/* Half of the backslashes before a place stay; an odd one makes text of it. */
static enum error_code take_place(struct template *t, const struct place *p, size_t *text_start, struct error *err)
{
    size_t slashes = 0;
    while (p->start - slashes > *text_start && t->text[p->start - slashes - 1] == '\\')
        slashes++;
    add_piece(t, *text_start, p->start - (slashes + 1) / 2, IS_TEXT);
    *text_start = slashes % 2 ? p->start : p->end;
    return slashes % 2 ? ERR_NONE : add_place(t, p, err);
}

static enum error_code take_apart(struct template *t, struct error *err)
{
    size_t text_start = 0, i = 0;
    struct place p;
    enum error_code code = ERR_NONE;
    while (i < t->len && code == ERR_NONE) {
        if (!place_at(t, i, &p)) {
            i++;
            continue;
        }
        code = take_place(t, &p, &text_start, err);
        i = p.end;
    }
    add_piece(t, text_start, t->len, IS_TEXT);
    return code;
}

enum error_code template_parse(const char *text, size_t len, struct template **ret, struct error *err)
{
    if (len > TEMPLATE_SIZE_MAX)
        return error_set(err, ERR_TOO_LARGE, "more than %zu KiB of text", TEMPLATE_SIZE_MAX >> 10);
    if (len > 0 && memchr(text, '\0', len))
        return error_set(err, ERR_INVALID_REQUEST, "a NUL character in the text");
    struct template *t = NEW(struct template);
    t->text = xstrndup(text, len);
    t->len = len;
    enum error_code code = take_apart(t, err);
    if (code == ERR_NONE)
        *ret = t;
    else
        template_free(t);
    return code;
}

struct template *template_free(struct template *t)
{
    if (!t)
        return NULL;
    for (size_t i = 0; i < t->n_variables; i++) {
        free(t->variables[i].name);
        free(t->variables[i].otherwise);
    }
    free(t->variables);
    free(t->pieces);
    free(t->text);
    free(t);
    return NULL;
}

const struct template_variable *template_variables(const struct template *t, size_t *n)
{
    *n = t->n_variables;
    return t->variables;
}

bool template_has(const struct template *t, const char *name)
{
    return find_variable(t, name, strlen(name)) < t->n_variables;
}

const char *template_text(const struct template *t, size_t *len)
{
    *len = t->len;
    return t->text;
}

/* -- filling in -- */

static struct template_value value_of(const struct template *t, const struct piece *p,
                                      const struct template_value *values, size_t n)
{
    const struct template_value as_it_is = {.text = t->text + p->start, .len = p->len};
    if (p->variable == IS_TEXT)
        return as_it_is;
    const struct template_variable *v = &t->variables[p->variable];
    for (size_t i = 0; i < n; i++)
        if (strcmp(values[i].name, v->name) == 0)
            return values[i];
    return v->otherwise ? (struct template_value){v->name, v->otherwise, strlen(v->otherwise)} : as_it_is;
}

enum error_code template_fill(const struct template *t, const struct template_value *values, size_t n, struct buf *out,
                              struct error *err)
{
    for (size_t i = 0; i < t->n_pieces; i++) {
        const struct template_value v = value_of(t, &t->pieces[i], values, n);
        if (v.len > 0 && !buf_append(out, v.text, v.len))
            return error_set(err, ERR_TOO_LARGE, "with its values filled in it is larger than %zu bytes", out->max);
    }
    return ERR_NONE;
}
