#include "client/ctl/key_list.h"
#include "client/ctl/key_text.h"
#include "lib/base/secret.h"
#include "lib/base/usual_keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void key_list_init(struct key_list *l)
{
    l->n = 0;
    buf_init(&l->text, KEY_LIST_BYTES);
}

void key_list_done(struct key_list *l)
{
    if (l->text.data != NULL)
        secret_wipe(l->text.data, l->text.cap);
    buf_done(&l->text);
    l->n = 0;
}

const struct key_given *key_list_find(const struct key_list *l, const char *provider)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->keys[i].provider, provider) == 0)
            return &l->keys[i];
    return NULL;
}

static const char *provider_of(const char *variable, size_t len)
{
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++)
        if (strlen(k->env) == len && memcmp(k->env, variable, len) == 0)
            return k->provider;
    return NULL;
}

/* As shells read the value of an assignment, as far as keys go. */
static void unquote(const char **s, size_t *len)
{
    if (*len >= 2 && ((*s)[0] == '"' || (*s)[0] == '\'') && (*s)[*len - 1] == (*s)[0]) {
        (*s)++;
        *len -= 2;
    }
}

static bool has_blank(const char *s, size_t len)
{
    return memchr(s, ' ', len) != NULL || memchr(s, '\t', len) != NULL;
}

/* Finds name and key in a line of which blanks were cut. What is wrong with it, NULL for nothing. */
static const char *split(const char *s, size_t len, const char *only, struct key_given *g, const char **name,
                         size_t *name_len)
{
    size_t n = 0;
    while (n < len && strchr(" \t=", s[n]) == NULL)
        n++;
    const char *of_variable = n < len && s[n] == '=' ? provider_of(s, n) : NULL;
    const bool alone = of_variable == NULL && only != NULL && !has_blank(s, len);
    if (!alone && n == len)
        return "it has to be: PROVIDER KEY, or VARIABLE=KEY";
    if (!alone && s[n] == '=' && of_variable == NULL)
        return "that is no usual variable of a key: name the provider, as in: openai KEY";
    *name = alone ? only : of_variable != NULL ? of_variable : s;
    *name_len = alone || of_variable != NULL ? strlen(*name) : n;
    g->key = alone ? s : s + n + 1;
    g->len = alone ? len : len - n - 1;
    return NULL;
}

/* One line likewise. */
static const char *take(struct key_list *l, const char *s, size_t len, const char *only)
{
    static const char export[] = "export ";
    const char *name;
    size_t name_len;
    struct key_given g;
    if (len >= sizeof(export) && memcmp(s, export, sizeof(export) - 1) == 0) {
        s += sizeof(export) - 1;
        len -= sizeof(export) - 1;
    }
    const char *why = split(s, len, only, &g, &name, &name_len);
    if (why != NULL)
        return why;
    (void)key_trim(&g.key, &g.len);
    unquote(&g.key, &g.len);
    if (!key_trim(&g.key, &g.len))
        return "what stands there is no key: it must be one word";
    if (name_len > KEY_FOLDER_NAME_MAX)
        return "that is no name of a provider";
    memcpy(g.provider, name, name_len);
    g.provider[name_len] = '\0';
    if (!key_folder_name_valid(g.provider))
        return "that is no name of a provider";
    if (key_list_find(l, g.provider) != NULL)
        return "its provider has a key already";
    if (l->n == KEY_LIST_MAX)
        return "there are too many keys";
    l->keys[l->n++] = g;
    return NULL;
}

enum error_code key_list_parse(struct key_list *l, const char *path, const char *only, struct error *err)
{
    const char *s = buf_cstr(&l->text), *end = s + l->text.len;
    for (unsigned line = 1; s < end; line++) {
        const char *eol = memchr(s, '\n', (size_t)(end - s));
        const char *stop = eol != NULL ? eol : end;
        size_t len = (size_t)(stop - s);
        (void)key_trim(&s, &len);
        const char *why = len > 0 && *s != '#' ? take(l, s, len, only) : NULL;
        if (why != NULL)
            return error_set(err, ERR_INVALID_REQUEST, "%s:%u: %s", path, line, why);
        s = eol != NULL ? eol + 1 : end;
    }
    return ERR_NONE;
}

/* What is no key is passed over: nobody gave it to us. */
enum error_code key_list_of_environment(struct key_list *l, struct error *err)
{
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++) {
        const char *value = getenv(k->env);
        size_t len = value != NULL ? strlen(value) : 0;
        if (value != NULL && key_trim(&value, &len))
            (void)(buf_puts(&l->text, k->provider) && buf_putc(&l->text, ' ') && buf_append(&l->text, value, len) &&
                   buf_putc(&l->text, '\n'));
    }
    return l->text.failed ? error_set(err, ERR_TOO_LARGE, "the keys in the environment are too long")
                          : key_list_parse(l, "environment", NULL, err);
}
