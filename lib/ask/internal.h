/* What the files of libask share. Nothing here begins with ask_, so nothing here is exported. */
#ifndef ASK_INTERNAL_H
#define ASK_INTERNAL_H

#include "lib/ask/ask.h"
#include <limits.h>
#include <stdbool.h>

#define MESSAGE_MAX ((size_t)64 << 20) /* the protocol's max_message */

/* Who named the socket decides who may own it. */
enum place_kind {
    PLACE_USER,   /* the per-user socket: ourselves alone */
    PLACE_SYSTEM, /* the machine's: root or the user askd */
    PLACE_NAMED   /* given by option or environment: any of these */
};

struct place {
    enum place_kind kind;
    char path[PATH_MAX];
};

/* Fills *err (NULL is fine) and returns status. */
enum ask_status failure_set(struct ask_error *err, enum ask_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* locate.c */
enum ask_status locate_place(const struct ask_options *opt, struct place *place, struct ask_error *err);
/* ASK_NO_DAEMON where nobody listens; on ASK_OK the caller owns *fd, and its peer has been checked. */
enum ask_status locate_connect(const struct place *place, int *fd, struct ask_error *err);

/* start.c: starts a daemon for the user, or waits for the one that another client is starting, and connects to it. */
enum ask_status start_daemon(const struct ask_options *opt, const struct place *place, int *fd, struct ask_error *err);

#endif
