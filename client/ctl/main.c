#include "client/common/completion.h"
#include "client/ctl/complete.h"
#include "client/ctl/ctl.h"
#include "client/ctl/options.h"
#include "client/ctl/pager.h"
#include "client/ctl/verbs.h"
#include "lib/base/version.h"
#include <stdio.h>
#include <unistd.h>

static struct out out;

static int print_version(struct ctl *c)
{
    (void)out_puts(&out, "askctl ");
    (void)out_puts(&out, askd_version);
    (void)out_puts(&out, "\n");
    return ctl_flush(c);
}

static int wrong(const struct ctl *c, const struct ctl_verb *group, const char *what, const char *why)
{
    exit_print(c->program, "'%.60s' %s: see askctl %s%s--help", what, why, group != NULL ? group->name : "",
               group != NULL ? " " : "");
    return EXIT_USAGE;
}

/* A verb that is known, and used otherwise than its help says. */
static int misused(const struct ctl *c, const struct ctl_verb *group, const struct ctl_verb *verb, const char *why)
{
    exit_print(c->program, "'%s' %s: see askctl %s%s%s --help", verb->name, why, group != NULL ? group->name : "",
               group != NULL ? " " : "", verb->name);
    return EXIT_USAGE;
}

/* Takes the verb's words off the front of c->args. */
static int choose(struct ctl *c, struct verbs_chosen *ret)
{
    const struct ctl_verb *table = ctl_verbs;
    *ret = (struct verbs_chosen){0};
    while (c->n_args > 0 && ret->verb == NULL) {
        const struct ctl_verb *v = verbs_find(table, c->args[0]);
        if (v == NULL)
            return wrong(c, ret->group, c->args[0], "is no verb");
        if (v->verbs != NULL)
            ret->group = v;
        else
            ret->verb = v;
        table = v->verbs;
        c->args++;
        c->n_args--;
    }
    return EXIT_OK;
}

static int run_verb(struct ctl *c, const struct ctl_verb *verb)
{
    struct pager pager;
    if ((verb->takes & CTL_PAGED) == 0 || (c->given & (CTL_NO_PAGER | CTL_ENDLESS)) != 0 || c->json)
        return verb->run(c);
    pager_begin(&pager, c);
    const int status = verb->run(c);
    return pager_end(&pager, c, status);
}

static int run(struct ctl *c, const struct verbs_chosen *which)
{
    const struct ctl_verb *verb = which->verb;
    if (verb == NULL && which->group != NULL && which->group->usual != NULL)
        verb = verbs_find(which->group->verbs, which->group->usual);
    if (verb == NULL && which->group != NULL)
        return wrong(c, which->group, which->group->name, "needs a verb of its own");
    if (verb == NULL) {
        exit_print(c->program, "no verb is given: see askctl --help");
        return EXIT_USAGE;
    }
    char why[64];
    if (c->n_args > verb->max_args)
        return misused(c, which->group, verb, "has too many arguments");
    if (c->n_args < verb->min_args) {
        (void)snprintf(why, sizeof(why), "needs %s", verb->args);
        return misused(c, which->group, verb, why);
    }
    const ctl_options alien = c->given & ~(verb->takes | CTL_COMMON | CTL_NO_PAGER);
    if (alien != 0) {
        (void)snprintf(why, sizeof(why), "takes no --%s", options_name(alien));
        return misused(c, which->group, verb, why);
    }
    return run_verb(c, verb);
}

int main(int argc, char **argv)
{
    struct ctl c = {.program = "askctl", .out = &out};
    struct verbs_chosen which;
    out_keep_standard();
    out_init(&out, STDOUT_FILENO);
    if (completion_wanted(argc, argv))
        return ctl_complete(&out, argc - 2, argv + 2);
    int status = options_read(&c, argc, argv);
    if (status == EXIT_OK && (c.given & CTL_VERSION) != 0)
        return print_version(&c);
    if (status == EXIT_OK)
        status = choose(&c, &which);
    if (status != EXIT_OK)
        return status;
    return (c.given & CTL_HELP) != 0 ? verbs_help(&c, &which) : run(&c, &which);
}
