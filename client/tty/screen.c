#include "client/tty/screen.h"
#include "client/common/colour.h"
#include "client/common/field.h"
#include "client/tty/cell.h"
#include "client/tty/closing.h"
#include "client/tty/live.h"
#include "client/tty/md.h"
#include "client/tty/mend.h"
#include "client/tty/prose.h"
#include "client/tty/screen_modes.h"
#include "client/tty/screen_signals.h"
#include "client/tty/spinner.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

enum {
    LINES_MAX = MD_LINES_MAX, /* bytes that are drawn at once */
    LAG_MS = 40               /* after which lines that md_take held back are drawn */
};

/* What is shown of the answer; see enter(). */
enum phase { PHASE_NOTHING, PHASE_REASONING, PHASE_TEXT, PHASE_ENDED };

struct screen {
    struct view view;
    struct screen_signals signals;
    bool colour, whole;
    enum args_reasoning reasoning; /* show, hide or only */
    enum phase phase;
    bool busy;            /* what goes on brings nothing to show: the spinner turns */
    bool fed, lags;       /* md got something since it was drawn; and it may have held lines back when it was */
    bool reasoned, heard; /* some reasoning, some text came in events */
    bool told_full;       /* it was told that not all is shown */
    bool quiet;           /* what is typed meanwhile is not shown, by us */
    unsigned columns;
    struct live live;
    struct md *md; /* NULL before the first text */
    struct prose prose;
    struct spinner spinner;
    struct buf settled, lines, bytes; /* to be drawn: for good, again, as what the terminal gets */
};

static struct screen *screen_of(struct view *v)
{
    return (struct screen *)v;
}

static struct prose_style prose_style(const struct screen *s, enum style style)
{
    return (struct prose_style){.style = style, .colour = s->colour, .columns = s->columns};
}

/* -- drawing -- */

/* The terminal may have been resized, or have shown other things while we were stopped. */
static void look(struct screen *s)
{
    const unsigned columns = out_columns(s->view.out), rows = out_rows(s->view.out);
    if (screen_signals_continued())
        live_lost(&s->live);
    live_resize(&s->live, columns, rows);
    if (s->live.columns == s->columns)
        return;
    s->columns = s->prose.style.columns = s->live.columns;
    if (s->md != NULL)
        md_resize(s->md, s->columns);
}

static void note(struct screen *s, enum style style, const char *text, size_t len)
{
    const struct prose_style how = prose_style(s, style);
    prose_put(&s->settled, &how, text, len);
}

/* Not likely, but not to be passed over. */
static void tell_full(struct screen *s)
{
    static const char text[] = "the rest is not shown: there is too much of it, or too little memory";
    buf_clear(&s->settled);
    buf_clear(&s->lines);
    if (!s->told_full)
        note(s, STYLE_WARNING, text, strlen(text));
    s->told_full = true;
}

static void draw(struct screen *s)
{
    look(s);
    buf_clear(&s->lines);
    if (s->md != NULL && s->phase != PHASE_REASONING)
        md_take(s->md, &s->settled, &s->lines);
    if (s->phase == PHASE_REASONING)
        prose_live(&s->prose, &s->lines);
    if (s->busy)
        spinner_put(&s->spinner, clock_mono_us(), s->columns, s->colour, &s->lines);
    s->lags = s->fed;
    s->fed = false;
    if (s->settled.failed || s->lines.failed)
        tell_full(s);
    live_draw(&s->live, &s->settled, &s->lines, &s->bytes);
    (void)out_write(s->view.out, s->bytes.data, s->bytes.len);
    buf_clear(&s->settled);
    buf_clear(&s->bytes);
}

/* -- what comes -- */

/* The one place that changes the phase. What is before a phase is settled. */
static void enter(struct screen *s, enum phase phase)
{
    if (phase == s->phase)
        return;
    if (s->phase == PHASE_REASONING) {
        prose_end(&s->prose, &s->settled);
        if (phase == PHASE_TEXT)
            (void)buf_putc(&s->settled, '\n');
    }
    if (phase == PHASE_ENDED && s->md != NULL)
        md_end(s->md);
    s->busy = phase == PHASE_NOTHING;
    s->phase = phase;
}

static void put_text(struct screen *s, const char *text, size_t len)
{
    const struct md_style style = {.colour = s->colour, .links = colour_links(), .columns = s->columns};
    if (s->md == NULL)
        s->md = md_new(&style);
    enter(s, PHASE_TEXT);
    s->busy = false;
    s->fed = true;
    if (s->md == NULL || !md_feed(s->md, text, len))
        tell_full(s);
}

static void add_text(struct screen *s, const char *text, size_t len)
{
    if (s->reasoning == ARGS_REASONING_ONLY || s->view.hidden)
        return;
    s->heard = true;
    put_text(s, text, len);
}

/* What comes after the text has begun would stand in its middle. */
static void add_reasoning(struct screen *s, const char *text, size_t len)
{
    static const char hidden[] = "reasoning";
    if (s->phase == PHASE_TEXT)
        return;
    if (s->reasoning == ARGS_REASONING_HIDE || s->view.hidden) {
        spinner_say(&s->spinner, hidden, strlen(hidden));
        return;
    }
    enter(s, PHASE_REASONING);
    s->busy = false;
    s->reasoned = true;
    prose_feed(&s->prose, text, len, &s->settled);
}

