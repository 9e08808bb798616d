#include "client/tty/fit.h"

/* What the columns take with their gaps, cut as far as they may be, or as they are. */
static size_t taken(const struct fit_column *columns, size_t n, size_t gap, bool least)
{
    size_t sum = 0, shown = 0;
    for (size_t i = 0; i < n; i++) {
        if (columns[i].dropped)
            continue;
        sum += least ? columns[i].least : columns[i].width;
        shown++;
    }
    return shown > 1 ? sum + (shown - 1) * gap : sum;
}

static bool drop_one(struct fit_column *columns, size_t n)
{
    struct fit_column *found = NULL;
    for (size_t i = 0; i < n; i++)
        if (!columns[i].dropped && columns[i].drop > (found != NULL ? found->drop : 0))
            found = &columns[i];
    if (found != NULL)
        found->dropped = true;
    return found != NULL;
}

/* Takes what is too much from the widest, but not below `least`, or 1. */
static void cut(struct fit_column *columns, size_t n, size_t too_much, bool any)
{
    while (too_much > 0) {
        struct fit_column *widest = NULL;
        for (size_t i = 0; i < n; i++) {
            struct fit_column *c = &columns[i];
            if (!c->dropped && c->width > (any ? 1 : c->least) && (widest == NULL || c->width > widest->width))
                widest = c;
        }
        if (widest == NULL)
            return;
        widest->width--;
        too_much--;
    }
}

static size_t over(const struct fit_column *columns, size_t n, size_t gap, size_t total)
{
    size_t wanted = taken(columns, n, gap, false);
    return wanted > total ? wanted - total : 0;
}

void fit(struct fit_column *columns, size_t n, size_t gap, size_t total)
{
    while (taken(columns, n, gap, true) > total && drop_one(columns, n))
        ;
    cut(columns, n, over(columns, n, gap, total), false);
    cut(columns, n, over(columns, n, gap, total), true);
}
