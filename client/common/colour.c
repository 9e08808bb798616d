#include "client/common/colour.h"
#include <stdlib.h>
#include <string.h>

bool colour_moves(void)
{
    const char *terminal = getenv("TERM");
    return terminal != NULL && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

bool colour_wanted(void)
{
    const char *none = getenv("NO_COLOR");
    return (none == NULL || none[0] == '\0') && colour_moves();
}
