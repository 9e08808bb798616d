/* inih is loaded when there is a file to read and not before, so that ask links with libc and msgpack-c alone and
 * starts as fast as ever where there is none. It takes lines apart; what it does not tell is found here while it asks
 * for them: their number, one over its bound, which it would cut in two, and whether one goes on with the value above.
 */
#include "client/common/escape.h"
#include "client/common/project_file.h"
#include "lib/base/utf8.h"
#include <dlfcn.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct project_file *file;
    struct error *err;
    enum error_code code; /* of the first error, where reading stops */
    size_t at;            /* in the content */
    unsigned line;
    bool goes_on, asked; /* the line that inih has: it is indented; no pair came of it yet */
    struct buf *value;   /* that the last key has */
};

static const char *const keys[] = {"model", "system", "prompt", "budget", "attach"};
enum { KEYS = sizeof(keys) / sizeof(keys[0]), ATTACH = KEYS - 1 };

static struct buf *value_of(struct project_file *p, size_t key)
{
    struct buf *const values[ATTACH] = {&p->model, &p->system, &p->prompt, &p->budget};
    return key < ATTACH ? values[key] : &p->attach[p->n_attach];
}

static int fail(struct reading *r, const char *reason, const char *what)
{
    struct buf shown;
    buf_init(&shown, 16 * PROJECT_FILE_MAX);
    escape_visible(&shown, what, strlen(what), "");
    r->code =
        error_set(r->err, ERR_INVALID_REQUEST, "%s:%u: %.200s%s", r->file->path, r->line, buf_cstr(&shown), reason);
    buf_done(&shown);
    return 0;
}

/* inih asks for a line as of fgets. */
static char *next_line(char *str, int size, void *data)
{
    struct reading *r = data;
    const struct buf *all = &r->file->content;
    if (r->code == ERR_NONE && r->asked)
        (void)fail(r, "no key = value", "");
    if (r->code != ERR_NONE || r->at == all->len)
        return NULL;
    const char *s = (const char *)all->data + r->at, *end = memchr(s, '\n', all->len - r->at);
    size_t len = end != NULL ? (size_t)(end - s) : all->len - r->at, blank = 0;
    r->at += len + (end != NULL);
    r->line++;
    while (blank < len && strchr(" \t\r", s[blank]) != NULL && s[blank] != '\0')
        blank++;
    r->goes_on = blank > 0 && r->value != NULL;
    r->asked = blank < len && s[blank] != '#' && s[blank] != ';';
    if (len > (size_t)size - 2)
        (void)fail(r, "a line is too long: indent the next one to go on with a value", "");
    else if (!utf8_valid(s, len))
        (void)fail(r, "the line is not UTF-8", "");
    else if (memchr(s, '\0', len) != NULL)
        (void)fail(r, "the line holds a NUL", "");
    else if (r->asked && !r->goes_on && s[blank] == '[')
        (void)fail(r, "there are no sections here", "");
    if (r->code != ERR_NONE)
        return NULL;
    memcpy(str, s, len);
    (void)strcpy(str + len, "\n");
    return str;
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

/* What can be said of a value once all of it is there, which is when the next key comes, or the end. */
static int end_value(struct reading *r)
{
    struct project_file *p = r->file;
    struct buf *v = r->value;
    if (v == NULL)
        return 1;
    r->value = NULL;
    if (v->len == 0)
        return fail(r, "the value above is empty", "");
    if (v == &p->budget && !is_label(v))
        return fail(r, "a budget is a name of letters, digits and . _ -, of 64 at most", "");
    if (v == &p->attach[p->n_attach]) {
        if (leaves_folder(buf_cstr(v)))
            return fail(r, " is not in the folder of this file: attach what is, by a path relative to it", buf_cstr(v));
        p->n_attach++;
    }
    return 1;
}

static int take_key(struct reading *r, const char *name)
{
    size_t key = 0;
    if (end_value(r) == 0)
        return 0;
    while (key < KEYS && strcmp(keys[key], name) != 0)
        key++;
    if (key == KEYS)
        return fail(r, " is no key: model, system, prompt, attach and budget are", name);
    if (key == ATTACH && r->file->n_attach == PROJECT_PATTERNS)
        return fail(r, "there are too many attach lines: 32 are read", "");
    r->value = value_of(r->file, key);
    return r->value->len == 0 || fail(r, " stands here twice", name);
}

/* inih 55 takes comments off values, but not off the lines that continue them. */
static size_t value_len(const char *value)
{
    const char *comment = strstr(value, " ;");
    return comment != NULL ? (size_t)(comment - value) : strlen(value);
}

static int on_pair(void *data, const char *section, const char *name, const char *value)
{
    struct reading *r = data;
    (void)section;
    r->asked = false;
    if (!r->goes_on && take_key(r, name) == 0)
        return 0;
    if (r->value->len > 0)
        (void)buf_putc(r->value, ' ');
    (void)buf_append(r->value, value, value_len(value));
    (void)buf_cstr(r->value);
    return r->value->failed ? fail(r, "there is no memory for the value", "") : 1;
}

enum error_code project_file_read(struct project_file *p, struct error *err)
{
    struct reading r = {.file = p, .err = err};
    __typeof__(&ini_parse_stream) parse = NULL;
    void *library = dlopen("libinih.so.1", RTLD_NOW | RTLD_LOCAL);
    void *found = library != NULL ? dlsym(library, "ini_parse_stream") : NULL;
    memcpy(&parse, &found, sizeof(found));
    if (parse == NULL)
        return error_set(err, ERR_INTERNAL, "cannot read %s: %s: install libinih1", p->path, dlerror());
    int status = parse(next_line, &r, on_pair, &r);
    if (r.code == ERR_NONE && status != 0)
        (void)fail(&r, "no key = value", "");
    if (r.code == ERR_NONE)
        (void)end_value(&r);
    (void)dlclose(library);
    return r.code;
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
}
