#include "client/ask/screen.h"
#include "client/common/colour.h"
#include "client/common/tty.h"
#include <stdlib.h>
#include <unistd.h>

bool screen_wanted(const struct args *args, const struct out *out)
{
    if (args->format == ARGS_CODE)
        return true;
    return out->terminal && colour_moves() && args->format == ARGS_TEXT && !args->detach && !args->dry_run;
}

void screen_run(char **argv)
{
    char path[PATH_MAX], name[] = "ask-tty", verb[] = "ask";
    size_t n = 0;
    if (!tty_find(path))
        return;
    while (argv[n] != NULL)
        n++;
    char **args = calloc(n + 2, sizeof(*args));
    if (args == NULL)
        return;
    args[0] = name;
    args[1] = verb;
    for (size_t i = 1; i < n; i++)
        args[i + 1] = argv[i];
    (void)execv(path, args);
    free(args);
}
