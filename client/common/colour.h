/* What the environment says of a terminal. */
#ifndef CLIENT_COLOUR_H
#define CLIENT_COLOUR_H

#include <stdbool.h>

bool colour_moves(void);  /* its cursor can be moved: $TERM names one, and not "dumb" */
bool colour_wanted(void); /* and it may show colours and weights: $NO_COLOR is not set, or empty */
bool colour_links(void);  /* and makes text lead somewhere (OSC 8): of others one would not see where it leads */

#endif
