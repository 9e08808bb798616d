/* What the configuration says, read whole: files, providers and their keys, the catalogue of models, aliases,
 * budgets. */
#ifndef ASKD_SETTINGS_H
#define ASKD_SETTINGS_H

#include "daemon/catalog/alias.h"
#include "daemon/catalog/catalog.h"
#include "daemon/core/config.h"
#include "daemon/engine/providers.h"
#include "daemon/key/env_keys.h"
#include "daemon/ledger/budget_room.h"
#include <limits.h>

struct settings_source {
    bool system;      /* /etc alone */
    const char *file; /* this file alone, NULL: the usual ones */
    /* The state folder, where the providers' lists of models are kept. NULL: they are not read. */
    const char *state_dir;
};

struct settings {
    struct config *config;
    struct providers *providers; /* references */
    struct catalog *catalog;
    struct aliases *aliases;
    struct budget_rules *budget_rules;
    char *warning; /* NULL if there is none */
};

#define SETTINGS_LISTS "models.json" /* in the state folder */

/* Both block on small files: for the start, or beside the loop. */
enum error_code settings_read_config(const struct settings_source *source, struct config **ret, struct error *err);
enum error_code settings_load(const struct settings_source *source, struct env_keys *keys, struct settings *ret,
                              struct error *err);
/* The folders of the prompt library, the later ones over those before; NULL-ended. Nothing is looked at. */
#define SETTINGS_PROMPT_FOLDERS 3
void settings_prompt_folders(const struct settings_source *source, char folders[SETTINGS_PROMPT_FOLDERS][PATH_MAX],
                             const char *ret[SETTINGS_PROMPT_FOLDERS + 1]);
/* Logs what is no error, but not as it was meant to be. */
void settings_warn(const struct settings *s);
void settings_done(struct settings *s); /* fine for {0} */

#endif
