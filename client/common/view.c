#include "client/common/view.h"
#include "client/common/field.h"

void view_said(struct view *v, const char *text, size_t len)
{
    if (v->ops->said != NULL)
        v->ops->said(v, text, len);
    else
        (void)out_text(v->out, text, len);
}

void view_event(struct view *v, const struct view_event *e)
{
    if (v->ops->event != NULL)
        v->ops->event(v, e);
}

void view_settle(struct view *v)
{
    if (v->ops->settle != NULL)
        v->ops->settle(v);
}

int view_wait(const struct view *v)
{
    return v->ops->wait != NULL ? v->ops->wait(v) : -1;
}

void view_end(struct view *v, const msgpack_object *reply)
{
    if (v->ops->end != NULL)
        v->ops->end(v, reply);
}

void view_free(struct view *v)
{
    if (v != NULL)
        v->ops->free(v);
}

enum view_kind view_kind_of(const char *type, size_t len)
{
    static const char *const names[] = {
        [VIEW_OTHER] = "",
        [VIEW_START] = "start",
        [VIEW_TEXT] = "text",
        [VIEW_REASONING] = "reasoning",
        [VIEW_TOOL_CALL] = "tool_call",
        [VIEW_IMAGE] = "image",
        [VIEW_PROGRESS] = "progress",
        [VIEW_RETRY] = "retry",
        [VIEW_USAGE] = "usage",
        [VIEW_DONE] = "done",
        [VIEW_ERROR] = "error",
    };
    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == len && memcmp(names[i], type, len) == 0)
            return (enum view_kind)i;
    return VIEW_OTHER;
}

bool view_str(const struct view_event *e, const char *name, const char **s, size_t *len)
{
    return field_str(&e->map, name, s, len) && *len > 0;
}
