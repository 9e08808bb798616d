/* Where things are: the folders and sockets of a user and of the machine, for the daemon and its clients alike.
 *
 * All of these are for the calling process's effective uid and read the environment. A relative or empty XDG value is
 * ignored, as the XDG base directory specification asks. Nothing is created. ERR_INVALID_REQUEST: the result does not
 * fit into n bytes; ERR_NOT_FOUND: neither $HOME nor the account database names a home folder. */
#ifndef ASKD_BASE_PATHS_H
#define ASKD_BASE_PATHS_H

#include "lib/base/error.h"
#include <sys/types.h>

#define PATHS_SYSTEM_SOCKET "/run/askd/askd.sock"
#define PATHS_SYSTEM_CONFIG "/etc/askd"
#define PATHS_SYSTEM_STATE "/var/lib/askd"
#define PATHS_SYSTEM_CACHE "/var/cache/askd"
#define PATHS_SOCKET_NAME "askd.sock"

/* Looks a variable up, NULL if it is not set. */
typedef const char *paths_getenv(const char *name);

/* The user's runtime folder: askd/ under $XDG_RUNTIME_DIR if that is a folder of ours with mode 0700, else under
 * /run/user/UID likewise, else /tmp/askd-UID. */
enum error_code paths_runtime_dir(char *buf, size_t n, struct error *err);
enum error_code paths_user_socket(char *buf, size_t n, struct error *err); /* askd.sock in it */
enum error_code paths_system_socket(char *buf, size_t n, struct error *err);

enum error_code paths_config_dir(char *buf, size_t n, struct error *err); /* $XDG_CONFIG_HOME/askd or ~/.config/askd */
enum error_code paths_state_dir(char *buf, size_t n,
                                struct error *err); /* $XDG_STATE_HOME/askd or ~/.local/state/askd */
enum error_code paths_cache_dir(char *buf, size_t n, struct error *err); /* $XDG_CACHE_HOME/askd or ~/.cache/askd */

/* A program that only other programs of ours run ("ask-tty"), or a module that one loads ("cache-redis.so"): in
 * $ASKD_LIBEXEC, else where this program was installed to or, where it lies in a build tree, in that; else where it was
 * to be installed to. It need not exist. */
enum error_code paths_helper(const char *name, char *buf, size_t n, struct error *err);

/* A file that comes with askd ("models.ini"): in $ASKD_DATADIR, else where this program was installed to or, where it
 * lies in a build tree, in that tree's etc/, else where it was to be installed to. It need not exist. */
void paths_data_file(const char *name, char *buf, size_t n);

/* A user's home folder: $HOME where it is the calling process's, else what the account database says. */
enum error_code paths_home_of(uid_t uid, char *buf, size_t n, struct error *err);

/* The same for another uid and environment; the functions above are these with geteuid and getenv. */
enum error_code paths_runtime_dir_for(uid_t uid, paths_getenv *env, char *buf, size_t n, struct error *err);
enum error_code paths_xdg_dir_for(uid_t uid, paths_getenv *env, const char *variable, const char *below_home, char *buf,
                                  size_t n, struct error *err);

#endif
