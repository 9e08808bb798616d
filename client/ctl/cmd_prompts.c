/* askctl prompts: the library of prompts. */
#include "client/ctl/prompts.h"

const struct ctl_verb cmd_prompts_verbs[] = {
    {"list", "", "one line each; the usual verb", .run = prompts_list, .takes = CTL_PAGED},
    {"show", "NAME", "what it is asked with, and its text", 1, 1, .run = prompts_show, .takes = CTL_PAGED},
    {"path", "NAME", "where its file is", 1, 1, .run = prompts_path},
    {0},
};
