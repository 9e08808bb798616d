/* Suggestions: what went into gaps lately, so that an editor that asks again while its user types along what it showed,
 * or has taken back what was typed, is answered without asking anybody.
 *
 * A suggestion is known by the text around its gap, as far as that was shown to the model, by who gave it, and by whose
 * it is (the cache's scope). A new gap is one of its own where the text before it goes on with the suggestion's
 * beginning: the rest of it is put into the cache under the new question's key, and is found there like any cached
 * answer. So whatever holds for the cache holds here: off is off, and nobody sees another's.
 *
 * Bounded in bytes; what was not of use for the longest time leaves first. */
#ifndef ASKD_ENGINE_SUGGEST_H
#define ASKD_ENGINE_SUGGEST_H

#include "daemon/answer/fold.h"
#include "lib/chat/gap.h"
#include "lib/chat/request.h"
#include <sys/queue.h>
#include <sys/types.h>

struct engine;
struct item_facts;

struct suggestion;
struct suggestions {
    TAILQ_HEAD(suggestion_list, suggestion) list; /* the last one used first */
    size_t bytes;
};

void suggestions_init(struct suggestions *s);
/* Those of that scope; NULL: all. */
void suggestions_clear(struct suggestions *s, const char *scope);

/* What the question was answered; facts say by whom, when and for whom. */
void suggest_add(struct engine *e, const struct chat_request *req, const struct fold *fold,
                 const struct item_facts *facts);
/* If one goes on with this question, the cache knows its answer from now on. */
void suggest_look(struct engine *e, const struct chat_request *req, uid_t uid);

/* Pure: how much of the suggested text has been typed where it was suggested for `from` and is asked for `to`; -1: it
 * is another gap, or all of it has. */
long suggest_typed(const struct chat_gap *from, struct gap_text text, const struct chat_gap *to);

#endif
