/* Inside of tries: the lanes that requests to candidates follow each other in. tries.c says who is asked, when again
 * and what is told of it; tries_lane.c is the way of one request, from its key to its sending. */
#ifndef ASKD_ENGINE_TRIES_INTERNAL_H
#define ASKD_ENGINE_TRIES_INTERNAL_H

#include "daemon/engine/gate.h"
#include "daemon/engine/purse.h"
#include "daemon/engine/spending.h"
#include "daemon/engine/tries.h"

#define LANES 2 /* requests at once for one question, in a race */

enum lane_state {
    LANE_IDLE,    /* not begun */
    LANE_KEY,     /* for the key that a command brings */
    LANE_FUNDS,   /* for what budgets have used before to be known */
    LANE_LOOKING, /* for a local server, or for the provider's first model */
    LANE_QUEUED,  /* for its turn at the provider */
    LANE_ASKED,   /* an attempt is under way */
    LANE_BACKOFF, /* before the next try */
    LANE_OVER,
};

struct lane {
    struct tries *owner;
    enum lane_state state;
    size_t route;   /* its candidate */
    unsigned tried; /* at this candidate, so far */
    bool found;     /* the candidate needs no looking for any more */
    bool fresh;     /* the last try's connection broke, and those kept from before may have too */
    bool admitted;  /* health waits to be told how it went */
    bool sent;      /* the gate waits to hear of it */
    bool counted;   /* health knows of its first token */
    int64_t asked_us;
    struct usage usage; /* told before there was content, in a race */
    struct key_use key;
    struct bucket_mark mark; /* of its place at the provider */
    struct discover_search *search;
    struct key_wait *key_wait;
    struct spending_wait *funds_wait;
    int64_t max_tokens; /* what its budgets allow; -1: they say nothing */
    struct gate_ticket *ticket;
    struct attempt *attempt;
    struct timer *timer; /* of the backoff */
};

struct tries {
    struct engine *engine;
    struct tries_question q;
    const struct tries_hooks *hooks;
    void *data;
    const struct plan *plan;
    struct route *routes; /* the plan's, with models filled in where a provider was asked for its first; owned */
    struct lane lanes[LANES];
    size_t next;         /* candidate that no lane has been at */
    struct lane *winner; /* whose events are shown; NULL: a race is on */
    struct timer *race;  /* until the second lane starts */
    size_t told;         /* candidate that the asker takes for the one who is asked */
    unsigned busy;       /* hooks on the stack that may free it */
    bool freed;          /* to be freed when they have returned */
    bool begun;          /* on_first was called */
    bool shown;          /* content of the current try is with the asker */
    struct tries_times times;
    struct tried_list tried;
    struct purse purse;
};

struct route *lane_route(const struct lane *l); /* its candidate, as it is asked */
/* The one place where a lane's state changes: what belonged to the old one ends. */
void lane_enter(struct lane *l, enum lane_state state);

/* Around a hook that may stop all, or free it: lane_let_go is true where the lane goes on. */
struct tries *lane_hold(struct lane *l);
bool lane_let_go(struct tries *t, const struct lane *l);
bool lane_emit(struct lane *l, const struct chat_event *ev); /* likewise */

/* It came to nothing: the same candidate again, the next one, or the end. head: NULL where no response came. */
void lane_fail(struct lane *l, enum fault_cause cause, const struct error *told, const struct response_head *head);
void lane_give_up(struct lane *l, const struct error *err);
extern const struct attempt_callbacks lane_callbacks; /* data: the lane */

void lane_ask(struct lane *l); /* tries_lane.c: on its way to its candidate, once more */
void lane_on_backoff(void *lane);
/* Whether budgets have enough for one more request to its candidate: where not, there are others yet. */
bool lane_affords(const struct lane *l);

#endif
