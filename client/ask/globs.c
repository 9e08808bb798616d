#include "client/ask/globs.h"
#include "client/common/exit.h"
#include "lib/base/fd.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATTERN_MAX = 256 << 10 };

static unsigned entries; /* of folders, looked at so far: glob(3) hands nothing on */

static struct dirent *next_entry(void *dir)
{
    return ++entries > GLOBS_ENTRIES ? NULL : readdir(dir);
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
static void put_pattern(struct buf *out, const char *folder, const char *pattern)
{
    for (const char *s = folder; *s != '\0'; s++) {
        if (strchr("*?[\\", *s) != NULL)
            (void)buf_putc(out, '\\');
        (void)buf_putc(out, *s);
    }
    (void)buf_puts(out, pattern);
}

/* glob(3)'s result, or why not. found is to be freed by globfree in any case. */
static enum error_code expand(const struct globs *g, const char *pattern, glob_t *found, struct error *err)
{
    struct buf all;
    buf_init(&all, PATTERN_MAX);
    put_pattern(&all, g->folder, pattern);
    *found = (glob_t){
        .gl_opendir = open_dir, .gl_readdir = next_entry, .gl_closedir = close_dir, .gl_stat = stat, .gl_lstat = lstat};
    entries = 0;
    const int flags = GLOB_ALTDIRFUNC | (g->beneath < 0 ? GLOB_TILDE : 0);
    int status = all.failed ? GLOB_NOSPACE : glob(buf_cstr(&all), flags, NULL, found);
    buf_done(&all);
    if (entries > GLOBS_ENTRIES)
        return error_set(err, ERR_TOO_LARGE, "%s: %s = %.100s looks through over %d files: narrow it", g->path, g->key,
                         pattern, GLOBS_ENTRIES);
    if (status != 0 && status != GLOB_NOMATCH)
        return error_set(err, ERR_INTERNAL, "%s: cannot look for %.100s", g->path, pattern);
    return ERR_NONE;
}

/* Beneath a folder by the one that was open when the file with the pattern was read, wherever a link in between may
 * lead by now. */
static int open_match(const struct globs *g, const char *name)
{
    return g->beneath >= 0 ? fd_open_beneath(g->beneath, name)
                           : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static enum error_code attach_one(struct globs *g, const char *name, struct attach *a, struct error *err)
{
    struct stat st;
    int fd = open_match(g, name);
    if (fd < 0 && errno == EXDEV)
        return error_set(err, ERR_PERMISSION_DENIED, "%s: %s = %.100s leads out of the folder", g->path, g->key, name);
    if (fd < 0)
        return error_set_errno(err, ERR_NOT_FOUND, errno, "%s: cannot open %.100s", g->path, name);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return ERR_NONE;
    }
    if (++g->n > GLOBS_MATCHES) {
        (void)close(fd);
        return error_set(err, ERR_TOO_LARGE, "%s attaches over %d files: narrow its patterns", g->path, GLOBS_MATCHES);
    }
    return attach_fd(a, fd, g->whole_names ? name : attach_last_part(name), err);
}

enum error_code globs_attach(struct globs *g, const char *pattern, const char *program, struct attach *a,
                             struct error *err)
{
    const size_t skip = strlen(g->folder);
    const unsigned before = g->n;
    glob_t found;
    enum error_code code = expand(g, pattern, &found, err);
    for (size_t i = 0; code == ERR_NONE && i < found.gl_pathc; i++)
        code = attach_one(g, found.gl_pathv[i] + skip, a, err);
    globfree(&found);
    if (code == ERR_NONE && g->n == before)
        exit_print(program, "%s: %s = %.100s names no file", g->path, g->key, pattern);
    return code;
}
