/* What is known of a candidate and a question together: what it would cost, whether the model takes it. Pure. */
#ifndef ASKD_ENGINE_FIGURES_H
#define ASKD_ENGINE_FIGURES_H

#include "daemon/engine/route.h"

/* A question, counted once for each family of tokenizers that is asked for. */
struct figures_question {
    const struct chat_request *chat; /* NULL: nothing is known of it */
    int64_t tokens[TOKEN_FAMILIES];  /* 0: not counted */
};

/* For the order of an alias. */
void figures_of_route(const struct route_world *w, const struct route *r, struct figures_question *q, const char *board,
                      struct alias_figures *ret);

/* The row that holds there for a prompt of so many tokens at that time; NULL where none is known. Borrowed of the
 * catalogue. */
const struct price *figures_price(const struct catalog *c, const struct route *r, int64_t input_tokens, int64_t at_us);
/* What so many tokens cost there now, in billionths of *currency (borrowed of the catalogue). False where no price is
 * known. */
bool figures_cost(const struct catalog *c, const struct route *r, const struct usage *usage, int64_t now_us,
                  int64_t *ret_nano, const char **currency);

#endif
