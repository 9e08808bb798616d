#include "client/tty/columns.h"
#include "client/common/colour.h"
#include "client/tty/beside.h"
#include "client/tty/column.h"
#include "client/tty/live.h"
#include "client/tty/mend.h"
#include "client/tty/screen_modes.h"
#include "client/tty/screen_signals.h"
#include "lib/base/clock.h"
#include <stdint.h>
#include <stdlib.h>

enum {
    LINES_MAX = MD_LINES_MAX,
    TICK_MS = 100, /* while one runs, for its time is shown */
    BODY_LEAST = 3 /* lines of an answer that are shown while it comes, however low the terminal is */
};

struct columns {
    struct view view;
    struct screen_signals signals;
    bool quiet; /* what is typed meanwhile is not shown, by us */
    struct arms arms;
    struct column column[ARGS_MODELS_MAX];
    struct beside layout;
    bool colour;
    bool whole; /* answers are not shown before the end */
    struct live live;
    struct buf settled, lines, bytes;
};

/* How many stand in the row of columns that an arm is in. */
static unsigned row_of(const struct columns *c, unsigned arm)
{
    const unsigned left = c->arms.n - (arm - arm % c->layout.per_row);
    return left < c->layout.per_row ? left : c->layout.per_row;
}

/* The terminal may have been resized, or have shown other things while we were stopped. */
static void look(struct columns *c)
{
    if (screen_signals_continued())
        live_lost(&c->live);
    live_resize(&c->live, out_columns(c->view.out), out_rows(c->view.out));
    c->layout = beside_fit(c->arms.n, c->live.columns);
    for (unsigned i = 0; i < c->arms.n; i++)
        column_update(&c->column[i], beside_width(&c->layout, row_of(c, i)));
}

static size_t count_lines(const struct buf *lines)
{
    size_t n = 0;
    for (size_t i = 0; i < lines->len; i++)
        n += lines->data[i] == '\n';
    return n;
}

/* What stands in a row of columns: heads, bodies, feet, each at the same height. */
struct row {
    struct buf heads[ARGS_MODELS_MAX], bodies[ARGS_MODELS_MAX], feet[ARGS_MODELS_MAX];
    unsigned n;
};

static size_t tallest(const struct buf *blocks, unsigned n)
{
    size_t most = 0;
    for (unsigned i = 0; i < n; i++) {
        const size_t lines = count_lines(&blocks[i]);
        most = lines > most ? lines : most;
    }
    return most;
}

/* height: lines that the row may take, SIZE_MAX for all of it. */
static void put_row(const struct columns *c, unsigned first, size_t height, struct buf *lines)
{
    const double now_ms = (double)(clock_mono_us() - c->arms.asked_us) / 1e3;
    struct row row = {.n = row_of(c, first)};
    for (unsigned i = 0; i < row.n; i++) {
        buf_init(&row.heads[i], LINES_MAX);
        buf_init(&row.bodies[i], LINES_MAX);
        buf_init(&row.feet[i], LINES_MAX);
        column_put_head(&c->column[first + i], &row.heads[i]);
        (void)buf_putc(&row.feet[i], '\n');
        column_put_foot(&c->column[first + i], now_ms, &row.feet[i]);
    }
    const size_t around = tallest(row.heads, row.n) + tallest(row.feet, row.n);
    const size_t fits = height < around + BODY_LEAST ? BODY_LEAST : height - around;
    const size_t most = c->whole && height != SIZE_MAX ? 0 : fits;
    for (unsigned i = 0; i < row.n; i++)
        column_put_body(&c->column[first + i], most, &row.bodies[i]);
    beside_put(lines, &c->layout, row.heads, row.n, c->colour);
    beside_put(lines, &c->layout, row.bodies, row.n, c->colour);
    beside_put(lines, &c->layout, row.feet, row.n, c->colour);
    for (unsigned i = 0; i < row.n; i++) {
        lines->failed = lines->failed || row.bodies[i].failed;
        buf_done(&row.heads[i]);
        buf_done(&row.bodies[i]);
        buf_done(&row.feet[i]);
    }
}

/* Between two rows of columns stands an empty line. */
static void put_rows(const struct columns *c, size_t height, struct buf *lines)
{
    const unsigned rows = (c->arms.n + c->layout.per_row - 1) / c->layout.per_row;
    const size_t each = height == SIZE_MAX ? SIZE_MAX : (height - (rows - 1 < height ? rows - 1 : height)) / rows;
    for (unsigned first = 0; first < c->arms.n; first += c->layout.per_row) {
        if (first > 0)
            (void)buf_putc(lines, '\n');
        put_row(c, first, each, lines);
    }
}

static void draw(struct columns *c)
{
    live_draw(&c->live, &c->settled, &c->lines, &c->bytes);
    (void)out_write(c->view.out, c->bytes.data, c->bytes.len);
    buf_clear(&c->settled);
    buf_clear(&c->bytes);
}

/* -- the view -- */

static void on_event(struct view *v, const struct view_event *e)
{
    struct columns *c = (struct columns *)v;
    (void)arms_event(&c->arms, e, clock_mono_us());
}

static void on_settle(struct view *v)
{
    struct columns *c = (struct columns *)v;
    look(c);
    buf_clear(&c->lines);
    put_rows(c, c->live.rows - 1, &c->lines);
    draw(c);
}

static int on_wait(const struct view *v)
{
    const struct columns *c = (const struct columns *)v;
    for (unsigned i = 0; i < c->arms.n; i++)
        if (!arm_ended(&c->arms.arm[i]))
            return TICK_MS;
    return -1;
}

static void on_end(struct view *v, const msgpack_object *reply)
{
    struct columns *c = (struct columns *)v;
    const bool begun = reply != NULL || c->arms.heard > 0;
    arms_finish(&c->arms, reply);
    look(c);
    buf_clear(&c->lines);
    if (begun)
        put_rows(c, SIZE_MAX, &c->settled);
    draw(c);
}

static void on_free(struct view *v)
{
    struct columns *c = (struct columns *)v;
    mend_terminal(v->out);
    if (c->quiet)
        screen_modes_give();
    screen_signals_restore(&c->signals);
    for (unsigned i = 0; i < c->arms.n; i++)
        column_done(&c->column[i]);
    arms_done(&c->arms);
    live_done(&c->live);
    buf_done(&c->settled);
    buf_done(&c->lines);
    buf_done(&c->bytes);
    free(c);
}

struct view *columns_new(const struct args *args, struct out *out)
{
    static const struct view_ops ops = {
        .event = on_event, .settle = on_settle, .wait = on_wait, .end = on_end, .free = on_free};
    struct columns *c = calloc(1, sizeof(*c));
    if (c == NULL || !arms_init(&c->arms, args->model, clock_mono_us())) {
        free(c);
        return NULL;
    }
    c->view = (struct view){.ops = &ops, .out = out};
    c->colour = colour_wanted();
    c->whole = args->no_stream;
    live_init(&c->live, out_columns(out), out_rows(out));
    c->layout = beside_fit(c->arms.n, c->live.columns);
    for (unsigned i = 0; i < c->arms.n; i++)
        column_init(&c->column[i], &c->arms.arm[i],
                    args->reasoning != ARGS_REASONING_AUTO ? args->reasoning : ARGS_REASONING_SHOW, c->colour,
                    beside_width(&c->layout, row_of(c, i)));
    buf_init(&c->settled, LINES_MAX);
    buf_init(&c->lines, LINES_MAX);
    buf_init(&c->bytes, LINES_MAX);
    screen_signals_catch(&c->signals);
    c->quiet = screen_modes_take();
    return &c->view;
}
