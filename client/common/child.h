/* Programs that a client runs. */
#ifndef CLIENT_COMMON_CHILD_H
#define CLIENT_COMMON_CHILD_H

#include <sys/types.h>

/* Waits for its end: its exit status, or -1 where it did not exit. */
int child_wait(pid_t pid);

/* Runs a program, by PATH where its name has no slash, on our own standard descriptors. Its exit status likewise;
 * CHILD_NONE where it could not be run, with errno. argv is ended by a NULL. */
enum { CHILD_NONE = -2 };
int child_run(const char *const argv[]);

#endif
