#include "client/tty/code_view.h"
#include "client/ask/asking.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/tty/md_code.h"
#include <stdlib.h>

enum { CODE_MAX = 64 << 20 }; /* of one piece: an answer is no longer */

struct code_view {
    struct view view;
    struct md_code *code;
    struct buf ready; /* lines of code on their way out */
    bool whole;       /* only once it is there */
    bool heard;       /* some of the text came in events */
};

static void put(struct code_view *c)
{
    (void)out_text(c->view.out, (const char *)c->ready.data, c->ready.len);
    buf_clear(&c->ready);
}

static void take(struct code_view *c, const char *s, size_t len)
{
    if (!md_code_feed(c->code, s, len, &c->ready))
        c->view.status = EXIT_OS;
    put(c);
}

static void on_event(struct view *v, const struct view_event *e)
{
    struct code_view *c = (struct code_view *)v;
    const char *s;
    size_t len;
    if (c->whole || e->kind != VIEW_TEXT || !view_str(e, "text", &s, &len))
        return;
    c->heard = true;
    take(c, s, len);
}

/* It was asked for and paid for: where it is. */
static void tell_none(const msgpack_object_map *answer)
{
    const char *id;
    size_t len;
    if (field_str(answer, "answer", &id, &len) && len < 64)
        exit_print(ASKING_PROGRAM, "the answer has no code block: askctl attach %.*s shows all of it", (int)len, id);
    else
        exit_print(ASKING_PROGRAM, "the answer has no code block: ask without --code to see all of it");
}

static void on_end(struct view *v, const msgpack_object *reply)
{
    struct code_view *c = (struct code_view *)v;
    msgpack_object_map map;
    const char *s;
    size_t len;
    const bool known = reply != NULL && mp_map(reply, &map);
    if (known && !c->heard && field_str(&map, "text", &s, &len))
        take(c, s, len);
    if (!md_code_end(c->code, &c->ready))
        c->view.status = EXIT_OS;
    put(c);
    if (c->view.status == EXIT_OS) {
        exit_print(ASKING_PROGRAM, "the code does not fit into memory: some of it is missing");
    } else if (known && md_code_blocks(c->code) == 0) {
        tell_none(&map);
        c->view.status = EXIT_MISFIT;
    }
}

static void on_free(struct view *v)
{
    struct code_view *c = (struct code_view *)v;
    md_code_free(c->code);
    buf_done(&c->ready);
    free(c);
}

struct view *code_view_new(const struct args *args, struct out *out)
{
    static const struct view_ops ops = {.event = on_event, .end = on_end, .free = on_free};
    struct code_view *c = calloc(1, sizeof(*c));
    struct md_code *code = md_code_new();
    if (c == NULL || code == NULL) {
        free(c);
        md_code_free(code);
        return NULL;
    }
    *c = (struct code_view){.view = {.ops = &ops, .out = out}, .code = code, .whole = args->no_stream};
    buf_init(&c->ready, CODE_MAX);
    return &c->view;
}
