#include "client/common/call.h"
#include "client/common/json_print.h"
#include "client/ctl/ctl.h"
#include "client/ctl/options.h"
#include "lib/base/version.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct ctl_verb verbs[] = {
    {"answers", "", "list the answers that are there", .run = cmd_answers, .takes = CTL_STATE},
    {"attach", "[ANSWER]", "follow an answer, the newest by default", .max_args = 1, .run = cmd_attach,
     .takes = CTL_FROM},
    {"budget", "", "show what is left of the budgets", .run = cmd_budget},
    {"cache", "VERB ...", "stats, lookup, clear, export of the cache", .verbs = cmd_cache_verbs},
    {"call", "METHOD [JSON]", "call any method of the daemon", 1, 2, .run = cmd_call},
    {"cancel", "[ANSWER]", "end an answer, the newest that runs by default", .max_args = 1, .run = cmd_cancel},
    {"conv", "VERB ...", "list, search, show, rename, rm, fork conversations", .verbs = cmd_conv_verbs},
    {"keys", "VERB ...", "list, import, test, rm keys of providers", .verbs = cmd_keys_verbs},
    {"models", "[VERB] ...", "list, show, refresh what can be asked", .verbs = cmd_models_verbs, .usual = "list"},
    {"prompts", "[VERB] ...", "list, show, path of the prompts of the library", .verbs = cmd_prompts_verbs,
     .usual = "list"},
    {"status", "", "show the daemon and its providers", .run = cmd_status},
    {"trust", "[FILE]", "let ask use a project file, the nearest by default", .max_args = 1, .run = cmd_trust,
     .takes = CTL_YES | CTL_LIST},
    {"untrust", "[FILE]", "and no longer", .max_args = 1, .run = cmd_untrust},
    {"usage", "", "show what was used, and what it cost", .run = cmd_usage,
     .takes = CTL_BY | CTL_SINCE | CTL_UNTIL | CTL_PLOT | CTL_CSV | CTL_WATCH | CTL_REPRICE | CTL_ALL},
    {"wait", "ANSWER...", "wait for the end of answers", 1, CTL_WAIT_MAX, .run = cmd_wait, .takes = CTL_NOTIFY},
    {0},
};

static struct out out;

