#include "daemon/settings.h"
#include "daemon/rooms.h"
#include "lib/base/paths.h"
#include <limits.h>
#include <stdio.h>

#define FILE_NAME "/askd.conf"

enum error_code settings_read_config(const struct settings_source *source, struct config **ret, struct error *err)
{
    char user[PATH_MAX], dir[sizeof user - sizeof FILE_NAME];
    const char *paths[3] = {PATHS_SYSTEM_CONFIG FILE_NAME, NULL, NULL};
    if (source->file) {
        paths[0] = source->file;
    } else if (!source->system && paths_config_dir(dir, sizeof dir, NULL) == ERR_NONE) {
        snprintf(user, sizeof user, "%s" FILE_NAME, dir);
        paths[1] = user;
    }
    return config_load(rooms, paths, source->file != NULL, ret, err);
}

enum error_code settings_load(const struct settings_source *source, struct env_keys *keys, struct settings *ret,
                              struct error *err)
{
    struct settings s = {0};
    enum error_code code = settings_read_config(source, &s.config, err);
    if (code == ERR_NONE)
        code = providers_load(s.config, keys, &s.providers, err);
    if (code == ERR_NONE)
        *ret = s;
    else
        settings_done(&s);
    return code;
}

void settings_done(struct settings *s)
{
    s->providers = providers_unref(s->providers);
    s->config = config_free(s->config);
}