/* What was shown of the answer is void: it stays where it is settled, and one can see where the other begins. */
static void begin_anew(struct screen *s)
{
    static const char text[] = "The answer broke off here, and begins anew.";
    if (s->phase == PHASE_NOTHING)
        return;
    if (s->md != NULL) {
        md_end(s->md);
        md_take(s->md, &s->settled, &s->lines);
        md_free(s->md);
        s->md = NULL;
    }
    enter(s, PHASE_NOTHING);
    note(s, STYLE_WARNING, text, strlen(text));
    s->reasoned = s->heard = false;
}

static void add_progress(struct screen *s, const struct view_event *e)
{
    const char *text;
    size_t len;
    if (!view_str(e, "message", &text, &len))
        return;
    if (mp_get(&e->map, "fraction") != NULL)
        spinner_say(&s->spinner, text, len);
    else
        note(s, STYLE_STATUS, text, len);
}

/* The spinner turns until it is gone on with. */
static void on_said(struct view *v, const char *text, size_t len)
{
    struct screen *s = screen_of(v);
    put_text(s, text, len);
    s->busy = true;
}

static void on_event(struct view *v, const struct view_event *e)
{
    struct screen *s = screen_of(v);
    const char *text;
    size_t len;
    switch (e->kind) {
    case VIEW_START: spinner_start(&s->spinner, &e->map); break;
    case VIEW_TEXT:
        if (!s->whole && view_str(e, "text", &text, &len))
            add_text(s, text, len);
        break;
    case VIEW_REASONING:
        if (!s->whole && view_str(e, "text", &text, &len))
            add_reasoning(s, text, len);
        break;
    case VIEW_TOOL_CALL:
        spinner_calls(&s->spinner, &e->map);
        s->busy = true;
        break;
    case VIEW_PROGRESS: add_progress(s, e); break;
    case VIEW_RETRY:
        begin_anew(s);
        spinner_retry(&s->spinner, &e->map, clock_mono_us());
        break;
    /* Figures are told at the end; calls and images by who prints what stands behind an answer, failures likewise. */
    case VIEW_IMAGE:
    case VIEW_USAGE:
    case VIEW_DONE:
    case VIEW_ERROR:
    case VIEW_OTHER: break;
    }
}

static void on_settle(struct view *v)
{
    draw(screen_of(v));
}

static int on_wait(const struct view *v)
{
    const struct screen *s = (const struct screen *)v;
    if (s->busy)
        return spinner_wait(&s->spinner, clock_mono_us());
    return s->lags ? LAG_MS : -1;
}

/* -- the end -- */

static void close_answer(struct screen *s, const msgpack_object *reply)
{
    struct buf line;
    buf_init(&line, CLOSING_MAX);
    closing_put(&line, reply);
    if (line.len > 0)
        note(s, STYLE_STATUS, (const char *)line.data, line.len);
    buf_done(&line);
}

/* What came in no event: of an answer that is shown as a whole. */
static void add_rest(struct screen *s, const msgpack_object *reply)
{
    msgpack_object_map map;
    const char *text;
    size_t len;
    if (!mp_map(reply, &map))
        return;
    if (!s->reasoned && !s->heard && field_str(&map, "reasoning", &text, &len) && len > 0)
        add_reasoning(s, text, len);
    if (!s->heard && field_str(&map, "text", &text, &len) && len > 0)
        add_text(s, text, len);
}

static void on_end(struct view *v, const msgpack_object *reply)
{
    static const char clean[] = "\r\x1b[K"; /* of the ^C that the terminal shows for the key */
    struct screen *s = screen_of(v);
    look(s);
    if (reply != NULL)
        add_rest(s, reply);
    enter(s, PHASE_ENDED);
    draw(s);
    if (reply == NULL)
        (void)out_puts(v->out, clean);
    else if (!v->hidden)
        close_answer(s, reply);
    draw(s);
}

static void on_free(struct view *v)
{
    struct screen *s = screen_of(v);
    mend_terminal(v->out);
    if (s->quiet)
        screen_modes_give();
    screen_signals_restore(&s->signals);
    live_done(&s->live);
    md_free(s->md);
    prose_done(&s->prose);
    buf_done(&s->settled);
    buf_done(&s->lines);
    buf_done(&s->bytes);
    free(s);
}

struct view *screen_new(const struct args *args, struct out *out)
{
    static const struct view_ops ops = {
        .said = on_said, .event = on_event, .settle = on_settle, .wait = on_wait, .end = on_end, .free = on_free};
    struct screen *s = malloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    *s = (struct screen){.view = {&ops, out}, .colour = colour_wanted(), .whole = args->no_stream, .busy = true};
    s->reasoning = args->reasoning != ARGS_REASONING_AUTO ? args->reasoning : ARGS_REASONING_SHOW;
    live_init(&s->live, out_columns(out), out_rows(out));
    s->columns = s->live.columns;
    const struct prose_style reasoning = prose_style(s, STYLE_REASONING);
    prose_init(&s->prose, &reasoning);
    spinner_init(&s->spinner, clock_mono_us());
    buf_init(&s->settled, LINES_MAX);
    buf_init(&s->lines, LINES_MAX);
    buf_init(&s->bytes, LINES_MAX);
    screen_signals_catch(&s->signals);
    s->quiet = screen_modes_take();
    return &s->view;
}
