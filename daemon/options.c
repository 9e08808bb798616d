#include "daemon/options.h"
#include <stddef.h>

const struct option_row askd_options[OPT_END] = {
    [OPT_USER] = {0, "user", NULL, "serve this user (default)",
                  "Serve the user who starts it: root and that user may ask. This is the default."},
    [OPT_SYSTEM] =
        {0, "system", NULL, "serve all users of the machine, configured by /etc only",
         "Serve all users of the machine, on `/run/askd/askd.sock`: whoever may open that socket may ask, and "
         "has answers and conversations of their own. The configuration is that of `/etc` only, and no home "
         "folder is looked into."},
    [OPT_CONFIG] =
        {0, "config", "FILE", "read this file alone, and the drop-ins FILE.d/*.conf",
         "Read that file alone, and its drop-ins `FILE.d/*.conf`, in place of those that askd.conf(5) names."},
    [OPT_SOCKET] =
        {0, "socket", "PATH", "listen there",
         "Listen on that socket, a path from the root. One that the service manager hands over goes before."},
    [OPT_CHECK] =
        {0, "check-config", NULL, "say whether the configuration is good, and end",
         "Say whether the configuration is good, and end: with 0, or with 78 and what is wrong, each with its "
         "file and line."},
    [OPT_PRINT] = {0, "print-config", NULL, "show what is in force and where it came from, keys hidden",
                   "Show each option that is in force and where its value came from, and end. Keys are not shown."},
    [OPT_VERSION] = {0, "version", NULL, "print the version", NULL},
    [OPT_HELP] = {'h', "help", NULL, "print this help", "Print the options, in a line each."},
};

void askd_options_getopt(struct option ret[OPT_END + 1])
{
    for (int i = 0; i < OPT_END; i++)
        ret[i] = option_getopt(&askd_options[i], i);
    ret[OPT_END] = (struct option){0};
}

bool askd_options_help(FILE *out)
{
    fputs("Usage: askd [OPTION]...\n"
          "Serves language models to the programs of a user, or of the machine, over a Unix\n"
          "socket. Stays in the foreground and logs to standard error.\n\n",
          out);
    for (int i = 0; i < OPT_END; i++) {
        const struct option_row *o = &askd_options[i];
        char name[32];
        (void)snprintf(name, sizeof(name), "--%s %s", o->name, o->value ? o->value : "");
        fprintf(out, "  %c%c%c %-16s %s\n", o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? ',' : ' ',
                name, o->help);
    }
    return fflush(out) == 0 && !ferror(out);
}
