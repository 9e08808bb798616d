#include "daemon/core/config_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/exchange.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum error_code config_error(const char *path, unsigned line, enum error_code code, struct error *err, const char *fmt,
                             ...)
{
    enum { PATH_SHOWN = 200 }; /* bytes of a path, so that the reason stays within the message */
    char text[sizeof(err->message)], at[16] = "";
    size_t len = strlen(path);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (line)
        snprintf(at, sizeof(at), ":%u", line);
    return error_set(err, code, "%s%s%s: %s", len > PATH_SHOWN ? "..." : "",
                     len > PATH_SHOWN ? path + len - PATH_SHOWN : path, at, text);
}

/* -- its life -- */

static struct config *config_new(const struct config_room *const *rooms)
{
    struct config *c = NEW(struct config);
    size_t n = 0;

    while (rooms[n])
        n++;
    c->rooms = xcalloc(n + 1, sizeof(*c->rooms));
    memcpy(c->rooms, rooms, n * sizeof(*c->rooms));
    c->kinds = xcalloc(n + 1, sizeof(*c->kinds));
    c->sections_end = &c->sections;
    merge_defaults(c);
    return c;
}

static void section_free(struct config_section *s)
{
    for (size_t i = 0; i < s->block_count; i++) {
        struct config_block *b = &s->blocks[i];
        for (size_t k = 0; b->room->options[k].key; k++)
            value_drop(&b->values[k]);
        free(b->values);
        free(b->data);
    }
    free(s->blocks);
    free(s->name);
    free(s);
}

struct config *config_free(struct config *c)
{
    if (!c)
        return NULL;
    for (size_t i = 0; c->rooms[i]; i++) {
        HASH_CLEAR(hh, c->kinds[i].by_name);
        free(c->kinds[i].named);
    }
    free(c->kinds);
    while (c->sections) {
        struct config_section *s = c->sections;
        c->sections = s->next;
        section_free(s);
    }
    for (size_t i = 0; i < c->file_count; i++)
        free(c->files[i]);
    free(c->files);
    free(c->rooms);
    free(c);
    return NULL;
}

/* -- files -- */

static void merge_begin(struct config_merge *m, struct config *c, const char *path)
{
    *m = (struct config_merge){.config = c};
    c->files = xrealloc(c->files, (c->file_count + 1) * sizeof(*c->files));
    m->path = c->files[c->file_count++] = xstrdup(path);
    m->file = c->file_count;
}

/* Says why a secret must not stand in a file with this owner and mode. */
static void judge_exposure(const struct stat *st, char *out, size_t size)
{
    if (st->st_uid != geteuid() && st->st_uid != 0)
        snprintf(out, size, "belongs to another user, uid %u", (unsigned)st->st_uid);
    else if (st->st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH))
        snprintf(out, size, "can be read or written by others (mode 0%o): chmod 600", (unsigned)st->st_mode & 07777u);
}

/* *ret is NULL for a file that is missing and may be. */
static enum error_code open_file(const char *path, bool required, FILE **ret, struct stat *st, struct error *err)
{
    *ret = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hold the start up */
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return required ? error_set(err, ERR_NOT_FOUND, "%s: there is no such file", path) : ERR_NONE;
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot open %s", path);
    }
    if (fstat(fd, st) < 0) {
        enum error_code code = error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot open %s", path);
        close(fd);
        return code;
    }
    if (!S_ISREG(st->st_mode) && !S_ISCHR(st->st_mode)) { /* /dev/null is a way to say: no configuration */
        close(fd);
        return config_error(path, 0, ERR_INVALID_REQUEST, err, "not a file");
    }
    *ret = fdopen(fd, "r");
    if (*ret)
        return ERR_NONE;
    close(fd);
    return error_set(err, ERR_UNAVAILABLE, "cannot open %s: out of memory", path);
}

static enum error_code load_file(struct config *c, const char *path, bool required, struct error *err)
{
    char buffer[4096]; /* of stdio, so that it can be wiped */
    struct config_merge m;
    struct stat st;
    FILE *f;

    enum error_code code = open_file(path, required, &f, &st, err);
    if (!f)
        return code;
    setvbuf(f, buffer, _IOFBF, sizeof(buffer));
    merge_begin(&m, c, path);
    judge_exposure(&st, m.exposed, sizeof(m.exposed));
    code = config_read(&m, f, err);
    if (code == ERR_NONE)
        merge_end_file(&m);
    fclose(f);
    secret_wipe(buffer, sizeof(buffer));
    return code;
}

