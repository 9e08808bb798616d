#include "client/ctl/key_store.h"
#include "client/ctl/key_secret.h"
#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MARKER_SIZE = KEY_FOLDER_NAME_MAX + sizeof(KEY_FOLDER_MARKER) };

static int marker_of(char marker[MARKER_SIZE], const char *name)
{
    return snprintf(marker, MARKER_SIZE, "%s" KEY_FOLDER_MARKER, name);
}

static enum error_code store_in_file(const struct key_folder *folder, const char *name, const char *key, size_t len,
                                     struct error *err)
{
    char marker[MARKER_SIZE];
    bool removed;
    (void)marker_of(marker, name);
    enum error_code code = key_file_write(folder, name, key, len, err);
    return code == ERR_NONE ? key_file_remove(folder, marker, &removed, err) : code;
}

static enum error_code store_in_service(const struct key_folder *folder, const char *name, const char *key, size_t len,
                                        struct error *err)
{
    char marker[MARKER_SIZE];
    bool removed;
    (void)marker_of(marker, name);
    enum error_code code = key_secret_set(name, key, len, err);
    if (code == ERR_NONE)
        code = key_file_write(folder, marker, "", 0, err);
    return code == ERR_NONE ? key_file_remove(folder, name, &removed, err) : code;
}

enum error_code key_store_put(const struct key_folder *folder, enum key_place place, const char *name, const char *key,
                              size_t len, struct error *err)
{
    return (place == KEY_IN_SERVICE ? store_in_service : store_in_file)(folder, name, key, len, err);
}

/* The marker goes last, so that it can be tried again. */
enum error_code key_store_remove(const struct key_folder *folder, const char *name, bool *removed, struct error *err)
{
    char marker[MARKER_SIZE];
    bool marked = false;
    (void)marker_of(marker, name);
    enum error_code code = key_file_remove(folder, name, removed, err);
    if (code == ERR_NONE && faccessat(folder->fd, marker, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        code = key_secret_remove(name, err);
    if (code == ERR_NONE)
        code = key_file_remove(folder, marker, &marked, err);
    *removed = *removed || marked;
    return code;
}

/* -- what was there -- */

void key_former_done(struct key_former *f)
{
    secret_wipe(f, sizeof(*f));
}

static enum error_code read_file(const struct key_folder *folder, const char *name, struct key_former *ret,
                                 struct error *err)
{
    char text[sizeof(ret->key) + 1];
    const int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    const char *key = text;
    if (fd < 0 && errno == ENOENT)
        return ERR_NONE;
    const ssize_t n = fd >= 0 ? fd_read_up_to(fd, text, sizeof(text)) : -1;
    if (n < 0)
        (void)error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot read %s/%s", folder->path, name);
    if (fd >= 0)
        (void)close(fd);
    if (n < 0)
        return ERR_PERMISSION_DENIED;
    ret->len = (size_t)n;
    if (key_trim(&key, &ret->len)) {
        ret->place = KEY_IN_FILE;
        memcpy(ret->key, key, ret->len);
    }
    secret_wipe(text, sizeof(text));
    return ERR_NONE;
}

enum error_code key_store_look(const struct key_folder *folder, const char *name, struct key_former *ret,
                               struct error *err)
{
    char marker[MARKER_SIZE];
    *ret = (struct key_former){.place = KEY_NOWHERE};
    (void)marker_of(marker, name);
    if (faccessat(folder->fd, marker, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return read_file(folder, name, ret, err);
    ret->place = KEY_IN_SERVICE;
    return key_secret_get(name, ret->key, sizeof(ret->key), &ret->len, err);
}

enum error_code key_store_restore(const struct key_folder *folder, const char *name, const struct key_former *former,
                                  struct error *err)
{
    bool removed;
    if (former->place == KEY_NOWHERE)
        return key_store_remove(folder, name, &removed, err);
    return key_store_put(folder, former->place, name, former->key, former->len, err);
}
