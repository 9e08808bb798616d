#include "daemon/settings.h"
#include "daemon/core/log.h"
#include "daemon/engine/engine.h"
#include "daemon/rooms.h"
#include "lib/base/key_folder.h"
#include "lib/base/paths.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

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

/* A question without a model would fail each time. A whole name may also be a provider's usual model, slash and all. */
static enum error_code check_default_model(const struct settings *s, struct error *err)
{
    const struct engine_options *o = config_get(s->config, &engine_room, NULL);
    const char *model = o->default_model, *slash = model ? strchr(model, '/') : NULL;
    size_t len = slash ? (size_t)(slash - model) : 0;
    if (!slash || providers_find(s->providers, model, len) || provider_builtin_find(model, len))
        return ERR_NONE;
    for (const struct provider_builtin *b = provider_builtins; b->name; b++)
        if (b->default_model && strcmp(b->default_model, model) == 0)
            return ERR_NONE;
    return config_complain(s->config, &engine_room, NULL, "default_model", err,
                           "default_model names the provider %.*s, which has no section and is not built in", (int)len,
                           model);
}

/* Beside the configuration. False where there is none, or no name for it. */
static bool find_key_folder(const struct settings_source *source, char *path, size_t n)
{
    char dir[PATH_MAX];
    const char *slash = source->file ? strrchr(source->file, '/') : NULL;
    if (source->file)
        snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - source->file) : 1, slash ? source->file : ".");
    else if (source->system)
        snprintf(dir, sizeof dir, "%s", PATHS_SYSTEM_CONFIG);
    else if (paths_config_dir(dir, sizeof dir, NULL) != ERR_NONE)
        return false;
    return (size_t)snprintf(path, n, "%s/" KEY_FOLDER, dir) < n;
}

enum error_code settings_load(const struct settings_source *source, struct env_keys *keys, struct settings *ret,
                              struct error *err)
{
    struct settings s = {0};
    char folder[PATH_MAX];
    enum error_code code = settings_read_config(source, &s.config, err);
    const struct providers_source from = {
        .config = s.config,
        .env = keys,
        .key_folder = find_key_folder(source, folder, sizeof folder) ? folder : NULL,
        .shared = source->system || source->file ? NULL : PATHS_SYSTEM_CONFIG,
    };
    if (code == ERR_NONE)
        code = providers_load(&from, &s.providers, err);
    if (code == ERR_NONE)
        code = check_default_model(&s, err);
    if (code == ERR_NONE)
        *ret = s;
    else
        settings_done(&s);
    return code;
}

void settings_warn(const struct settings *s)
{
    for (size_t i = 0; i < providers_count(s->providers); i++) {
        const struct provider *p = providers_at(s->providers, i);
        if (p->key_missing)
            log_warn("provider %s has no key: %s", p->name, p->key_missing);
        if (p->url_doubt)
            log_warn("provider %s: %s", p->name, p->url_doubt);
    }
}

void settings_done(struct settings *s)
{
    s->providers = providers_unref(s->providers);
    s->config = config_free(s->config);
}
