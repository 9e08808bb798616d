#include "lib/base/option_row.h"
#include <stddef.h>

struct option option_getopt(const struct option_row *row, int returns)
{
    const int argument = row->value == NULL     ? no_argument
                         : row->value[0] == '[' ? optional_argument
                                                : required_argument;
    return (struct option){row->name, argument, NULL, returns};
}
