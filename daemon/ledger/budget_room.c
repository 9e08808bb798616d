#include "daemon/ledger/budget_room.h"
#include "lib/base/alloc.h"
#include "lib/base/decimal.h"
#include "lib/base/grow.h"
#include "lib/base/host.h"
#include "lib/base/paths.h"
#include <fnmatch.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct budget_section {
    char *limit, *uid, *provider, *model, *client, *directory, *host, *label;
    int per, unpriced;
    int64_t warn, reserve_output;
};

struct budget_rules {
    unsigned refs;
    struct budget_rule *list; /* their texts are owned */
    size_t n;
    struct rates *rates;
};

enum unpriced { UNPRICED_REFUSE, UNPRICED_ALLOW };
static const char *const unpriced[] = {[UNPRICED_REFUSE] = "refuse", [UNPRICED_ALLOW] = "allow", NULL};

#define RESERVE_MIN 16
#define RESERVE_MAX (1 << 20)
#define AT(field) offsetof(struct budget_section, field)

static const struct config_option options[] = {
    {"limit", CONFIG_STRING, AT(limit), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "What may be used in each period: a number and a currency (20 usd, 0.5 eur), tokens (500000 tokens, input and "
     "output together), requests (50 requests), or premium requests as a subscription counts them (300 premium)."},
    {"per", CONFIG_ENUM, AT(per), 0, 0, "month", period_names, CONFIG_RELOAD,
     "The period, of UTC. A week begins on Monday."},
    {"uid", CONFIG_STRING, AT(uid), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Whose requests count, by name or number. Without it those of all users count together."},
    {"provider", CONFIG_STRING, AT(provider), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Only requests to this provider count: the name of its section."},
    {"model", CONFIG_STRING, AT(model), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Only requests for models of this name count: the provider's own, the catalogue's, or provider/name. * stands for "
     "any letters, ? for one."},
    {"client", CONFIG_STRING, AT(client), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Only requests of the program that calls itself so count, as ask does."},
    {"directory", CONFIG_STRING, AT(directory), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Only requests from this folder and those below it count. ~/ is the home of the user that uid names, else the "
     "daemon's."},
    {"host", CONFIG_STRING, AT(host), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Only requests from this machine count, by the name that uname -n prints there. Without it those from everywhere "
     "do, or with directory those from the daemon's machine."},
    {"label", CONFIG_STRING, AT(label), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Only requests count that name this budget themselves, as a project file does by budget = LABEL."},
    {"warn", CONFIG_INT, AT(warn), 0, 100, "80", NULL, CONFIG_RELOAD,
     "Per cent of the limit from which on a question is told how much is used, once in each period. 0: never."},
    {"unpriced", CONFIG_ENUM, AT(unpriced), 0, 0, "refuse", unpriced, CONFIG_RELOAD,
     "What becomes of a model without a known price where the limit is in money: refuse it, or allow it and count "
     "nothing."},
    {"reserve_output", CONFIG_INT, AT(reserve_output), RESERVE_MIN, RESERVE_MAX, "8192", NULL, CONFIG_RELOAD,
     "Tokens of output that a question may have where it does not say max_tokens and the limit is in money or tokens: "
     "the most that is reserved for it, and asked of the provider. Less is, where less is left or the model gives "
     "less."},
    {0},
};

const struct config_room budget_room = {"budget", true, sizeof(struct budget_section), options};

/* -- which requests count -- */

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_or_any(const char *rule, const char *told)
{
    return !rule || same(rule, told);
}

static bool matches(const char *pattern, const char *name)
{
    return name && fnmatch(pattern, name, 0) == 0;
}

static bool model_matches(const char *pattern, const struct budget_subject *s)
{
    bool hit = !pattern || matches(pattern, s->model) || matches(pattern, s->model_id);

    if (hit || !s->provider || !s->model)
        return hit;
    char *both = xasprintf("%s/%s", s->provider, s->model);
    hit = matches(pattern, both);
    free(both);
    return hit;
}

/* folder has no slash at its end, but for "/" itself, which is "" here. */
static bool lies_in(const char *folder, const char *path)
{
    if (!folder)
        return true;
    const size_t len = strlen(folder);
    return path && strncmp(folder, path, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* A folder is one of a machine. */
static bool is_from(const struct budget_rule *r, const char *host)
{
    if (r->host)
        return strcmp(r->host, host ? host : "") == 0;
    return !r->directory || !host;
}

bool budget_rule_applies(const struct budget_rule *r, const struct budget_subject *s)
{
    return (r->any_uid || r->uid == s->uid) && is_or_any(r->provider, s->provider) && is_or_any(r->client, s->client) &&
           is_or_any(r->label, s->label) && lies_in(r->directory, s->directory) && is_from(r, s->host) &&
           model_matches(r->model, s);
}

bool budget_rule_same(const struct budget_rule *a, const struct budget_rule *b)
{
    return a->limit.unit == b->limit.unit && strcmp(a->limit.currency, b->limit.currency) == 0 && a->per == b->per &&
           a->any_uid == b->any_uid && (a->any_uid || a->uid == b->uid) && same(a->provider, b->provider) &&
           same(a->model, b->model) && same(a->client, b->client) && same(a->directory, b->directory) &&
           same(a->host, b->host) && same(a->label, b->label);
}

/* -- reading them -- */

struct reading {
    const struct config *config;
    const struct budget_section *section;
    struct budget_rule *rule;
};

static enum error_code complain(const struct reading *r, const char *key, struct error *err, const char *what)
{
    return config_complain(r->config, &budget_room, r->rule->name, key, err, "%s", what);
}

static enum error_code read_limit(struct reading *r, struct error *err)
{
    struct error why = ERROR_INIT;

    if (!r->section->limit)
        return complain(r, "limit", err, "a budget needs its limit, as in limit = 20 usd");
    if (amount_parse(r->section->limit, &r->rule->limit, &why) == ERR_NONE)
        return ERR_NONE;
    return complain(r, "limit", err, why.message);
}

#define ACCOUNT_SIZE 16384 /* bytes of an entry of the account database, whose lines have no bound */

static enum error_code read_uid(struct reading *r, struct error *err)
{
    const char *name = r->section->uid;
    char text[ACCOUNT_SIZE];
    struct passwd entry, *found = NULL;
    int64_t uid;

    r->rule->any_uid = !name;
    if (!name)
        return ERR_NONE;
    if (name[strspn(name, "0123456789")] == '\0' && decimal_parse(name, strlen(name), 0, &uid) && uid < (uid_t)-1) {
        r->rule->uid = (uid_t)uid;
        return ERR_NONE;
    }
    int failed = getpwnam_r(name, &entry, text, sizeof(text), &found);
    if (failed)
        return config_complain(r->config, &budget_room, r->rule->name, "uid", err, "cannot look the user %s up: %s",
                               name, strerror(failed));
    if (!found)
        return config_complain(r->config, &budget_room, r->rule->name, "uid", err, "there is no user %s", name);
    r->rule->uid = entry.pw_uid;
    return ERR_NONE;
}

/* A path without a slash at its end, below the home where it begins with ~. */
static enum error_code read_directory(struct reading *r, struct error *err)
{
    const char *given = r->section->directory, *rest = given;
    char home[PATH_MAX] = "";
    struct error why = ERROR_INIT;

    if (!given)
        return ERR_NONE;
    if (given[0] == '~') {
        uid_t uid = r->rule->any_uid ? geteuid() : r->rule->uid;
        if (paths_home_of(uid, home, sizeof(home), &why) != ERR_NONE)
            return complain(r, "directory", err, why.message);
        rest++;
    }
    if (rest[0] != '/' && (rest == given || rest[0]))
        return complain(r, "directory", err, "directory must be an absolute path, or begin with ~/");
    char *path = xasprintf("%s%s", home, rest);
    for (size_t len = strlen(path); len > 0 && path[len - 1] == '/'; len--)
        path[len - 1] = '\0';
    r->rule->directory = path;
    return ERR_NONE;
}

static enum error_code read_rule(struct reading *r, struct error *err)
{
    const struct budget_section *s = r->section;
    enum error_code code;

    r->rule->per = (enum period)s->per;
    r->rule->provider = xstrdup(s->provider);
    r->rule->model = xstrdup(s->model);
    r->rule->client = xstrdup(s->client);
    r->rule->host = s->host && host_is_ours(s->host) ? xstrdup("") : xstrdup(s->host);
    r->rule->label = xstrdup(s->label);
    r->rule->warn = s->warn;
    r->rule->allow_unpriced = s->unpriced == UNPRICED_ALLOW;
    r->rule->reserve_output = s->reserve_output;
    if ((code = read_limit(r, err)) == ERR_NONE && (code = read_uid(r, err)) == ERR_NONE)
        code = read_directory(r, err);
    return code;
}

enum error_code budget_rules_load(const struct config *c, struct budget_rules **ret, struct error *err)
{
    struct budget_rules *rs = NEW(struct budget_rules);
    enum error_code code;
    const char *name;

    rs->refs = 1;
    code = rates_load(c, &rs->rates, err);
    for (; code == ERR_NONE && (name = config_name(c, &budget_room, rs->n)); rs->n++) {
        rs->list = grow_one(rs->list, rs->n, sizeof(*rs->list));
        rs->list[rs->n].name = xstrdup(name);
        code = read_rule(&(struct reading){c, config_get(c, &budget_room, name), &rs->list[rs->n]}, err);
    }
    if (code == ERR_NONE)
        *ret = rs;
    else
        budget_rules_unref(rs);
    return code;
}

struct budget_rules *budget_rules_ref(struct budget_rules *rs)
{
    rs->refs++;
    return rs;
}

struct budget_rules *budget_rules_unref(struct budget_rules *rs)
{
    if (!rs || --rs->refs > 0)
        return NULL;
    for (size_t i = 0; i < rs->n; i++) {
        struct budget_rule *r = &rs->list[i];
        free((char *)r->name);
        free((char *)r->provider);
        free((char *)r->model);
        free((char *)r->client);
        free((char *)r->directory);
        free((char *)r->host);
        free((char *)r->label);
    }
    free(rs->list);
    rates_free(rs->rates);
    free(rs);
    return NULL;
}

size_t budget_rules_count(const struct budget_rules *rs)
{
    return rs->n;
}

const struct budget_rule *budget_rules_at(const struct budget_rules *rs, size_t i)
{
    return &rs->list[i];
}

const struct rates *budget_rules_rates(const struct budget_rules *rs)
{
    return rs->rates;
}
