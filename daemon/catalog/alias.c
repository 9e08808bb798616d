#include "daemon/catalog/alias.h"
#include "daemon/core/config.h"
#include "lib/base/alloc.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS (3600ll * 1000)

struct alias_section {
    char *models, *board;
    int policy;
    int64_t race_delay_ms;
};

struct aliases {
    unsigned refs;
    struct alias *list;
    size_t n;
};

static const char *const policies[] = {"fallback", "cheapest", "fastest", "best", "race", NULL};

const char *alias_policy_name(enum alias_policy policy)
{
    return policies[policy];
}

#define AT(field) offsetof(struct alias_section, field)

static const struct config_option options[] = {
    {"models", CONFIG_STRING, AT(models), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "The models, with commas between: catalogue ids, or provider/model. One whose provider has no key is passed "
     "over."},
    {"policy", CONFIG_ENUM, AT(policy), 0, 0, "fallback", policies, CONFIG_RELOAD,
     "Which of them is asked: fallback, the first, and the next where it fails; cheapest, by what the question would "
     "cost; fastest, by the measured time to the first token; best, by a leaderboard's score; race, the first, and "
     "after race_delay the second too: what comes first is taken, both may have to be paid. For cheapest, fastest and "
     "best a catalogue id stands for all providers that have it."},
    {"race_delay", CONFIG_DURATION, AT(race_delay_ms), 0, HOUR_MS, "700 ms", NULL, CONFIG_RELOAD,
     "How long a race waits for the first model before it asks the second too."},
    {"board", CONFIG_STRING, AT(board), 0, 0, "lmarena", NULL, CONFIG_RELOAD,
     "Whose scores best goes by: lmarena, or aider for code."},
    {0},
};

const struct config_room alias_room = {"alias", true, sizeof(struct alias_section), options};

static const char *skip_blanks(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* One more from the list; false where nothing but blanks stands between two commas. */
static bool add_model(struct alias *a, const char *s, size_t len)
{
    const char *begin = skip_blanks(s), *end = s + len;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    if (end <= begin || a->n_models == ALIAS_MODELS_MAX)
        return false;
    a->models = xrealloc(a->models, (a->n_models + 1) * sizeof *a->models);
    a->models[a->n_models++] = xstrndup(begin, (size_t)(end - begin));
    return true;
}

static bool split_models(struct alias *a, const char *text)
{
    while (text) {
        const char *comma = strchr(text, ',');
        if (!add_model(a, text, comma ? (size_t)(comma - text) : strlen(text)))
            return false;
        text = comma ? comma + 1 : NULL;
    }
    return a->n_models > 0;
}

static enum error_code add(struct aliases *as, const struct config *c, const char *name, struct error *err)
{
    const struct alias_section *s = config_get(c, &alias_room, name);
    as->list = xrealloc(as->list, (as->n + 1) * sizeof *as->list);
    struct alias *a = &as->list[as->n++];
    *a = (struct alias){.name = xstrdup(name),
                        .policy = (enum alias_policy)s->policy,
                        .race_delay_ms = s->race_delay_ms,
                        .board = xstrdup(s->board)};
    if (split_models(a, s->models))
        return ERR_NONE;
    return config_complain(c, &alias_room, name, "models", err,
                           "models must be 1 to %d models with commas between, as in gpt-4.1, deepseek/deepseek-chat",
                           ALIAS_MODELS_MAX);
}

enum error_code aliases_load(const struct config *c, struct aliases **ret, struct error *err)
{
    struct aliases *as = NEW(struct aliases);
    const char *name;
    as->refs = 1;
    for (size_t i = 0; (name = config_name(c, &alias_room, i)); i++) {
        enum error_code code = add(as, c, name, err);
        if (code != ERR_NONE) {
            aliases_unref(as);
            return code;
        }
    }
    *ret = as;
    return ERR_NONE;
}

struct aliases *aliases_ref(struct aliases *a)
{
    a->refs++;
    return a;
}

struct aliases *aliases_unref(struct aliases *as)
{
    if (!as || --as->refs > 0)
        return NULL;
    for (size_t i = 0; i < as->n; i++) {
        struct alias *a = &as->list[i];
        for (size_t m = 0; m < a->n_models; m++)
            free(a->models[m]);
        free(a->models);
        free((char *)a->name);
        free((char *)a->board);
    }
    free(as->list);
    free(as);
    return NULL;
}

size_t aliases_count(const struct aliases *a)
{
    return a->n;
}

const struct alias *aliases_at(const struct aliases *a, size_t i)
{
    return &a->list[i];
}

const struct alias *aliases_find(const struct aliases *as, const char *name)
{
    for (size_t i = 0; i < as->n; i++)
        if (strcmp(as->list[i].name, name) == 0)
            return &as->list[i];
    return NULL;
}

/* -- order -- */

/* Lower comes first; of equal rank the smaller value. */
struct place {
    size_t index;
    int rank;
    double value;
};

enum { RANK_ABLE = 4 }; /* above every rank of a policy */

static void place_by_cost(struct place *p, const struct alias_figures *f, const char *currency)
{
    p->rank = f->cost_nano < 0 ? 2 : strcmp(f->currency, currency) != 0;
    p->value = p->rank == 0 ? (double)f->cost_nano : 0;
}

static void place_by_time(struct place *p, const struct alias_figures *f)
{
    p->rank = f->first_ms >= 0;
    p->value = p->rank ? f->first_ms : 0;
}

static void place_by_score(struct place *p, const struct alias_figures *f)
{
    p->rank = f->score < 0;
    p->value = p->rank ? 0 : -f->score;
}

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static const char *first_currency(const struct alias_figures *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (f[i].cost_nano >= 0)
            return f[i].currency;
    return "";
}

void alias_order(enum alias_policy policy, const struct alias_figures *f, size_t n, size_t *order)
{
    struct place *places = xcalloc(n ? n : 1, sizeof *places);
    const char *currency = first_currency(f, n);
    for (size_t i = 0; i < n; i++) {
        struct place *p = &places[i];
        p->index = i;
        switch (policy) {
        case ALIAS_FALLBACK:
        case ALIAS_RACE: continue;
        case ALIAS_CHEAPEST: place_by_cost(p, &f[i], currency); break;
        case ALIAS_FASTEST: place_by_time(p, &f[i]); break;
        case ALIAS_BEST: place_by_score(p, &f[i]); break;
        }
        p->rank += f[i].able ? 0 : RANK_ABLE;
    }
    qsort(places, n, sizeof *places, compare);
    for (size_t i = 0; i < n; i++)
        order[i] = places[i].index;
    free(places);
}
