/* What the project file says. How its lines are read: ini_read.h. */
#include "client/common/project_file.h"
#include <stdio.h>
#include <string.h>

struct reading {
    struct project_file *file;
    bool in_set; /* behind a section's line, which is a set of context */
};

static const char *const keys[] = {"model", "system", "prompt", "budget", "attach"};
enum { KEYS = sizeof(keys) / sizeof(keys[0]), ATTACH = KEYS - 1 };

static struct buf *value_of(struct project_file *p, size_t key)
{
    struct buf *const values[ATTACH] = {&p->model, &p->system, &p->prompt, &p->budget};
    return key < ATTACH ? values[key] : &p->attach[p->n_attach];
}

static bool leaves_folder(const char *path)
{
    for (const char *s = path; s != NULL; s = strchr(s, '/') != NULL ? strchr(s, '/') + 1 : NULL)
        if (s[0] == '.' && s[1] == '.' && (s[2] == '/' || s[2] == '\0'))
            return true;
    return path[0] == '/' || path[0] == '~';
}

static bool is_label(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", b->data[i]) == NULL ||
            b->data[i] == '\0')
            return false;
    return b->len <= PROJECT_LABEL_MAX;
}

static size_t key_of(const char *name)
{
    size_t key = 0;
    while (key < KEYS && strcmp(keys[key], name) != 0)
        key++;
    return key;
}

static bool is_beneath(struct ini_reader *r, const char *path)
{
    return !leaves_folder(path) ||
           ini_fail(r, path, " is not in the folder of this file: attach what is, by a path relative to it");
}

static bool on_section(void *data, struct ini_reader *r, const char *section, size_t len, bool *wanted)
{
    struct reading *reading = data;
    size_t name_len = 0;
    const char *name = ini_named(section, len, CONTEXT_KIND, &name_len);
    if (name == NULL)
        return ini_fail(r, "the only sections here are sets, as [context \"NAME\"]", "");
    *wanted = reading->in_set = true;
    return context_sets_section(&reading->file->contexts, r, reading->file->path, name, name_len);
}

static bool on_key(void *data, struct ini_reader *r, const char *name)
{
    const struct reading *reading = data;
    struct project_file *p = reading->file;
    const size_t key = key_of(name);
    if (reading->in_set)
        return context_sets_key(&p->contexts, r, name);
    if (key == KEYS)
        return ini_fail(r, name, " is no key: model, system, prompt, attach and budget are");
    if (key == ATTACH && p->n_attach == PROJECT_PATTERNS)
        return ini_fail(r, "there are too many attach lines: 32 are read", "");
    return value_of(p, key)->len == 0 || ini_fail(r, name, " stands here twice");
}

static bool on_pair(void *data, struct ini_reader *r, const char *name, struct buf *value)
{
    const struct reading *reading = data;
    struct project_file *p = reading->file;
    if (reading->in_set)
        return (strcmp(name, "files") != 0 || is_beneath(r, buf_cstr(value))) &&
               context_sets_pair(&p->contexts, r, name, value);
    struct buf *v = value_of(p, key_of(name));
    if (v == &p->budget && !is_label(value))
        return ini_fail(r, "a budget is a name of letters, digits and . _ -, of 64 at most", "");
    if (v == &p->attach[p->n_attach] && !is_beneath(r, buf_cstr(value)))
        return false;
    (void)buf_append(v, value->data, value->len);
    (void)buf_cstr(v);
    if (v == &p->attach[p->n_attach])
        p->n_attach++;
    return !v->failed || ini_fail(r, "there is no memory for the value", "");
}

enum error_code project_file_read(struct project_file *p, struct error *err)
{
    static const struct ini_handler handler = {.section = on_section, .key = on_key, .pair = on_pair, .top = true};
    struct reading reading = {.file = p};
    context_sets_begin_file(&p->contexts);
    return ini_read(p->path, &p->content, &handler, &reading, err);
}

void project_file_keys(const struct project_file *p, char *out, size_t size)
{
    const struct buf *const values[KEYS] = {&p->model, &p->system, &p->prompt, &p->budget, &p->attach[0]};
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < KEYS; i++) {
        if (values[i]->len == 0 || at >= size)
            continue;
        int n = snprintf(out + at, size - at, "%s%s", at > 0 ? ", " : "", keys[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    if (p->contexts.n > 0 && at < size)
        (void)snprintf(out + at, size - at, "%s%zu set%s of context", at > 0 ? ", " : "", p->contexts.n,
                       p->contexts.n > 1 ? "s" : "");
}
