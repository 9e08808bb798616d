#include "client/ctl/options.h"
#include "client/common/figures.h"
#include "client/common/option.h"
#include "client/ctl/capability.h"
#include "client/ctl/log_line.h"
#include "client/ctl/usage.h"
#include "lib/base/clock.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_count(const char *value, uint32_t *ret)
{
    char *end;
    if (value[0] < '0' || value[0] > '9')
        return false;
    errno = 0;
    unsigned long v = strtoul(value, &end, 10);
    *ret = (uint32_t)v;
    return *end == '\0' && errno == 0 && v <= INT32_MAX;
}

static bool read_limit(struct ctl *c, const char *value)
{
    return read_count(value, &c->limit) && c->limit > 0;
}

static bool read_from(struct ctl *c, const char *value)
{
    return read_count(value, &c->from);
}

static bool read_state(struct ctl *c, const char *value)
{
    static const char *const states[] = {"running", "done", "failed", "cancelled", "interrupted"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(states[i], value) == 0)
            c->state = states[i];
    return c->state != NULL && strcmp(c->state, value) == 0;
}

static bool read_provider(struct ctl *c, const char *value)
{
    c->provider = value;
    return value[0] != '\0';
}

static bool read_answer(struct ctl *c, const char *value)
{
    c->answer = value;
    return value[0] != '\0';
}

static bool read_level(struct ctl *c, const char *value)
{
    c->level = log_line_level(value);
    return c->level != NULL;
}

static bool read_tag(struct ctl *c, const char *value)
{
    c->tag = value;
    return value[0] != '\0';
}

static bool read_capability(struct ctl *c, const char *value)
{
    return capability_read(value, &c->capabilities);
}

static bool read_max_price(struct ctl *c, const char *value)
{
    return figures_read(value, false, &c->max_price);
}

static bool read_min_context(struct ctl *c, const char *value)
{
    return figures_read(value, true, &c->min_context);
}

static bool read_key(struct ctl *c, const char *value)
{
    c->key = value;
    return value[0] != '\0';
}

static bool read_model(struct ctl *c, const char *value)
{
    c->model = value;
    return value[0] != '\0';
}

static bool read_older_than(struct ctl *c, const char *value)
{
    return figures_read_span(value, &c->older_than);
}

static bool read_directory(struct ctl *c, const char *value)
{
    c->directory = value;
    return value[0] != '\0';
}

static bool read_host(struct ctl *c, const char *value)
{
    c->host = value;
    return value[0] != '\0';
}

static bool read_since(struct ctl *c, const char *value)
{
    return figures_read_moment(value, clock_wall_us(), false, &c->since);
}

static bool read_until(struct ctl *c, const char *value)
{
    return figures_read_moment(value, clock_wall_us(), true, &c->until);
}

/* Its words are the daemon's to know. */
static bool read_by(struct ctl *c, const char *value)
{
    c->by = value;
    return value[0] != '\0';
}

/* Its words are the verb's to know. */
static bool read_format(struct ctl *c, const char *value)
{
    c->format = value;
    return true;
}

static bool read_output(struct ctl *c, const char *value)
{
    c->output = value;
    return value[0] != '\0';
}

static bool read_keys_from(struct ctl *c, const char *value)
{
    c->keys_from = value;
    return value[0] != '\0';
}

static bool read_default_model(struct ctl *c, const char *value)
{
    c->default_model = value;
    return value[0] != '\0';
}

static bool read_question(struct ctl *c, const char *value)
{
    c->question = value;
    return value[0] != '\0';
}

static bool read_yes_or_no(const char *value, bool *ret)
{
    *ret = strcmp(value, "yes") == 0;
    return *ret || strcmp(value, "no") == 0;
}

static bool read_units(struct ctl *c, const char *value)
{
    return read_yes_or_no(value, &c->units);
}

static bool read_linger(struct ctl *c, const char *value)
{
    return read_yes_or_no(value, &c->linger);
}

static bool read_socket(struct ctl *c, const char *value)
{
    c->options.socket = value;
    return true;
}

