#include "client/common/json_print.h"
#include "client/ctl/ctl.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

static const struct ctl_verb verbs[] = {
    {"attach", "[ANSWER]", "follow an answer, the newest by default", 0, 1, cmd_attach},
    {"call", "METHOD [JSON]", "call any method of the daemon", 1, 2, cmd_call},
    {"cancel", "ANSWER", "end an answer that is under way", 1, 1, cmd_cancel},
    {"status", "", "show the daemon and its providers", 0, 0, cmd_status},
    {0},
};

static const char options_usage[] =
    "\n"
    "      --json           print the result as JSON, on one line\n"
    "      --socket PATH    the socket of the daemon (default: $ASKD_SOCKET, then yours)\n"
    "  -h, --help           print this help, or a verb's\n"
    "  -V, --version        print the version\n";

enum { OPT_JSON = 256, OPT_SOCKET };

static const struct option options[] = {
    {"json", no_argument, NULL, OPT_JSON},
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

static struct out out;

int ctl_flush(struct ctl *c)
{
    if (out_flush(c->out))
        return EXIT_OK;
    if (c->out->error == EPIPE)
        return EXIT_PIPE;
    exit_print(c->program, "cannot write the result: %s: choose another place for it", strerror(c->out->error));
    return EXIT_IO;
}

struct ask *ctl_open(struct ctl *c, int *status)
{
    struct ask_error err;
    struct ask *a = ask_open(&c->options, &err);
    *status = a != NULL ? EXIT_OK : exit_failure(c->program, &err);
    return a;
}

int ctl_call(struct ctl *c, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply)
{
    struct ask_error err;
    struct ask_message m;
    if (ask_call(a, method, params != NULL ? params->data : NULL, params != NULL ? params->len : 0, &m, &err) != ASK_OK)
        return exit_failure(c->program, &err);
    bool failed = m.error != NULL;
    size_t at = 0;
    if (msgpack_unpack_next(reply, (const char *)(failed ? m.error : m.body), failed ? m.error_len : m.body_len, &at) !=
        MSGPACK_UNPACK_SUCCESS) {
        exit_print(c->program, "the daemon's response cannot be read: check that its version is ours");
        return EXIT_PROTOCOL;
    }
    return failed ? exit_error(c->program, &reply->data) : EXIT_OK;
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
    mp_put_cstr(b, "answer");
    mp_put_cstr(b, id);
}

static void print_padded(const char *left, const char *args, const char *right)
{
    size_t width = strlen(left) + 1 + strlen(args);
    (void)out_puts(&out, "  ");
    (void)out_puts(&out, left);
    (void)out_puts(&out, " ");
    (void)out_puts(&out, args);
    while (width++ < 20)
        (void)out_puts(&out, " ");
    (void)out_puts(&out, right);
    (void)out_puts(&out, "\n");
}

static int help(struct ctl *c, const struct ctl_verb *verb)
{
    (void)out_puts(&out, "Usage: askctl ");
    (void)out_puts(&out, verb != NULL ? verb->name : "VERB");
    (void)out_puts(&out, " ");
    (void)out_puts(&out, verb != NULL ? verb->args : "[ARGUMENT]...");
    (void)out_puts(&out, verb != NULL && verb->args[0] == '\0' ? "[OPTION]...\n\n" : " [OPTION]...\n\n");
    for (const struct ctl_verb *v = verbs; v->name != NULL; v++)
        if (verb == NULL || verb == v)
            print_padded(v->name, v->args, v->summary);
    (void)out_puts(&out, options_usage);
    return ctl_flush(c);
}

static const struct ctl_verb *find_verb(const char *name)
{
    for (const struct ctl_verb *v = verbs; v->name != NULL; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

static int wrong(const struct ctl *c, const char *what, const char *why)
{
    exit_print(c->program, "'%.60s' %s: see askctl --help", what, why);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct ctl c = {.program = "askctl", .out = &out};
    bool want_help = false;
    out_keep_standard();
    out_init(&out, STDOUT_FILENO);
    opterr = 0;
    int opt;
    while ((opt = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
        switch (opt) {
        case OPT_JSON: c.json = true; break;
        case OPT_SOCKET: c.options.socket = optarg; break;
        case 'h': want_help = true; break;
        case 'V': (void)out_puts(&out, "askctl " PACKAGE_VERSION "\n"); return ctl_flush(&c);
        case ':': return wrong(&c, argv[optind - 1], "needs a value");
        default: return wrong(&c, argv[optind - 1], "is no option");
        }
    }
    if (optind == argc) {
        if (want_help)
            return help(&c, NULL);
        exit_print(c.program, "no verb is given: see askctl --help");
        return EXIT_USAGE;
    }
    const struct ctl_verb *verb = find_verb(argv[optind]);
    if (verb == NULL)
        return wrong(&c, argv[optind], "is no verb");
    if (want_help)
        return help(&c, verb);
    c.args = argv + optind + 1;
    c.n_args = argc - optind - 1;
    if (c.n_args < verb->min_args || c.n_args > verb->max_args)
        return wrong(&c, verb->name, c.n_args < verb->min_args ? "needs an argument" : "has too many arguments");
    return verb->run(&c);
}
