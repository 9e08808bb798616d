#include "daemon/settings.h"
#include "daemon/cache/cache.h"
#include "daemon/core/log.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/route.h"
#include "daemon/rooms.h"
#include "lib/base/key_folder.h"
#include "lib/base/paths.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "/askd.conf"
#define MODELS "models.ini"
#define PROMPTS "prompts"

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

#define LAYERS 3

/* Where a file or folder of that name may be, the later over those before: what comes with askd, the system's, the
 * user's; where the configuration is a file of its own, what lies beside that. How many there are. */
static size_t find_layers(const struct settings_source *source, const char *name, char paths[LAYERS][PATH_MAX])
{
    char dir[PATH_MAX - NAME_MAX];
    size_t n = 1;
    paths_data_file(name, paths[0], PATH_MAX);
    if (source->file) {
        const char *slash = strrchr(source->file, '/');
        const int len = slash ? (int)(slash + 1 - source->file) : 0;
        snprintf(paths[n++], PATH_MAX, "%.*s%s", len, source->file, name);
        return n;
    }
    snprintf(paths[n++], PATH_MAX, PATHS_SYSTEM_CONFIG "/%s", name);
    if (!source->system && paths_config_dir(dir, sizeof dir, NULL) == ERR_NONE)
        snprintf(paths[n++], PATH_MAX, "%s/%s", dir, name);
    return n;
}

void settings_prompt_folders(const struct settings_source *source, char folders[SETTINGS_PROMPT_FOLDERS][PATH_MAX],
                             const char *ret[SETTINGS_PROMPT_FOLDERS + 1])
{
    const size_t n = find_layers(source, PROMPTS, folders);
    for (size_t i = 0; i < n; i++)
        ret[i] = folders[i];
    ret[n] = NULL;
}

/* The shipped file, then the user's, beside the configuration. */
static enum error_code load_catalog(const struct settings_source *source, struct settings *s, struct error *err)
{
    char layers[LAYERS][PATH_MAX], lists[PATH_MAX];
    const char *paths[LAYERS + 1] = {NULL};
    const size_t n = find_layers(source, MODELS, layers);
    for (size_t i = 0; i < n; i++)
        paths[i] = layers[i];
    if (source->state_dir)
        snprintf(lists, sizeof lists, "%s/" SETTINGS_LISTS, source->state_dir);
    return catalog_load(paths, source->state_dir ? lists : NULL, &s->catalog, &s->warning, err);
}

/* A name that nothing answers to would fail each time it is asked for. One without a provider may be of a list that is
 * still to be read. */
static enum error_code check_name(const struct settings *s, const struct config_room *room, const char *section,
                                  const char *key, const char *name, struct error *err)
{
    const struct route_world w = {.providers = s->providers, .catalog = s->catalog, .aliases = s->aliases};
    struct error why = ERROR_INIT;
    if (route_knows(&w, name))
        return ERR_NONE;
    if (aliases_find(s->aliases, name))
        return config_complain(s->config, room, section, key, err, "%s is an alias, and aliases hold models only",
                               name);
    if (strchr(name, '/'))
        return config_complain(s->config, room, section, key, err,
                               "%s names a provider that has no section and is not built in", name);
    config_complain(s->config, room, section, key, &why, "%s is no model that the catalogue knows", name);
    log_warn("%s", why.message);
    return ERR_NONE;
}

static enum error_code check_names(const struct settings *s, struct error *err)
{
    const struct engine_options *o = config_get(s->config, &engine_room, NULL);
    const struct {
        const char *key, *name;
    } models[] = {{"default_model", o->default_model},
                  {"summary_model", o->summary_model},
                  {"title_model", o->title_model},
                  {"complete_model", o->complete.model}};
    enum error_code code = ERR_NONE;
    for (size_t i = 0; code == ERR_NONE && i < sizeof models / sizeof *models; i++)
        if (models[i].name && !aliases_find(s->aliases, models[i].name))
            code = check_name(s, &engine_room, NULL, models[i].key, models[i].name, err);
    for (size_t i = 0; code == ERR_NONE && i < aliases_count(s->aliases); i++) {
        const struct alias *a = aliases_at(s->aliases, i);
        for (size_t m = 0; code == ERR_NONE && m < a->n_models; m++)
            code = check_name(s, &alias_room, a->name, "models", a->models[m], err);
    }
    return code;
}

/* A budget of nobody's would stop nothing. Its provider may get a key, or its section, later. */
static void check_budgets(const struct settings *s)
{
    for (size_t i = 0; i < budget_rules_count(s->budget_rules); i++) {
        const struct budget_rule *r = budget_rules_at(s->budget_rules, i);
        struct error why = ERROR_INIT;
        if (!r->provider || providers_find(s->providers, r->provider, strlen(r->provider)))
            continue;
        config_complain(s->config, &budget_room, r->name, "provider", &why,
                        "nothing counts in this budget: there is no provider %s", r->provider);
        log_warn("%s", why.message);
    }
}

static enum error_code check_cache(const struct settings *s, struct error *err)
{
    const struct cache_options *o = config_get(s->config, &cache_room, NULL);
    size_t len = o->name_space ? strlen(o->name_space) : 0;
    if (len <= CACHE_NAMESPACE_MAX)
        return ERR_NONE;
    return config_complain(s->config, &cache_room, NULL, "namespace", err, "a namespace has at most %zu bytes",
                           (size_t)CACHE_NAMESPACE_MAX);
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
        code = load_catalog(source, &s, err);
    if (code == ERR_NONE)
        code = aliases_load(s.config, &s.aliases, err);
    if (code == ERR_NONE)
        code = budget_rules_load(s.config, &s.budget_rules, err);
    if (code == ERR_NONE)
        code = check_names(&s, err);
    if (code == ERR_NONE)
        code = check_cache(&s, err);
    if (code == ERR_NONE) {
        check_budgets(&s);
        *ret = s;
    } else {
        settings_done(&s);
    }
    return code;
}

void settings_warn(const struct settings *s)
{
    for (size_t i = 0; i < providers_count(s->providers); i++) {
        const struct provider *p = providers_at(s->providers, i);
        const struct log_fields fields = {.provider = p->name};
        if (p->key_missing)
            log_event(LOG_LEVEL_WARN, &fields, "provider %s has no key: %s", p->name, p->key_missing);
        if (p->url_doubt)
            log_event(LOG_LEVEL_WARN, &fields, "provider %s: %s", p->name, p->url_doubt);
    }
    if (s->warning)
        log_warn("%s", s->warning);
}

void settings_done(struct settings *s)
{
    s->providers = providers_unref(s->providers);
    s->catalog = catalog_unref(s->catalog);
    s->aliases = aliases_unref(s->aliases);
    s->budget_rules = budget_rules_unref(s->budget_rules);
    s->config = config_free(s->config);
    free(s->warning);
    s->warning = NULL;
}
