/* A test that cannot be run here, and why: tests/run-unit puts the reason into the test's line of the output, and takes
 * a skip without one for a failure. */
#ifndef ASKD_TESTS_SKIP_H
#define ASKD_TESTS_SKIP_H

#include <stdio.h>

#define SKIP(reason)                                                                                                   \
    do {                                                                                                               \
        printf("# skip %s: %s\n", __func__, reason);                                                                   \
        fflush(stdout);                                                                                                \
        skip();                                                                                                        \
    } while (0)

#endif
