/* What was tried for one question: the `attempts` of an answer map. Pure; it grows by what the plan and its providers'
 * retries allow. */
#ifndef ASKD_ENGINE_TRIED_H
#define ASKD_ENGINE_TRIED_H

#include "daemon/engine/route.h"

struct tried {
    struct route route;
    char provider[64];
    enum error_code error; /* ERR_NONE: it answered */
    char message[128];
    int status;
    bool sent;            /* a request went out */
    bool lost;            /* it was the slower one of a race, and is billed maybe all the same */
    int64_t shown_tokens; /* of what was shown of it before it failed */
};

struct tried_list { /* zeroed: empty */
    struct tried *list;
    size_t n;
};

/* err: NULL where it answered. The result is valid until the next one is added. */
struct tried *tried_add(struct tried_list *t, const struct route *r, const struct error *err, bool sent);
void tried_done(struct tried_list *t);

/* Appends the entry "attempts". What the loser of a race costs is estimated by these tokens. t: NULL where nothing was
 * tried. */
void tried_put(struct buf *out, const struct tried_list *t, const struct catalog *c, const struct usage *lost);

#endif
