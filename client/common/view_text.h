/* Answers as they are: bare text to a pipe, made harmless on a terminal. */
#ifndef CLIENT_VIEW_TEXT_H
#define CLIENT_VIEW_TEXT_H

#include "client/common/view.h"

enum view_reasoning { VIEW_REASONING_HIDE, VIEW_REASONING_SHOW, VIEW_REASONING_ONLY };

struct view_text_options {
    const char *program;           /* for messages */
    bool silent;                   /* nothing is shown: the reply alone matters, for who calls */
    bool whole;                    /* once the answer is complete */
    bool part;                     /* what events bring is all that is wanted, and no more of the reply's text */
    enum view_reasoning reasoning; /* shown where it came, with blank lines between it and text */
};

/* NULL where memory is out. */
struct view *view_text_new(const struct view_text_options *options, struct out *out);

#endif
