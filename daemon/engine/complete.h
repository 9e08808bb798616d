/* Code completion: a question for what goes into a gap, made of the text around it. From there on it is a question like
 * any other; the adapters know how to put it to a model that was made for gaps (daemon/provider/gap.h), and what comes
 * back is cut to the gap (daemon/provider/gap_cut.h). */
#ifndef ASKD_ENGINE_COMPLETE_H
#define ASKD_ENGINE_COMPLETE_H

#include "daemon/engine/engine.h"
#include "lib/chat/gap.h"

struct complete_question { /* borrowed for the call */
    const char *model;     /* NULL: as configured */
    struct gap_text prefix, suffix;
    const char *language; /* NULL: not told */
    int64_t max_tokens;   /* 0: as configured */
};

/* The request for it, the caller's: trimmed, and nothing of it to be stored. */
struct chat_request *complete_request(struct engine *e, const struct complete_question *q);

#endif
