/* What ask does with its command line: the same in ask and, where it writes to a terminal, in ask-tty, which brings
 * what a terminal needs. */
#ifndef CLIENT_ASK_COMMAND_H
#define CLIENT_ASK_COMMAND_H

#include "client/ask/asking.h"

/* What a program adds. Each may be NULL: then there is text alone, and no session. A view is the caller's, NULL where
 * memory is out. */
struct frontend {
    bool screen;                                                       /* it is ask-tty */
    struct view *(*answer)(const struct args *args, struct out *out);  /* one answer */
    struct view *(*code)(const struct args *args, struct out *out);    /* its code blocks alone */
    struct view *(*compare)(const struct args *args, struct out *out); /* several, side by side */
    /* No prompt at a terminal: one after the other. base: what goes for all. The exit status. */
    int (*session)(const struct asking *a, const struct question *base);
};

/* The frontend shows an answer, and not bare text. */
bool command_on_screen(const struct frontend *f, const struct args *args, const struct out *o);

/* How an answer is shown here. */
struct view *command_view(const struct frontend *f, const struct args *args, struct out *out);

/* All of it; the exit status. */
int command_main(int argc, char **argv, const struct frontend *f);

#endif
