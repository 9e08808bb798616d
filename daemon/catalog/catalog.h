/* The catalogue: what is known of models. Three sources, later ones over earlier ones: the shipped models.ini, the
 * user's, and what the providers' own lists said when they were last asked (lists.h).
 *
 * Words. A model's *id* is the catalogue's name for it, and the section of its row. A model has *names*: how it is
 * called at each provider that has it. A provider's *kind* is the name under which the catalogue knows it ("openai"); a
 * section of the configuration may be called something else ("work") and is of that kind.
 *
 * Immutable once loaded, and counted by any thread; strings live as long as it does. */
#ifndef ASKD_CATALOG_CATALOG_H
#define ASKD_CATALOG_CATALOG_H

#include "daemon/catalog/tokens.h"
#include "lib/base/error.h"
#include "lib/chat/listed.h"
#include <stdbool.h>

struct catalog;
struct config_room;
extern const struct config_room model_room; /* [model "id"], one for each model */

struct model_name {
    const char *provider, *name; /* kind; its own name */
};

struct model_score {    /* a leaderboard's figure */
    const char *board;  /* "aider", "lmarena" */
    double value;       /* as the leaderboard counts: per cent, Elo */
    const char *on;     /* "2025-04-14" */
    const char *source; /* NULL if not told */
};

#define PREMIUM_KIND "copilot" /* where premium rows hold that tell no provider: GitHub Copilot */

struct model_premium {          /* how many premium requests one prompt counts for, where those are bought */
    const char *at;             /* kind, NULL: PREMIUM_KIND */
    int64_t since_us, until_us; /* 0: not told; it holds until that moment, which is not part of it */
    int64_t multiplier_nano;    /* billionths */
    const char *source;
};

struct model_speed {
    const char *at; /* kind, NULL: the first name's */
    double tokens_per_second;
    const char *on, *source;
};

struct model {
    const char *id, *title;
    enum token_family family;
    int64_t context_window, max_output; /* tokens, 0: not known */
    unsigned input, output;             /* of enum modality, 0: not known */
    enum known tools, reasoning;
    bool is_default;                /* what a provider that has it is asked for where no model is named */
    const char *released, *retired; /* "2025-04-14", NULL if not told, or in service */
    const char *serve;              /* how to run it oneself, NULL if not told */
    struct model_name *names;
    size_t n_names;
    struct price *prices;
    size_t n_prices;
    struct model_score *scores;
    size_t n_scores;
    struct model_premium *premiums;
    size_t n_premiums;
    struct model_speed *speeds;
    size_t n_speeds;
    const char *const *tags; /* NULL-ended, NULL where there are none; "retired" (as when it was loaded) and "default"
                                are made from the fields above */
};

/* paths: models.ini files in order, NULL-ended, each with its drop-ins in FILE.d; a missing one is skipped. A later
 * file's key takes the place of an earlier one's, all values of it where it repeats: a user's price rows of a model are
 * its only ones. lists: the state file, NULL or missing: none.
 * A bad models.ini is an error with file and line; bad lists are passed over with a reason in *warning (malloc'd, NULL
 * if none), for they can be had again. Blocks on files. */
enum error_code catalog_load(const char *const *paths, const char *lists, struct catalog **ret, char **warning,
                             struct error *err);
struct catalog *catalog_ref(struct catalog *c);
struct catalog *catalog_unref(struct catalog *c); /* NULL is fine; always returns NULL */

size_t catalog_count(const struct catalog *c);
const struct model *catalog_at(const struct catalog *c, size_t i); /* in the order of the files */
const struct model *catalog_find(const struct catalog *c, const char *id, size_t len);
const struct model *catalog_named(const struct catalog *c, const char *kind, const char *name);
const char *model_name_at(const struct model *m, const char *kind); /* NULL if it is not there */
/* What a section's provider calls it: by the section's own name, as a user's models.ini may tell, or else by its kind.
 */
const char *model_name_for(const struct model *m, const char *section, const char *kind);
/* The first model marked default that it has; NULL if there is none. */
const struct model *catalog_default(const struct catalog *c, const char *section, const char *kind);
const struct model_score *model_score_of(const struct model *m, const char *board); /* NULL if not told */
bool model_is_retired(const struct model *m, int64_t now_us);                       /* its day has come */
bool model_has_tag(const struct model *m, const char *tag);
/* The multiplier that holds at that kind of provider and time, the latest where several do; NULL if none is told. */
const struct model_premium *model_premium_at(const struct model *m, const char *kind, int64_t now_us);

/* What is known of a provider's model, from both sources: what its own list says stands over the catalogue's row. */
struct facts {
    const struct model *model;   /* NULL: not in models.ini */
    const struct listed *listed; /* NULL: its list was not read, or does not have it */
    const char *kind, *name;     /* as they were asked for; borrowed */
};
/* section: the provider's name in the configuration, under which its list is kept. */
struct facts catalog_facts(const struct catalog *c, const char *section, const char *kind, const char *name);
bool facts_known(const struct facts *f);
int64_t facts_context_window(const struct facts *f); /* 0: not known, likewise below */
int64_t facts_max_output(const struct facts *f);
unsigned facts_input(const struct facts *f);
unsigned facts_output(const struct facts *f);
enum known facts_tools(const struct facts *f);
enum known facts_reasoning(const struct facts *f);
enum token_family facts_family(const struct facts *f); /* by the model's name where no row tells */
const struct price *facts_price(const struct facts *f, int64_t now_us, int64_t prompt_tokens);

/* The models that a provider's own list had, in its order. *n is 0 where it was never read. fetched_us may be NULL. */
const struct listed *catalog_list(const struct catalog *c, const char *section, size_t *n, int64_t *fetched_us);

/* -- lists that are read while the daemon runs -- */

/* The same with this list in place of the section's older one: what old holds is shared, no file is read. Takes the
 * models over, an array from the heap; the first LIST_MODELS_MAX (lists.h) are kept. */
struct catalog *catalog_with_list(const struct catalog *old, const char *section, struct listed *models, size_t n,
                                  int64_t fetched_us);
/* `loaded` with those of old's lists that were read later than its own: a refresh may have ended while it was loaded.
 */
struct catalog *catalog_with_newest_lists(const struct catalog *loaded, const struct catalog *old);
/* Writes all lists to the state file, for the next catalog_load. Blocks; any thread may call it. */
enum error_code catalog_save_lists(const struct catalog *c, const char *path, struct error *err);

#endif
