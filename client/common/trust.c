#include "client/common/trust.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char list_name[] = "trusted", lock_name[] = "trusted.lock";

/* The state folder, -1 and ERR_NOT_FOUND where there is none and none is to be made. */
static enum error_code open_state(bool create, int *fd, struct error *err)
{
    char path[PATH_MAX];
    enum error_code code = paths_state_dir(path, sizeof(path), err);
    return code == ERR_NONE ? fd_open_dir(path, geteuid(), create, false, fd, err) : code;
}

static enum error_code check(int fd, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, ERR_INTERNAL, errno, "cannot look at the list of trusted files");
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(
            err, ERR_PERMISSION_DENIED,
            "the list of trusted files, askd/%s in the state folder, is not a file that we alone can write", list_name);
    return ERR_NONE;
}

static enum error_code read_list(int folder, struct buf *list, struct error *err)
{
    buf_clear(list);
    int fd = openat(folder, list_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return ERR_NONE;
    if (fd < 0)
        return error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot open the list of trusted files");
    enum error_code code = check(fd, err);
    if (code == ERR_NONE)
        code = fd_read_all(fd, list_name, list, err);
    (void)close(fd);
    return code;
}

enum error_code trust_read(struct buf *list, struct error *err)
{
    int folder = -1;
    enum error_code code = open_state(false, &folder, err);
    buf_init(list, TRUST_FILE_MAX);
    if (code == ERR_NOT_FOUND)
        return ERR_NONE;
    if (code == ERR_NONE)
        code = read_list(folder, list, err);
    if (folder >= 0)
        (void)close(folder);
    return code;
}

static bool is_entry(const char *line, size_t len)
{
    return len > SHA256_HEX + 1 && strspn(line, "0123456789abcdef") == SHA256_HEX && line[SHA256_HEX] == ' ';
}

bool trust_next(const struct buf *list, size_t *at, struct trust_entry *e)
{
    while (*at < list->len) {
        const char *line = (const char *)list->data + *at, *end = memchr(line, '\n', list->len - *at);
        if (end == NULL)
            return false; /* it was cut off, which a list that is put in its place whole never is */
        *at += (size_t)(end - line) + 1;
        if (!is_entry(line, (size_t)(end - line)))
            continue;
        *e = (struct trust_entry){line, line + SHA256_HEX + 1, (size_t)(end - line) - SHA256_HEX - 1};
        return true;
    }
    return false;
}

static bool is_of(const struct trust_entry *e, const char *path)
{
    return e->path_len == strlen(path) && memcmp(e->path, path, e->path_len) == 0;
}

static bool find(const struct buf *list, const char *path, struct trust_entry *e)
{
    size_t at = 0;
    while (trust_next(list, &at, e))
        if (is_of(e, path))
            return true;
    return false;
}

enum error_code trust_look(const char *path, const struct buf *content, enum trust *state, struct error *err)
{
    struct buf list;
    struct trust_entry e;
    char digest[SHA256_HEX + 1];
    *state = TRUST_NONE;
    enum error_code code = trust_read(&list, err);
    if (code == ERR_NONE && find(&list, path, &e)) {
        code = sha256_hex(content->data, content->len, digest, err);
        if (code == ERR_NONE)
            *state = memcmp(e.digest, digest, SHA256_HEX) == 0 ? TRUST_GIVEN : TRUST_CHANGED;
    }
    buf_done(&list);
    return code;
}

/* The list without the path, and with what is to be added. */
static enum error_code rewrite(int folder, const char *path, const char *digest, bool *was, struct error *err)
{
    struct buf before, after;
    struct trust_entry e;
    size_t at = 0;
    buf_init(&before, TRUST_FILE_MAX);
    buf_init(&after, TRUST_FILE_MAX);
    *was = false;
    enum error_code code = read_list(folder, &before, err);
    while (code == ERR_NONE && trust_next(&before, &at, &e)) {
        if (is_of(&e, path))
            *was = true;
        else
            (void)buf_printf(&after, "%.*s %.*s\n", SHA256_HEX, e.digest, (int)e.path_len, e.path);
    }
    if (digest != NULL)
        (void)buf_printf(&after, "%s %s\n", digest, path);
    if (code == ERR_NONE && after.failed)
        code = error_set(err, ERR_TOO_LARGE, "the list of trusted files is full: askctl untrust what is gone");
    if (code == ERR_NONE && (digest != NULL || *was))
        code = fd_replace_file(folder, list_name, after.data, after.len, err);
    buf_done(&before);
    buf_done(&after);
    return code;
}

/* One at a time, or what another has added would be lost. */
static enum error_code change(const char *path, const char *digest, bool *was, struct error *err)
{
    struct fd_holder holder;
    int folder = -1, lock = -1;
    *was = false;
    enum error_code code = open_state(digest != NULL, &folder, err);
    if (code == ERR_NOT_FOUND && digest == NULL)
        return ERR_NONE;
    if (code == ERR_NONE)
        code = fd_lock(folder, lock_name, &lock, &holder, err);
    if (code == ERR_NONE)
        code = rewrite(folder, path, digest, was, err);
    if (lock >= 0)
        (void)close(lock);
    if (folder >= 0)
        (void)close(folder);
    return code;
}

enum error_code trust_give(const char *path, const struct buf *content, struct error *err)
{
    char digest[SHA256_HEX + 1];
    bool was;
    if (strchr(path, '\n') != NULL)
        return error_set(err, ERR_INVALID_REQUEST, "the path has a line's end in it: rename the folder");
    enum error_code code = sha256_hex(content->data, content->len, digest, err);
    return code == ERR_NONE ? change(path, digest, &was, err) : code;
}

enum error_code trust_take(const char *path, bool *was, struct error *err)
{
    return change(path, NULL, was, err);
}
