/* askctl cache: what is kept of answers, and what that is good for. */
#include "client/ctl/cache.h"

const struct ctl_verb cmd_cache_verbs[] = {
    {"stats", "", "what it holds and what it saved", .run = cache_stats},
    {"lookup", "KEY", "print the answer that is kept under a key", 1, 1, .run = cache_lookup},
    {"clear", "", "remove what it has of yours, or some of it", .run = cache_clear,
     .takes = CTL_KEY | CTL_MODEL | CTL_OLDER_THAN | CTL_YES},
    {"export", "", "print all that it has of yours, a line of JSON each", .run = cache_export},
    {0},
};
