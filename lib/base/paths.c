#include "lib/base/paths.h"
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *process_env(const char *name)
{
    return getenv(name);
}

/* The value of an XDG variable, NULL where it is to be ignored. */
static const char *absolute(paths_getenv *env, const char *name)
{
    const char *value = env(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

static enum error_code fits(int written, size_t n, struct error *err)
{
    if (written < 0 || (size_t)written >= n)
        return error_set(err, ERR_INVALID_REQUEST, "a path is longer than %zu bytes", n - 1);
    return ERR_NONE;
}

/* A folder only `uid` can enter. stat follows a link here on purpose: the owner of such a link's target is what counts.
 */
static bool is_private_dir(const char *path, uid_t uid)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid && (st.st_mode & 07777) == 0700;
}

enum error_code paths_runtime_dir_for(uid_t uid, paths_getenv *env, char *buf, size_t n, struct error *err)
{
    const char *xdg = absolute(env, "XDG_RUNTIME_DIR");
    if (xdg != NULL && is_private_dir(xdg, uid))
        return fits(snprintf(buf, n, "%s/askd", xdg), n, err);
    char run[64];
    (void)snprintf(run, sizeof(run), "/run/user/%u", (unsigned)uid);
    if (is_private_dir(run, uid))
        return fits(snprintf(buf, n, "%s/askd", run), n, err);
    return fits(snprintf(buf, n, "/tmp/askd-%u", (unsigned)uid), n, err);
}

/* env: NULL where it is not of that user. */
static enum error_code home_of(uid_t uid, paths_getenv *env, char *buf, size_t n, struct error *err)
{
    const char *home = env ? absolute(env, "HOME") : NULL;
    if (home != NULL)
        return fits(snprintf(buf, n, "%s", home), n, err);

    char text[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(uid, &entry, text, sizeof(text), &found) != 0 || found == NULL || found->pw_dir[0] != '/')
        return error_set(err, ERR_NOT_FOUND, "no home folder is known: set HOME");
    return fits(snprintf(buf, n, "%s", found->pw_dir), n, err);
}

enum error_code paths_home_of(uid_t uid, char *buf, size_t n, struct error *err)
{
    return home_of(uid, uid == geteuid() ? process_env : NULL, buf, n, err);
}

enum error_code paths_xdg_dir_for(uid_t uid, paths_getenv *env, const char *variable, const char *below_home, char *buf,
                                  size_t n, struct error *err)
{
    const char *xdg = absolute(env, variable);
    if (xdg != NULL)
        return fits(snprintf(buf, n, "%s/askd", xdg), n, err);
    char home[PATH_MAX];
    enum error_code code = home_of(uid, env, home, sizeof(home), err);
    return code == ERR_NONE ? fits(snprintf(buf, n, "%s/%s/askd", home, below_home), n, err) : code;
}

enum error_code paths_runtime_dir(char *buf, size_t n, struct error *err)
{
    return paths_runtime_dir_for(geteuid(), process_env, buf, n, err);
}

enum error_code paths_user_socket(char *buf, size_t n, struct error *err)
{
    enum error_code code = paths_runtime_dir(buf, n, err);
    if (code != ERR_NONE)
        return code;
    size_t len = strlen(buf);
    return fits(snprintf(buf + len, n - len, "/" PATHS_SOCKET_NAME), n - len, err);
}

enum error_code paths_system_socket(char *buf, size_t n, struct error *err)
{
    return fits(snprintf(buf, n, "%s", PATHS_SYSTEM_SOCKET), n, err);
}

enum error_code paths_config_dir(char *buf, size_t n, struct error *err)
{
    return paths_xdg_dir_for(geteuid(), process_env, "XDG_CONFIG_HOME", ".config", buf, n, err);
}

enum error_code paths_state_dir(char *buf, size_t n, struct error *err)
{
    return paths_xdg_dir_for(geteuid(), process_env, "XDG_STATE_HOME", ".local/state", buf, n, err);
}

enum error_code paths_cache_dir(char *buf, size_t n, struct error *err)
{
    return paths_xdg_dir_for(geteuid(), process_env, "XDG_CACHE_HOME", ".cache", buf, n, err);
}

/* The folder of this program, without "/.libs" behind it. */
static bool own_folder(char *dir, size_t n)
{
    ssize_t len = readlink("/proc/self/exe", dir, n - 1);
    if (len <= 0)
        return false;
    dir[len] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(dir, '/');
        if (slash == NULL || (i == 1 && strcmp(slash, "/.libs") != 0))
            break;
        *slash = '\0';
    }
    return true;
}

/* Where all of it fits, and is there to be read or run. */
static bool is_there(int mode, char *buf, size_t n, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static bool is_there(int mode, char *buf, size_t n, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(buf, n, fmt, ap);
    va_end(ap);
    return len > 0 && (size_t)len < n && access(buf, mode) == 0;
}

/* The length of the path that the folder of an installed program lies in: of /usr in /usr/bin. */
static int prefix_of(const char *own_dir)
{
    const char *last = strrchr(own_dir, '/');
    return last != NULL ? (int)(last - own_dir) : 0;
}

/* The length of the build tree's path where a program of ours lies in one, 0 where it does not. */
static size_t build_tree(const char *own_dir)
{
    static const char *const folders[] = {"/daemon", "/client/ask", "/client/ctl"};
    size_t len = strlen(own_dir);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t end = strlen(folders[i]);
        if (len > end && strcmp(own_dir + len - end, folders[i]) == 0)
            return len - end;
    }
    return 0;
}

/* Where the build tree has it: ask-NAME in client/NAME, a module where libtool puts it. */
static bool is_in_tree(const char *own_dir, const char *name, char *buf, size_t n)
{
    int tree = (int)build_tree(own_dir);
    const char *folder = strchr(name, '-'), *ending = strrchr(name, '.');
    if (tree == 0)
        return false;
    if (ending && strcmp(ending, ".so") == 0)
        return is_there(R_OK, buf, n, "%.*s/daemon/.libs/%s", tree, own_dir, name);
    return folder && is_there(X_OK, buf, n, "%.*s/client/%s/%s", tree, own_dir, folder + 1, name);
}

enum error_code paths_helper(const char *name, char *buf, size_t n, struct error *err)
{
    char dir[4096];
    const char *told = absolute(process_env, "ASKD_LIBEXEC");
    if (told != NULL)
        return fits(snprintf(buf, n, "%s/%s", told, name), n, err);
    bool own = own_folder(dir, sizeof dir);
    if (own && is_there(R_OK, buf, n, "%.*s/libexec/askd/%s", prefix_of(dir), dir, name))
        return ERR_NONE;
    if (own && is_in_tree(dir, name, buf, n))
        return ERR_NONE;
    return fits(snprintf(buf, n, "%s/%s", ASKD_LIBEXECDIR, name), n, err);
}

void paths_data_file(const char *name, char *buf, size_t n)
{
    char dir[4096];
    const char *told = absolute(process_env, "ASKD_DATADIR");
    if (told != NULL) {
        (void)snprintf(buf, n, "%s/%s", told, name);
        return;
    }
    bool own = own_folder(dir, sizeof dir);
    if (own && is_there(R_OK, buf, n, "%.*s/share/askd/%s", prefix_of(dir), dir, name))
        return;
    int tree = own ? (int)build_tree(dir) : 0;
    if (tree > 0 && is_there(R_OK, buf, n, "%.*s/etc/%s", tree, dir, name))
        return;
    (void)snprintf(buf, n, "%s/%s", ASKD_PKGDATADIR, name);
}
