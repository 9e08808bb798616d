#include "client/ask/args.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_JSON = 256,
    OPT_JSON_STREAM,
    OPT_PLAIN,
    OPT_CODE,
    OPT_COPY,
    OPT_REASONING,
    OPT_JUDGE,
    OPT_PICK,
    OPT_SHELL,
    OPT_EXPLAIN_LAST,
    OPT_EDIT,
    OPT_UNDO,
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
    {"editor", no_argument, NULL, 'e'},
    {"branch", required_argument, NULL, 'b'},
    {"context", required_argument, NULL, 'x'},
    {"judge", required_argument, NULL, OPT_JUDGE},
    {"pick", no_argument, NULL, OPT_PICK},
    {"shell", no_argument, NULL, OPT_SHELL},
    {"explain-last", no_argument, NULL, OPT_EXPLAIN_LAST},
    {"edit", no_argument, NULL, OPT_EDIT},
    {"undo", no_argument, NULL, OPT_UNDO},
    {"plain", no_argument, NULL, OPT_PLAIN},
    {"code", no_argument, NULL, OPT_CODE},
    {"copy", no_argument, NULL, OPT_COPY},
    {"reasoning", required_argument, NULL, OPT_REASONING},
    {"json", no_argument, NULL, OPT_JSON},
    {"json-stream", no_argument, NULL, OPT_JSON_STREAM},
    {"no-stream", no_argument, NULL, OPT_NO_STREAM},
    {"stats", no_argument, NULL, OPT_STATS},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

/* Of each of these lists one may be given. */
static const int one_of[][7] = {
    {'b', OPT_NO_STORE},
    {OPT_CONVERSATION, 'c', OPT_NO_STORE},
    {OPT_PLAIN, OPT_CODE, OPT_JSON, OPT_JSON_STREAM},
    {OPT_SHELL, OPT_EXPLAIN_LAST, OPT_EDIT, OPT_UNDO, OPT_INTERRUPTED, OPT_DETACH, OPT_DRY_RUN},
    {OPT_SHELL, OPT_EXPLAIN_LAST, OPT_EDIT, OPT_UNDO, OPT_INTERRUPTED, 'p'},
    {OPT_SHELL, OPT_EXPLAIN_LAST, OPT_EDIT, OPT_UNDO, OPT_INTERRUPTED, OPT_SCHEMA},
    {OPT_SHELL, OPT_EXPLAIN_LAST, OPT_EDIT, OPT_UNDO, OPT_INTERRUPTED, 'e'},
    {OPT_SHELL, OPT_EXPLAIN_LAST, OPT_EDIT, OPT_UNDO, OPT_CODE},
    {OPT_SHELL, OPT_EXPLAIN_LAST, OPT_EDIT, OPT_UNDO, OPT_JSON_STREAM},
};

