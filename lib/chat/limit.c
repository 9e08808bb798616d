#include "lib/chat/limit.h"

const char *limit_kind_name(enum limit_kind kind)
{
    static const char *const names[] = {
#define X(code, name) [code] = (name),
        LIMIT_KIND_MAP(X)
#undef X
    };
    return names[kind];
}
