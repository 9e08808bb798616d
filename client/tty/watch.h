/* What others ask in the conversation that a session is in: heard on a connection of its own, since a call on one drops
 * what it does not wait for, and shown as it streams. */
#ifndef CLIENT_TTY_WATCH_H
#define CLIENT_TTY_WATCH_H

#include "client/ask/asking.h"

enum {
    WATCH_OWN_MAX = 32,  /* of our own answers, whose changes come later than they */
    WATCH_HEARD_MAX = 32 /* answers of others that wait to be shown; more are told only */
};

struct watch;

/* NULL where memory is out. a is borrowed. */
struct watch *watch_new(const struct asking *a);
void watch_free(struct watch *w); /* NULL is fine */

/* Listens to that conversation from now on, "" for none. Says nothing where it cannot: the next question will. */
void watch_follow(struct watch *w, const char *conversation);
bool watch_follows(const struct watch *w, const char *conversation);

/* An answer that is asked for here, and so is shown. */
void watch_own(struct watch *w, const char *answer);

int watch_fd(const struct watch *w); /* -1 where it listens to nothing */

/* Takes what came. True where there is something to show. */
bool watch_heard(struct watch *w);

/* Shows it. *last becomes the answer that was shown last, where there was one. */
void watch_show(struct watch *w, struct asked *last);

#endif
