/* askctl conv: the stored conversations. */
#include "client/ctl/conv.h"
#include "client/ctl/conv_files.h"
#include <limits.h>

const struct ctl_verb cmd_conv_verbs[] = {
    {"list", "", "one line each, the one that changed last first", .run = conv_list,
     .takes = CTL_LIMIT | CTL_TAG | CTL_MODEL | CTL_DIRECTORY | CTL_HOST | CTL_SINCE | CTL_PINNED | CTL_DELETED | CTL_PAGED},
    {"search", "WORD...", "those that hold all the words, the best first", 1, INT_MAX, .run = conv_search,
     .takes = CTL_LIMIT | CTL_MODEL | CTL_DIRECTORY | CTL_HOST | CTL_SINCE | CTL_PAGED},
    {"show", "CONVERSATION", "what was said, from its beginning to its head", 1, 1, .run = conv_show,
     .takes = CTL_PAGED},
    {"rename", "CONVERSATION TITLE", "give it another title", 2, 2, .run = conv_rename},
    {"head", "CONVERSATION MESSAGE", "go on behind that message, on its branch", 2, 2, .run = conv_head},
    {"pin", "CONVERSATION...", "keep them, however old they become", 1, INT_MAX, .run = conv_pin},
    {"unpin", "CONVERSATION...", "no longer", 1, INT_MAX, .run = conv_unpin},
    {"tag", "CONVERSATION TAG...", "put tags on it", 2, INT_MAX, .run = conv_tag},
    {"untag", "CONVERSATION TAG...", "take tags off it", 2, INT_MAX, .run = conv_untag},
    {"rm", "CONVERSATION...", "remove them; undo has them back", 1, INT_MAX, .run = conv_rm, .takes = CTL_PURGE},
    {"undo", "[CONVERSATION...]", "have back what was removed, the last by default", 0, INT_MAX, .run = conv_undo},
    {"fork", "CONVERSATION [MESSAGE]", "copy it, up to a message", 1, 2, .run = conv_fork},
    {"export", "[CONVERSATION...]", "as Markdown or JSON, for import", 0, INT_MAX, .run = conv_export,
     .takes = CTL_FORMAT | CTL_OUTPUT | CTL_ALL},
    {"import", "FILE...", "those of a file, also ChatGPT's or llm's", 1, INT_MAX, .run = conv_import,
     .takes = CTL_FORMAT},
    {0},
};
