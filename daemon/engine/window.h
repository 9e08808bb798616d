/* Does a question fit into a model's window, and what of it stays behind where it does not. Pure.
 *
 * Words. A *turn* begins with a message of the user and reaches to the next such; a question is cut between turns only,
 * so that the first message that stays is one which every provider accepts, and a call keeps its results. The last turn
 * is the question itself, and always stays, as instructions (messages of the system) do. The *reserve* are tokens of
 * the window that are left to the answer. A *summary* stands for the oldest messages.
 *
 * Counts are estimates. Where something is cut, WINDOW_MARGIN per cent more than estimated have to fit; a question is
 * refused only where even so much less would not. */
#ifndef ASKD_ENGINE_WINDOW_H
#define ASKD_ENGINE_WINDOW_H

#include "daemon/catalog/tokens.h"
#include "lib/base/error.h"
#include "lib/chat/request.h"

#define WINDOW_MARGIN 10 /* per cent: the 90th percentile of the error for text, by doc/tokens.md */
#define WINDOW_RESERVE                                                                                                 \
    4096               /* tokens for the answer, where the question does not say; at most a quarter of the window */
#define WINDOW_HALF 50 /* per cent of the room that stay beside a new summary, so that the next is a while off */

struct window_model {
    int64_t window;     /* tokens, 0: not known, and nothing is cut */
    int64_t max_output; /* tokens, 0: not known */
    enum token_family family;
};

/* A question, counted once for each family of tokenizers that is asked for. */
struct window_question {
    const struct chat_request *chat; /* borrowed */
    int64_t at_most;                 /* tokens, by any family */
    int64_t *milli[TOKEN_FAMILIES];  /* of its messages, owned; NULL: not counted */
    int64_t sum[TOKEN_FAMILIES];     /* thousandths of a token: all of it */
    bool *turns;                     /* of its messages: a turn begins there; owned, NULL: not looked for yet */
    size_t reach;                    /* so many of the oldest messages have a summary: */
    const char *summary;             /* borrowed; NULL: none */
};
void window_question_init(struct window_question *q, const struct chat_request *chat);
void window_question_done(struct window_question *q); /* works on a zeroed one */

enum window_verdict {
    WINDOW_FITS,
    WINDOW_FULL,     /* it fits, and fills more than so many per cent */
    WINDOW_CUT,      /* it fits without its oldest messages */
    WINDOW_OUTGROWN, /* it is to be refused */
};

struct window_cut {
    enum window_verdict verdict;
    int64_t window;      /* tokens; 0: not known, nothing is cut */
    int64_t estimated;   /* tokens of what is sent; -1: not counted, since it fits easily */
    size_t first;        /* those before it stay behind, but the system's */
    size_t left_out;     /* messages that stay behind, those that a summary stands for too */
    size_t summarized;   /* so many of these have the summary; 0: it is not sent */
    int64_t left_tokens; /* of what is left out */
};

/* Without a look at its text: it fits, and fills no window of that size to so many per cent. */
bool window_easy(const struct window_question *q, int64_t window, unsigned warn);

/* warn: per cent of the window, 0: none. policy: not CONTEXT_DEFAULT. With CONTEXT_SUMMARIZE what the question has of a
 * summary is made use of; what has none is left out as by CONTEXT_DROP_OLDEST. */
void window_decide(struct window_question *q, const struct window_model *m, enum context_policy policy, unsigned warn,
                   struct window_cut *ret);

/* How many of the oldest messages, at most `most`, a summary should stand for so that the rest fits, and for a while;
 * 0: there is no such place, or nothing was left out but what has one. cut: what window_decide has made of it. */
size_t window_reach(struct window_question *q, const struct window_model *m, const struct window_cut *cut, size_t most);

/* What is sent after a cut. */
struct window_view {
    struct chat_request chat; /* borrows all it can of the question; not to be given to chat_request_free */
    struct part *parts;       /* of its first message, with the summary; NULL: its own */
    char *text;
};
struct window_view *window_view_new(const struct window_question *q, const struct window_cut *cut);
struct window_view *window_view_free(struct window_view *v); /* NULL is fine; always returns NULL */

/* ERR_CONTEXT_LENGTH_EXCEEDED, with the figures and what can be done. */
enum error_code window_error(const struct window_cut *cut, const char *model, enum context_policy policy,
                             struct error *err);
/* What the asker is told of a full window or a cut, "" where there is nothing to tell. */
#define WINDOW_SAID_MAX 320
void window_say(const struct window_cut *cut, const char *model, char said[WINDOW_SAID_MAX]);

#endif
