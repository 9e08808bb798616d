#include "client/ask/edit_files.h"
#include "client/ask/replace.h"
#include "lib/base/fd.h"
#include "lib/base/utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- words -- */

static bool looks_like_path(const char *word)
{
    const char *slash = strrchr(word, '/'), *dot = strrchr(slash != NULL ? slash + 1 : word, '.');
    if (word[strcspn(word, " \t\n\v\f\r")] != '\0')
        return false;
    return slash != NULL || (dot != NULL && dot > word && dot[1] != '\0' && strspn(dot + 1, ".,:;!?") == 0);
}

static bool is_file(const char *word)
{
    struct stat st;
    return stat(word, &st) == 0 && S_ISREG(st.st_mode);
}

int edit_files_count(char *const *words, int n)
{
    int files = n > 0;
    while (files < n && (is_file(words[files]) || looks_like_path(words[files])))
        files++;
    return files;
}

/* -- reading -- */

void edit_files_init(struct edit_files *f)
{
    *f = (struct edit_files){0};
}

void edit_files_done(struct edit_files *f)
{
    for (unsigned i = 0; i < f->n; i++) {
        free(f->list[i].path);
        buf_done(&f->list[i].before);
        buf_done(&f->list[i].after);
    }
    free(f->list);
}

/* The name goes to a model and into a diff, as a line of its own. */
static enum error_code check_name(const char *name, struct error *err)
{
    size_t chars, len = strlen(name);
    if (len == 0 || len >= PATH_MAX || !utf8_is_line(name, len, &chars) || strchr("\"", name[0]) != NULL)
        return error_set(err, ERR_INVALID_REQUEST,
                         "the file's name is empty, too long, no UTF-8, or has control characters: rename it");
    return ERR_NONE;
}

/* A file that is to be made: its folder without links, and its own name. */
static enum error_code place_new(struct edit_file *e, struct error *err)
{
    char folder[PATH_MAX], name[PATH_MAX], real[PATH_MAX], whole[2 * PATH_MAX];
    if (!looks_like_path(e->name))
        return error_set(err, ERR_INVALID_REQUEST,
                         "there is no file %s: the files come first, then the prompt; to have it made, write ./%s",
                         e->name, e->name);
    (void)snprintf(folder, sizeof(folder), "%s", e->name);
    (void)snprintf(name, sizeof(name), "%s", e->name);
    if (realpath(dirname(folder), real) == NULL)
        return error_set(err, ERR_INVALID_REQUEST,
                         "there is no file %s, nor the folder for it: if it is the prompt, quote all of that as one",
                         e->name);
    (void)snprintf(whole, sizeof(whole), "%s/%s", strcmp(real, "/") == 0 ? "" : real, basename(name));
    struct stat st;
    if (lstat(whole, &st) == 0)
        return error_set(err, ERR_INVALID_REQUEST, "%s is a link that leads nowhere: remove it", e->name);
    e->path = strdup(whole);
    return e->path != NULL ? ERR_NONE : error_set(err, ERR_INTERNAL, "out of memory");
}

static enum error_code check_stat(const struct edit_file *e, struct error *err)
{
    if (!S_ISREG(e->stat.st_mode))
        return error_set(err, ERR_INVALID_REQUEST, "%s is no regular file: only such can be edited", e->name);
    if (e->stat.st_nlink > 1)
        return error_set(err, ERR_INVALID_REQUEST,
                         "%s has %lu names (hard links), of which the others would keep the old text: copy it", e->name,
                         (unsigned long)e->stat.st_nlink);
    return ERR_NONE;
}

static enum error_code check_text(const struct edit_file *e, struct error *err)
{
    const struct buf *b = &e->before;
    if (b->len > 0 && (memchr(b->data, '\0', b->len) != NULL || !utf8_valid(b->data, b->len)))
        return error_set(err, ERR_INVALID_REQUEST, "%s is no text in UTF-8: convert it, for instance with iconv",
                         e->name);
    return ERR_NONE;
}

static int open_file(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
}

static enum error_code read_there(struct edit_file *e, struct error *err)
{
    enum error_code code = ERR_NONE;
    int fd = open_file(e->path);
    if (fd < 0 || fstat(fd, &e->stat) != 0)
        code = error_set_errno(err, ERR_INVALID_REQUEST, errno, "cannot open %s", e->name);
    if (code == ERR_NONE)
        code = check_stat(e, err);
    if (code == ERR_NONE)
        code = fd_read_all(fd, e->name, &e->before, err);
    if (fd >= 0)
        (void)close(fd);
    return code == ERR_NONE ? check_text(e, err) : code;
}

static enum error_code read_one(struct edit_file *e, struct error *err)
{
    enum error_code code = check_name(e->name, err);
    if (code != ERR_NONE)
        return code;
    e->path = realpath(e->name, NULL);
    e->there = e->path != NULL;
    if (e->there)
        return read_there(e, err);
    if (errno != ENOENT)
        return error_set_errno(err, ERR_INVALID_REQUEST, errno, "cannot open %s", e->name);
    return place_new(e, err);
}

