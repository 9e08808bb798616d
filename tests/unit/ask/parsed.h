/* A command line of ask, parsed: PARSE(&args, "-m", "gpt", "why"). */
#ifndef TESTS_ASK_PARSED_H
#define TESTS_ASK_PARSED_H

#include "client/ask/args.h"

static inline enum args_action parse(struct args *a, char **argv)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    return args_parse(a, argc, argv);
}

#define PARSE(a, ...) parse((a), (char *[]){"ask", __VA_ARGS__, NULL})

#endif
