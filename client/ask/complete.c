#include "client/ask/complete.h"
#include "client/ask/args.h"
#include "client/ask/options.h"
#include "client/common/completion.h"
#include "client/common/exit.h"
#include <string.h>
#include <unistd.h>

static bool row(const void *data, size_t i, struct option_row *ret)
{
    (void)data;
    if (i < OPT_END)
        *ret = ask_option_rows[i].row;
    return i < OPT_END;
}

static void offer_topics(struct completion *c)
{
    completion_begin(c, "nothing");
    for (size_t i = 0; i < TOPICS; i++)
        completion_add(c, ask_topics[i].word, ask_topics[i].title);
    completion_add(c, "all", "Each of them");
}

static void offer_value(struct completion *c)
{
    const char *name = c->option.name;
    if (strcmp(name, ask_option_rows[OPT_HELP].row.name) == 0)
        offer_topics(c);
    else if (strcmp(name, ask_option_rows[OPT_CACHE].row.name) == 0)
        completion_offer_words(c, ARGS_CACHE_WORDS, false);
    else if (strcmp(name, ask_option_rows[OPT_REASONING].row.name) == 0)
        completion_offer_words(c, ARGS_REASONING_WORDS, false);
    else
        completion_offer_value(c, name, c->option.value);
}

/* Is that option among the words before? */
static bool is_given(int n, char **words, enum ask_option option)
{
    const struct option_row *given = &ask_option_rows[option].row;
    for (int i = 0; i < n; i++)
        if (strncmp(words[i], "--", 2) == 0 && strcmp(words[i] + 2, given->name) == 0)
            return true;
    return false;
}

int ask_complete(int n, char **words)
{
    static struct out out;
    struct completion c;
    const bool edits = is_given(n - 1, words, OPT_EDIT);
    out_init(&out, STDOUT_FILENO);
    completion_read(&c, &out, row, NULL, n, words);
    switch (c.at) {
    case COMPLETION_OPTION: completion_offer_options(&c, NULL); break;
    case COMPLETION_VALUE: offer_value(&c); break;
    case COMPLETION_ARGUMENT: /* the words of a prompt, but behind --edit the files that are to change */
        completion_begin(&c, edits ? "files" : "nothing");
        break;
    }
    return out_flush(&out) ? EXIT_OK : EXIT_IO;
}
