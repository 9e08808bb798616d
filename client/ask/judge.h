/* A model that ranks several answers. It sees them as data between marks that occur in none of them, under letters that
 * are dealt anew each time, so that neither a model's name nor its place in the command line counts. */
#ifndef CLIENT_ASK_JUDGE_H
#define CLIENT_ASK_JUDGE_H

#include "client/ask/asking.h"
#include "client/ask/models.h"

enum { JUDGE_MARK = 24, JUDGE_MIN = 2 /* answers: fewer need no judge */ };

/* One that is judged: borrowed, of arm number `arm` of the compare. */
struct judge_answer {
    unsigned arm;
    const char *text;
    size_t len;
};

struct judge_place {
    unsigned arm;
    const char *reason; /* in the verdict's memory */
    size_t len;
};

struct verdict {
    struct judge_place places[ARGS_MODELS_MAX]; /* the best first */
    unsigned n;
    struct buf memory; /* owned */
    msgpack_unpacked read;
};

void verdict_init(struct verdict *v);
void verdict_done(struct verdict *v);

/* What was asked, and what was answered to it: borrowed. The first answer is A. */
struct judge_case {
    const char *question;
    size_t len;
    struct judge_answer answers[ARGS_MODELS_MAX];
    unsigned n;
};

/* What the judge is to read. mark: letters and digits that occur in none of it. */
void judge_put(struct buf *b, const char *mark, const struct judge_case *c);

bool judge_mark_occurs(const char *mark, const struct judge_case *c);

/* Reads the JSON that the judge replied with. False with a line in why, also where an answer has no place, or two. */
bool judge_read(struct verdict *v, const char *json, const struct judge_case *c, char *why, size_t why_size);

/* Asks args->judge about the answers, which are put into another order; q is what was asked. Nothing of it goes into a
 * conversation. EXIT_OK, else why is a line for whoever waits for the ranking, "" after a signal. reply: the judge's
 * answer map, or an error's; initialised and destroyed by the caller, gone with the next call. */
int judge_ask(const struct asking *a, const struct question *q, struct judge_case *c, struct verdict *v,
              msgpack_unpacked *reply, char *why, size_t why_size);

#endif
