/* A question and the windows of all that may answer it: what is sent to each candidate of a plan. It is made before the
 * answer is looked for in the cache, since the key is that of what is sent. */
#ifndef ASKD_ENGINE_WINDOWS_H
#define ASKD_ENGINE_WINDOWS_H

#include "daemon/engine/route.h"
#include "daemon/engine/window.h"

struct window_fit {
    struct window_cut cut;
    struct window_view *view; /* what is sent; NULL: the question as it is */
};

struct windows {
    struct window_fit *fits; /* one for each candidate; NULL: all take it easily, and nothing was counted */
    size_t n;
    enum context_policy policy;
    struct error *unsummarized; /* why a summary that was asked for is not there; NULL: none was, or it is */
};

/* What the oldest messages come to. */
struct windows_summary {
    size_t reach; /* so many of them */
    const char *text;
};

struct windows_rules { /* as configured */
    int policy;        /* of a question that names none: its place in windows_policies */
    int64_t warn;      /* per cent of the window, 0: none */
};
extern const char *const windows_policies[]; /* the names of CONTEXT_ERROR and those behind it; NULL-ended */

/* The request must live as long as ret. summary: NULL, or one without text, where there is none; borrowed for the call.
 */
void windows_make(const struct catalog *c, const struct plan *plan, const struct chat_request *req,
                  const struct windows_rules *rules, const struct windows_summary *summary, struct windows *ret);
void windows_unsummarized(struct windows *w, const struct error *why); /* copied */
void windows_done(struct windows *w);                                  /* works on a zeroed one */

/* What is sent to candidate i. */
const struct chat_request *windows_chat(const struct windows *w, const struct chat_request *req, size_t i);
/* NULL: there is nothing to tell of candidate i. */
const struct window_cut *windows_told(const struct windows *w, size_t i);

/* Of what candidate i is sent, as they were counted; -1: they were not. */
int64_t windows_tokens(const struct windows *w, size_t i);

/* How many of the oldest messages, at most `most`, the first candidate needs a summary of; 0: none. Nothing else is
 * done: counted anew, since this comes once in a long conversation. */
size_t windows_reach(const struct catalog *c, const struct plan *plan, const struct chat_request *req,
                     const struct windows *w, const struct windows_summary *summary, size_t most);

#endif
