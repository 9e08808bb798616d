#include "client/ctl/verbs.h"
#include "client/ctl/options.h"
#include <string.h>

const struct ctl_verb ctl_verbs[] = {
    {"aliases", "", "list your names for models, and who is asked by each", .run = cmd_aliases, .takes = CTL_PAGED,
     .theme = CTL_MODELS},
    {"answers", "", "list the answers that are there", .run = cmd_answers, .takes = CTL_STATE | CTL_PAGED,
     .theme = CTL_ANSWERS},
    {"attach", "[ANSWER]", "follow an answer, the newest by default", .max_args = 1, .run = cmd_attach,
     .takes = CTL_FROM, .theme = CTL_ANSWERS},
    {"bridge", "", "speak JSON lines with a program, on stdin and stdout", .run = cmd_bridge, .takes = CTL_VIM,
     .theme = CTL_PROGRAMS},
    {"budget", "", "show what is left of the budgets", .run = cmd_budget, .takes = CTL_PAGED, .theme = CTL_SPENT},
    {"cache", "VERB ...", "stats, lookup, clear, export of the cache", .verbs = cmd_cache_verbs, .theme = CTL_KEPT},
    {"call", "METHOD [JSON]", "call any method of the daemon", 1, 2, .run = cmd_call, .theme = CTL_PROGRAMS},
    {"cancel", "[ANSWER]", "end an answer, the newest that runs by default", .max_args = 1, .run = cmd_cancel,
     .theme = CTL_ANSWERS},
    {"conv", "VERB ...", "list, search, show, rename, rm, fork conversations", .verbs = cmd_conv_verbs,
     .theme = CTL_KEPT},
    {"doctor", "", "find what is wrong, and tell what mends it", .run = cmd_doctor, .takes = CTL_START | CTL_OFFLINE,
     .theme = CTL_BEGIN},
    {"keys", "VERB ...", "list, import, test, rm keys of providers", .verbs = cmd_keys_verbs, .theme = CTL_PROVIDERS},
    {"log", "", "show the latest lines of the daemon's log", .run = cmd_log,
     .takes = CTL_FOLLOW | CTL_ANSWER | CTL_PROVIDER | CTL_LEVEL | CTL_LIMIT | CTL_PAGED, .theme = CTL_DAEMON},
    {"metrics", "", "print what the daemon counts, for Prometheus", .run = cmd_metrics, .takes = CTL_PAGED,
     .theme = CTL_DAEMON},
    {"models", "[VERB] ...", "list, show, refresh what can be asked", .verbs = cmd_models_verbs, .usual = "list",
     .theme = CTL_MODELS},
    {"prompts", "[VERB] ...", "list, show, path of the prompts of the library", .verbs = cmd_prompts_verbs,
     .usual = "list", .theme = CTL_MODELS},
    {"providers", "[VERB] ...", "list, test who can be asked", .verbs = cmd_providers_verbs, .usual = "list",
     .theme = CTL_PROVIDERS},
    {"setup", "[PROVIDER]...", "providers, keys, a default model, a first question", .max_args = CTL_SETUP_MAX,
     .run = cmd_setup,
     .takes = CTL_KEYS_FROM | CTL_SECRET_SERVICE | CTL_DEFAULT_MODEL | CTL_UNITS | CTL_LINGER | CTL_QUESTION | CTL_YES,
     .theme = CTL_BEGIN},
    {"status", "", "show the daemon and its providers", .run = cmd_status, .takes = CTL_WATCH | CTL_FORMAT | CTL_PAGED,
     .theme = CTL_DAEMON},
    {"trust", "[FILE]", "let ask use a project file, the nearest by default", .max_args = 1, .run = cmd_trust,
     .takes = CTL_YES | CTL_LIST | CTL_PAGED, .theme = CTL_PROJECTS},
    {"untrust", "[FILE]", "and no longer", .max_args = 1, .run = cmd_untrust, .theme = CTL_PROJECTS},
    {"usage", "", "show what was used, and what it cost", .run = cmd_usage,
     .takes = CTL_BY | CTL_SINCE | CTL_UNTIL | CTL_PLOT | CTL_CSV | CTL_WATCH | CTL_REPRICE | CTL_ALL | CTL_PAGED,
     .theme = CTL_SPENT},
    {"wait", "ANSWER...", "wait for the end of answers", 1, CTL_WAIT_MAX, .run = cmd_wait, .takes = CTL_NOTIFY,
     .theme = CTL_ANSWERS},
    {0},
};