static const struct ctl_option {
    ctl_options bit;
    char letter; /* 0: it has none */
    const char *name, *value, *help;
    bool (*read)(struct ctl *c, const char *value); /* false for a wrong value; NULL: its bit says all */
    const char *wrong;                              /* what such a value is */
} rows[] = {
    {CTL_FORMAT, 0, "format", "FORMAT", "of a file: " CONV_FORMATS "; of status: text and {fields} for one line",
     read_format, NULL},
    {CTL_OUTPUT, 'o', "output", "FILE|DIR", "write there; to a folder, a file for each", read_output, "is no path"},
    {CTL_ALL, 0, "all", NULL, "all conversations; usage: of all users", NULL, NULL},
    {CTL_LIMIT, 0, "limit", "N", "show at most so many (default: 50)", read_limit, "is no number of at least 1"},
    {CTL_PROVIDER, 0, "provider", "NAME", "what this provider has", read_provider, "is no provider's name"},
    {CTL_FOLLOW, 'f', "follow", NULL, "and those that come, until Ctrl-C", NULL, NULL},
    {CTL_ANSWER, 0, "answer", "ANSWER", "what is about that answer", read_answer, "is no answer's id"},
    {CTL_LEVEL, 0, "level", "LEVEL", "what is that important, or more: " LOG_LINE_LEVELS, read_level,
     "is none of " LOG_LINE_LEVELS},
    {CTL_TAG, 0, "tag", "TAG", "what is tagged so", read_tag, "is no tag"},
    {CTL_CAPABILITY, 0, "capability", "WORD", "what can do that; several with commas between: " CAPABILITY_WORDS,
     read_capability, "is none of " CAPABILITY_WORDS},
    {CTL_MAX_PRICE, 0, "max-price", "N", "what takes at most that for a million tokens of input, in its currency",
     read_max_price, "is no price"},
    {CTL_MIN_CONTEXT, 0, "min-context", "N", "what has room for so many tokens: 128k, 1M", read_min_context,
     "is no number of tokens"},
    {CTL_SECRET_SERVICE, 0, "secret-service", NULL, "put the key into the desktop's secret service, not into a file",
     NULL, NULL},
    {CTL_AVAILABLE, 0, "available", NULL, "what can be asked now", NULL, NULL},
    {CTL_STATE, 0, "state", "STATE", "answers: only those that are " STATE_WORDS, read_state,
     "is none of " STATE_WORDS},
    {CTL_FROM, 0, "from", "N", "attach: begin with the event of that number", read_from, "is no number of an event"},
    {CTL_NOTIFY, 0, "notify", NULL, "wait: ring the bell, tell the desktop, when one ends", NULL, NULL},
    {CTL_KEY, 0, "key", "KEY", "clear: what is kept under it", read_key, "is no key"},
    {CTL_MODEL, 0, "model", "MODEL", "what this model gave", read_model, "is no model's name"},
    {CTL_OLDER_THAN, 0, "older-than", "AGE", "clear: what is older: 90s, 30min, 12h, 3d, 2w", read_older_than,
     "is no age such as 12h or 3d"},
    {CTL_YES, 0, "yes", NULL, "ask nothing before; setup: take what is offered", NULL, NULL},
    {CTL_LIST, 0, "list", NULL, "trust: list what is trusted", NULL, NULL},
    {CTL_DIRECTORY, 0, "directory", "DIR", "what was asked in that folder", read_directory, "is no folder"},
    {CTL_HOST, 0, "host", "HOST", "what was asked on that machine", read_host, "is no machine's name"},
    {CTL_SINCE, 0, "since", "WHEN", "what changed, or was used, since then: 12h, 3d, 2w ago, or a day, 2026-11-01",
     read_since, "is no age such as 12h or 3d, and no day such as 2026-11-01"},
    {CTL_UNTIL, 0, "until", "WHEN", "and until then, a day to its end", read_until,
     "is no age such as 12h or 3d, and no day such as 2026-11-01"},
    {CTL_BY, 0, "by", "WORD", "a line for each; several with commas between: " USAGE_WORDS, read_by, "is no word"},
    {CTL_PLOT, 0, "plot", NULL, "bars, one for each day", NULL, NULL},
    {CTL_CSV, 0, "csv", NULL, "print the lines as CSV, with their names", NULL, NULL},
    {CTL_WATCH, 0, "watch", NULL, "show it anew every two seconds, until Ctrl-C", NULL, NULL},
    {CTL_REPRICE, 0, "reprice", NULL, "work past cost out again, by the prices that are known now", NULL, NULL},
    {CTL_PINNED, 0, "pinned", NULL, "what is pinned", NULL, NULL},
    {CTL_DELETED, 0, "deleted", NULL, "what was removed and can be restored", NULL, NULL},
    {CTL_PURGE, 0, "purge", NULL, "rm: for good, at once", NULL, NULL},
    {CTL_VIM, 0, "vim", NULL, "bridge: as Vim's channels speak, [id, body]", NULL, NULL},
    {CTL_NO_PAGER, 0, "no-pager", NULL, "print all at once, however long it is", NULL, NULL},
    {CTL_START, 0, "start", NULL, "doctor: start a daemon where none runs and nothing speaks against it", NULL, NULL},
    {CTL_OFFLINE, 0, "offline", NULL, "doctor: ask no provider", NULL, NULL},
    {CTL_KEYS_FROM, 0, "keys-from", "env|-|FILE", "keys: of the usual variables (default), or lines PROVIDER KEY",
     read_keys_from, "is no place for keys"},
    {CTL_DEFAULT_MODEL, 0, "default-model", "MODEL", "write it down as the one that is asked where none is named",
     read_default_model, "is no model's name"},
    {CTL_UNITS, 0, "units", "yes|no", "have systemd start the daemon", read_units, "is neither yes nor no"},
    {CTL_LINGER, 0, "linger", "yes|no", "and let it run while you are not logged in", read_linger,
     "is neither yes nor no"},
    {CTL_QUESTION, 0, "question", "TEXT|none", "what is asked at the end", read_question, "is no question"},
    {CTL_JSON, 0, "json", NULL, "print the result as JSON, on one line", NULL, NULL},
    {CTL_SOCKET, 0, "socket", "PATH", "the daemon's socket (default: $ASKD_SOCKET, then yours)", read_socket, NULL},
    {CTL_HELP, 'h', "help", NULL, "print this help, or a verb's", NULL, NULL},
    {CTL_VERSION, 'V', "version", NULL, "print the version", NULL, NULL},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), FIRST = 256 /* what getopt_long returns for the first row */ };

