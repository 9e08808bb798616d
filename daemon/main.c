#include "daemon/app.h"
#include "lib/base/version.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char usage[] =
    "usage: askd [OPTION]...\n"
    "Serves language models to the programs of a user (or of the machine) over a Unix socket.\n"
    "Stays in the foreground and logs to standard error.\n"
    "\n"
    "  --user           serve this user (default)\n"
    "  --system         serve all users of the machine: /run/askd/askd.sock, configuration from /etc only\n"
    "  --config FILE    read this file alone, and the drop-ins FILE.d/*.conf\n"
    "  --socket PATH    listen there\n"
    "  --check-config   say whether the configuration is good, and end\n"
    "  --print-config   show what is in force and where each value came from, keys hidden, and end\n"
    "  --version, --help\n";

enum { OPT_USER = 256, OPT_SYSTEM, OPT_CONFIG, OPT_SOCKET, OPT_CHECK, OPT_PRINT, OPT_VERSION, OPT_HELP };

static const struct option options[] = {
    {"user", no_argument, NULL, OPT_USER},
    {"system", no_argument, NULL, OPT_SYSTEM},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"check-config", no_argument, NULL, OPT_CHECK},
    {"print-config", no_argument, NULL, OPT_PRINT},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int refuse(const char *why, const char *what)
{
    fprintf(stderr, "askd: %s: %s (see askd --help)\n", why, what);
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    struct app_args args = {0};
    int (*act)(const struct app_args *) = app_run;
    int o;
    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (o) {
        case OPT_USER: args.system = false; break;
        case OPT_SYSTEM: args.system = true; break;
        case OPT_CONFIG: args.config = optarg; break;
        case OPT_SOCKET:
            if (optarg[0] != '/')
                return refuse("--socket needs a path from the root", optarg);
            args.socket = optarg;
            break;
        case OPT_CHECK: act = app_check_config; break;
        case OPT_PRINT: act = app_print_config; break;
        case OPT_VERSION: return printf("%s %s\n", PACKAGE_NAME, askd_version) < 0;
        case OPT_HELP:
        case 'h': return fputs(usage, stdout) < 0;
        default: return EX_USAGE;
        }
    }
    if (optind < argc)
        return refuse("takes no arguments, only options", argv[optind]);
    return act(&args);
}
