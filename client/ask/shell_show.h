/* A command on a terminal, so that what is seen is what would be run. */
#ifndef CLIENT_ASK_SHELL_SHOW_H
#define CLIENT_ASK_SHELL_SHOW_H

#include "client/ask/shell_answer.h"
#include "client/common/out.h"

/* Each character is to be seen as it is: no control but line ends and tabs, and nothing that turns or hides others. */
bool shell_is_plain(const char *command, size_t len);

/* The command line by line, characters that are not to be seen as \x1b or \u{202e}; then what was taken off the
 * answer, and what somebody ought to know before a yes. False where memory is out: then it was not shown. */
bool shell_show(struct out *out, const struct shell_answer *command);

#endif
