#include "client/ask/args.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char args_usage[] = "Usage: ask [OPTION]... PROMPT...        Asks a language model through askd.\n"
                          "       COMMAND | ask [OPTION]... [PROMPT...]    Piped text follows the prompt.\n"
                          "\n"
                          "  -m, --model MODEL      the model, as askctl models lists it, or an alias\n"
                          "  -s, --system TEXT      instructions that go before the prompt\n"
                          "  -p, --prompt NAME      a prompt of the library, as askctl prompts lists them\n"
                          "  -v, --var NAME=VALUE   a value for its variable of that name\n"
                          "  -a, --attach WHAT      a file, a URL, - for stdin, or a folder's git files\n"
                          "      --max-bytes SIZE   bound on the files of folders, as 500k (default: 1M)\n"
                          "  -c, --continue         go on with the last conversation here\n"
                          "      --conversation ID  go on with that one (askctl conv list shows them)\n"
                          "      --continue-interrupted  have an answer finished that was cut off\n"
                          "  -r, --refresh          ask anew, even where the answer is known\n"
                          "      --cache HOW        use (default), refresh (as -r), only (ask nobody), off\n"
                          "      --no-store         keep neither question nor answer\n"
                          "      --schema SCHEMA    want JSON: a schema, its file, or 'name:str, age:int'\n"
                          "      --schema-retry     ask once more where the answer does not fit the schema\n"
                          "      --no-project       leave the project file (.askd) here alone\n"
                          "      --detach           print the answer's id at once; the daemon has the rest\n"
                          "      --json             print all that is known of the answer, as one JSON line\n"
                          "      --no-stream        print the answer when it is complete\n"
                          "      --stats            then print model, tokens, cost, times to standard error\n"
                          "      --dry-run          ask nobody: print model, tokens, cost, budgets\n"
                          "      --socket PATH      the daemon's socket (default: $ASKD_SOCKET, then yours)\n"
                          "  -h, --help, -V, --version  print this help, or the version\n"
                          "      --                 end the options: what follows is the prompt\n";

enum {
    OPT_JSON = 256,
    OPT_NO_STREAM,
    OPT_STATS,
    OPT_DRY_RUN,
    OPT_SOCKET,
    OPT_CONVERSATION,
    OPT_NO_STORE,
    OPT_CACHE,
    OPT_DETACH,
    OPT_INTERRUPTED,
    OPT_SCHEMA,
    OPT_SCHEMA_RETRY,
    OPT_NO_PROJECT,
    OPT_MAX_BYTES,
    OPT_END
};

static const struct option options[] = {
    {"model", required_argument, NULL, 'm'},
    {"system", required_argument, NULL, 's'},
    {"prompt", required_argument, NULL, 'p'},
    {"var", required_argument, NULL, 'v'},
    {"attach", required_argument, NULL, 'a'},
    {"max-bytes", required_argument, NULL, OPT_MAX_BYTES},
    {"continue", no_argument, NULL, 'c'},
    {"conversation", required_argument, NULL, OPT_CONVERSATION},
    {"continue-interrupted", no_argument, NULL, OPT_INTERRUPTED},
    {"refresh", no_argument, NULL, 'r'},
    {"cache", required_argument, NULL, OPT_CACHE},
    {"no-store", no_argument, NULL, OPT_NO_STORE},
    {"detach", no_argument, NULL, OPT_DETACH},
    {"schema", required_argument, NULL, OPT_SCHEMA},
    {"no-project", no_argument, NULL, OPT_NO_PROJECT},
    {"schema-retry", no_argument, NULL, OPT_SCHEMA_RETRY},
    {"json", no_argument, NULL, OPT_JSON},
    {"no-stream", no_argument, NULL, OPT_NO_STREAM},
    {"stats", no_argument, NULL, OPT_STATS},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

/* What makes no sense together. What was said of an interrupted answer is shown at once, and can be followed only. */
static const int exclusive[][2] = {
    {'c', OPT_NO_STORE},
    {OPT_CONVERSATION, 'c'},
    {OPT_CONVERSATION, OPT_NO_STORE},
    {OPT_DETACH, OPT_STATS},
    {OPT_INTERRUPTED, 'c'},
    {OPT_INTERRUPTED, OPT_NO_STORE},
    {OPT_INTERRUPTED, OPT_NO_STREAM},
    {OPT_INTERRUPTED, OPT_DETACH},
    {OPT_INTERRUPTED, OPT_SCHEMA},
    {OPT_DETACH, OPT_SCHEMA_RETRY},
    {OPT_INTERRUPTED, 'a'},
    {OPT_INTERRUPTED, 'p'},
    {OPT_INTERRUPTED, OPT_DRY_RUN},
    {OPT_DETACH, OPT_DRY_RUN},
    {OPT_DRY_RUN, OPT_STATS},
};

/* What makes none without another. */
static const int needs[][2] = {
    {OPT_SCHEMA_RETRY, OPT_SCHEMA},
    {'v', 'p'},
};

/* argv[at] is the argument that getopt_long refused, as far as it tells. */
static enum args_action refuse(struct args *a, int c, const char *arg)
{
    const char *what = c == ':' ? "needs a value" : "is no option; before a prompt with such words put --";
    if (arg != NULL && arg[0] == '-' && arg[1] == '-')
        (void)snprintf(a->why, sizeof(a->why), "'%.40s' %s", arg, what);
    else
        (void)snprintf(a->why, sizeof(a->why), "'-%c' %s", optopt, what);
    return ARGS_WRONG;
}

static const char *name_of(int option)
{
    const struct option *o = options;
    while (o->val != option)
        o++;
    return o->name;
}

/* False for a word that is none, and where another one was chosen before. */
static bool choose_cache(struct args *a, const char *how)
{
    static const char *const words[] = {"use", "refresh", "only", "off"};
    size_t i = 0, n = sizeof(words) / sizeof(words[0]);
    while (i < n && strcmp(words[i], how) != 0)
        i++;
    if (i == n)
        (void)snprintf(a->why, sizeof(a->why), "--cache is use, refresh, only or off, and not '%.40s'", how);
    else if (a->cache != NULL && strcmp(a->cache, words[i]) != 0)
        (void)snprintf(a->why, sizeof(a->why), "--cache %s and --cache %s exclude each other (-r is --cache refresh)",
                       a->cache, words[i]);
    else
        a->cache = words[i];
    return a->why[0] == '\0';
}

static bool add_attachment(struct args *a, const char *what)
{
    if (a->n_attach < ARGS_ATTACH_MAX) {
        a->attach[a->n_attach++] = what;
        return true;
    }
    (void)snprintf(a->why, sizeof(a->why), "--attach may be given %u times: a folder brings all its files",
                   ARGS_ATTACH_MAX);
    return false;
}

static bool add_var(struct args *a, const char *var)
{
    const char *is = strchr(var, '=');
    if (is == NULL || is == var)
        (void)snprintf(a->why, sizeof(a->why), "--var is NAME=VALUE, and not '%.40s'", var);
    else if (a->n_vars == ARGS_VARS_MAX)
        (void)snprintf(a->why, sizeof(a->why), "--var may be given %u times", ARGS_VARS_MAX);
    else
        a->vars[a->n_vars++] = var;
    return a->why[0] == '\0';
}

/* A number of bytes, or of KiB or MiB with a k or an M behind it. */
static bool read_size(struct args *a, const char *text)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    unsigned shift = *end == 'k' || *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
    end += shift > 0;
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && n > 0 && n <= ARGS_BYTES_MAX >> shift) {
        a->max_bytes = (size_t)n << shift;
        return true;
    }
    (void)snprintf(a->why, sizeof(a->why), "--max-bytes is a size from 1 to %uM, as 500k or 2M, and not '%.40s'",
                   ARGS_BYTES_MAX >> 20, text);
    return false;
}

