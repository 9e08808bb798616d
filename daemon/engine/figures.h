/* What is known of a candidate and a question together: what it would cost, whether the model takes it. Pure. */
#ifndef ASKD_ENGINE_FIGURES_H
#define ASKD_ENGINE_FIGURES_H

#include "daemon/engine/route.h"

/* For the order of an alias. question: NULL: nothing is known of it. */
void figures_of_route(const struct route_world *w, const struct route *r, const struct chat_request *question,
                      const char *board, struct alias_figures *ret);

/* What so many tokens cost there now, in billionths of *currency (borrowed of the catalogue). False where no price is
 * known. */
bool figures_cost(const struct catalog *c, const struct route *r, const struct usage *usage, int64_t now_us,
                  int64_t *ret_nano, const char **currency);

#endif
