#include "lib/chat/usage.h"
#include "lib/base/names.h"

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

bool usage_cost_differs(int64_t ours_nano, int64_t theirs_nano)
{
    if (ours_nano < 0 || theirs_nano < 0)
        return false;
    int64_t apart = ours_nano > theirs_nano ? ours_nano - theirs_nano : theirs_nano - ours_nano;
    return apart > 1 && apart > ours_nano / 100 * USAGE_COST_PERCENT + ours_nano % 100 * USAGE_COST_PERCENT / 100;
}
