/* Reading a folder of prompts. Each step is opened from its parent's descriptor, so that what is looked at is what is
 * read. */
#include "daemon/prompt/set_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/fd.h"
#include "lib/base/grow.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".md"
#define SYSTEM "system" ENDING
#define USER "user" ENDING
#define PASSED_OVER "README" ENDING
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) /* a FIFO must not hold us up */

/* A folder on the way. */
struct level {
    struct prompt_walk *walk;
    int fd;
    const char *path;
    const char *prefix; /* of its prompts' names: "", or "group/" */
    unsigned depth;     /* groups above it */
};

static void warn(struct prompt_walk *w, const char *what, long long bound)
{
    if (!w->set->warning)
        w->set->warning = xasprintf("%s: %s %lld: the rest is left out", w->root, what, bound);
}

static void watch(struct prompt_walk *w, const char *path, int fd, const char *awaits)
{
    struct prompt_set *s = w->set;
    struct stat st;
    if (s->n_watches > PROMPT_SET_WATCHES_MAX || fstat(fd, &st) != 0)
        return;
    s->unwatchable |= fd_on_network(fd);
    s->watches = grow_one(s->watches, s->n_watches, sizeof *s->watches);
    s->watches[s->n_watches++] = (struct prompt_watch){xstrdup(path), st.st_dev, st.st_ino, xstrdup(awaits)};
}

/* -- links -- */

/* Where an open file lies; NULL where the kernel does not tell. */
static char *real_path(int fd)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, sizeof path);
    return n > 0 && (size_t)n < sizeof path ? xstrndup(path, (size_t)n) : NULL;
}

static bool lies_within(const struct prompt_walk *w, int fd)
{
    char *path = real_path(fd);
    const size_t len = w->real ? strlen(w->real) : 0;
    const bool within = path && len > 0 && strncmp(path, w->real, len) == 0 && (path[len] == '/' || path[len] == '\0');
    free(path);
    return within;
}

/* Opens an entry of a folder, following a link that stays within the root. Its descriptor, or -1 with the reason in
 * *err. */
static int open_entry(struct prompt_walk *w, int dirfd, const char *name, struct error *err)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        error_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL, errno, "cannot look at it");
        return -1;
    }
    const bool link = S_ISLNK(st.st_mode);
    const int fd = openat(dirfd, name, OPEN_FLAGS | (link ? 0 : O_NOFOLLOW));
    if (fd < 0)
        error_set_errno(err, ERR_INTERNAL, errno, "cannot open it");
    if (fd < 0 || !link)
        return fd;
    w->set->unwatchable = true; /* its target may lie where nobody looks */
    if (lies_within(w, fd))
        return fd;
    close(fd);
    error_set(err, ERR_PERMISSION_DENIED, "it is a link that leads out of %s: put a copy there", w->root);
    return -1;
}

/* -- files -- */

static enum error_code read_regular(struct prompt_walk *w, int fd, const char *path, struct buf *out, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return error_set(err, ERR_INVALID_REQUEST, "it is no regular file");
    enum error_code code = fd_read_all(fd, path, out, err);
    w->bytes += out->len;
    if (code == ERR_TOO_LARGE)
        error_set(err, code, "it is larger than %zu KiB", out->max >> 10);
    return code;
}

/* ERR_NOT_FOUND: there is no such entry. */
static enum error_code read_entry(struct prompt_walk *w, int dirfd, const char *name, struct buf *out,
                                  struct error *err)
{
    buf_init(out, TEMPLATE_SIZE_MAX);
    const int fd = open_entry(w, dirfd, name, err);
    if (fd < 0)
        return err->code;
    enum error_code code = read_regular(w, fd, name, out, err);
    close(fd);
    return code;
}

/* A new prompt of the set, or NULL where there is room for none. */
static struct prompt *add_prompt(const struct level *l, const char *name, size_t len, const char *path)
{
    struct prompt_set *s = l->walk->set;
    struct error err = ERROR_INIT;
    if (s->n == PROMPT_SET_MAX) {
        warn(l->walk, "there are more prompts than", PROMPT_SET_MAX);
        return NULL;
    }
    if (l->walk->bytes > PROMPT_SET_BYTES_MAX) {
        warn(l->walk, "the prompts have more bytes than", (long long)PROMPT_SET_BYTES_MAX);
        return NULL;
    }
    char *whole = xasprintf("%s%.*s", l->prefix, (int)len, name);
    struct prompt *p = prompt_new(whole, path);
    if (prompt_check_name(whole, strlen(whole), "name", &err) != ERR_NONE)
        prompt_refuse(p, "%s", err.message);
    s->prompts = grow_one(s->prompts, s->n, sizeof(struct prompt *));
    s->prompts[s->n++] = p;
    free(whole);
    return p;
}

/* NAME.md */
static void add_file(const struct level *l, const char *entry, const char *path)
{
    struct prompt *p = add_prompt(l, entry, strlen(entry) - strlen(ENDING), path);
    struct error err = ERROR_INIT;
    struct buf text;
    if (!p)
        return;
    if (read_entry(l->walk, l->fd, entry, &text, &err) == ERR_NONE)
        prompt_read_file(p, (const char *)text.data, text.len);
    else
        prompt_refuse(p, "%s", err.message);
    buf_done(&text);
}

