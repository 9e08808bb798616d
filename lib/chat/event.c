#include "lib/chat/event.h"
#include "lib/base/names.h"
#include <assert.h>

static const char *const names[] = {
#define X(code, name) [code] = (name),
    EVENT_MAP(X)
#undef X
};

const char *event_kind_name(enum event_kind kind)
{
    assert((unsigned)kind < EVENT_KIND_COUNT);
    return names[kind];
}

bool event_kind_from_name(const char *s, size_t len, enum event_kind *kind)
{
    int i = names_find(names, EVENT_KIND_COUNT, s, len);

    if (i >= 0)
        *kind = (enum event_kind)i;
    return i >= 0;
}

bool event_is_content(enum event_kind kind)
{
    return kind == EVENT_TEXT || kind == EVENT_REASONING || kind == EVENT_TOOL_CALL || kind == EVENT_IMAGE;
}
