#include "client/ask/args.h"
#include "client/ask/options.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 256 /* what getopt_long returns for the first row */ };

/* What getopt_long takes, of the rows. */
struct getopt_form {
    char letters[1 + 2 * OPT_END + 1];
    struct option names[OPT_END + 1];
};

static void make_form(struct getopt_form *f)
{
    char *letter = f->letters;
    *f = (struct getopt_form){0};
    *letter++ = ':';
    for (size_t i = 0; i < OPT_END; i++) {
        const struct option_row *row = &ask_option_rows[i].row;
        f->names[i] = option_getopt(row, FIRST + (int)i);
        if (row->letter != 0)
            *letter++ = row->letter;
        if (row->letter != 0 && f->names[i].has_arg == required_argument)
            *letter++ = ':';
    }
}

/* OPT_END for none. */
static enum ask_option option_of(int c)
{
    unsigned i = 0;
    while (i < OPT_END && c != FIRST + (int)i &&
           (ask_option_rows[i].row.letter == 0 || c != ask_option_rows[i].row.letter))
        i++;
    return (enum ask_option)i;
}

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

static const char *name_of(size_t option)
{
    return ask_option_rows[option].row.name;
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

/* The first of a set that is not empty. */
static const char *first_of(option_set set)
{
    size_t i = 0;
    while ((set >> i & 1) == 0)
        i++;
    return name_of(i);
}

/* What a row says against what else was seen, or against the words. */
static bool agree(struct args *a, size_t option, option_set seen)
{
    const struct ask_option_row *o = &ask_option_rows[option];
    const option_set excluded = o->excludes & seen & ~(UINT64_C(1) << option), missing = o->needs & ~seen;
    if (excluded != 0)
        (void)snprintf(a->why, sizeof(a->why), "--%s and --%s exclude each other", o->row.name, first_of(excluded));
    else if (missing != 0)
        (void)snprintf(a->why, sizeof(a->why), "--%s needs --%s", o->row.name, first_of(missing));
    else if (o->alone && a->n_words > 0)
        (void)snprintf(a->why, sizeof(a->why), "--%s takes no prompt", o->row.name);
    else if (o->one_model && args_compares(a))
        (void)snprintf(a->why, sizeof(a->why), "--%s takes one model", o->row.name);
    else if (o->several_models && !args_compares(a))
        (void)snprintf(a->why, sizeof(a->why), "--%s needs several models, as -m gpt-4.1,deepseek-chat", o->row.name);
    return a->why[0] == '\0';
}

static bool agree_all(struct args *a, option_set seen)
{
    bool good = true;
    for (size_t i = 0; i < OPT_END && good; i++)
        good = (seen >> i & 1) == 0 || agree(a, i, seen);
    return good;
}

/* False for a value that is wrong. */
static bool take(struct args *a, enum ask_option option, const char *value)
{
    switch (option) {
    case OPT_MODEL: return choose_model(a, value);
    case OPT_JUDGE: a->judge = value; break;
    case OPT_PICK: a->pick = true; break;
    case OPT_SYSTEM: a->system = value; break;
    case OPT_PROMPT: a->template = value; break;
    case OPT_VAR: return add_var(a, value);
    case OPT_EDITOR: a->editor = true; break;
    case OPT_ATTACH: return add_attachment(a, value);
    case OPT_MAX_BYTES: return read_size(a, value);
    case OPT_CONTEXT: return add_context(a, value);
    case OPT_SCHEMA: a->schema = value; break;
    case OPT_SCHEMA_RETRY: a->schema_retry = true; break;
    case OPT_NO_PROJECT: a->no_project = true; break;
    case OPT_CONTINUE: a->keep = ARGS_CONTINUE; break;
    case OPT_CONVERSATION: a->keep = ARGS_NAMED, a->conversation = value; break;
    case OPT_BRANCH: a->branch = value; break;
    case OPT_INTERRUPTED: a->interrupted = true; break;
    case OPT_REFRESH: return choose_cache(a, "refresh");
    case OPT_CACHE: return choose_cache(a, value);
    case OPT_NO_STORE: a->keep = ARGS_NOWHERE; break;
    case OPT_DETACH: a->detach = true; break;
    case OPT_PLAIN: a->format = ARGS_PLAIN; break;
    case OPT_CODE: a->format = ARGS_CODE; break;
    case OPT_COPY: a->copy = true; break;
    case OPT_REASONING: return choose_reasoning(a, value);
    case OPT_JSON: a->format = ARGS_JSON; break;
    case OPT_JSON_STREAM: a->format = ARGS_JSON_STREAM; break;
    case OPT_NO_STREAM: a->no_stream = true; break;
    case OPT_STATS: a->stats = true; break;
    case OPT_DRY_RUN: a->dry_run = true; break;
    case OPT_SHELL: a->task = ARGS_SHELL; break;
    case OPT_EXPLAIN_LAST: a->task = ARGS_EXPLAIN_LAST; break;
    case OPT_EDIT: a->task = ARGS_EDIT; break;
    case OPT_UNDO: a->task = ARGS_UNDO; break;
    case OPT_SOCKET: a->socket = value; break;
    case OPT_HELP: a->topic = value; break;
    case OPT_VERSION:
    case OPT_END: break;
    }
    return true;
}

enum args_action args_parse(struct args *a, int argc, char **argv)
{
    *a = (struct args){0};
    struct getopt_form form;
    make_form(&form);
    opterr = 0;
    optind = 0; /* glibc: forget an earlier run */
    int c;
    option_set seen = 0;
    bool good = true;
    while ((c = getopt_long(argc, argv, form.letters, form.names, NULL)) != -1) {
        const enum ask_option option = option_of(c);
        if (option == OPT_END)
            return refuse(a, c, argv[optind - 1]);
        good = take(a, option, optarg) && good;
        if (option == OPT_HELP || option == OPT_VERSION)
            return option == OPT_HELP ? ARGS_HELP : ARGS_VERSION;
        seen |= UINT64_C(1) << option;
    }
    a->words = argv + optind;
    a->n_words = argc - optind;
    return good && agree_all(a, seen) ? ARGS_ASK : ARGS_WRONG;
}
