#include "lib/chat/usage.h"
#include "lib/base/names.h"
#include <string.h>

static const char *const names[] = {
#define X(code, name) [code] = (name),
    FINISH_MAP(X)
#undef X
};

const char *finish_name(enum finish_reason f)
{
    return (size_t)f < NAMES_COUNT(names) ? names[f] : names[FINISH_OTHER];
}

bool finish_from_name(const char *s, size_t len, enum finish_reason *f)
{
    int i = names_find(names, NAMES_COUNT(names), s, len);

    if (i >= 0)
        *f = (enum finish_reason)i;
    return i >= 0;
}

bool usage_known(const struct usage *u)
{
#define X(figure)                                                                                                      \
    if (u->figure >= 0)                                                                                                \
        return true;
    USAGE_FIGURE_MAP(X)
#undef X
    return false;
}

bool usage_cost_differs(const struct usage *u, int64_t ours_nano, const char *currency)
{
    int64_t theirs = u->cost_nano;

    if (ours_nano < 0 || theirs < 0 || strcmp(currency, USAGE_CURRENCY) != 0)
        return false;
    int64_t apart = ours_nano > theirs ? ours_nano - theirs : theirs - ours_nano;
    return apart > 1 && apart > theirs / 100 * USAGE_COST_PERCENT + theirs % 100 * USAGE_COST_PERCENT / 100;
}
