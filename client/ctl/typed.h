/* Questions to somebody at a terminal: on stderr, answered by a line on standard input. What was typed before a
 * question is no answer to it. A signal that signals.h has caught ends one, as does the end of input. */
#ifndef CLIENT_CTL_TYPED_H
#define CLIENT_CTL_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The line without blanks at its ends, with a NUL; what is over size is cut. Its length, or -1 where none came. */
ssize_t typed_line(const char *question, char *line, size_t size);

/* " [Y/n] " is put behind; an empty line is `usual`. 1, 0, or -1 where no line came. */
int typed_yes(const char *question, bool usual);

#endif