/* What makes no sense together. What was said of an interrupted answer is shown at once, and can be followed only. */
static const int exclusive[][2] = {
    {OPT_DETACH, OPT_STATS},
    {OPT_INTERRUPTED, 'c'},
    {OPT_INTERRUPTED, OPT_NO_STORE},
    {OPT_INTERRUPTED, OPT_NO_STREAM},
    {OPT_DETACH, OPT_SCHEMA_RETRY},
    {OPT_INTERRUPTED, 'a'},
    {OPT_INTERRUPTED, 'b'},
    {OPT_INTERRUPTED, 'x'},
    {OPT_DRY_RUN, OPT_STATS},
    {OPT_DETACH, OPT_CODE},
    {OPT_DETACH, OPT_COPY},
    {OPT_DETACH, OPT_JSON_STREAM},
    {OPT_DRY_RUN, OPT_COPY},
    {OPT_DRY_RUN, OPT_CODE},
    {OPT_DRY_RUN, OPT_JSON_STREAM},
    {OPT_JSON, OPT_COPY},
    {OPT_JSON_STREAM, OPT_COPY},
    {OPT_PICK, OPT_NO_STORE},
    {OPT_PICK, OPT_JSON},
    {OPT_PICK, OPT_JSON_STREAM},
    {OPT_INTERRUPTED, OPT_CODE},
    {OPT_SCHEMA, OPT_CODE},
    {OPT_EDIT, OPT_JSON},
    {OPT_EDIT, OPT_COPY},
    {OPT_UNDO, OPT_JSON},
    {OPT_UNDO, OPT_COPY},
    {OPT_SHELL, OPT_COPY},
    {OPT_REASONING, OPT_SHELL},
    {OPT_REASONING, OPT_EDIT},
    {OPT_REASONING, OPT_CODE},
    {OPT_REASONING, OPT_JSON},
    {OPT_REASONING, OPT_JSON_STREAM},
    {OPT_REASONING, OPT_DETACH},
    {OPT_NO_STREAM, OPT_JSON_STREAM},
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

static bool choose_reasoning(struct args *a, const char *how)
{
    static const char *const words[] = {
        [ARGS_REASONING_SHOW] = "show", [ARGS_REASONING_HIDE] = "hide", [ARGS_REASONING_ONLY] = "only"};
    for (size_t i = ARGS_REASONING_SHOW; i <= ARGS_REASONING_ONLY; i++)
        if (strcmp(words[i], how) == 0) {
            a->reasoning = (enum args_reasoning)i;
            return true;
        }
    (void)snprintf(a->why, sizeof(a->why), "--reasoning is show, hide or only, and not '%.40s'", how);
    return false;
}

static bool add_context(struct args *a, const char *name)
{
    if (a->n_contexts < ARGS_CONTEXTS_MAX) {
        a->contexts[a->n_contexts++] = name;
        return true;
    }
    (void)snprintf(a->why, sizeof(a->why), "--context may be given %u times", ARGS_CONTEXTS_MAX);
    return false;
}

/* Several models: none of the names is empty, and they are not too many. */
static bool choose_model(struct args *a, const char *models)
{
    unsigned n = 1;
    bool empty = models[0] == '\0';
    for (const char *s = models; *s != '\0'; s++) {
        n += *s == ',';
        empty = empty || (*s == ',' && (s == models || s[1] == ',' || s[1] == '\0'));
    }
    a->model = models;
    if (n > 1 && empty)
        (void)snprintf(a->why, sizeof(a->why), "--model '%.60s' has a comma with no name beside it", models);
    else if (n > ARGS_MODELS_MAX)
        (void)snprintf(a->why, sizeof(a->why), "--model may name %u models", ARGS_MODELS_MAX);
    return a->why[0] == '\0';
}

bool args_for_people(const struct args *a)
{
    return a->format != ARGS_JSON && a->format != ARGS_JSON_STREAM;
}

bool args_compares(const struct args *a)
{
    return a->model != NULL && strchr(a->model, ',') != NULL;
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

static bool exclude(struct args *a, int one, int other)
{
    (void)snprintf(a->why, sizeof(a->why), "--%s and --%s exclude each other", name_of(one), name_of(other));
    return false;
}

static bool agree_lists(struct args *a, const bool seen[OPT_END])
{
    for (size_t i = 0; i < sizeof(one_of) / sizeof(one_of[0]); i++) {
        int first = 0;
        for (size_t k = 0; k < sizeof(one_of[0]) / sizeof(one_of[0][0]) && one_of[i][k] != 0; k++) {
            if (!seen[one_of[i][k]])
                continue;
            if (first != 0)
                return exclude(a, first, one_of[i][k]);
            first = one_of[i][k];
        }
    }
    return true;
}

/* What several models are of no use for. */
static bool agree_compare(struct args *a, const bool seen[OPT_END])
{
    static const int single[] = {OPT_SHELL,  OPT_EXPLAIN_LAST, OPT_EDIT,   OPT_UNDO, OPT_INTERRUPTED,
                                 OPT_DETACH, OPT_DRY_RUN,      OPT_SCHEMA, OPT_CODE, OPT_COPY};
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]) && args_compares(a); i++) {
        if (!seen[single[i]])
            continue;
        (void)snprintf(a->why, sizeof(a->why), "--%s takes one model", name_of(single[i]));
        return false;
    }
    if (args_compares(a) || (!seen[OPT_JUDGE] && !seen[OPT_PICK]))
        return true;
    (void)snprintf(a->why, sizeof(a->why), "--%s needs several models, as -m gpt-4.1,deepseek-chat",
                   name_of(seen[OPT_JUDGE] ? OPT_JUDGE : OPT_PICK));
    return false;
}

/* Where the options that were seen agree with each other, and with the words. */
static bool agree(struct args *a, const bool seen[OPT_END])
{
    for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++)
        if (seen[exclusive[i][0]] && seen[exclusive[i][1]])
            return exclude(a, exclusive[i][0], exclusive[i][1]);
    const int alone = a->interrupted ? OPT_INTERRUPTED : a->task == ARGS_UNDO ? OPT_UNDO : 0;
    if (alone != 0 && a->n_words > 0) {
        (void)snprintf(a->why, sizeof(a->why), "--%s takes no prompt", name_of(alone));
        return false;
    }
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (!seen[needs[i][0]] || seen[needs[i][1]])
            continue;
        (void)snprintf(a->why, sizeof(a->why), "--%s needs --%s", name_of(needs[i][0]), name_of(needs[i][1]));
        return false;
    }
    return agree_lists(a, seen) && agree_compare(a, seen);
}

enum args_action args_parse(struct args *a, int argc, char **argv)
{
    *a = (struct args){0};
    opterr = 0;
    optind = 0; /* glibc: forget an earlier run */
    int c;
    bool seen[OPT_END] = {false}, good = true;
    while ((c = getopt_long(argc, argv, ":a:b:em:p:s:v:x:crhV", options, NULL)) != -1) {
        switch (c) {
        case 'a': good = add_attachment(a, optarg) && good; break;
        case OPT_MAX_BYTES: good = read_size(a, optarg) && good; break;
        case 'p': a->template = optarg; break;
        case 'v': good = add_var(a, optarg) && good; break;
        case 'm': good = choose_model(a, optarg) && good; break;
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
        case 'b': a->branch = optarg; break;
        case 'e': a->editor = true; break;
        case 'x': good = add_context(a, optarg) && good; break;
        case OPT_JUDGE: a->judge = optarg; break;
        case OPT_PICK: a->pick = true; break;
        case OPT_SHELL: a->task = ARGS_SHELL; break;
        case OPT_EXPLAIN_LAST: a->task = ARGS_EXPLAIN_LAST; break;
        case OPT_EDIT: a->task = ARGS_EDIT; break;
        case OPT_UNDO: a->task = ARGS_UNDO; break;
        case OPT_PLAIN: a->format = ARGS_PLAIN; break;
        case OPT_CODE: a->format = ARGS_CODE; break;
        case OPT_JSON: a->format = ARGS_JSON; break;
        case OPT_JSON_STREAM: a->format = ARGS_JSON_STREAM; break;
        case OPT_COPY: a->copy = true; break;
        case OPT_REASONING: good = choose_reasoning(a, optarg) && good; break;
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
