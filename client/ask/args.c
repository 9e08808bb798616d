#include "client/ask/args.h"
#include <getopt.h>
#include <stdio.h>

const char args_usage[] = "Usage: ask [OPTION]... PROMPT...\n"
                          "       COMMAND | ask [OPTION]... [PROMPT...]\n"
                          "\n"
                          "Asks a language model through askd and prints its answer as it comes. What is\n"
                          "piped into ask follows the prompt; alone it is the prompt.\n"
                          "\n"
                          "  -m, --model MODEL    the model, as askctl models lists it, or an alias\n"
                          "  -s, --system TEXT    instructions that go before the prompt\n"
                          "  -c, --continue       go on with the last conversation of this terminal and\n"
                          "                       folder\n"
                          "      --conversation ID\n"
                          "                       go on with that one (askctl conv list shows them)\n"
                          "      --no-store       keep neither question nor answer\n"
                          "      --json           print all that is known of the answer, as one JSON line\n"
                          "      --no-stream      print the answer when it is complete\n"
                          "      --stats          then print model, tokens and times to standard error\n"
                          "      --socket PATH    the daemon's socket (default: $ASKD_SOCKET, then yours)\n"
                          "  -h, --help           print this help\n"
                          "  -V, --version        print the version\n"
                          "      --               end the options: what follows is the prompt\n";

enum { OPT_JSON = 256, OPT_NO_STREAM, OPT_STATS, OPT_SOCKET, OPT_CONVERSATION, OPT_NO_STORE };

static const struct option options[] = {
    {"model", required_argument, NULL, 'm'},
    {"system", required_argument, NULL, 's'},
    {"continue", no_argument, NULL, 'c'},
    {"conversation", required_argument, NULL, OPT_CONVERSATION},
    {"no-store", no_argument, NULL, OPT_NO_STORE},
    {"json", no_argument, NULL, OPT_JSON},
    {"no-stream", no_argument, NULL, OPT_NO_STREAM},
    {"stats", no_argument, NULL, OPT_STATS},
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
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

/* False where another choice was made before. */
static bool keep(struct args *a, enum args_keep choice)
{
    static const char *const names[] = {
        [ARGS_CONTINUE] = "--continue", [ARGS_NAMED] = "--conversation", [ARGS_NOWHERE] = "--no-store"};
    if (a->keep != ARGS_NEW && a->keep != choice) {
        (void)snprintf(a->why, sizeof(a->why), "%s and %s exclude each other", names[a->keep], names[choice]);
        return false;
    }
    a->keep = choice;
    if (choice == ARGS_NAMED)
        a->conversation = optarg;
    return true;
}

enum args_action args_parse(struct args *a, int argc, char **argv)
{
    *a = (struct args){0};
    opterr = 0;
    optind = 0; /* glibc: forget an earlier run */
    int c;
    bool agree = true;
    while ((c = getopt_long(argc, argv, ":m:s:chV", options, NULL)) != -1) {
        switch (c) {
        case 'm': a->model = optarg; break;
        case 's': a->system = optarg; break;
        case 'c': agree = keep(a, ARGS_CONTINUE) && agree; break;
        case OPT_CONVERSATION: agree = keep(a, ARGS_NAMED) && agree; break;
        case OPT_NO_STORE: agree = keep(a, ARGS_NOWHERE) && agree; break;
        case OPT_JSON: a->json = true; break;
        case OPT_NO_STREAM: a->no_stream = true; break;
        case OPT_STATS: a->stats = true; break;
        case OPT_SOCKET: a->socket = optarg; break;
        case 'h': return ARGS_HELP;
        case 'V': return ARGS_VERSION;
        default: return refuse(a, c, argv[optind - 1]);
        }
    }
    a->words = argv + optind;
    a->n_words = argc - optind;
    return agree ? ARGS_ASK : ARGS_WRONG;
}
