/* Several answers on a terminal, side by side where the width allows and one under the other where it does not. While
 * they come, the end of each is drawn within the terminal's height; at the end all of them are printed whole, once. */
#ifndef CLIENT_TTY_COLUMNS_H
#define CLIENT_TTY_COLUMNS_H

#include "client/ask/args.h"
#include "client/common/view.h"

/* For the models of args->model. NULL: out of memory. */
struct view *columns_new(const struct args *args, struct out *out);

#endif