/* Where the options that were seen agree with each other, and with the words. */
static bool agree(struct args *a, const bool seen[OPT_END])
{
    for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++) {
        if (!seen[exclusive[i][0]] || !seen[exclusive[i][1]])
            continue;
        (void)snprintf(a->why, sizeof(a->why), "--%s and --%s exclude each other", name_of(exclusive[i][0]),
                       name_of(exclusive[i][1]));
        return false;
    }
    if (a->interrupted && a->n_words > 0) {
        (void)snprintf(a->why, sizeof(a->why), "--%s takes no prompt", name_of(OPT_INTERRUPTED));
        return false;
    }
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (!seen[needs[i][0]] || seen[needs[i][1]])
            continue;
        (void)snprintf(a->why, sizeof(a->why), "--%s needs --%s", name_of(needs[i][0]), name_of(needs[i][1]));
        return false;
    }
    return true;
}

enum args_action args_parse(struct args *a, int argc, char **argv)
{
    *a = (struct args){0};
    opterr = 0;
    optind = 0; /* glibc: forget an earlier run */
    int c;
    bool seen[OPT_END] = {false}, good = true;
    while ((c = getopt_long(argc, argv, ":a:m:p:s:v:crhV", options, NULL)) != -1) {
        switch (c) {
        case 'a': good = add_attachment(a, optarg) && good; break;
        case OPT_MAX_BYTES: good = read_size(a, optarg) && good; break;
        case 'p': a->template = optarg; break;
        case 'v': good = add_var(a, optarg) && good; break;
        case 'm': a->model = optarg; break;
        case 's': a->system = optarg; break;
        case 'c': a->keep = ARGS_CONTINUE; break;
        case 'r': good = choose_cache(a, "refresh") && good; break;
        case OPT_CACHE: good = choose_cache(a, optarg) && good; break;
        case OPT_CONVERSATION: a->keep = ARGS_NAMED, a->conversation = optarg; break;
        case OPT_NO_STORE: a->keep = ARGS_NOWHERE; break;
        case OPT_INTERRUPTED: a->interrupted = true; break;
        case OPT_DETACH: a->detach = true; break;
        case OPT_SCHEMA: a->schema = optarg; break;
        case OPT_SCHEMA_RETRY: a->schema_retry = true; break;
        case OPT_NO_PROJECT: a->no_project = true; break;
        case OPT_JSON: a->json = true; break;
        case OPT_NO_STREAM: a->no_stream = true; break;
        case OPT_STATS: a->stats = true; break;
        case OPT_DRY_RUN: a->dry_run = true; break;
        case OPT_SOCKET: a->socket = optarg; break;
        case 'h': return ARGS_HELP;
        case 'V': return ARGS_VERSION;
        default: return refuse(a, c, argv[optind - 1]);
        }
        seen[c] = true;
    }
    a->words = argv + optind;
    a->n_words = argc - optind;
    return good && agree(a, seen) ? ARGS_ASK : ARGS_WRONG;
}
