/* An answer that is not what was asked for, as one that does not fit its schema, and what is asked then: once more,
 * with the reason. */
#ifndef CLIENT_ASK_AGAIN_H
#define CLIENT_ASK_AGAIN_H

#include "client/ask/question.h"
#include <msgpack.h>

struct again {
    struct buf answer, prompt;          /* owned: what was answered, what is asked now */
    char conversation[64], message[64]; /* "" where the answer is in none */
};

/* False where the answer fits, or nothing was asked of it; else *again holds a copy of what it takes. again_done frees
 * either. */
bool again_wanted(struct again *again, const msgpack_object *answer);
void again_done(struct again *again);
/* The same for who has looked at an answer himself: prompt is what is asked then. */
void again_because(struct again *again, const msgpack_object_map *answer, const char *prompt);
/* Not where a prompt of the library was asked and nothing is stored: what the daemon made of it is not known here. */
bool again_possible(const struct again *again, const struct question *q);

/* Turns the question into the next one: in the conversation of the first, or with both as messages. Borrows again. */
void again_ask(const struct again *again, struct question *q);

#endif
