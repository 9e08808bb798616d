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
    return u->input_tokens >= 0 || u->output_tokens >= 0 || u->cached_input_tokens >= 0 || u->cache_write_tokens >= 0 ||
           u->reasoning_tokens >= 0 || u->cost_nano >= 0;
}
