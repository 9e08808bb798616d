#include "client/common/view_text.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include <limits.h>
#include <stdlib.h>

enum piece { NOTHING, TEXT, REASONING };

struct view_text {
    struct view view;
    struct view_text_options options;
    bool reasoned, printed; /* some of it went out */
    enum piece last;        /* that did */
};

/* A prompt of the shell, or our message, is not to stand behind half a line on a terminal. */
static void end_line(struct out *out)
{
    if (out->terminal && out->last != 0 && out->last != '\n')
        (void)out_write(out, "\n", 1);
}

/* A model may reason again behind some of its text: a blank line stands wherever the one ends and the other begins. */
static void print(struct view_text *t, enum piece piece, const char *s, size_t len)
{
    struct out *out = t->view.out;
    if (t->last != NOTHING && t->last != piece)
        (void)out_puts(out, out->last == '\n' ? "\n" : "\n\n");
    (void)out_text(out, s, len);
    t->last = piece;
}

static void print_text(struct view_text *t, const char *s, size_t len)
{
    if (len == 0 || t->options.reasoning == VIEW_REASONING_ONLY)
        return;
    print(t, TEXT, s, len);
    t->printed = true;
}

static void print_reasoning(struct view_text *t, const char *s, size_t len)
{
    if (len == 0 || t->options.reasoning == VIEW_REASONING_HIDE)
        return;
    print(t, REASONING, s, len);
    t->reasoned = true;
}

/* That a part of the conversation stayed behind, for instance. */
static void print_progress(struct view_text *t, const char *message, size_t len)
{
    if (!t->view.out->terminal || len > INT_MAX)
        return;
    end_line(t->view.out);
    (void)out_flush(t->view.out);
    exit_print(t->options.program, "%.*s", (int)len, message);
}

static void on_event(struct view *v, const struct view_event *e)
{
    struct view_text *t = (struct view_text *)v;
    const char *s;
    size_t len;
    const bool shown = !t->options.silent && !t->options.whole;
    if (shown && e->kind == VIEW_TEXT && view_str(e, "text", &s, &len))
        print_text(t, s, len);
    else if (shown && e->kind == VIEW_REASONING && view_str(e, "text", &s, &len))
        print_reasoning(t, s, len);
    else if (e->kind == VIEW_PROGRESS && view_str(e, "message", &s, &len))
        print_progress(t, s, len);
}

static void on_end(struct view *v, const msgpack_object *reply)
{
    struct view_text *t = (struct view_text *)v;
    msgpack_object_map map;
    const char *s;
    size_t len;
    if (reply != NULL && !t->options.silent && !t->options.part && mp_map(reply, &map)) {
        if (!t->reasoned && !t->printed && field_str(&map, "reasoning", &s, &len))
            print_reasoning(t, s, len);
        if (!t->printed && field_str(&map, "text", &s, &len))
            print_text(t, s, len);
    }
    end_line(v->out);
}

static void on_free(struct view *v)
{
    free(v);
}

struct view *view_text_new(const struct view_text_options *options, struct out *out)
{
    static const struct view_ops ops = {.event = on_event, .end = on_end, .free = on_free};
    struct view_text *t = malloc(sizeof(*t));
    if (t == NULL)
        return NULL;
    *t = (struct view_text){.view = {.ops = &ops, .out = out}, .options = *options};
    return &t->view;
}
