#include "client/ask/compare_text.h"
#include "client/ask/arms.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

struct compare_text {
    struct view view;
    struct arms arms;
    enum args_reasoning reasoning;
    bool whole;    /* nothing is shown before the end */
    unsigned next; /* the first that was not shown */
};

/* A text, and the end of its line. */
static void print_text(struct out *out, const struct buf *text)
{
    (void)out_text(out, (const char *)text->data, text->len);
    if (text->len > 0 && out->last != '\n')
        (void)out_write(out, "\n", 1);
}

static void print_arm(struct compare_text *t, const struct arm *a)
{
    struct out *out = t->view.out;
    const bool reasoning = t->reasoning == ARGS_REASONING_SHOW || t->reasoning == ARGS_REASONING_ONLY;
    (void)out_puts(out, t->next > 0 ? "\n== " : "== ");
    (void)out_text(out, a->asked, strlen(a->asked));
    (void)out_puts(out, " ==\n");
    if (reasoning)
        print_text(out, &a->reasoning);
    if (reasoning && a->reasoning.len > 0 && a->text.len > 0 && t->reasoning == ARGS_REASONING_SHOW)
        (void)out_write(out, "\n", 1);
    if (t->reasoning != ARGS_REASONING_ONLY)
        print_text(out, &a->text);
}

static void print_ended(struct compare_text *t)
{
    for (; t->next < t->arms.n && arm_ended(&t->arms.arm[t->next]); t->next++)
        print_arm(t, &t->arms.arm[t->next]);
}

static void on_event(struct view *v, const struct view_event *e)
{
    struct compare_text *t = (struct compare_text *)v;
    (void)arms_event(&t->arms, e, clock_mono_us());
    if (!t->whole)
        print_ended(t);
}

static void on_end(struct view *v, const msgpack_object *reply)
{
    struct compare_text *t = (struct compare_text *)v;
    if (reply == NULL && t->arms.heard == 0)
        return; /* none began */
    arms_finish(&t->arms, reply);
    print_ended(t);
}

static void on_free(struct view *v)
{
    struct compare_text *t = (struct compare_text *)v;
    arms_done(&t->arms);
    free(t);
}

struct view *compare_text_new(const struct args *args, struct out *out)
{
    static const struct view_ops ops = {.event = on_event, .end = on_end, .free = on_free};
    struct compare_text *t = calloc(1, sizeof(*t));
    if (t == NULL || !arms_init(&t->arms, args->model, clock_mono_us())) {
        free(t);
        return NULL;
    }
    t->view = (struct view){.ops = &ops, .out = out};
    t->reasoning = args->reasoning;
    t->whole = args->no_stream;
    return &t->view;
}