/* Editors' and package managers' leftovers end otherwise or begin with a dot. */
static int is_dropin(const struct dirent *e)
{
    size_t len = strlen(e->d_name);

    return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".conf") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* by bytes: the order does not hang on a locale */
}

static enum error_code load_dropins(struct config *c, const char *path, struct error *err)
{
    char *folder = xasprintf("%s.d", path);
    struct dirent **entries = NULL;
    enum error_code code = ERR_NONE;

    int n = scandir(folder, &entries, is_dropin, compare_names);
    if (n < 0 && errno != ENOENT && errno != ENOTDIR)
        code = error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot read the folder %s", folder);
    if (n > CONFIG_DROPINS_MAX)
        code =
            config_error(folder, 0, ERR_INVALID_REQUEST, err, "a folder holds at most %d drop-ins", CONFIG_DROPINS_MAX);
    for (int i = 0; i < n; i++) {
        if (code == ERR_NONE) {
            char *file = xasprintf("%s/%s", folder, entries[i]->d_name);
            code = load_file(c, file, false, err);
            free(file);
        }
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return code;
}

static enum error_code finish(struct config *c, enum error_code code, struct config **ret, struct error *err)
{
    if (code == ERR_NONE)
        code = merge_check(c, err);
    *ret = code == ERR_NONE ? c : config_free(c);
    return code;
}

enum error_code config_load(const struct config_room *const *rooms, const char *const *paths, bool required,
                            struct config **ret, struct error *err)
{
    struct config *c = config_new(rooms);
    enum error_code code = ERR_NONE;

    for (size_t i = 0; paths[i] && code == ERR_NONE; i++) {
        code = load_file(c, paths[i], required, err);
        if (code == ERR_NONE)
            code = load_dropins(c, paths[i], err);
    }
    return finish(c, code, ret, err);
}

enum error_code config_load_stream(const struct config_room *const *rooms, FILE *f, const char *path,
                                   struct config **ret, struct error *err)
{
    struct config *c = config_new(rooms);
    struct config_merge m;

    merge_begin(&m, c, path);
    return finish(c, config_read(&m, f, err), ret, err);
}

/* -- reading it -- */

struct config_kind *config_kind_of(const struct config *c, const char *section)
{
    for (size_t i = 0; c->rooms[i]; i++)
        if (strcmp(c->rooms[i]->section, section) == 0)
            return &c->kinds[i];
    return NULL;
}

struct config_section *config_find(const struct config *c, const char *section, const char *name)
{
    const struct config_kind *kind = config_kind_of(c, section);
    struct config_section *s = NULL;

