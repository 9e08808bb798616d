/* One question to several models: their answers shown beside or below each other, ranked by a judge where one was
 * named, and one of them chosen to go on with. */
#ifndef CLIENT_ASK_COMPARE_H
#define CLIENT_ASK_COMPARE_H

#include "client/ask/asking.h"

/* q: with models in place of its model once it is sent; those are of args->model. The exit status: EXIT_OK where at
 * least one model answered and, with a judge, there is a ranking; where none did, what went wrong with the first. */
int compare_run(const struct asking *a, const struct question *q);

#endif
