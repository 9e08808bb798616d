/* A question that stands, for the files that it is made of: ask.c has its start and its end, ask_known.c what is
 * between them, whether its answer is known already, or who finds it out; ask_summary.c shortens what was said before.
 */
#ifndef ASKD_ENGINE_ASK_INTERNAL_H
#define ASKD_ENGINE_ASK_INTERNAL_H

#include "daemon/engine/ask.h"
#include "daemon/engine/attach.h"
#include "daemon/engine/context.h"
#include "daemon/engine/flight.h"
#include "daemon/engine/report.h"

enum ask_state {
    ASK_PREPARING,   /* what it brings along, or its conversation was made of */
    ASK_READING,     /* what was said before in its conversation */
    ASK_LOOKING,     /* for a local server */
    ASK_SUMMARIZING, /* what was said before is made shorter */
    ASK_FETCHING,    /* what the cache's persistent tier has */
    ASK_RUNNING,     /* on a flight that asks a provider */
    ASK_STORING,     /* its log has ended; it ends when that is committed */
    ASK_ENDED,
};

struct ask {
    struct rider rider; /* first. Until it is known what becomes of the question, on an idle flight of its own */
    struct engine *engine;
    enum ask_state state;
    struct chat_request *req; /* until a flight takes it; likewise: */
    struct plan plan;
    struct windows windows;
    struct lookup lookup;
    bool looked;               /* in memory, which does not have what lookup names */
    struct answer *answer;     /* reference */
    struct ledger_row who;     /* what its rows of the ledger begin as */
    struct store_job *reading; /* with the store */
    struct attach *attach;     /* while it is prepared; it has the request and the plan */
    struct discover_search *search;
    struct cache_fetch *fetch;
    struct context_said said;   /* before, in its conversation */
    struct aside *aside;        /* a summary of that is being made: */
    size_t reach;               /* of so many messages */
    char *titling;              /* what a title is to be made of; NULL: none is wanted */
    struct store_job *question; /* to be stored once it is known whom it goes to */
    struct keep *keep;
    struct report_figures figures; /* what the log tells of it at its end */
    struct books_write *spending;  /* its rows of the ledger, with the store, where it is not kept itself */
    bool detach;                   /* as asked */
    struct engine_question shared; /* ids that other answers to it have too; n 0: none */
    struct timer *timer;           /* its deadline, then the commit's; NULL: neither was wanted yet */
    double timeout;                /* seconds, as asked */
    int64_t begun_us, ended_us;    /* monotonic; ended: its answer has, which may have to be stored */
    bool stores;                   /* that is waited for */
    struct refusal {
        struct error err;
        bool freed;
    } * refusal; /* while ask_start is on the stack: where to say that it is refused */
    TAILQ_ENTRY(ask) link;
};

/* -- ask.c -- */

/* It waits neither for its attachments nor for the store nor for a local server nor for the cache any longer, nor for
 * its deadline. */
void ask_stop_waiting(struct ask *a);
/* It ends early, as failed. Frees it, unless its end is to be stored. */
void ask_fail(struct ask *a, const struct error *err);
/* Its log has ended: what is left of it goes to the store. May free it. */
struct ask_end {
    enum log_state state;
    const struct error *err;    /* NULL where done */
    const struct fold *fold;    /* NULL where nobody finds it again, likewise: */
    const struct buf *attempts; /* the encoded entry of the answer map */
    struct ledger_row *rows;    /* taken over: they go where it goes, and it waits for that; n 0: none do */
    size_t n_rows;
};
void ask_store(struct ask *a, const struct ask_end *end);

/* -- ask_summary.c -- */

/* True: a summary is being made of what does not fit, and ask_summarized called then. */
bool ask_summarize(struct ask *a);

/* -- ask_known.c -- */

/* What there was to be summarized is, or cannot be (why): on with it. As ask_find_out. */
void ask_summarized(struct ask *a, const struct error *why);

/* It is one of max_answers from now on. False: it cannot be, and has ended as ask_fail says, or ask_start refuses it.
 */
bool ask_count(struct ask *a);

/* Its plan has candidates: it is answered from the cache, joins a flight, waits for the persistent tier, or starts its
 * own flight. It may have ended, and be freed, when this returns. */
void ask_find_out(struct ask *a);
/* A memory hit that nobody means to come back to, and that brings nothing along, needs no question: the answer,
 * settled. NULL where it is not such. The reference is the caller's; req and plan stay so. *looked: what was looked
 * for, for whoever goes on (lookup_done, windows_done). */
struct ask_looked {
    bool done; /* the rest is set */
    struct windows windows;
    struct lookup lookup;
};
struct answer *ask_at_once(struct engine *e, const struct chat_request *req, const struct plan *plan,
                           const struct answer_asker *asker, struct ask_looked *looked);

#endif
