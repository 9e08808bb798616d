/* ask --code: of an answer its code blocks alone, as they come. */
#ifndef CLIENT_TTY_CODE_VIEW_H
#define CLIENT_TTY_CODE_VIEW_H

#include "client/ask/args.h"
#include "client/common/view.h"

/* NULL: out of memory. An answer without a code block is told on stderr, and is the view's status. */
struct view *code_view_new(const struct args *args, struct out *out);

#endif
