/* The prompt of a session's line: "gpt-4.1 12%> ", the share of the model's window that the last answer filled. */
#include "client/common/call.h"
#include "client/common/colour.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/tty/cell.h"
#include "client/tty/line_layout.h"
#include "client/tty/session_state.h"
#include "client/tty/style.h"
#include "lib/proto/mp.h"
#include <string.h>

enum { MODEL_CELLS = 32, PERCENT = 100, SHARE_MIN = 5 };

/* The part behind the provider's name, where the model's name is known from an answer only. */
static const char *name_of(const struct session *s)
{
    if (s->model != NULL)
        return s->model;
    if (s->base.model != NULL)
        return s->base.model;
    const char *slash = strchr(s->last.model, '/');
    return slash != NULL ? slash + 1 : "ask";
}

void session_learn_window(struct session *s)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map;
    bool refused = false;
    if (strcmp(s->window_of, s->last.model) == 0)
        return;
    s->window = 0;
    memcpy(s->window_of, s->last.model, sizeof(s->window_of));
    buf_init(&params, SESSION_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "model", s->last.model);
    if (call_try(ASKING_PROGRAM, s->asking.ask, "models.get", &params, &reply, &refused) == EXIT_OK && !refused &&
        mp_map(&reply.data, &map))
        (void)field_int(&map, "context_window", &s->window);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
}

/* Goes to the style and away from it, which moves no cursor. */
static void put_style(struct buf *out, style_set from, style_set to)
{
    if (!colour_wanted())
        return;
    (void)buf_putc(out, LINE_LITERAL);
    style_move(out, from, to);
    (void)buf_putc(out, LINE_LITERAL);
}

void session_prompt(const struct session *s, struct buf *out)
{
    struct buf name, cut;
    const int64_t share = s->window > 0 ? s->last.tokens * PERCENT / s->window : 0;
    buf_init(&name, 4 * ASKED_MODEL_SIZE);
    buf_init(&cut, 4 * ASKED_MODEL_SIZE);
    cell_append(&name, name_of(s), strlen(name_of(s)));
    if (!name.failed)
        cell_append_cut(&cut, (const char *)name.data, MODEL_CELLS);
    put_style(out, 0, STYLE_SET(STYLE_PROMPT));
    (void)buf_puts(out, cut.len > 0 && !cut.failed ? (const char *)cut.data : "ask");
    if (share >= SHARE_MIN)
        (void)buf_printf(out, " %lld%%", (long long)share);
    (void)buf_puts(out, s->editing[0] != '\0' || s->editing_turn ? " edit>" : ">");
    put_style(out, STYLE_SET(STYLE_PROMPT), 0);
    (void)buf_putc(out, ' ');
    buf_done(&name);
    buf_done(&cut);
}
