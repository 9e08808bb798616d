/* The sets of the configuration. It holds keys of providers too: what was read is wiped, and nothing but sets is looked
 * at. Whether the rest of a file is good is for the daemon to say. */
#include "client/common/context_set.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include "lib/base/secret.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, DROPINS_MAX = 1024 }; /* as the daemon has them */

struct reading {
    struct context_sets *sets;
    const char *path;
    bool exposed; /* others may write to the file */
};

static bool on_section(void *data, struct ini_reader *r, const char *section, size_t len, bool *wanted)
{
    const struct reading *reading = data;
    size_t name_len = 0;
    const char *name = ini_named(section, len, CONTEXT_KIND, &name_len);
    if (name == NULL)
        return true;
    if (reading->exposed)
        return ini_fail(r, "a set may run commands, but others may write to this file", ": chmod go-w it");
    *wanted = true;
    return context_sets_section(reading->sets, r, reading->path, name, name_len);
}

static bool on_key(void *data, struct ini_reader *r, const char *key)
{
    return context_sets_key(((const struct reading *)data)->sets, r, key);
}

static bool on_pair(void *data, struct ini_reader *r, const char *key, struct buf *value)
{
    return context_sets_pair(((const struct reading *)data)->sets, r, key, value);
}

static enum error_code read_open(struct context_sets *s, int fd, const char *path, struct error *err)
{
    static const struct ini_handler handler = {.section = on_section, .key = on_key, .pair = on_pair};
    struct stat st;
    struct buf content;
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)))
        return error_set(err, ERR_INVALID_REQUEST, "%s is not a file", path);
    struct reading reading = {s, path, (st.st_mode & (S_IWGRP | S_IWOTH)) != 0};
    reading.exposed = reading.exposed || (st.st_uid != geteuid() && st.st_uid != 0);
    buf_init(&content, FILE_MAX);
    enum error_code code = fd_read_all(fd, path, &content, err);
    if (code == ERR_NONE && content.len > 0 && memmem(content.data, content.len, CONTEXT_KIND, strlen(CONTEXT_KIND))) {
        context_sets_begin_file(s);
        code = ini_read(path, &content, &handler, &reading, err);
    }
    if (content.data != NULL)
        secret_wipe(content.data, content.cap);
    buf_done(&content);
    return code;
}

static enum error_code read_file(struct context_sets *s, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hold us up */
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
        return ERR_NONE; /* the machine's may hold keys that are none of ours */
    if (fd < 0)
        return error_set_errno(err, ERR_UNAVAILABLE, errno, "cannot open %s", path);
    enum error_code code = read_open(s, fd, path, err);
    (void)close(fd);
    return code;
}

static int is_dropin(const struct dirent *e)
{
    const size_t len = strlen(e->d_name);
    return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".conf") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum error_code read_dropins(struct context_sets *s, const char *folder, struct error *err)
{
    struct dirent **entries = NULL;
    char path[PATH_MAX];
    const int n = scandir(folder, &entries, is_dropin, compare_names);
    enum error_code code = n > DROPINS_MAX
                               ? error_set(err, ERR_INVALID_REQUEST, "%s holds over %d drop-ins", folder, DROPINS_MAX)
                               : ERR_NONE;
    for (int i = 0; i < n; i++) {
        const int len = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (code == ERR_NONE && len > 0 && (size_t)len < sizeof(path))
            code = read_file(s, path, err);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static enum error_code read_folder(struct context_sets *s, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/askd.conf", folder);
    if (n < 0 || (size_t)n + sizeof(".d") > sizeof(path))
        return error_set(err, ERR_INVALID_REQUEST, "the path of the configuration is too long");
    enum error_code code = read_file(s, path, err);
    (void)strcat(path, ".d");
    return code == ERR_NONE ? read_dropins(s, path, err) : code;
}

enum error_code context_config_read(struct context_sets *s, struct error *err)
{
    char folder[PATH_MAX];
    const enum error_code code = read_folder(s, PATHS_SYSTEM_CONFIG, err);
    const bool has_own = paths_config_dir(folder, sizeof(folder), NULL) == ERR_NONE;
    return code == ERR_NONE && has_own ? read_folder(s, folder, err) : code;
}
