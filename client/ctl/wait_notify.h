/* askctl wait --notify: what the desktop and the bell tell of an answer that has ended. */
#ifndef CLIENT_CTL_WAIT_NOTIFY_H
#define CLIENT_CTL_WAIT_NOTIFY_H

#include "client/ctl/ctl.h"

enum { WAIT_WORDS_SIZE = 49 };
typedef char wait_words[WAIT_WORDS_SIZE]; /* the first of a question, whole ones; "" where they are not known */

/* Those of the answers that c->args name, as many as these, all zero before. EXIT_OK, or how to exit after what went
 * wrong was told. */
int wait_notify_words(struct ctl *c, struct ask *a, wait_words *words);

void wait_notify(const wait_words words, const msgpack_object *answer);

#endif