/* NAME/, open as fd, with a system.md in it. */
static void add_prompt_folder(const struct level *l, const char *entry, const char *path, int fd)
{
    char *file = xasprintf("%s/" SYSTEM, path);
    struct prompt *p = add_prompt(l, entry, strlen(entry), file);
    struct error err = ERROR_INIT;
    struct buf system, user;
    free(file);
    if (!p)
        return;
    enum error_code code = read_entry(l->walk, fd, SYSTEM, &system, &err), user_code = ERR_NONE;
    buf_init(&user, TEMPLATE_SIZE_MAX);
    if (code == ERR_NONE && (user_code = read_entry(l->walk, fd, USER, &user, &err)) == ERR_NOT_FOUND)
        user_code = ERR_NONE;
    if (code != ERR_NONE || user_code != ERR_NONE)
        prompt_refuse(p, "%s%s", code == ERR_NONE ? USER ": " : "", err.message);
    else
        prompt_read_folder(p, (const char *)system.data, system.len, user.len > 0 ? (const char *)user.data : NULL,
                           user.len);
    buf_done(&system);
    buf_done(&user);
}

/* -- folders -- */

static void read_level(const struct level *l);

static void read_group(const struct level *l, const char *entry, const char *path, int fd)
{
    char *prefix = xasprintf("%s%s/", l->prefix, entry);
    const struct level below = {l->walk, fd, path, prefix, l->depth + 1};
    if (below.depth > PROMPT_SET_DEPTH_MAX)
        warn(l->walk, "groups lie in each other deeper than", PROMPT_SET_DEPTH_MAX);
    else
        read_level(&below);
    free(prefix);
}

static bool has_system(int fd)
{
    struct stat st;
    return fstatat(fd, SYSTEM, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* link: a group is not entered by one, or two of them could lead round in a circle. */
static void read_folder(const struct level *l, const char *entry, const char *path, int fd, bool link)
{
    if (has_system(fd)) {
        watch(l->walk, path, fd, NULL);
        add_prompt_folder(l, entry, path, fd);
    } else if (!link) {
        read_group(l, entry, path, fd);
    }
}

static bool ends_as_prompt(const char *entry)
{
    const size_t len = strlen(entry), end = strlen(ENDING);
    return len > end && strcmp(entry + len - end, ENDING) == 0 && strcasecmp(entry, PASSED_OVER) != 0;
}

/* A link says by its target only whether it is a folder. */
static void read_link(const struct level *l, const char *entry, const char *path)
{
    struct error err = ERROR_INIT;
    struct stat st;
    const bool named = ends_as_prompt(entry);
    const int fd = open_entry(l->walk, l->fd, entry, &err);
    const bool dir = fd >= 0 ? fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)
                             : fstatat(l->fd, entry, &st, 0) == 0 && S_ISDIR(st.st_mode);
    if (fd >= 0 && dir) {
        read_folder(l, entry, path, fd, true);
    } else if (named) {
        add_file(l, entry, path);
    } else if (dir) {
        struct prompt *p = add_prompt(l, entry, strlen(entry), path);
        if (p)
            prompt_refuse(p, "%s", err.message);
    }
    if (fd >= 0)
        close(fd);
}

static void read_any(const struct level *l, const char *entry)
{
    struct stat st;
    if (fstatat(l->fd, entry, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return; /* gone since it was listed */
    char *path = xasprintf("%s/%s", l->path, entry);
    if (S_ISLNK(st.st_mode)) {
        read_link(l, entry, path);
    } else if (S_ISDIR(st.st_mode)) {
        const int fd = openat(l->fd, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0) {
            read_folder(l, entry, path, fd, false);
            close(fd);
        }
    } else if (ends_as_prompt(entry)) {
        add_file(l, entry, path);
    }
    free(path);
}

static void read_level(const struct level *l)
{
    const int fd = dup(l->fd);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    watch(l->walk, l->path, l->fd, NULL);
    for (const struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        if (l->walk->entries++ == PROMPT_SET_ENTRIES_MAX) {
            warn(l->walk, "there are more files than", PROMPT_SET_ENTRIES_MAX);
            break;
        }
        read_any(l, e->d_name);
    }
    closedir(dir);
}

/* The nearest folder above path that is there, where path or a step to it would appear. The root's own folder is
 * watched by its path, so a link in its place that leads elsewhere, or another folder, is seen from here too. */
static void watch_above(struct prompt_walk *w)
{
    char *path = xstrdup(w->root), *step;
    int fd = -1;
    while (fd < 0 && (step = strrchr(path, '/')) && step != path) {
        *step = '\0';
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            watch(w, path, fd, step + 1);
    }
    if (fd >= 0)
        close(fd);
    else
        w->set->unwatchable = true;
    free(path);
}

void prompt_folder_read(struct prompt_walk *w)
{
    const int fd = open(w->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    watch_above(w);
    if (fd < 0) {
        if (errno != ENOENT && !w->set->warning)
            w->set->warning = xasprintf("%s cannot be read: %s", w->root, strerror(errno));
        return;
    }
    const struct level top = {w, fd, w->root, "", 0};
    w->real = real_path(fd);
    read_level(&top);
    free(w->real);
    w->real = NULL;
    close(fd);
}
