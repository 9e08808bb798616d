/* Several answers as text: each below a line with its model, whole, in the order in which the models were named. */
#ifndef CLIENT_ASK_COMPARE_TEXT_H
#define CLIENT_ASK_COMPARE_TEXT_H

#include "client/ask/args.h"
#include "client/common/view.h"

/* One that has ended is shown as soon as all before it have, or with --no-stream when all have. What went wrong is left
 * to whoever has the result. NULL: out of memory. */
struct view *compare_text_new(const struct args *args, struct out *out);

#endif
