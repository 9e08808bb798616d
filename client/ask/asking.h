/* One question that is asked, and what comes of it shown. */
#ifndef CLIENT_ASK_ASKING_H
#define CLIENT_ASK_ASKING_H

#include "client/ask/args.h"
#include "client/ask/asked.h"
#include "client/ask/question.h"
#include "client/common/project_file.h"
#include "client/common/view.h"
#include "lib/ask/ask.h"

enum { ASKING_PARAMS_MAX = (64 << 20) - 256 }; /* a message of the protocol, less its head */

#define ASKING_PROGRAM "ask"

/* What a run of ask has for all its questions. */
struct asking {
    const struct args *args;
    const struct frontend *frontend; /* command.h */
    struct ask *ask;
    struct out *out;
    const struct project_file *project;
    const struct buf *said; /* of the answer before, by one that was interrupted; NULL: nothing */
    struct asked *asked;    /* is told what became of a question; NULL: nobody asks */
};

/* The params of q as a message takes them. EXIT_OK, else what went wrong was told. The caller frees them. */
int asking_encode(const struct question *q, struct buf *params);

/* Calls a method whose params are q's, shows its events in the view, and has what it returned in *reply, which the
 * caller has initialised and destroys. The exit status, as stream_run has it. */
int asking_run(const struct asking *a, struct view *view, const struct question *q, msgpack_unpacked *reply);

/* The same with all that the command line says of how an answer is shown. */
int asking_follow(const struct asking *a, const struct question *q);

/* The view of an answer that is looked at as a whole before any of it is shown. On a screen whoever waits sees that,
 * and what the model thinks and a line about the answer, unless hidden; elsewhere nothing. The caller's; NULL where
 * memory is out. */
struct view *asking_waiting(const struct asking *a, bool hidden);

/* As asking_follow, but whoever gets the answer is told its id alone. */
int asking_detach(const struct asking *a, const struct question *q);

#endif
