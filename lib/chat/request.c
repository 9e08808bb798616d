#include "lib/chat/request.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdlib.h>

struct chat_request *chat_request_new(void)
{
    return NEW(struct chat_request);
}

static void tool_done(struct tool *t)
{
    free(t->name);
    free(t->description);
    value_unref(t->parameters);
}

void chat_place_done(struct chat_place *p)
{
    free(p->directory);
    free(p->terminal);
    free(p->host);
    free(p->label);
}

struct chat_request *chat_request_free(struct chat_request *r)
{
    if (!r)
        return NULL;
    for (size_t i = 0; i < r->n_messages; i++)
        message_done(&r->messages[i]);
    for (size_t i = 0; i < r->n_tools; i++)
        tool_done(&r->tools[i]);
    for (size_t i = 0; i < r->n_stop; i++)
        free(r->stop[i]);
    free(r->messages);
    chat_gap_free(r->gap);
    free(r->tools);
    free(r->stop);
    free(r->model);
    free(r->system);
    free(r->tool_choice_name);
    free(r->conversation);
    free(r->title);
    free(r->parent);
    free(r->edit);
    free(r->regenerate);
    chat_place_done(&r->place);
    value_unref(r->schema);
    value_unref(r->extra);
    free(r);
    return NULL;
}

struct message *chat_request_add_message(struct chat_request *r, enum role role)
{
    r->messages = grow_one(r->messages, r->n_messages, sizeof(*r->messages));
    struct message *m = &r->messages[r->n_messages++];
    m->role = role;
    return m;
}

struct tool *chat_request_add_tool(struct chat_request *r)
{
    r->tools = grow_one(r->tools, r->n_tools, sizeof(*r->tools));
    return &r->tools[r->n_tools++];
}

void chat_request_add_stop(struct chat_request *r, const char *s, size_t len)
{
    r->stop = grow_one(r->stop, r->n_stop, sizeof(*r->stop));
    r->stop[r->n_stop++] = xstrndup(s, len);
}
