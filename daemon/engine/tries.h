/* From candidates to one answer: who is asked, when again, and who next. The table of faults (fault.h) at work.
 *
 * Words. A *candidate* is a route (route.h); the *plan* has them in order. A *lane* is one line of requests that follow
 * each other: to a candidate, again to the same one, to the next. Mostly there is one lane. In a race a second one
 * starts after a while; the first that has content to show wins, and the other ends as cancelled.
 *
 * Until its end is told, or tries_stop was called, it calls back from the loop; a callback may stop it. It is freed by
 * tries_free alone, since what was tried is asked for after the end. */
#ifndef ASKD_ENGINE_TRIES_H
#define ASKD_ENGINE_TRIES_H

#include "daemon/engine/engine_internal.h"
#include "daemon/engine/route.h"
#include "daemon/engine/spend.h"
#include "lib/chat/event.h"

struct tries;

struct tries_question {                /* borrowed until tries_free */
    const struct chat_request *chat;   /* what is asked: one of the two */
    const struct windows *windows;     /* with chat: what is sent of it to each candidate */
    const struct embed_request *embed; /* its vectors come by on_vectors */
    const char *conversation;          /* its id, "" if it is in none */
    int64_t deadline_us;               /* monotonic, 0: none. No wait goes beyond it */
    struct bucket_cost cost;           /* estimated */
    const struct ledger_row *who;      /* who asks: takes turns with others, and counts in budgets */
    bool interactive;                  /* somebody watches: it goes before the rest */
    bool restart;                      /* again even where content was shown */
};

struct tries_hooks { /* candidate: the route's place in the plan */
    /* Once, before anything else: who is asked first. It may still have to wait its turn. */
    void (*on_first)(void *data, const struct route *r, size_t candidate);
    void (*on_event)(void *data, const struct chat_event *ev);         /* of the answer; progress also of its turn */
    void (*on_vectors)(void *data, double *numbers, size_t dimension); /* NULL but for `embed`; as in attempt.h */
    /* What was shown is void; this one is asked now, after so many ms, because of that error. */
    void (*on_turn)(void *data, const struct route *r, size_t candidate, const struct error *why, int64_t delay_ms);
    void (*on_end)(void *data, const struct error *err); /* once; NULL: EVENT_DONE was given */
};

/* plan: at least one candidate; borrowed until tries_free. on_first may be called, and the end be told, before it
 * returns: hence ret, which is set before. */
void tries_start(struct engine *e, const struct plan *plan, const struct tries_question *q,
                 const struct tries_hooks *hooks, void *data, struct tries **ret);
/* Ends what runs, and notes it as tried with that error. Nothing is called any more. */
void tries_stop(struct tries *t, const struct error *why);
struct tries *tries_free(struct tries *t); /* stopped or ended; NULL is fine; always returns NULL */

void tries_set_deadline(struct tries *t,
                        int64_t deadline_us); /* monotonic, 0: none; for waits that begin from now on */

struct tries_times {
    int64_t asked_us;   /* when the first request was begun, monotonic; 0: none was */
    int64_t answers_us; /* likewise, of the one whose answer is shown; 0: nothing was yet */
    int64_t connect_us; /* from then until its connection stood, with TLS; -1: one was there, or it is not known */
};
struct tries_times tries_times(const struct tries *t);
/* Who was asked, and how that went; borrowed. Those that are under way are in it once they were stopped. */
const struct tried_list *tries_tried(const struct tries *t);
/* What budgets have reserved for it is settled by these rows. Without this, tries_free gives it back. */
void tries_settle(struct tries *t, const struct spend *spend);
/* So many tokens of the try that failed last had been shown. */
void tries_note_shown(struct tries *t, int64_t tokens);
/* Appends the entry "attempts" of the answer map. t: NULL where nothing was tried. What the loser of a race costs is
 * estimated as if it had gone on for as long as the answer, of so many tokens, that was shown: several providers bill
 * on. why: what ends those that are under way, for this answer alone. */
void tries_put_attempts(struct buf *out, struct tries *t, int64_t output_tokens, const struct error *why);

#endif
