/* What begins with a slash in a session. Pure. */
#ifndef CLIENT_TTY_SLASH_H
#define CLIENT_TTY_SLASH_H

#include <stdbool.h>
#include <stddef.h>

enum { SLASH_NAME_MAX = 32 };

struct slash {
    char name[SLASH_NAME_MAX]; /* without the slash; cut where it is longer, which none is */
    const char *argument;      /* without blanks around it; "" for none */
    size_t argument_len;
};

/* text begins with a slash. */
void slash_read(const char *text, struct slash *ret);

/* How many letters are to be changed, added, left out or swapped with the next to make one of the other. */
unsigned slash_distance(const char *a, const char *b);

/* The nearest of the names, of which the list has n; NULL where none is like it. */
const char *slash_nearest(const char *name, const char *const *names, size_t n);

#endif