static struct option_row told(const struct ctl_option *row)
{
    return (struct option_row){row->letter, row->name, row->value, row->help, NULL};
}

static const struct ctl_option *row_of(int opt)
{
    for (size_t i = 0; i < ROWS; i++)
        if (opt == FIRST + (int)i || (rows[i].letter != 0 && opt == rows[i].letter))
            return &rows[i];
    return NULL;
}

static int wrong(const struct ctl *c, const char *what, const char *why)
{
    exit_print(c->program, "'%.60s' %s: see askctl --help", what, why);
    return EXIT_USAGE;
}

int options_read(struct ctl *c, int argc, char **argv)
{
    struct option options[ROWS + 1] = {0};
    for (size_t i = 0; i < ROWS; i++) {
        const struct option_row row = told(&rows[i]);
        options[i] = option_getopt(&row, FIRST + (int)i);
    }
    opterr = 0;
    int opt;
    while ((opt = getopt_long(argc, argv, ":hVfo:", options, NULL)) != -1) {
        const struct ctl_option *row = row_of(opt);
        if (row == NULL)
            return wrong(c, argv[optind - 1], opt == ':' ? "needs a value" : "is no option");
        if (row->read != NULL && !row->read(c, optarg))
            return wrong(c, optarg, row->wrong);
        c->given |= row->bit;
    }
    c->json = (c->given & CTL_JSON) != 0;
    c->args = argv + optind;
    c->n_args = argc - optind;
    return EXIT_OK;
}

const char *options_name(ctl_options set)
{
    size_t i = 0;
    while ((rows[i].bit & set) == 0)
        i++;
    return rows[i].name;
}

ctl_options options_row(size_t i, struct option_row *ret)
{
    if (i >= ROWS)
        return 0;
    *ret = told(&rows[i]);
    return rows[i].bit;
}

size_t options_count(ctl_options set)
{
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++)
        n += (rows[i].bit & set) != 0;
    return n;
}

void options_help(struct ctl *c, ctl_options takes)
{
    (void)out_puts(c->out, "\n");
    for (size_t i = 0; i < ROWS; i++) {
        const struct option_row row = told(&rows[i]);
        if ((rows[i].bit & (takes | CTL_COMMON)) != 0)
            option_print(c->out, &row);
    }
}
