#include "client/ctl/key_file.h"
#include "lib/base/fd.h"
#include "lib/base/key_folder.h"
#include "lib/base/paths.h"
#include "lib/base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum error_code key_folder_open(struct key_folder *f, bool create, struct error *err)
{
    enum error_code code = paths_config_dir(f->path, sizeof(f->path) - sizeof("/" KEY_FOLDER), err);
    f->fd = -1;
    if (code != ERR_NONE)
        return code;
    (void)strcat(f->path, "/" KEY_FOLDER);
    return fd_open_dir(f->path, geteuid(), create, true, &f->fd, err);
}

void key_folder_close(struct key_folder *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}

enum error_code key_file_write(const struct key_folder *f, const char *name, const char *key, size_t len,
                               struct error *err)
{
    char line[KEY_FOLDER_KEY_MAX + 1];
    struct error why = ERROR_INIT;
    if (len > KEY_FOLDER_KEY_MAX)
        return error_set(err, ERR_TOO_LARGE, "a key has at most %d bytes", KEY_FOLDER_KEY_MAX);
    memcpy(line, key, len);
    line[len] = '\n';
    enum error_code code = fd_replace_file(f->fd, name, line, len + (len > 0), &why);
    secret_wipe(line, sizeof(line));
    return code == ERR_NONE ? code : error_set(err, code, "in %s: %s", f->path, why.message);
}

enum error_code key_file_remove(const struct key_folder *f, const char *name, bool *removed, struct error *err)
{
    *removed = unlinkat(f->fd, name, 0) == 0;
    if (*removed || errno == ENOENT)
        return ERR_NONE;
    return error_set_errno(err, ERR_INTERNAL, errno, "cannot remove %s/%s", f->path, name);
}
