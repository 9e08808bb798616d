#include "client/ask/attach.h"
#include "client/ask/tree.h"
#include "lib/base/fd.h"
#include "lib/base/utf8.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

void attach_init(struct attach *a)
{
    *a = (struct attach){.tree_max = ATTACH_TREE_MAX};
    buf_init(&a->parts, ATTACH_ALL_MAX);
}

void attach_done(struct attach *a)
{
    buf_done(&a->parts);
}

void attach_back(struct attach *a, const struct attach *before)
{
    a->parts.len = before->parts.len;
    a->parts.failed = before->parts.failed;
    a->n = before->n;
    a->tree_len = before->tree_len;
}

/* The wire has UTF-8 only; a file's name is any bytes. */
static void put_name(struct buf *b, const char *name)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    mp_put_cstr(b, "name");
    if (utf8_append_repaired(&text, name, strlen(name)))
        mp_put_str(b, (const char *)text.data, text.len);
    else
        b->failed = true;
    buf_done(&text);
}

static void put_part(struct buf *b, const char *key, uint32_t entries)
{
    mp_put_map(b, entries);
    mp_put_entry(b, "type", "file");
    mp_put_cstr(b, key);
}

/* What does not fit takes all with it: a question without some of its attachments is another question. */
static enum error_code counted(struct attach *a, struct error *err)
{
    if (!a->parts.failed) {
        a->n++;
        return ERR_NONE;
    }
    return error_set(err, ERR_TOO_LARGE,
                     "all attachments together are larger than the %zu MiB that a question may be: attach fewer",
                     (ATTACH_ALL_MAX >> 20) + 1);
}

static enum error_code too_large(const char *name, struct error *err)
{
    return error_set(err, ERR_TOO_LARGE, "%s is larger than the %zu MiB that an attachment may be: attach a part of it",
                     name, ATTACH_FILE_MAX >> 20);
}

enum error_code attach_bytes(struct attach *a, const void *data, size_t len, const char *name, struct error *err)
{
    if (len == 0)
        return error_set(err, ERR_INVALID_REQUEST, "%s is empty: there is nothing to attach", name);
    if (len > ATTACH_FILE_MAX)
        return too_large(name, err);
    put_part(&a->parts, "data", 3);
    mp_put_bin(&a->parts, data, len);
    put_name(&a->parts, name);
    return counted(a, err);
}

static enum error_code attach_url(struct attach *a, const char *url, struct error *err)
{
    if (!utf8_valid(url, strlen(url)))
        return error_set(err, ERR_INVALID_REQUEST, "the address is not UTF-8: write it with %%XX");
    put_part(&a->parts, "url", 2);
    mp_put_cstr(&a->parts, url);
    return counted(a, err);
}

/* Whatever its size was said to be: a file may grow, and a pipe has none. */
static enum error_code read_all(struct buf *out, int fd, const char *name, struct error *err)
{
    enum error_code code = fd_read_all(fd, name, out, err);
    return code == ERR_TOO_LARGE ? too_large(name, err) : code;
}

const char *attach_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static enum error_code check_kind(const struct stat *st, const char *name, struct error *err)
{
    if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode) && !S_ISSOCK(st->st_mode))
        return error_set(err, ERR_INVALID_REQUEST, "%s is neither a file nor a pipe: it cannot be attached", name);
    if (S_ISREG(st->st_mode) && st->st_size > (off_t)ATTACH_FILE_MAX)
        return too_large(name, err);
    return ERR_NONE;
}

static enum error_code cannot_open(const char *path, int errnum, struct error *err)
{
    return error_set_errno(err, ERR_NOT_FOUND, errnum, "cannot open %s", path);
}

enum error_code attach_fd(struct attach *a, int fd, const char *name, struct error *err)
{
    struct buf data;
    struct stat st;
    buf_init(&data, ATTACH_FILE_MAX);
    enum error_code code = fstat(fd, &st) == 0 ? check_kind(&st, name, err) : cannot_open(name, errno, err);
    if (code == ERR_NONE)
        code = read_all(&data, fd, name, err);
    if (code == ERR_NONE)
        code = attach_bytes(a, data.data, data.len, name, err);
    buf_done(&data);
    (void)close(fd);
    return code;
}

/* A terminal or /dev/zero is not even opened; a pipe that nobody writes to is waited for, as cat would. */
static enum error_code attach_file(struct attach *a, const char *path, const struct stat *st, struct error *err)
{
    enum error_code code = check_kind(st, path, err);
    if (code != ERR_NONE)
        return code;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? cannot_open(path, errno, err) : attach_fd(a, fd, attach_last_part(path), err);
}

static enum error_code attach_stdin(struct attach *a, struct error *err)
{
    int fd = a->has_stdin ? -1 : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (a->has_stdin)
        return error_set(err, ERR_INVALID_REQUEST, "standard input can be attached once only");
    if (fd < 0)
        return error_set_errno(err, ERR_INVALID_REQUEST, errno, "cannot read standard input");
    a->has_stdin = true;
    return attach_fd(a, fd, "stdin", err);
}

static bool is_url(const char *s)
{
    return strncasecmp(s, "http://", 7) == 0 || strncasecmp(s, "https://", 8) == 0;
}

enum error_code attach_add(struct attach *a, const char *what, struct error *err)
{
    struct stat st;
    if (is_url(what))
        return attach_url(a, what, err);
    if (strcmp(what, "-") == 0)
        return attach_stdin(a, err);
    if (stat(what, &st) != 0)
        return cannot_open(what, errno, err);
    return S_ISDIR(st.st_mode) ? tree_attach(a, what, err) : attach_file(a, what, &st, err);
}

void attach_put(struct buf *b, const struct attach *a)
{
    mp_put_array(b, a->n);
    buf_append(b, a->parts.data, a->parts.len);
}
