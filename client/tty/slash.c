#include "client/tty/slash.h"
#include <string.h>

static const char blanks[] = " \t\n";

void slash_read(const char *text, struct slash *ret)
{
    const char *name = text + 1;
    const size_t len = strcspn(name, blanks), kept = len < SLASH_NAME_MAX ? len : SLASH_NAME_MAX - 1;
    memcpy(ret->name, name, kept);
    ret->name[kept] = '\0';
    ret->argument = name + len + strspn(name + len, blanks);
    ret->argument_len = strlen(ret->argument);
    while (ret->argument_len > 0 && strchr(blanks, ret->argument[ret->argument_len - 1]) != NULL)
        ret->argument_len--;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned slash_distance(const char *a, const char *b)
{
    /* Three rows of the table of distances between what a and b begin with. */
    unsigned rows[3][SLASH_NAME_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    const size_t la = strnlen(a, SLASH_NAME_MAX), lb = strnlen(b, SLASH_NAME_MAX);
    for (size_t j = 0; j <= lb; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        unsigned *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[lb];
}

/* A beginning of it is as near as one wrong letter; of a short name fewer letters may be wrong. */
const char *slash_nearest(const char *name, const char *const *names, size_t n)
{
    enum { ALIKE = 2 };
    const char *nearest = NULL;
    unsigned distance = ALIKE + 1;
    const size_t len = strlen(name);
    for (size_t i = 0; i < n && len > 0; i++) {
        const bool begins = strncmp(names[i], name, len) == 0;
        const unsigned is = begins ? 1 : slash_distance(name, names[i]);
        if (is < distance && (begins || 2 * is < len)) {
            nearest = names[i];
            distance = is;
        }
    }
    return nearest;
}
