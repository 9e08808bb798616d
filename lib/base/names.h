/* Enumerations that have names on the wire: a table made from the X-macro of the enum, searched from the name's side.
 */
#ifndef ASKD_BASE_NAMES_H
#define ASKD_BASE_NAMES_H

#include <string.h>

/* The index in the table of n names, -1 if s is none of them. s needs no NUL; one inside of it matches nothing. */
static inline int names_find(const char *const *names, size_t n, const char *s, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(names[i]) == len && memcmp(names[i], s, len) == 0)
            return (int)i;
    return -1;
}

#define NAMES_COUNT(names) (sizeof(names) / sizeof((names)[0]))

#endif
