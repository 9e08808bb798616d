#include "daemon/options.h"
#include <stddef.h>
#include "doc/commands.h"

void rows_askd_options(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < OPT_END; i++)
        commands_option(&askd_options[i], out);
    fputs(".El\n", out);
}