void ctl_printf(struct ctl *c, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (n > 0)
        (void)out_text(c->out, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

int ctl_flush(struct ctl *c)
{
    if (out_flush(c->out))
        return EXIT_OK;
    if (c->out->error == EPIPE)
        return EXIT_PIPE;
    exit_print(c->program, "cannot write the result: %s: choose another place for it", strerror(c->out->error));
    return EXIT_IO;
}

bool ctl_confirm(const char *question)
{
    static const char choice[] = " [y/N] ";
    char line[16];
    if (write(STDERR_FILENO, question, strlen(question)) < 0 || write(STDERR_FILENO, choice, sizeof(choice) - 1) < 0)
        return false;
    ssize_t n = read(STDIN_FILENO, line, sizeof(line));
    return n > 0 && (line[0] == 'y' || line[0] == 'Y');
}

static void on_wait(void *data, const char *what)
{
    const struct ctl *c = data;
    exit_print_wait(c->program, what);
}

struct ask *ctl_open(struct ctl *c, int *status)
{
    struct ask_error err;
    c->options.on_wait = on_wait;
    c->options.wait_data = c;
    struct ask *a = ask_open(&c->options, &err);
    *status = a != NULL ? EXIT_OK : exit_failure(c->program, &err);
    return a;
}

struct ask *ctl_open_running(struct ctl *c, int *status)
{
    struct ask_error err;
    struct ask_options running = c->options;
    running.no_autostart = 1;
    struct ask *a = ask_open(&running, &err);
    *status = a != NULL || err.status == ASK_NO_DAEMON ? EXIT_OK : exit_failure(c->program, &err);
    return a;
}

int ctl_call(struct ctl *c, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply)
{
    return call_run(c->program, a, method, params, reply);
}

int ctl_call_once(struct ctl *c, struct ask *a, const char *method, const struct buf *params)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ctl_call(c, a, method, params, &reply);
    if (status == EXIT_OK && c->json)
        status = ctl_print_json(c, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

int ctl_ask(struct ctl *c, const char *method, const struct buf *params,
            int (*show)(struct ctl *c, msgpack_object *result))
{
    int status;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    status = ctl_call(c, a, method, params, &reply);
    if (status == EXIT_OK)
        status = show(c, &reply.data);
    msgpack_unpacked_destroy(&reply);
    ask_close(a);
    return status;
}

int ctl_print_json(struct ctl *c, const msgpack_object *value)
{
    (void)json_print(c->out, value);
    (void)out_write(c->out, "\n", 1);
    return ctl_flush(c);
}

void ctl_put_answer(struct buf *b, const char *id)
{
    mp_put_map(b, 1);
    mp_put_entry(b, "answer", id);
}

static int print_version(struct ctl *c)
{
    (void)out_puts(&out, "askctl ");
    (void)out_puts(&out, askd_version);
    (void)out_puts(&out, "\n");
    return ctl_flush(c);
}

/* What the command line names: a verb, or a verb of a verb, or so much of that as is there. */
struct chosen {
    const struct ctl_verb *group; /* the verb that has verbs; NULL if none */
    const struct ctl_verb *verb;  /* NULL where only the group, or nothing, is named */
};

static void put_word(const char *word)
{
    if (word[0] != '\0')
        (void)out_puts(&out, " ");
    (void)out_puts(&out, word);
}

static void print_padded(const struct ctl_verb *verb, size_t width)
{
    size_t used = strlen(verb->name) + 1 + strlen(verb->args);
    (void)out_puts(&out, "  ");
    (void)out_puts(&out, verb->name);
    (void)out_puts(&out, " ");
    (void)out_puts(&out, verb->args);
    while (used++ < width)
        (void)out_puts(&out, " ");
    (void)out_puts(&out, verb->summary);
    (void)out_puts(&out, "\n");
}

/* Where all that several verbs take would not fit the smallest terminal with them, each tells its own. */
enum { HELP_ROWS = 16 };

static ctl_options told_options(struct ctl *c, const struct chosen *which, size_t n_verbs, ctl_options takes)
{
    if (which->verb != NULL || n_verbs + options_count(takes) <= HELP_ROWS)
        return takes;
    if (which->group != NULL)
        ctl_printf(c, "\nThe options of a verb: askctl %s VERB --help\n", which->group->name);
    return 0;
}

static int help(struct ctl *c, const struct chosen *which)
{
    const struct ctl_verb *table = which->group != NULL ? which->group->verbs : verbs;
    ctl_options takes = 0;
    size_t width = 20, n = 0;
    (void)out_puts(&out, "Usage: askctl");
    if (which->group != NULL)
        put_word(which->group->name);
    put_word(which->verb != NULL ? which->verb->name : which->group != NULL && which->group->usual ? "[VERB]" : "VERB");
    put_word(which->verb != NULL ? which->verb->args : "[ARGUMENT]...");
    (void)out_puts(&out, " [OPTION]...\n\n");
    for (const struct ctl_verb *v = table; v->name != NULL; v++)
        if (strlen(v->name) + strlen(v->args) + 3 > width)
            width = strlen(v->name) + strlen(v->args) + 3;
    for (const struct ctl_verb *v = table; v->name != NULL; v++) {
        if (which->verb != NULL && which->verb != v)
            continue;
        print_padded(v, width);
        takes |= v->takes;
        n++;
    }
    options_help(c, told_options(c, which, n, takes));
    return ctl_flush(c);
}

static const struct ctl_verb *find_verb(const struct ctl_verb *table, const char *name)
{
    for (const struct ctl_verb *v = table; v->name != NULL; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

static int wrong(const struct ctl *c, const struct ctl_verb *group, const char *what, const char *why)
{
    exit_print(c->program, "'%.60s' %s: see askctl %s%s--help", what, why, group != NULL ? group->name : "",
               group != NULL ? " " : "");
    return EXIT_USAGE;
}

/* Takes the verb's words off the front of c->args. */
static int choose(struct ctl *c, struct chosen *ret)
{
    const struct ctl_verb *table = verbs;
    *ret = (struct chosen){0};
    while (c->n_args > 0 && ret->verb == NULL) {
        const struct ctl_verb *v = find_verb(table, c->args[0]);
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

static int run(struct ctl *c, const struct chosen *which)
{
    const struct ctl_verb *verb = which->verb;
    if (verb == NULL && which->group != NULL && which->group->usual != NULL)
        verb = find_verb(which->group->verbs, which->group->usual);
    if (verb == NULL && which->group != NULL)
        return wrong(c, which->group, which->group->name, "needs a verb of its own");
    if (verb == NULL) {
        exit_print(c->program, "no verb is given: see askctl --help");
        return EXIT_USAGE;
    }
    if (c->n_args < verb->min_args || c->n_args > verb->max_args)
        return wrong(c, which->group, verb->name,
                     c->n_args < verb->min_args ? "needs an argument" : "has too many arguments");
    const ctl_options alien = c->given & ~(verb->takes | CTL_COMMON);
    if (alien != 0) {
        char why[64];
        (void)snprintf(why, sizeof(why), "takes no --%s", options_name(alien));
        return wrong(c, which->group, verb->name, why);
    }
    return verb->run(c);
}

int main(int argc, char **argv)
{
    struct ctl c = {.program = "askctl", .out = &out};
    struct chosen which;
    out_keep_standard();
    out_init(&out, STDOUT_FILENO);
    int status = options_read(&c, argc, argv);
    if (status == EXIT_OK && (c.given & CTL_VERSION) != 0)
        return print_version(&c);
    if (status == EXIT_OK)
        status = choose(&c, &which);
    if (status != EXIT_OK)
        return status;
    return (c.given & CTL_HELP) != 0 ? help(&c, &which) : run(&c, &which);
}
