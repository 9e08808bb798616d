/* Programs that a client runs. */
#ifndef CLIENT_COMMON_CHILD_H
#define CLIENT_COMMON_CHILD_H

#include <sys/types.h>

/* Waits for its end: its exit status, or -1 where it did not exit. */
int child_wait(pid_t pid);

#endif
