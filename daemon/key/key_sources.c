#include "daemon/key/key_sources.h"
#include "daemon/key/key_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/fd.h"
#include "lib/base/key_folder.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* -- one key -- */

static enum error_code read_key(const char *path, bool private, struct secret **ret, struct error *err)
{
    struct buf b;
    buf_init(&b, KEY_MAX);
    enum error_code code = fd_read_file(path, private, &b, err);
    if (code == ERR_NONE) {
        size_t len = b.len;
        while (len && is_space((char)b.data[len - 1]))
            len--;
        if (len == 0)
            code = error_set(err, ERR_INVALID_REQUEST, "%s holds no key", path);
        else if (!(*ret = secret_new((const char *)b.data, len)))
            code = error_set(err, ERR_OVERLOADED, "no memory for the key in %s", path);
    }
    if (b.data)
        secret_wipe(b.data, b.cap);
    buf_done(&b);
    return code;
}

static enum error_code add_file(struct keys *k, void *data, const char *path, struct error *err)
{
    struct secret *s = NULL;
    (void)data;
    enum error_code code = read_key(path, true, &s, err);
    return code == ERR_NONE ? keys_add(k, s, xasprintf("file %s", path), err) : code;
}

/* An unset one is left out: which daemons have it is the business of whoever starts them. */
static enum error_code add_variable(struct keys *k, void *data, const char *name, struct error *err)
{
    struct secret *s = env_keys_take(data, name);
    return s ? keys_add(k, s, xasprintf("environment %s", name), err) : ERR_NONE;
}

static enum error_code add_credential(struct keys *k, void *data, const char *name, struct error *err)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    struct secret *s = NULL;
    (void)data;
    if (!dir || strchr(name, '/'))
        return error_set(err, ERR_NOT_FOUND, "no credential %s: the service has no LoadCredential= for it", name);
    char *path = xasprintf("%s/%s", dir, name);
    /* The service manager guards the folder; a mode of 0440 there comes from an access list. */
    enum error_code code = read_key(path, false, &s, err);
    free(path);
    return code == ERR_NONE ? keys_add(k, s, xasprintf("credential %s", name), err) : code;
}

/* -- lists -- */

typedef enum error_code adder(struct keys *k, void *data, const char *name, struct error *err);

static enum error_code add_each(struct keys *k, adder *add, void *data, const char *list, struct error *err)
{
    enum error_code code = ERR_NONE;
    const char *end;
    for (const char *at = list; code == ERR_NONE; at = end + 1) {
        end = at + strcspn(at, ",");
        size_t len = (size_t)(end - at);
        while (len && is_space(at[len - 1]))
            len--;
        while (len && is_space(*at)) {
            at++;
            len--;
        }
        if (len == 0)
            return error_set(err, ERR_INVALID_REQUEST, "nothing stands before or behind a comma");
        char *name = xstrndup(at, len);
        code = add(k, data, name, err);
        free(name);
        if (!*end)
            break;
    }
    return code;
}

static enum error_code of_list(adder *add, void *data, const char *list, struct keys **ret, struct error *err)
{
    struct keys *k = keys_new();
    enum error_code code = add_each(k, add, data, list, err);
    if (code == ERR_NONE)
        *ret = k;
    else
        keys_unref(k);
    return code;
}

struct keys *keys_of_configuration(struct secret *key)
{
    struct keys *k = keys_new();
    (void)keys_add(k, secret_ref(key), xstrdup("configuration"), NULL);
    return k;
}

enum error_code keys_of_files(const char *list, struct keys **ret, struct error *err)
{
    return of_list(add_file, NULL, list, ret, err);
}

enum error_code keys_of_credentials(const char *list, struct keys **ret, struct error *err)
{
    return of_list(add_credential, NULL, list, ret, err);
}

enum error_code keys_of_environment(struct env_keys *env, const char *list, struct keys **ret, struct error *err)
{
    struct keys *k = NULL;
    enum error_code code = of_list(add_variable, env, list, &k, err);
    if (code == ERR_NONE && !keys_ready(k)) {
        code = error_set(err, ERR_NOT_FOUND, "%s is not set in the environment", list);
        k = keys_unref(k);
    }
    if (code == ERR_NONE)
        *ret = k;
    return code;
}

/* -- commands -- */

static char **argv_of(const char *a, const char *b, const char *c)
{
    char **argv = xcalloc(4, sizeof *argv);
    argv[0] = xstrdup(a);
    argv[1] = xstrdup(b);
    argv[2] = xstrdup(c);
    return argv;
}

/* "command pass"; no more than "command" where the first word is no plain name of a program. */
static char *name_of(const char *line)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
    line += strspn(line, " \t");
    size_t len = strspn(line, plain);
    if (len == 0 || (line[len] && !is_space(line[len])))
        return xstrdup("command");
    return xasprintf("command %.*s", (int)(len < 128 ? len : 128), line);
}

struct keys *keys_of_command(const char *line)
{
    struct keys *k = keys_new();
    keys_set_command(k, argv_of("/bin/sh", "-c", line), name_of(line));
    return k;
}

/* -- the folder -- */

/* Whoever may write into it may have questions sent in his name, and read them there. What we may not look into, or not
 * read of it, is as good as not there: root may keep in it what the service manager hands out as credentials. */
static enum error_code look_at_folder(const char *folder, bool *is_there, struct error *err)
{
    struct stat st;
    *is_there = false;
    if (stat(folder, &st) != 0 || access(folder, X_OK) != 0)
        return ERR_NONE;
    if (!S_ISDIR(st.st_mode))
        return error_set(err, ERR_INVALID_REQUEST, "%s is not a folder", folder);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_set(err, ERR_PERMISSION_DENIED, "the folder %s belongs to uid %u", folder, (unsigned)st.st_uid);
    if (st.st_mode & 022)
        return error_set(err, ERR_PERMISSION_DENIED, "the folder %s is open to others (mode %04o); chmod 700 it",
                         folder, (unsigned)(st.st_mode & 07777));
    *is_there = true;
    return ERR_NONE;
}

static enum error_code of_file(const char *path, struct keys **ret, struct error *err)
{
    struct keys *k = keys_new();
    enum error_code code = add_file(k, NULL, path, err);
    *ret = code == ERR_NONE ? k : keys_unref(k);
    return code;
}

static enum error_code of_secret_service(const char *provider, struct keys **ret, struct error *err)
{
    char helper[PATH_MAX];
    enum error_code code = paths_helper(KEY_FOLDER_HELPER, helper, sizeof helper, err);
    if (code == ERR_NONE) {
        *ret = keys_new();
        keys_set_command(*ret, argv_of(helper, "get", provider), xasprintf("secret service, %s", provider));
    }
    return code;
}

enum error_code keys_of_folder(const char *folder, const char *provider, struct keys **ret, struct error *err)
{
    char path[PATH_MAX], marker[PATH_MAX];
    bool is_there = false;
    *ret = NULL;
    if (!folder || !key_folder_name_valid(provider))
        return ERR_NONE;
    enum error_code code = look_at_folder(folder, &is_there, err);
    if (!is_there)
        return code;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, provider) >= sizeof path ||
        (size_t)snprintf(marker, sizeof marker, "%s" KEY_FOLDER_MARKER, path) >= sizeof marker)
        return error_set(err, ERR_INVALID_REQUEST, "the path of the folder %s is too long", folder);
    if (access(path, R_OK) == 0)
        return of_file(path, ret, err);
    return access(marker, F_OK) == 0 ? of_secret_service(provider, ret, err) : ERR_NONE;
}
