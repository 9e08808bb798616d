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

bool colour_links(void)
{
    static const char *const without[] = {"linux", "screen", "tmux", "vt", "rxvt"};
    const char *terminal = getenv("TERM");
    bool wanted = colour_moves() && getenv("XTERM_VERSION") == NULL; /* others have its $TERM, but set no such thing */
    for (size_t i = 0; wanted && i < sizeof(without) / sizeof(without[0]); i++)
        wanted = strncmp(terminal, without[i], strlen(without[i])) != 0;
    return wanted;
}
