/* Aliases: names of the user's own for one model or several, and the policy by which the order is found in which they
 * are asked. */
#ifndef ASKD_CATALOG_ALIAS_H
#define ASKD_CATALOG_ALIAS_H

#include "lib/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct config_room;
extern const struct config_room alias_room; /* [alias "name"] */

enum alias_policy {
    ALIAS_FALLBACK, /* as they stand */
    ALIAS_CHEAPEST, /* by what this question would cost */
    ALIAS_FASTEST,  /* by the measured time to the first token */
    ALIAS_BEST,     /* by a leaderboard's score */
    ALIAS_RACE,     /* as they stand; the second is asked too if the first is slow */
};

const char *alias_policy_name(enum alias_policy policy); /* as the file has it */

#define ALIAS_MODELS_MAX 64

struct alias {
    const char *name;
    char **models; /* as they stand in the file, without blanks around them */
    size_t n_models;
    enum alias_policy policy;
    int64_t race_delay_ms;
    const char *board; /* of the scores */
};

struct aliases; /* immutable, counted */

/* An alias without models, or with more than ALIAS_MODELS_MAX, is an error with file and line. */
enum error_code aliases_load(const struct config *c, struct aliases **ret, struct error *err);
struct aliases *aliases_ref(struct aliases *a);
struct aliases *aliases_unref(struct aliases *a); /* NULL is fine; always returns NULL */
size_t aliases_count(const struct aliases *a);
const struct alias *aliases_at(const struct aliases *a, size_t i);
const struct alias *aliases_find(const struct aliases *a, const char *name); /* NULL if there is none */

/* What is known of a candidate. */
struct alias_figures {
    bool able;            /* as far as is known, it takes what the question holds */
    int64_t cost_nano;    /* of this question, -1: no price is known */
    const char *currency; /* of that */
    double first_ms;      /* negative: not measured */
    double score;         /* negative: none */
};

/* Puts the numbers 0 to n - 1 into order. Those that are not able come last, but for FALLBACK and RACE, where the
 * user's order stands. Otherwise, and among equals, the order that they have:
 * CHEAPEST: by cost, in the currency of the first that has a price; then other currencies, then those without a price.
 * FASTEST: those not measured first, since only asking measures them. BEST: those without a score last. Pure. */
void alias_order(enum alias_policy policy, const struct alias_figures *f, size_t n, size_t *order);

#endif
