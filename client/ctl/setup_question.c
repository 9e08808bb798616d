/* The first question, asked as it will be from now on. */
#include "client/common/child.h"
#include "client/common/signals.h"
#include "client/ctl/setup.h"
#include "client/ctl/typed.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USUAL "What does a daemon do? One sentence."

/* Beside this program, or where the build tree has it; else on PATH. */
static void find_ask(char path[PATH_MAX])
{
    static const char *const places[] = {"ask", "../ask/ask", "../../ask/ask"};
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;
    for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        const int len = snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - self), self, places[i]);
        if (len > 0 && len < PATH_MAX && access(path, X_OK) == 0)
            return;
    }
    (void)strcpy(path, "ask");
}

static int ask(struct setup *s, const char *question)
{
    char path[PATH_MAX];
    find_ask(path);
    const char *const argv[] = {path, "--", question, NULL};
    if (s->c->options.socket != NULL)
        (void)setenv("ASKD_SOCKET", s->c->options.socket, 1);
    setup_say(s, "%s$ ask \"%s\"", s->talks ? "\n" : "", question);
    const int status = child_run(argv);
    if (status == CHILD_NONE)
        exit_print(s->c->program, "%s cannot be run: %s", path, strerror(errno));
    return status >= 0 ? status : (int)EXIT_OS;
}

int setup_question(struct setup *s)
{
    char line[1024];
    const bool by_option = (s->c->given & CTL_QUESTION) != 0;
    const char *question = by_option ? s->c->question : USUAL;
    if (!by_option && (!s->talks || !setup_any_works(s)))
        return EXIT_OK;
    if (by_option && strcmp(question, "none") == 0)
        return EXIT_OK;
    if (!by_option) {
        const ssize_t n = typed_line("\nA first question (Enter: \"" USUAL "\", - for none): ", line, sizeof(line));
        if (n < 0)
            return signals_pending() != 0 ? 128 + signals_pending() : (int)EXIT_OTHER;
        if (strcmp(line, "-") == 0)
            return EXIT_OK;
        question = n > 0 ? line : USUAL;
    }
    const int status = ask(s, question);
    if (status == EXIT_OK && s->talks)
        setup_say(
            s, "\nFrom now on: ask \"...\". More: ask --help, askctl --help; where something is wrong, askctl doctor.");
    return status;
}
