/* What was said so far where the daemon keeps nothing: packed messages that go before the next question. */
#ifndef CLIENT_ASK_TURNS_H
#define CLIENT_ASK_TURNS_H

#include "lib/base/buf.h"

enum { TURNS_MAX = 16 << 20 }; /* bytes of all of them */

struct turns {
    struct buf messages; /* packed */
    uint32_t n;
    size_t before; /* bytes of all but the last question and its answer */
};

void said_turns_init(struct turns *t);
void said_turns_done(struct turns *t);
void said_turns_clear(struct turns *t);

/* Adds a question, which is a packed message, and the text of its answer. False where there is no more room for them:
 * nothing was added. */
bool said_turns_add(struct turns *t, const struct buf *question, const struct buf *answer);

/* Takes the last question back, and its answer. */
void said_turns_drop_last(struct turns *t);

#endif
