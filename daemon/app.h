/* The daemon: joins the rooms, runs the loop, ends in order. */
#ifndef ASKD_APP_H
#define ASKD_APP_H

#include <stdbool.h>

struct app_args {
    bool system;
    const char *config; /* this file alone, NULL: the usual ones */
    const char *socket; /* NULL: the usual one */
};

int app_check_config(const struct app_args *args);
int app_print_config(const struct app_args *args);
/* Until it is told to end. Returns the exit status. */
int app_run(const struct app_args *args);

#endif
