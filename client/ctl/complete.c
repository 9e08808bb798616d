#include "client/ctl/complete.h"
#include "client/common/completion.h"
#include "client/ctl/capability.h"
#include "client/ctl/options.h"
#include "client/ctl/usage.h"
#include "client/ctl/verbs.h"
#include <string.h>

static bool row(const void *data, size_t i, struct option_row *ret)
{
    (void)data;
    return options_row(i, ret) != 0;
}

/* data: the verb, whose options and those of all are told. */
static bool takes(const void *data, size_t i)
{
    const struct ctl_verb *verb = data;
    struct option_row ignored;
    return (options_row(i, &ignored) & (CTL_COMMON | (verb != NULL ? verb->takes : 0))) != 0;
}

static void offer_verbs(struct completion *c, const struct ctl_verb *table)
{
    completion_begin(c, "nothing");
    for (const struct ctl_verb *v = table; v->name != NULL; v++)
        completion_add(c, v->name, v->summary);
}

/* The name of the verb's argument with that number in its usage, "[CONVERSATION...]" bare: "CONVERSATION". The last
 * one may stand for all that follow. */
static void name_argument(const char *usage, int number, char *name, size_t size)
{
    size_t len = strcspn(usage, " ");
    while (number-- > 0 && usage[len] != '\0') {
        usage += len + 1;
        len = strcspn(usage, " ");
    }
    usage += strspn(usage, "[");
    (void)snprintf(name, size, "%.*s", (int)strcspn(usage, " ].["), usage);
    if (number >= 0 && strstr(usage, "...") == NULL)
        name[0] = '\0';
}

static void offer_argument(struct completion *c, const struct ctl_verb *group, const struct ctl_verb *verb, int number)
{
    char name[32];
    name_argument(verb->args, number, name, sizeof(name));
    if (number >= verb->max_args)
        completion_offer_nothing(c);
    else if (strcmp(verb->name, "undo") == 0)
        completion_offer_from(c, OFFERS_DELETED);
    else if (strcmp(verb->name, "cancel") == 0)
        completion_offer_from(c, OFFERS_RUNNING);
    else /* NAME is whatever the group is about */
        completion_offer_value(c, group != NULL && strcmp(group->name, "prompts") == 0 ? "prompt" : NULL, name);
}

/* Values that are words of ours. */
static const struct {
    ctl_options bit;
    const char *words;
    bool list;
} words_of[] = {
    {CTL_STATE, STATE_WORDS, false},
    {CTL_FORMAT, CONV_FORMATS, false},
    {CTL_CAPABILITY, CAPABILITY_WORDS, true},
    {CTL_BY, USAGE_WORDS, true},
};

static void offer_value(struct completion *c, const struct ctl_verb *group)
{
    const bool of_status = group == NULL; /* whose --format is free text */
    for (size_t i = 0; i < sizeof(words_of) / sizeof(words_of[0]); i++) {
        if (strcmp(options_name(words_of[i].bit), c->option.name) != 0 || (words_of[i].bit == CTL_FORMAT && of_status))
            continue;
        completion_offer_words(c, words_of[i].words, words_of[i].list);
        return;
    }
    completion_offer_value(c, c->option.name, c->option.value);
}

int ctl_complete(struct out *out, int n, char **words)
{
    struct completion c;
    const struct ctl_verb *table = ctl_verbs, *group = NULL, *verb = NULL;
    int at = 0;
    completion_read(&c, out, row, NULL, n, words);
    while (verb == NULL && table != NULL && at < c.n_args) {
        const struct ctl_verb *v = verbs_find(table, c.args[at++]);
        table = v != NULL ? v->verbs : NULL;
        group = table != NULL ? v : group;
        verb = table == NULL ? v : NULL;
    }
    c.row_data = verb != NULL || group == NULL || group->usual == NULL ? verb : verbs_find(group->verbs, group->usual);
    if (c.at == COMPLETION_OPTION)
        completion_offer_options(&c, takes);
    else if (c.at == COMPLETION_VALUE)
        offer_value(&c, group);
    else if (verb != NULL)
        offer_argument(&c, group, verb, c.n_args - at);
    else if (table != NULL)
        offer_verbs(&c, table);
    else
        completion_offer_nothing(&c);
    return out_flush(out) ? EXIT_OK : EXIT_IO;
}