/* What those of a theme are about, in the order in which help tells of them. */
static const char *const themes[] = {
    [CTL_BEGIN] = "find what is wrong; begin with a key",
    [CTL_PROVIDERS] = "who is asked, and with which key",
    [CTL_MODELS] = "what can be asked for",
    [CTL_ANSWERS] = "answers that run, or ended lately",
    [CTL_KEPT] = "what is kept",
    [CTL_SPENT] = "what was used, and what is left",
    [CTL_DAEMON] = "the daemon",
    [CTL_PROJECTS] = "which project files ask goes by",
    [CTL_PROGRAMS] = "its protocol, for programs",
};
enum { THEMES = sizeof(themes) / sizeof(themes[0]) };

const struct ctl_verb *verbs_find(const struct ctl_verb *table, const char *name)
{
    for (const struct ctl_verb *v = table; v->name != NULL; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

const char *verbs_theme(unsigned theme)
{
    return theme < THEMES ? themes[theme] : NULL;
}

/* -- help -- */

/* "answers, attach", and how wide that is. */
static size_t put_names(struct ctl *c, enum ctl_theme theme, bool print)
{
    size_t used = 0;
    for (const struct ctl_verb *v = ctl_verbs; v->name != NULL; v++) {
        if (v->theme != theme)
            continue;
        if (print)
            ctl_printf(c, "%s%s", used > 0 ? ", " : "  ", v->name);
        used += (used > 0 ? 2 : 0) + strlen(v->name);
    }
    return used;
}

/* Verbs by what they are about: a line for each would not fit the smallest terminal. */
static int help_all(struct ctl *c)
{
    size_t width = 0;
    for (unsigned t = 0; t < THEMES; t++) {
        const size_t used = put_names(c, (enum ctl_theme)t, false);
        width = used > width ? used : width;
    }
    ctl_printf(c, "Usage: askctl VERB [ARGUMENT]... [OPTION]...\n\n");
    for (unsigned t = 0; t < THEMES; t++) {
        const size_t used = put_names(c, (enum ctl_theme)t, true);
        if (used > 0)
            ctl_printf(c, "%*s  %s\n", (int)(width - used), "", themes[t]);
    }
    ctl_printf(c, "\nWhat a verb does, and its options: askctl VERB --help\n");
    options_help(c, 0);
    return ctl_flush(c);
}

static void put_word(struct ctl *c, const char *word)
{
    if (word[0] != '\0')
        (void)out_puts(c->out, " ");
    (void)out_puts(c->out, word);
}

static void print_padded(struct ctl *c, const struct ctl_verb *verb, size_t width)
{
    size_t used = strlen(verb->name) + 1 + strlen(verb->args);
    (void)out_puts(c->out, "  ");
    (void)out_puts(c->out, verb->name);
    (void)out_puts(c->out, " ");
    (void)out_puts(c->out, verb->args);
    while (used++ < width)
        (void)out_puts(c->out, " ");
    (void)out_puts(c->out, verb->summary);
    (void)out_puts(c->out, "\n");
}

/* Where all that several verbs take would not fit the smallest terminal with them, each tells its own. */
enum { HELP_ROWS = 16 };

static ctl_options told_options(struct ctl *c, const struct verbs_chosen *which, size_t n_verbs, ctl_options takes)
{
    if (which->verb != NULL || n_verbs + options_count(takes) <= HELP_ROWS)
        return takes;
    if (which->group != NULL)
        ctl_printf(c, "\nThe options of a verb: askctl %s VERB --help\n", which->group->name);
    return 0;
}

/* "Usage: askctl conv VERB [ARGUMENT]... [OPTION]..." */
static void print_usage(struct ctl *c, const struct verbs_chosen *which)
{
    (void)out_puts(c->out, "Usage: askctl");
    if (which->group != NULL)
        put_word(c, which->group->name);
    put_word(c, which->verb != NULL ? which->verb->name : which->group->usual != NULL ? "[VERB]" : "VERB");
    put_word(c, which->verb != NULL ? which->verb->args : "[ARGUMENT]...");
    (void)out_puts(c->out, " [OPTION]...\n\n");
}

/* Of a verb, or of those of a group. */
static int help_some(struct ctl *c, const struct verbs_chosen *which)
{
    const struct ctl_verb *table = which->group != NULL ? which->group->verbs : ctl_verbs;
    ctl_options takes = 0;
    size_t width = 20, n = 0;
    print_usage(c, which);
    for (const struct ctl_verb *v = table; v->name != NULL; v++)
        if (strlen(v->name) + strlen(v->args) + 3 > width)
            width = strlen(v->name) + strlen(v->args) + 3;
    for (const struct ctl_verb *v = table; v->name != NULL; v++) {
        if (which->verb != NULL && which->verb != v)
            continue;
        print_padded(c, v, width);
        takes |= v->takes;
        n++;
    }
    options_help(c, told_options(c, which, n, takes));
    return ctl_flush(c);
}

int verbs_help(struct ctl *c, const struct verbs_chosen *which)
{
    return which->group == NULL && which->verb == NULL ? help_all(c) : help_some(c, which);
}
