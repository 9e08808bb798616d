/* askctl models: what can be asked, what it can do and what it costs. */
#include "client/ctl/models.h"

const struct ctl_verb cmd_models_verbs[] = {
    {"list", "", "one line each, prices for a million tokens; the usual verb", .run = models_list,
     .takes = CTL_PROVIDER | CTL_TAG | CTL_CAPABILITY | CTL_MAX_PRICE | CTL_MIN_CONTEXT | CTL_AVAILABLE | CTL_PAGED},
    {"show", "MODEL", "all that is known of one", 1, 1, .run = models_show, .takes = CTL_PAGED},
    {"refresh", "[PROVIDER]", "have the providers' own lists read anew", .max_args = 1, .run = models_refresh},
    {0},
};