/* What it has in common with those before it: the place, and the bytes that all may have. */
static enum error_code check_among(const struct edit_files *f, const struct edit_file *e, struct error *err)
{
    size_t all = e->before.len;
    for (const struct edit_file *other = f->list; other < e; other++) {
        all += other->before.len;
        if (strcmp(other->path, e->path) == 0)
            return error_set(err, ERR_INVALID_REQUEST, "%s and %s are one file", other->name, e->name);
    }
    if (all > EDIT_ALL_MAX)
        return error_set(err, ERR_TOO_LARGE, "the files have over %zu MiB together: name fewer", EDIT_ALL_MAX >> 20);
    return ERR_NONE;
}

enum error_code edit_files_read(struct edit_files *f, char *const *words, int n, struct error *err)
{
    enum error_code code = ERR_NONE;
    if (n < 1)
        return error_set(err, ERR_NOT_FOUND, "no file: write ask --edit FILE... \"what to change\"");
    if (n > (int)EDIT_FILES_MAX)
        return error_set(err, ERR_TOO_LARGE, "--edit takes %u files at once", EDIT_FILES_MAX);
    f->list = calloc((size_t)n, sizeof(*f->list));
    if (f->list == NULL)
        return error_set(err, ERR_INTERNAL, "out of memory");
    for (; (int)f->n < n && code == ERR_NONE; f->n++) {
        struct edit_file *e = &f->list[f->n];
        e->name = words[f->n];
        buf_init(&e->before, EDIT_FILE_MAX);
        buf_init(&e->after, EDIT_FILE_MAX);
        code = read_one(e, err);
        if (code == ERR_NONE)
            code = check_among(f, e, err);
    }
    return code;
}

/* -- what is done with them -- */

enum error_code edit_files_attach(const struct edit_files *f, struct attach *a, struct buf *names, struct error *err)
{
    enum error_code code = ERR_NONE;
    for (unsigned i = 0; i < f->n && code == ERR_NONE; i++) {
        const struct edit_file *e = &f->list[i];
        (void)buf_printf(names, "%s%s%s", i > 0 ? ", " : "", e->name,
                         !e->there            ? " (is not there yet)"
                         : e->before.len == 0 ? " (is empty)"
                                              : "");
        if (e->before.len > 0)
            code = attach_bytes(a, e->before.data, e->before.len, e->name, err);
    }
    return code;
}

/* Root may write to what nobody is to write to; it is left alone all the same. */
static bool is_protected(const struct edit_file *e)
{
    return e->there && ((e->stat.st_mode & 0222) == 0 || access(e->path, W_OK) != 0);
}

enum error_code edit_files_writable(const struct edit_files *f, struct error *err)
{
    for (unsigned i = 0; i < f->n; i++) {
        const struct edit_file *e = &f->list[i];
        char folder[PATH_MAX];
        (void)snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(e->path, '/') + 1 - e->path), e->path);
        if (is_protected(e))
            return error_set(err, ERR_PERMISSION_DENIED, "%s is write-protected: chmod u+w it first", e->name);
        if (access(folder, W_OK | X_OK) != 0)
            return error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot write to the folder of %s", e->name);
    }
    return ERR_NONE;
}

static bool is_unchanged(const struct edit_file *e)
{
    struct stat now;
    struct buf text;
    int fd = open_file(e->path);
    if (fd < 0)
        return errno == ENOENT && !e->there;
    buf_init(&text, EDIT_FILE_MAX);
    bool same = e->there && fstat(fd, &now) == 0 && replace_same(&now, &e->stat) &&
                fd_read_all(fd, e->name, &text, NULL) == ERR_NONE && text.len == e->before.len &&
                (text.len == 0 || memcmp(text.data, e->before.data, text.len) == 0);
    (void)close(fd);
    buf_done(&text);
    return same;
}

enum error_code edit_files_unchanged(const struct edit_files *f, struct error *err)
{
    for (unsigned i = 0; i < f->n; i++)
        if (f->list[i].changes && !is_unchanged(&f->list[i]))
            return error_set(err, ERR_OVERLOADED, "%s was changed meanwhile: nothing is written; ask again",
                             f->list[i].name);
    return ERR_NONE;
}

/* A path as it stands behind a/ in a diff. */
static const char *bare(const char *name, size_t *len, bool rooted)
{
    while (*len > 2 && name[0] == '.' && name[1] == '/') {
        name += 2;
        *len -= 2;
    }
    while (!rooted && *len > 0 && name[0] == '/') {
        name++;
        (*len)--;
    }
    return name;
}

struct edit_file *edit_files_find(const struct edit_files *f, const char *name, size_t len, bool rooted)
{
    name = bare(name, &len, rooted);
    for (unsigned i = 0; i < f->n; i++) {
        size_t own_len = strlen(f->list[i].name);
        const char *own = bare(f->list[i].name, &own_len, rooted);
        if (own_len == len && memcmp(own, name, len) == 0)
            return &f->list[i];
    }
    return NULL;
}
