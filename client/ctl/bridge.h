/* A program's requests, asked of the daemon: many at once, each under the program's own id. The daemon is connected to
 * when the first one comes, and again when one comes after it has gone. Nothing here reads or writes the program's
 * descriptors: lines come in by bridge_line, and what is to be said to the program is put into `out`. Blocking only
 * while a connection is made. */
#ifndef CLIENT_CTL_BRIDGE_H
#define CLIENT_CTL_BRIDGE_H

#include "client/ctl/bridge_calls.h"
#include "client/ctl/bridge_form.h"
#include "lib/ask/ask.h"

#define BRIDGE_LINE_MAX ((size_t)64 << 20) /* bytes of a line, as of the protocol's messages */

struct bridge {
    const char *program;
    const struct ask_options *options; /* borrowed, as is out */
    const struct bridge_form *form;
    struct out *out;
    struct ask *ask; /* NULL: there is no connection */
    struct bridge_calls calls;
};

void bridge_done(struct bridge *b);

/* A line of the program, without its end. What is wrong with it is said to the program. The calls must have room. */
void bridge_line(struct bridge *b, const char *text, size_t len);
void bridge_line_too_long(struct bridge *b);

/* Puts the daemon's next message out, if one has come: *took. Where the daemon is gone, all who wait are told. EXIT_OK,
 * or how to exit where nothing can be made of what comes, after it was told. */
int bridge_take(struct bridge *b, bool *took);

#endif
