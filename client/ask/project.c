#include "client/ask/project.h"
#include "client/common/escape.h"
#include "client/common/exit.h"
#include "client/common/trust.h"
#include "lib/base/fd.h"
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of somebody who looks on: in a pipe it would be noise, or taken for an error. */
static void tell(const char *program, const struct project_file *p, const char *what)
{
    struct buf path;
    if (isatty(STDERR_FILENO) == 0)
        return;
    buf_init(&path, 16 * PATH_MAX);
    escape_visible(&path, p->path, strlen(p->path), "");
    exit_print(program, "%.1024s %s", buf_cstr(&path), what);
    buf_done(&path);
}

/* What it would set is worth knowing before one looks at it. */
static void tell_untrusted(const char *program, struct project_file *p, enum trust state)
{
    char keys[96] = "", what[192];
    struct error err = ERROR_INIT;
    if (project_file_read(p, &err) == ERR_NONE)
        project_file_keys(p, keys, sizeof(keys));
    (void)snprintf(what, sizeof(what), "%s, and is not used%s%s%s: askctl trust shows it, and asks",
                   state == TRUST_CHANGED ? "has changed since it was trusted" : "is not trusted",
                   keys[0] != '\0' ? " (it would set " : "", keys, keys[0] != '\0' ? ")" : "");
    tell(program, p, what);
}

enum error_code project_load(struct project_file *p, const struct args *args, const char *program, struct error *err)
{
    enum trust state = TRUST_NONE;
    struct error why = ERROR_INIT;
    enum error_code code = args->no_project || args->interrupted ? ERR_NOT_FOUND : project_file_find(p, &why);
    if (code == ERR_NONE)
        code = trust_look(p->path, &p->content, &state, &why);
    if (code != ERR_NONE && code != ERR_NOT_FOUND)
        exit_print_wait(program, why.message);
    else if (code == ERR_NONE && state != TRUST_GIVEN)
        tell_untrusted(program, p, state);
    if (code == ERR_NONE && state == TRUST_GIVEN)
        return project_file_read(p, err);
    p->path[0] = '\0';
    return ERR_NONE;
}

static bool begins(const struct args *args)
{
    return args->keep == ARGS_NEW || args->keep == ARGS_NOWHERE;
}

static const char *text_of(const struct buf *b)
{
    return b->len > 0 ? (const char *)b->data : NULL;
}

void project_fill(const struct project_file *p, const struct args *args, struct question *q)
{
    if (p->path[0] == '\0')
        return;
    q->budget = text_of(&p->budget);
    if (q->model == NULL)
        q->model = text_of(&p->model);
    if (q->system == NULL && begins(args))
        q->system = text_of(&p->system);
    if (q->template == NULL && begins(args))
        q->template = text_of(&p->prompt);
}

/* -- its patterns -- */

static unsigned entries; /* of folders, looked at so far: glob(3) hands nothing on */

static struct dirent *next_entry(void *dir)
{
    return ++entries > PROJECT_ENTRIES ? NULL : readdir(dir);
}

static void *open_dir(const char *path)
{
    return opendir(path);
}

static void close_dir(void *dir)
{
    (void)closedir(dir);
}

/* The folder's path, in which nothing is a pattern, and the pattern behind it. */
static void put_pattern(struct buf *out, const char *file, size_t folder_len, const struct buf *pattern)
{
    for (size_t i = 0; i < folder_len; i++) {
        if (strchr("*?[\\", file[i]) != NULL)
            (void)buf_putc(out, '\\');
        (void)buf_putc(out, file[i]);
    }
    (void)buf_append(out, pattern->data, pattern->len);
}

/* glob(3)'s result, or why not. found is to be freed by globfree in any case. */
static enum error_code expand(const struct project_file *p, const struct buf *pattern, size_t folder_len, glob_t *found,
                              struct error *err)
{
    struct buf all;
    buf_init(&all, 3 * PROJECT_FILE_MAX);
    put_pattern(&all, p->path, folder_len, pattern);
    *found = (glob_t){
        .gl_opendir = open_dir, .gl_readdir = next_entry, .gl_closedir = close_dir, .gl_stat = stat, .gl_lstat = lstat};
    entries = 0;
    int status = glob(buf_cstr(&all), GLOB_ALTDIRFUNC, NULL, found);
    buf_done(&all);
    if (entries > PROJECT_ENTRIES)
        return error_set(err, ERR_TOO_LARGE, "%s: attach = %.100s looks through over %d files: narrow it", p->path,
                         (const char *)pattern->data, PROJECT_ENTRIES);
    if (status != 0 && status != GLOB_NOMATCH)
        return error_set(err, ERR_INTERNAL, "%s: cannot look for %.100s", p->path, (const char *)pattern->data);
    return ERR_NONE;
}

/* By the folder that was open when the file was read, wherever a link in between may lead by now. *n counts it, where
 * it is a regular file; folders and other things are no matches. */
static enum error_code attach_one(const struct project_file *p, const char *name, struct attach *a, unsigned *n,
                                  struct error *err)
{
    struct stat st;
    int fd = fd_open_beneath(p->folder, name);
    if (fd < 0 && errno == EXDEV)
        return error_set(err, ERR_PERMISSION_DENIED, "%s: attach = %.100s leads out of the folder", p->path, name);
    if (fd < 0)
        return error_set_errno(err, ERR_NOT_FOUND, errno, "%s: cannot open %.100s", p->path, name);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return ERR_NONE;
    }
    if (++*n > PROJECT_MATCHES) {
        (void)close(fd);
        return error_set(err, ERR_TOO_LARGE, "%s attaches over %d files: narrow its patterns", p->path,
                         PROJECT_MATCHES);
    }
    return attach_fd(a, fd, name, err);
}

static enum error_code attach_pattern(const struct project_file *p, const struct buf *pattern, const char *program,
                                      struct attach *a, unsigned *n, struct error *err)
{
    const size_t folder_len = (size_t)(strrchr(p->path, '/') - p->path) + 1;
    unsigned before = *n;
    glob_t found;
    enum error_code code = expand(p, pattern, folder_len, &found, err);
    for (size_t i = 0; code == ERR_NONE && i < found.gl_pathc; i++)
        code = attach_one(p, found.gl_pathv[i] + folder_len, a, n, err);
    globfree(&found);
    if (code == ERR_NONE && *n == before)
        exit_print(program, "%s: attach = %.100s names no file", p->path, (const char *)pattern->data);
    return code;
}

enum error_code project_attach(const struct project_file *p, const struct args *args, const char *program,
                               struct attach *a, struct error *err)
{
    enum error_code code = ERR_NONE;
    unsigned n = 0;
    if (p->path[0] == '\0' || !begins(args))
        return ERR_NONE;
    for (size_t i = 0; i < p->n_attach && code == ERR_NONE; i++)
        code = attach_pattern(p, &p->attach[i], program, a, &n, err);
    return code;
}
