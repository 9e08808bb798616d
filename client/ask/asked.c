#include "client/ask/asked.h"
#include "client/common/field.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked_view {
    struct view view;
    struct view *inner; /* owned */
    struct asked *into; /* borrowed */
};

void asked_init(struct asked *a)
{
    *a = (struct asked){.done = false};
    buf_init(&a->text, ASKED_TEXT_MAX);
}

void asked_done(struct asked *a)
{
    buf_done(&a->text);
}

static void forget(struct asked *a)
{
    struct asked kept = {.text = a->text, .on_answer = a->on_answer, .on_end = a->on_end, .data = a->data};
    buf_clear(&kept.text);
    *a = kept;
}

/* Who answers, and where it is kept: alike in the first event and in the reply. */
static void take_place(struct asked *a, const msgpack_object_map *map)
{
    const char *provider, *name;
    size_t provider_len, name_len;
    (void)field_copy(map, "conversation", a->conversation, ASKED_ID_SIZE);
    (void)field_copy(map, "message", a->message, ASKED_ID_SIZE);
    if (field_str(map, "provider", &provider, &provider_len) && field_str(map, "model", &name, &name_len) &&
        name_len > 0 && provider_len + name_len + 2 <= ASKED_MODEL_SIZE)
        (void)snprintf(a->model, sizeof(a->model), "%.*s/%.*s", (int)provider_len, provider, (int)name_len, name);
}

static void take_usage(struct asked *a, const msgpack_object_map *usage)
{
    int64_t input = 0, output = 0;
    if (field_int(usage, "input_tokens", &input) && field_int(usage, "output_tokens", &output) && input >= 0 &&
        output >= 0 && input < INT32_MAX && output < INT32_MAX)
        a->tokens = input + output;
}

static void on_event(struct view *v, const struct view_event *e)
{
    struct asked_view *w = (struct asked_view *)v;
    struct asked *a = w->into;
    const char *s;
    size_t len;
    if (strcmp(a->answer, e->answer) != 0 && a->on_answer != NULL)
        a->on_answer(a->data, e->answer);
    (void)snprintf(a->answer, sizeof(a->answer), "%s", e->answer);
    if ((e->kind == VIEW_START || e->kind == VIEW_RETRY) && e->index == 0)
        buf_clear(&a->text);
    if (e->kind == VIEW_START)
        take_place(a, &e->map);
    else if (e->kind == VIEW_TEXT && e->index == 0 && view_str(e, "text", &s, &len))
        (void)buf_append(&a->text, s, len);
    else if (e->kind == VIEW_USAGE)
        take_usage(a, &e->map);
    view_event(w->inner, e);
}

static void take_reply(struct asked *a, const msgpack_object *reply)
{
    msgpack_object_map map, usage;
    const char *s;
    size_t len;
    if (!mp_map(reply, &map))
        return;
    a->done = true;
    (void)field_copy(&map, "answer", a->answer, ASKED_ID_SIZE);
    take_place(a, &map);
    if (field_map(&map, "usage", &usage))
        take_usage(a, &usage);
    if (!field_str(&map, "text", &s, &len))
        return;
    buf_clear(&a->text);
    (void)buf_append(&a->text, s, len);
}

static void on_settle(struct view *v)
{
    view_settle(((struct asked_view *)v)->inner);
}

static int on_wait(const struct view *v)
{
    return view_wait(((const struct asked_view *)v)->inner);
}

static void on_end(struct view *v, const msgpack_object *reply)
{
    struct asked_view *w = (struct asked_view *)v;
    if (reply != NULL)
        take_reply(w->into, reply);
    if (w->into->on_end != NULL)
        w->into->on_end(w->into->data);
    view_end(w->inner, reply);
}

static void on_free(struct view *v)
{
    view_free(((struct asked_view *)v)->inner);
    free(v);
}

struct view *asked_view(struct view *inner, struct asked *into)
{
    static const struct view_ops ops = {
        .event = on_event, .settle = on_settle, .wait = on_wait, .end = on_end, .free = on_free};
    struct asked_view *w = inner != NULL ? malloc(sizeof(*w)) : NULL;
    if (w == NULL) {
        view_free(inner);
        return NULL;
    }
    forget(into);
    *w = (struct asked_view){.view = {&ops, inner->out}, .inner = inner, .into = into};
    return &w->view;
}
