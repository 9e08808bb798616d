/* A line that is typed at a terminal and not shown. */
#ifndef CLIENT_CTL_HIDDEN_H
#define CLIENT_CTL_HIDDEN_H

#include <stddef.h>
#include <sys/types.h>

/* Asks with `prompt` (on stderr) and reads a line from fd, a terminal. Returns its length without the line's end, or -1
 * with errno; over size it is cut. A signal that ends or stops us finds the terminal as it was before; after a stop it
 * asks again. One that signals.h has caught ends it with EINTR. */
ssize_t hidden_read(int fd, const char *prompt, char *line, size_t size);

#endif
