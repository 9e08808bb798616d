/* The models that -m names. */
#ifndef CLIENT_ASK_MODELS_H
#define CLIENT_ASK_MODELS_H

#include "client/ask/args.h"

struct models {
    char *text; /* owned; the names point into it */
    const char *names[ARGS_MODELS_MAX];
    unsigned n;
};

/* "a,b,c", as args_parse has checked it. False where memory is out. */
bool models_split(struct models *m, const char *list);
void models_done(struct models *m);

#endif
