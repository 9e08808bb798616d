#include "daemon/app.h"
#include "daemon/options.h"
#include "lib/base/version.h"
#include <stdio.h>
#include <sysexits.h>

static int refuse(const char *why, const char *what)
{
    fprintf(stderr, "askd: %s: %s (see askd --help)\n", why, what);
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    struct app_args args = {0};
    struct option options[OPT_END + 1];
    int (*act)(const struct app_args *) = app_run;
    int o;
    askd_options_getopt(options);
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
        case 'h': return !askd_options_help(stdout);
        default: return EX_USAGE;
        }
    }
    if (optind < argc)
        return refuse("takes no arguments, only options", argv[optind]);
    return act(&args);
}
