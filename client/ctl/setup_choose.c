/* Which providers one has. What was found comes first, and is meant by an empty line. */
#include "client/common/signals.h"
#include "client/ctl/setup.h"
#include "client/ctl/typed.h"
#include "lib/base/usual_keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_found(const struct setup *s, const struct setup_provider *p)
{
    return p->local ? p->runs : p->source[0] != '\0' || key_list_find(&s->given, p->name) != NULL;
}

/* Those that were found in front, in the order in which they stand. */
static void put_found_first(struct setup *s)
{
    static struct setup_provider sorted[SETUP_PROVIDERS_MAX];
    size_t n = 0;
    for (int found = 1; found >= 0; found--)
        for (size_t i = 0; i < s->n; i++)
            if (is_found(s, &s->providers[i]) == (found != 0))
                sorted[n++] = s->providers[i];
    memcpy(s->providers, sorted, s->n * sizeof(sorted[0]));
}

static size_t count_found(const struct setup *s)
{
    size_t n = 0;
    while (n < s->n && is_found(s, &s->providers[n]))
        n++;
    return n;
}

/* -- asking -- */

static void show_found(struct setup *s, size_t found)
{
    setup_say(s, found > 0 ? "Found here:" : "Providers:");
    for (size_t i = 0; i < found; i++) {
        const struct setup_provider *p = &s->providers[i];
        if (p->local)
            setup_say(s, "%4zu  %-12s runs on this machine", i + 1, p->name);
        else if (p->source[0] != '\0')
            setup_say(s, "%4zu  %-12s has a key: %s", i + 1, p->name, p->source);
        else
            setup_say(s, "%4zu  %-12s has a key in this environment", i + 1, p->name);
    }
}

/* What it is, for who has not heard of it. */
static const char *what_is(const struct setup_provider *p)
{
    const struct usual_key *usual = usual_key_find(p->name, strlen(p->name));
    if (p->local)
        return "local, not running";
    return usual != NULL ? usual->what : "your own";
}

/* Two to a line, since there are many. */
static void show_others(struct setup *s, size_t found)
{
    if (found > 0 && found < s->n)
        setup_say(s, "Others:");
    for (size_t i = found; i < s->n; i += 2) {
        const struct setup_provider *left = &s->providers[i], *right = i + 1 < s->n ? left + 1 : NULL;
        if (right != NULL)
            setup_say(s, "%4zu  %-12s%-22s%4zu  %-12s%s", i + 1, left->name, what_is(left), i + 2, right->name,
                      what_is(right));
        else
            setup_say(s, "%4zu  %-12s%s", i + 1, left->name, what_is(left));
    }
}

/* A number of the list, or a name. */
static struct setup_provider *named(struct setup *s, const char *word)
{
    char *end;
    const unsigned long n = strtoul(word, &end, 10);
    if (*end == '\0' && n >= 1 && n <= s->n)
        return &s->providers[n - 1];
    return setup_provider(s, word);
}

/* "1 3, openai". False, and told, where a word is nothing of the list. */
static bool take_words(struct setup *s, char *line)
{
    char *rest = NULL;
    for (size_t i = 0; i < s->n; i++)
        s->providers[i].chosen = false;
    for (char *word = strtok_r(line, " ,\t", &rest); word != NULL; word = strtok_r(NULL, " ,\t", &rest)) {
        struct setup_provider *p = named(s, word);
        if (p == NULL) {
            setup_say(s,
                      "'%.60s' is neither a number nor a name of the list. One that is not in it has a section "
                      "[provider \"NAME\"] in askd.conf: man askd.conf.",
                      word);
            return false;
        }
        p->chosen = true;
    }
    return true;
}

static int ask_which(struct setup *s)
{
    char line[1024];
    const size_t found = count_found(s);
    setup_say(s, "askd asks language models for you, at whichever providers you have a key of.\n"
                 "Ctrl-C ends this at any moment, and askctl setup goes on from there.\n");
    show_found(s, found);
    show_others(s, found);
    for (;;) {
        const ssize_t n = typed_line(found > 0 ? "Which do you have? Numbers or names (Enter: those found): "
                                               : "Which do you have? Numbers or names: ",
                                     line, sizeof(line));
        if (n < 0)
            return signals_pending() != 0 ? 128 + signals_pending() : (int)EXIT_OTHER;
        for (size_t i = 0; n == 0 && i < found; i++)
            s->providers[i].chosen = true;
        if (n == 0 && found == 0)
            return EXIT_OK;
        if (n == 0 || take_words(s, line))
            return EXIT_OK;
    }
}

/* -- by arguments -- */

static int take_arguments(struct setup *s)
{
    for (int i = 0; i < s->c->n_args; i++) {
        struct setup_provider *p = setup_provider(s, s->c->args[i]);
        if (p == NULL) {
            exit_print(s->c->program,
                       "'%.60s' is no provider that askd knows: give it a section [provider \"NAME\"] in askd.conf",
                       s->c->args[i]);
            return EXIT_USAGE;
        }
        p->chosen = true;
    }
    return EXIT_OK;
}

int setup_choose(struct setup *s)
{
    size_t n = 0;
    int status = EXIT_OK;
    put_found_first(s);
    if (s->c->n_args > 0)
        status = take_arguments(s);
    else if (s->talks)
        status = ask_which(s);
    else
        for (size_t i = 0; i < count_found(s); i++)
            s->providers[i].chosen = true;
    for (size_t i = 0; i < s->n; i++)
        n += s->providers[i].chosen;
    if (status != EXIT_OK || n > 0)
        return status;
    exit_print(s->c->program, "no provider was found or named: askctl setup PROVIDER --keys-from - reads a key, or "
                              "start Ollama or llama.cpp");
    return EXIT_UNAVAILABLE;
}