    if (!kind || !name)
        return kind ? kind->plain : NULL;
    HASH_FIND_STR(kind->by_name, name, s);
    return s;
}

static const struct config_block *find_block(const struct config *c, const struct config_room *room, const char *name)
{
    const struct config_section *s = config_find(c, room->section, name);

    for (size_t i = 0; s && i < s->block_count; i++)
        if (s->blocks[i].room == room)
            return &s->blocks[i];
    return NULL;
}

const void *config_get(const struct config *c, const struct config_room *room, const char *name)
{
    const struct config_block *b = find_block(c, room, name);
    return b ? b->data : NULL;
}

const char *config_name(const struct config *c, const struct config_room *room, size_t i)
{
    const struct config_kind *kind = config_kind_of(c, room->section);

    return kind && i < kind->n ? kind->named[i]->name : NULL;
}

const char *config_origin(const struct config *c, const struct config_room *room, const char *name, const char *key,
                          unsigned *line)
{
    const struct config_block *b = find_block(c, room, name);

    for (size_t i = 0; b && room->options[i].key; i++)
        if (b->values[i].file && strcmp(room->options[i].key, key) == 0) {
            if (line)
                *line = b->values[i].line;
            return c->files[b->values[i].file - 1];
        }
    return NULL;
}

/* Where a file and line are told of a value: the one of that key, else the first that a file gave. */
static const struct config_value *find_origin(const struct config_block *b, const char *key, bool *exact)
{
    const struct config_value *first = NULL;

    *exact = false;
    for (size_t i = 0; b && b->room->options[i].key; i++) {
        const struct config_value *v = &b->values[i];
        if (!v->file)
            continue;
        if (strcmp(b->room->options[i].key, key) == 0) {
            *exact = true;
            return v;
        }
        if (!first || v->file < first->file || (v->file == first->file && v->line < first->line))
            first = v;
    }
    return first;
}

/* element: SIZE_MAX for the last of a list, and for what is none. */
static enum error_code complain(const struct config *c, const struct config_room *room, const char *name,
                                const char *key, size_t element, struct error *err, const char *text)
{
    bool exact;
    const struct config_value *where = find_origin(find_block(c, room, name), key, &exact);
    const struct config_section *s = config_find(c, room->section, name);
    size_t file = where ? where->file : s ? s->file : 0;

    if (!file)
        return error_set(err, ERR_INVALID_REQUEST, "%s", text);
    unsigned line = where ? where->line : s->line;
    if (exact && element < where->list_len)
        line = where->list_lines[element];
    return config_error(c->files[file - 1], line, ERR_INVALID_REQUEST, err, "%s", text);
}

enum error_code config_complain(const struct config *c, const struct config_room *room, const char *name,
                                const char *key, struct error *err, const char *fmt, ...)
{
    char text[sizeof err->message];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return complain(c, room, name, key, SIZE_MAX, err, text);
}

enum error_code config_complain_of(const struct config *c, const struct config_room *room, const char *name,
                                   const char *key, size_t element, struct error *err, const char *fmt, ...)
{
    char text[sizeof err->message];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return complain(c, room, name, key, element, err, text);
}

/* -- printing it -- */

const char *config_default(const struct config_option *o)
{
    if (o->def)
        return o->def;
    switch (o->type) {
    case CONFIG_BOOL: return "no";
    case CONFIG_INT:
    case CONFIG_SIZE:
    case CONFIG_DURATION: return "0";
    case CONFIG_ENUM: return o->names[0];
    case CONFIG_STRING:
    case CONFIG_SECRET:
    case CONFIG_LIST: break;
    }
    return NULL;
}

static void print_line(const struct config *c, const char *key, const char *text, size_t file, unsigned line, FILE *out)
{
    if (file == 0)
        fprintf(out, "%s = %s ; default\n", key, text);
    else
        fprintf(out, "%s = %s ; %s:%u\n", key, text, c->files[file - 1], line);
}

static void print_element(const struct config *c, const struct config_option *o, const struct config_value *v, size_t i,
                          FILE *out)
{
    char hidden[128];
    const char *text = v->list[i];
    if ((o->flags & CONFIG_HEADER) && exchange_header_is_secret(text)) {
        snprintf(hidden, sizeof hidden, "%.*s: (hidden)", (int)strcspn(text, ":"), text);
        text = hidden;
    }
    print_line(c, o->key, text, v->file, v->list_lines[i], out);
}

static void print_option(const struct config *c, const struct config_option *o, const struct config_value *v, FILE *out)
{
    for (size_t i = 0; i < v->list_len; i++)
        print_element(c, o, v, i, out);
    if (v->list_len > 0 || (!o->text && v->file == 0)) /* one of many of a kind is shown where it is given */
        return;
    const char *text = v->text ? v->text : config_default(o);
    print_line(c, o->key, v->secret ? "(hidden)" : text ? text : "(unset)", v->file, v->line, out);
}

static void print_section(const struct config *c, const struct config_section *s, FILE *out)
{
    const char *section = s->blocks[0].room->section;

    if (s->name)
        fprintf(out, "[%s \"%s\"]\n", section, s->name);
    else
        fprintf(out, "[%s]\n", section);
    for (size_t i = 0; i < s->block_count; i++)
        for (size_t k = 0; s->blocks[i].room->options[k].key; k++)
            print_option(c, &s->blocks[i].room->options[k], &s->blocks[i].values[k], out);
}

void config_print(const struct config *c, FILE *out)
{
    bool any = false;

    for (size_t i = 0; c->rooms[i]; i++)
        for (const struct config_section *s = c->sections; s; s = s->next) {
            if (s->blocks[0].room != c->rooms[i]) /* each section once: at the first of its rooms */
                continue;
            if (any)
                fputc('\n', out);
            print_section(c, s, out);
            any = true;
        }
}
