/* An answer that was interrupted, found again so that its model can go on with it. What it had said is sent by the
 * daemon, as part of its conversation; so it has to have said something, in a conversation that has not gone on since.
 */
#ifndef CLIENT_ASK_RESUME_H
#define CLIENT_ASK_RESUME_H

#include "client/ask/question.h"
#include "lib/ask/ask.h"

enum { RESUME_ID_SIZE = 64 };

struct resume {
    char conversation[RESUME_ID_SIZE];
    char message[RESUME_ID_SIZE]; /* what it had said, in the conversation */
    char model[512];              /* provider/name of whose answer it was; "" where nobody had been found yet */
    struct buf text;
};

/* Finds the newest one that can be gone on with, in that conversation where it is not NULL. EXIT_OK, else the status to
 * exit with after it was told what there is instead. */
int resume_find(const char *program, struct ask *a, const char *conversation, struct resume *r);
void resume_done(struct resume *r); /* after resume_find, however that went */

/* Has the question ask for the rest; its model stays where it names one. It borrows from *r. */
void resume_ask(const struct resume *r, struct question *q);

#endif
