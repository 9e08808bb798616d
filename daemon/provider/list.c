#include "daemon/provider/list.h"
#include "daemon/provider/build.h"
#include "daemon/provider/error_map.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/parser.h"
#include "lib/base/alloc.h"
#include <string.h>

#define TOKENS_MAX (INT64_C(1) << 40) /* more is no window */

static const struct list_form *form_of(const struct provider_ops *ops, const struct provider_target *t)
{
    const struct openai_dialect *d = openai_dialect_find(ops->dialects ? t->dialect : NULL);

    return ops->dialects && d && d->list ? d->list : ops->list;
}

/* ------------------------------------------------------------------------------------------------ asking */

static void put_encoded(struct buf *b, const char *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (; *value; value++) {
        if (strchr(plain, *value))
            buf_putc(b, *value);
        else
            buf_printf(b, "%%%02X", (unsigned char)*value);
    }
}

enum error_code provider_build_list(const struct provider_ops *ops, const struct provider_target *t, const char *page,
                                    struct exchange *x, struct error *err)
{
    const struct list_form *form = form_of(ops, t);
    struct buf path;

    buf_init(&path, 256 + 3 * LIST_PAGE_MAX);
    buf_puts(&path, form->path);
    if (page && form->page) {
        buf_printf(&path, "%c%s=", strchr(form->path, '?') ? '&' : '?', form->page);
        put_encoded(&path, page);
    }
    enum error_code code = path.failed ? error_set(err, ERR_INVALID_REQUEST, "the page of a list is too long a word")
                                       : build_address(ops, t, "GET", buf_cstr(&path), x, err);
    buf_done(&path);
    return code;
}

/* ------------------------------------------------------------------------------------------------ a row */

static bool is_printable(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
            return false;
    return true;
}

/* NULL for what cannot be a name. */
static char *name_of(const struct list_form *form, const json_t *row)
{
    size_t len, prefix = form->prefix ? strlen(form->prefix) : 0;
    const char *id = jsonx_string(row, form->id, &len);

    if (id && prefix > 0 && strncmp(id, form->prefix, prefix) == 0) {
        id += prefix;
        len -= prefix;
    }
    return id && len > 0 && len <= LIST_NAME_MAX && is_printable(id, len) ? xstrndup(id, len) : NULL;
}

static char *title_of(const struct list_form *form, const json_t *row)
{
    size_t len;
    const char *told = form->title ? jsonx_string(row, form->title, &len) : NULL;
    char title[LIST_NAME_MAX + 1];

    if (!told || len == 0)
        return NULL;
    error_text(title, sizeof title, told, len);
    return xstrdup(title);
}

static int64_t tokens_in(const json_t *row, const char *const *paths)
{
    int64_t n;

    for (; *paths; paths++)
        if (jsonx_to_integer(jsonx_at(row, *paths), &n) && n > 0 && n <= TOKENS_MAX)
            return n;
    return 0;
}

static unsigned modalities_in(const json_t *row, const char *path)
{
    unsigned set = 0;
    size_t i;
    json_t *name;

    json_array_foreach(path ? jsonx_at(row, path) : NULL, i, name)
    {
        const char *s = json_string_value(name);
        if (s && strcmp(s, "embeddings") == 0)
            set |= MODALITY_EMBEDDING;
        else if (s)
            set |= modality_from_name(s, json_string_length(name));
    }
    return set;
}

static bool is_word(const json_t *v, const char *word)
{
    return json_is_string(v) && strcmp(json_string_value(v), word) == 0;
}

static enum known state_of(const json_t *v, const char *word)
{
    size_t i;
    json_t *one;

    if (!word)
        return json_is_boolean(v) ? (enum known)json_is_true(v) : KNOWN_NOT;
    if (json_is_string(v))
        return is_word(v, word) ? KNOWN_YES : KNOWN_NO;
    json_array_foreach(v, i, one) if (is_word(one, word)) return KNOWN_YES;
    return json_is_array(v) ? KNOWN_NO : KNOWN_NOT;
}

static void take_mark(struct listed *l, const struct list_mark *mark, enum known state)
{
    unsigned bits = state == KNOWN_YES ? mark->bits : 0;
    enum known *fact = mark->fact == LIST_TOOLS ? &l->tools : &l->reasoning;

    if (state == KNOWN_NOT)
        return;
    switch (mark->fact) {
    case LIST_TOOLS:
    case LIST_REASONING: *fact = *fact == KNOWN_YES ? KNOWN_YES : state; break;
    case LIST_INPUT: l->input |= MODALITY_TEXT | bits; break;
    case LIST_OUTPUT: l->output |= bits; break;
    }
}

static void read_row(const struct list_form *form, const json_t *row, struct listed *l)
{
    *l = (struct listed){.id = name_of(form, row), .tools = KNOWN_NOT, .reasoning = KNOWN_NOT};
    if (!l->id)
        return;
    l->title = title_of(form, row);
    l->context_window = tokens_in(row, form->context_window);
    l->max_output = tokens_in(row, form->max_output);
    l->input = modalities_in(row, form->input);
    l->output = modalities_in(row, form->output);
    for (const struct list_mark *mark = form->marks; mark && mark->path; mark++)
        take_mark(l, mark, state_of(jsonx_at(row, mark->path), mark->word));
    if (form->prices)
        list_price_read(form->prices, row, l);
}

/* ------------------------------------------------------------------------------------------------ the list */

static char *next_page(const struct list_form *form, const json_t *root)
{
    size_t len = 0;
    const char *next = form->page ? jsonx_string(root, form->next, &len) : NULL;

    if (form->more && !json_is_true(json_object_get(root, form->more)))
        return NULL;
    return next && len > 0 && len <= LIST_PAGE_MAX && strlen(next) == len ? xstrndup(next, len) : NULL;
}

/* A null list is an empty one. */
static enum error_code judge(const struct provider_ops *ops, const json_t *root, const json_t *list, struct error *err)
{
    if (json_is_array(list) || json_is_null(list))
        return ERR_NONE;
    if (root && grammar_is_error(ops->grammar, root, "message"))
        return error_map_inside(root, err);
    return error_set(err, ERR_BAD_RESPONSE, "the provider's list of models cannot be read");
}

enum error_code provider_read_list(const struct provider_ops *ops, const struct provider_target *t, const uint8_t *body,
                                   size_t len, void (*each)(void *data, const struct listed *l), void *data,
                                   char **next, struct error *err)
{
    const struct list_form *form = form_of(ops, t);
    enum jsonx_fault fault;
    json_t *root = jsonx_parse((const char *)body, len, &fault), *row;
    json_t *list = json_is_array(root) ? root : json_object_get(root, form->key);
    enum error_code code = judge(ops, root, list, err);
    size_t i;

    json_array_foreach(list, i, row)
    {
        struct listed l;
        read_row(form, row, &l);
        if (l.id)
            each(data, &l);
        listed_done(&l);
    }
    if (next)
        *next = code == ERR_NONE ? next_page(form, root) : NULL;
    json_decref(root);
    return code;
}
