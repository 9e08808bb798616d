#include "client/common/ini_read.h"
#include "client/common/escape.h"
#include "lib/base/secret.h"
#include "lib/base/utf8.h"
#include <dlfcn.h>
#include <ini.h>
#include <string.h>

enum { KEY_SIZE = 64 }; /* more than inih hands over */

struct ini_reader {
    const char *path;
    const struct buf *content;
    const struct ini_handler *handler;
    void *data;
    struct error *err;
    enum error_code code; /* of the first error, where reading stops */
    size_t at;            /* in the content */
    unsigned line;
    bool goes_on, asked; /* the line that inih has: it is indented; no pair came of it yet */
    bool wanted;         /* the section's keys are handed over */
    bool in_key;         /* a key came since the last section, so an indented line goes on with it */
    char key[KEY_SIZE];  /* whose value is being read, "" for none */
    struct buf value;
};

bool ini_fail(struct ini_reader *r, const char *what, const char *reason)
{
    struct buf shown;
    buf_init(&shown, 16 * INI_VALUE_MAX);
    escape_visible(&shown, what, strlen(what), "");
    r->code =
        error_set(r->err, ERR_INVALID_REQUEST, "%.1024s:%u: %.200s%s", r->path, r->line, buf_cstr(&shown), reason);
    buf_done(&shown);
    return false;
}

unsigned ini_line(const struct ini_reader *r)
{
    return r->line;
}

const char *ini_named(const char *section, size_t len, const char *kind, size_t *name_len)
{
    const size_t kind_len = strlen(kind);
    const char *s = section, *end = section + len;
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if ((size_t)(end - s) < kind_len || memcmp(s, kind, kind_len) != 0)
        return NULL;
    s += kind_len;
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    if (end - s < 2 || s[0] != '"' || end[-1] != '"')
        return NULL;
    *name_len = (size_t)(end - s) - 2;
    return s + 1;
}

/* What can be said of a value once all of it is there, which is when the next key or section comes, or the end. */
static bool end_value(struct ini_reader *r)
{
    if (r->key[0] == '\0')
        return true;
    bool good = r->value.len > 0 ? r->handler->pair(r->data, r, r->key, &r->value)
                                 : ini_fail(r, "the value above is empty", "");
    buf_clear(&r->value);
    r->key[0] = '\0';
    return good;
}

static void take_section(struct ini_reader *r, const char *s, const char *end)
{
    const char *close = memchr(s, ']', (size_t)(end - s));
    r->wanted = false;
    r->in_key = false;
    if (!end_value(r))
        return;
    if (close == NULL)
        (void)ini_fail(r, "']' is missing behind the section's name", "");
    else
        (void)r->handler->section(r->data, r, s, (size_t)(close - s), &r->wanted);
}

/* What inih will make of the line. */
static void classify(struct ini_reader *r, const char *s, size_t len)
{
    size_t blank = 0;
    while (blank < len && strchr(" \t\r", s[blank]) != NULL && s[blank] != '\0')
        blank++;
    const bool says = blank < len && s[blank] != '#' && s[blank] != ';';
    r->goes_on = blank > 0 && r->in_key;
    r->asked = says && (r->goes_on || s[blank] != '[');
    if (memchr(s, '\0', len) != NULL)
        (void)ini_fail(r, "the line holds a NUL", "");
    else if (!utf8_valid(s, len))
        (void)ini_fail(r, "the line is not UTF-8", "");
    else if (says && !r->asked)
        take_section(r, s + blank + 1, s + len);
}

/* inih asks for a line as of fgets. Its own copy of the last one may hold a key, and is wiped. */
static char *next_line(char *str, int size, void *data)
{
    struct ini_reader *r = data;
    const struct buf *all = r->content;
    if (r->code == ERR_NONE && r->asked)
        (void)ini_fail(r, "no key = value", "");
    if (r->code != ERR_NONE || r->at == all->len) {
        secret_wipe(str, (size_t)size);
        return NULL;
    }
    const char *s = (const char *)all->data + r->at, *end = memchr(s, '\n', all->len - r->at);
    size_t len = end != NULL ? (size_t)(end - s) : all->len - r->at;
    r->at += len + (end != NULL);
    r->line++;
    if (len > (size_t)size - 2)
        (void)ini_fail(r, "a line is too long: indent the next one to go on with a value", "");
    else
        classify(r, s, len);
    if (r->code != ERR_NONE)
        return NULL;
    memcpy(str, s, len);
    (void)strcpy(str + len, "\n");
    return str;
}

/* inih 55 takes comments off values, but not off the lines that continue them. */
static size_t value_len(const char *value)
{
    const char *comment = strstr(value, " ;");
    return comment != NULL ? (size_t)(comment - value) : strlen(value);
}

static bool take_key(struct ini_reader *r, const char *key)
{
    if (!end_value(r) || (r->handler->key != NULL && !r->handler->key(r->data, r, key)))
        return false;
    if (strlen(key) >= KEY_SIZE)
        return ini_fail(r, key, " is no key");
    memcpy(r->key, key, strlen(key) + 1);
    return true;
}

static int on_pair(void *data, const char *section, const char *key, const char *value)
{
    struct ini_reader *r = data;
    (void)section;
    r->asked = false;
    r->in_key = true;
    if (!r->wanted)
        return 1;
    if (!r->goes_on && !take_key(r, key))
        return 0;
    if (r->value.len > 0)
        (void)buf_putc(&r->value, ' ');
    (void)buf_append(&r->value, value, value_len(value));
    (void)buf_cstr(&r->value);
    return !r->value.failed || ini_fail(r, "the value is longer than 64 KiB", "");
}

enum error_code ini_read(const char *path, const struct buf *content, const struct ini_handler *handler, void *data,
                         struct error *err)
{
    struct ini_reader r = {
        .path = path, .content = content, .handler = handler, .data = data, .err = err, .wanted = handler->top};
    __typeof__(&ini_parse_stream) parse = NULL;
    void *library = dlopen("libinih.so.1", RTLD_NOW | RTLD_LOCAL);
    void *found = library != NULL ? dlsym(library, "ini_parse_stream") : NULL;
    memcpy(&parse, &found, sizeof(found));
    if (parse == NULL)
        return error_set(err, ERR_INTERNAL, "cannot read %s: %s: install libinih1", path, dlerror());
    buf_init(&r.value, INI_VALUE_MAX);
    int status = parse(next_line, &r, on_pair, &r);
    if (r.code == ERR_NONE && status != 0)
        (void)ini_fail(&r, "no key = value", "");
    if (r.code == ERR_NONE)
        (void)end_value(&r);
    buf_done(&r.value);
    (void)dlclose(library);
    return r.code;
}
