#include "client/common/context_set.h"
#include <stdlib.h>
#include <string.h>

void context_sets_init(struct context_sets *s)
{
    *s = (struct context_sets){.file = 0};
}

static void list_done(struct context_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->items[i]);
    free(l->items);
    *l = (struct context_list){.n = 0};
}

void context_sets_done(struct context_sets *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct context_set *set = &s->list[i];
        free(set->name);
        free(set->path);
        free(set->text.text);
        free(set->description.text);
        list_done(&set->files);
        list_done(&set->commands);
    }
    free(s->list);
    context_sets_init(s);
}

void context_sets_begin_file(struct context_sets *s)
{
    s->file++;
}

/* -- a section -- */

static bool is_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (name[i] == '\0' ||
            strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", name[i]) == NULL)
            return false;
    return len > 0 && len <= CONTEXT_NAME_MAX;
}

static bool no_memory(struct ini_reader *r)
{
    return ini_fail(r, "there is no memory for the set", "");
}

static bool add_set(struct context_sets *s, struct ini_reader *r, const char *name, size_t len)
{
    if (s->n == CONTEXT_SETS_MAX)
        return ini_fail(r, "there are too many sets: 1024 are read", "");
    struct context_set *list = realloc(s->list, (s->n + 1) * sizeof(*list));
    if (list == NULL)
        return no_memory(r);
    s->list = list;
    list[s->n] = (struct context_set){.name = strndup(name, len)};
    if (list[s->n].name == NULL)
        return no_memory(r);
    s->n++;
    return true;
}

static size_t index_of(const struct context_sets *s, const char *name, size_t len)
{
    size_t i = 0;
    while (i < s->n && (strlen(s->list[i].name) != len || memcmp(s->list[i].name, name, len) != 0))
        i++;
    return i;
}

bool context_sets_section(struct context_sets *s, struct ini_reader *r, const char *path, const char *name, size_t len)
{
    if (!is_name(name, len))
        return ini_fail(r, "the name of a set is 1 to 40 letters, digits and . _ -", "");
    s->open = index_of(s, name, len);
    if (s->open == s->n && !add_set(s, r, name, len))
        return false;
    char *copy = strdup(path);
    if (copy == NULL)
        return no_memory(r);
    free(s->list[s->open].path);
    s->list[s->open].path = copy;
    return true;
}

/* -- its keys -- */

enum context_key { FILES, COMMAND, TEXT, DESCRIPTION, KEYS };
static const char *const keys[KEYS] = {
    [FILES] = "files", [COMMAND] = "command", [TEXT] = "text", [DESCRIPTION] = "description"};

static enum context_key key_of(const char *name)
{
    size_t i = 0;
    while (i < KEYS && strcmp(keys[i], name) != 0)
        i++;
    return (enum context_key)i;
}

static struct context_list *list_of(struct context_set *set, enum context_key key)
{
    return key == FILES ? &set->files : key == COMMAND ? &set->commands : NULL;
}

static struct context_text *text_of(struct context_set *set, enum context_key key)
{
    return key == TEXT ? &set->text : &set->description;
}

bool context_sets_key(struct context_sets *s, struct ini_reader *r, const char *name)
{
    const enum context_key key = key_of(name);
    if (key == KEYS)
        return ini_fail(r, name, " is no key of a set: files, command, text and description are");
    struct context_set *set = &s->list[s->open];
    const struct context_list *l = list_of(set, key);
    const size_t max = key == FILES ? CONTEXT_FILES_MAX : CONTEXT_COMMANDS_MAX;
    if (l == NULL && text_of(set, key)->file == s->file)
        return ini_fail(r, name, " stands here twice");
    if (l != NULL && l->file == s->file && l->n == max)
        return key == FILES ? ini_fail(r, "there are too many files lines: 32 are read", "")
                            : ini_fail(r, "there are too many command lines: 16 are read", "");
    return true;
}

static bool add(struct context_list *l, unsigned file, char *value)
{
    if (l->file != file)
        list_done(l);
    char **items = realloc(l->items, (l->n + 1) * sizeof(*items));
    if (items == NULL)
        return false;
    l->items = items;
    l->items[l->n++] = value;
    l->file = file;
    return true;
}

bool context_sets_pair(struct context_sets *s, struct ini_reader *r, const char *name, const struct buf *value)
{
    const enum context_key key = key_of(name);
    struct context_set *set = &s->list[s->open];
    struct context_list *l = list_of(set, key);
    char *copy = strndup((const char *)value->data, value->len);
    if (copy == NULL || (l != NULL && !add(l, s->file, copy))) {
        free(copy);
        return no_memory(r);
    }
    if (l != NULL)
        return true;
    free(text_of(set, key)->text);
    *text_of(set, key) = (struct context_text){copy, s->file};
    return true;
}

const struct context_set *context_sets_find(const struct context_sets *s, const char *name)
{
    const size_t i = index_of(s, name, strlen(name));
    return i < s->n ? &s->list[i] : NULL;
}
