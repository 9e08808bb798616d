/* The name of the machine that we are on, as `uname -n` prints it. */
#ifndef ASKD_BASE_HOST_H
#define ASKD_BASE_HOST_H

#include <stdbool.h>

#define HOST_SIZE 256 /* more than any system's, with the NUL */

/* False, and "", where it is not known or no UTF-8. Asks the kernel: a machine may get another name while it runs. */
bool host_name(char ret[HOST_SIZE]);
bool host_is_ours(const char *name);

#endif
