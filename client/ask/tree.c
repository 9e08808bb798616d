#include "client/ask/tree.h"
#include "client/ask/tree_list.h"
#include "client/common/exit.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FRONT = 8000, /* bytes that are looked at, as git does to tell what is no text */
    NAMED = 5     /* of the largest files, where they are too many */
};

enum left_out { LEFT_BINARY, LEFT_LINK, LEFT_EMPTY, LEFT_FOLDER, LEFT_KINDS, TAKEN };

struct file {
    const char *name; /* in the list */
    size_t len;       /* as it was when it was looked at */
};

struct tree {
    const char *dir;
    int fd;
    struct buf names;
    struct file *files; /* those that are taken, in git's order */
    size_t n, total;
    unsigned left[LEFT_KINDS];
};

static enum left_out kind_of(int fd, size_t *len)
{
    char front[FRONT];
    struct stat st;
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode))
        return LEFT_FOLDER;
    if (!S_ISREG(st.st_mode))
        return LEFT_BINARY;
    *len = (size_t)st.st_size;
    ssize_t n = pread(fd, front, sizeof(front), 0);
    if (n <= 0)
        return LEFT_EMPTY;
    return memchr(front, '\0', (size_t)n) != NULL ? LEFT_BINARY : TAKEN;
}

/* A tree of somebody else's may hold a link that leads out of it: none is followed. One that git knows and that is gone
 * is no file any more. */
static enum error_code look_at(struct tree *t, const char *name, struct error *err)
{
    size_t len = 0;
    int fd = fd_open_without_links(t->fd, name);
    if (fd < 0 && errno == ENOENT)
        return ERR_NONE;
    if (fd < 0 && errno != EXDEV && errno != ENOTDIR)
        return error_set_errno(err, ERR_INVALID_REQUEST, errno, "cannot open %s in %s", name, t->dir);
    enum left_out kind = fd < 0 ? LEFT_LINK : kind_of(fd, &len);
    if (fd >= 0)
        (void)close(fd);
    if (kind != TAKEN) {
        t->left[kind]++;
        return ERR_NONE;
    }
    if (t->n == TREE_FILES_MAX)
        return error_set(err, ERR_TOO_LARGE, "%s holds more than %u files: attach a folder below it", t->dir,
                         TREE_FILES_MAX);
    t->files[t->n++] = (struct file){name, len};
    t->total += len;
    return ERR_NONE;
}

static enum error_code look_at_all(struct tree *t, struct error *err)
{
    const char *at = (const char *)t->names.data, *end = at + t->names.len;
    size_t n = 0;
    for (const char *p = at; p < end; p++)
        n += *p == '\0';
    n = n < TREE_FILES_MAX ? n : TREE_FILES_MAX;
    t->files = calloc(n + 1, sizeof(*t->files));
    if (t->files == NULL)
        return error_set(err, ERR_OVERLOADED, "no memory for the list of files");
    enum error_code code = ERR_NONE;
    const char *before = ""; /* in the midst of a merge git lists a file once for each side */
    for (; at < end && code == ERR_NONE; before = at, at += strlen(at) + 1)
        code = strcmp(at, before) == 0 ? ERR_NONE : look_at(t, at, err);
    return code;
}

static int by_size(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    return x->len != y->len ? (x->len < y->len) - (x->len > y->len) : strcmp(x->name, y->name);
}

/* Nothing is sent by halves: which files make it too large is told instead. */
static enum error_code refuse_size(const struct attach *a, struct tree *t, struct error *err)
{
    struct buf text;
    buf_init(&text, sizeof(err->message));
    qsort(t->files, t->n, sizeof(*t->files), by_size);
    for (size_t i = 0; i < t->n && i < NAMED; i++)
        if (!buf_printf(&text, "%s%s (%zu)", i > 0 ? ", " : "", t->files[i].name, t->files[i].len))
            break;
    enum error_code code =
        error_set(err, ERR_TOO_LARGE, "the files of %s have %zu bytes and may have %zu (--max-bytes); the largest: %s",
                  t->dir, t->total, a->tree_max - a->tree_len, buf_cstr(&text));
    buf_done(&text);
    return code;
}

/* It may have changed since it was looked at, and may not bring more than it was taken for. */
static enum error_code take(struct attach *a, struct tree *t, const struct file *f, struct error *err)
{
    int fd = fd_open_without_links(t->fd, f->name);
    if (fd < 0)
        return error_set_errno(err, ERR_INVALID_REQUEST, errno, "cannot open %s in %s", f->name, t->dir);
    char *data = malloc(f->len);
    ssize_t n = data != NULL ? fd_read_up_to(fd, data, f->len) : 0;
    enum error_code code;
    if (data == NULL)
        code = error_set(err, ERR_OVERLOADED, "no memory for %s", f->name);
    else if (n < 0)
        code = error_set_errno(err, ERR_INVALID_REQUEST, errno, "cannot read %s in %s", f->name, t->dir);
    else
        code = attach_bytes(a, data, (size_t)n, f->name, err);
    free(data);
    (void)close(fd);
    return code;
}

static void tell_left_out(const struct tree *t)
{
    static const char *const names[][2] = {[LEFT_BINARY] = {"binary file", "binary files"},
                                           [LEFT_LINK] = {"symbolic link", "symbolic links"},
                                           [LEFT_EMPTY] = {"empty file", "empty files"},
                                           [LEFT_FOLDER] = {"submodule", "submodules"}};
    struct buf text;
    buf_init(&text, 256);
    for (unsigned i = 0; i < LEFT_KINDS; i++)
        if (t->left[i] > 0)
            buf_printf(&text, "%s%u %s", text.len > 0 ? ", " : "", t->left[i], names[i][t->left[i] > 1]);
    if (text.len > 0)
        exit_print("ask", "%s: left out %s", t->dir, buf_cstr(&text));
    buf_done(&text);
}

static enum error_code attach_tree(struct attach *a, struct tree *t, struct error *err)
{
    enum error_code code = tree_list(t->dir, &t->names, err);
    if (code == ERR_NONE)
        code = look_at_all(t, err);
    if (code == ERR_NONE && t->total > a->tree_max - a->tree_len)
        code = refuse_size(a, t, err);
    if (code == ERR_NONE && t->n == 0)
        code = error_set(err, ERR_INVALID_REQUEST, "%s holds no text file that git lists: attach files", t->dir);
    for (size_t i = 0; i < t->n && code == ERR_NONE; i++)
        code = take(a, t, &t->files[i], err);
    if (code == ERR_NONE) {
        a->tree_len += t->total;
        tell_left_out(t);
    }
    return code;
}

enum error_code tree_attach(struct attach *a, const char *dir, struct error *err)
{
    struct tree t = {.dir = dir, .fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (t.fd < 0)
        return error_set_errno(err, ERR_INVALID_REQUEST, errno, "cannot open %s", dir);
    buf_init(&t.names, TREE_LIST_MAX);
    enum error_code code = attach_tree(a, &t, err);
    buf_done(&t.names);
    free(t.files);
    (void)close(t.fd);
    return code;
}
