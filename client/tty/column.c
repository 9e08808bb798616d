#include "client/tty/column.h"
#include "client/common/colour.h"
#include "client/common/figures.h"
#include <string.h>

enum { LINES_MAX = MD_LINES_MAX, FOOT_MAX = ARM_ERROR + 256 };

static struct prose_style style_of(const struct column *c, enum style style)
{
    return (struct prose_style){.style = style, .colour = c->colour, .columns = c->width};
}

static void begin(struct column *c, unsigned width)
{
    c->width = width;
    c->turn = c->arm->turn;
    c->text = c->thought = 0;
    c->failed = false;
    c->md = NULL;
    const struct prose_style style = style_of(c, STYLE_REASONING);
    prose_init(&c->prose, &style);
    buf_clear(&c->thoughts);
    buf_clear(&c->lines);
    buf_clear(&c->live);
}

static void forget(struct column *c)
{
    md_free(c->md);
    prose_done(&c->prose);
}

void column_init(struct column *c, const struct arm *arm, enum args_reasoning reasoning, bool colour, unsigned width)
{
    *c = (struct column){.arm = arm, .reasoning = reasoning, .colour = colour};
    buf_init(&c->thoughts, LINES_MAX);
    buf_init(&c->lines, LINES_MAX);
    buf_init(&c->live, LINES_MAX);
    begin(c, width);
}

void column_done(struct column *c)
{
    forget(c);
    buf_done(&c->thoughts);
    buf_done(&c->lines);
    buf_done(&c->live);
}

/* -- its lines -- */

static void feed_thought(struct column *c)
{
    const struct buf *said = &c->arm->reasoning;
    if (c->reasoning == ARGS_REASONING_HIDE || said->len == c->thought)
        return;
    prose_feed(&c->prose, (const char *)said->data + c->thought, said->len - c->thought, &c->thoughts);
    c->thought = said->len;
}

static void feed_text(struct column *c)
{
    const struct buf *said = &c->arm->text;
    const struct md_style style = {.colour = c->colour, .links = colour_links(), .columns = c->width};
    if (c->reasoning == ARGS_REASONING_ONLY || said->len == c->text)
        return;
    if (c->md == NULL)
        c->md = md_new(&style);
    if (c->md == NULL || !md_feed(c->md, (const char *)said->data + c->text, said->len - c->text))
        c->failed = true;
    c->text = said->len;
}

void column_update(struct column *c, unsigned width)
{
    if (c->turn != c->arm->turn || c->width != width) {
        forget(c);
        begin(c, width);
    }
    feed_thought(c);
    feed_text(c);
    if (arm_ended(c->arm)) {
        prose_end(&c->prose, &c->thoughts);
        if (c->md != NULL)
            md_end(c->md);
    }
    if (c->md != NULL)
        md_take(c->md, &c->lines, &c->live);
    c->failed = c->failed || c->lines.failed || c->live.failed || c->thoughts.failed;
}

/* Where the last *most lines of a text begin; *most gets how many more there might have been. */
static size_t tail(const struct buf *lines, size_t *most)
{
    size_t at = lines->len;
    while (at > 0 && *most > 0) {
        const void *end = at > 1 ? memrchr(lines->data, '\n', at - 1) : NULL;
        at = end != NULL ? (size_t)((const uint8_t *)end - lines->data) + 1 : 0;
        --*most;
    }
    return at;
}

void column_put_body(const struct column *c, size_t most, struct buf *lines)
{
    struct buf thinking, gap;
    buf_init(&thinking, LINES_MAX);
    buf_init(&gap, 1);
    if (c->text == 0)
        prose_live(&c->prose, &thinking);
    if (c->text > 0 && c->thoughts.len > 0)
        (void)buf_putc(&gap, '\n');
    const struct buf *parts[] = {&c->thoughts, &thinking, &gap, &c->lines, &c->live};
    enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
    size_t from[PARTS];
    for (size_t i = PARTS; i-- > 0;)
        from[i] = tail(parts[i], &most);
    for (size_t i = 0; i < PARTS; i++)
        if (from[i] < parts[i]->len)
            (void)buf_append(lines, parts[i]->data + from[i], parts[i]->len - from[i]);
    buf_done(&gap);
    buf_done(&thinking);
}

/* -- above and below them -- */

static void put_prose(const struct column *c, enum style style, const char *text, struct buf *lines)
{
    const struct prose_style how = style_of(c, style);
    prose_put(lines, &how, text, strlen(text));
}

void column_put_head(const struct column *c, struct buf *lines)
{
    const struct arm *a = c->arm;
    struct buf rule;
    put_prose(c, STYLE_HEADING, a->asked, lines);
    if (a->answered[0] != '\0' && strcmp(a->answered, a->asked) != 0)
        put_prose(c, STYLE_STATUS, a->answered, lines);
    buf_init(&rule, (size_t)c->width * 4 + 1);
    for (unsigned i = 0; i < c->width; i++)
        (void)buf_puts(&rule, "\u2500");
    style_puts(lines, c->colour, STYLE_FRAME, buf_cstr(&rule));
    (void)buf_putc(lines, '\n');
    buf_done(&rule);
}

static struct buf *next(struct buf *line)
{
    if (line->len > 0)
        (void)buf_puts(line, " \u00b7 ");
    return line;
}

static void put_figures(const struct arm *a, struct buf *line)
{
    const struct arm_figures *f = &a->figures;
    char text[FIGURE_LEN];
    if (f->first_ms >= 0 && !a->cached) {
        figures_span(text, f->first_ms / 1e3);
        (void)buf_printf(next(line), "%s to the first token", text);
    }
    if (f->tokens >= 0) {
        figures_tokens(text, (double)f->tokens, true);
        (void)buf_printf(next(line), "%s token%s", text, f->tokens == 1 ? "" : "s");
    }
    if (f->speed > 0)
        (void)buf_printf(next(line), "%.*f tokens/s", f->speed < 10 ? 1 : 0, f->speed);
    if (f->cost_nano > 0) {
        figures_nano_rounded(text, f->cost_nano);
        (void)buf_printf(next(line), "%s %s%s", text, f->currency, a->cached || a->shared ? " saved" : "");
    }
    if (a->cached || a->shared)
        (void)buf_puts(next(line), a->cached ? "cached" : "shared");
}

static const char *doing(const struct arm *a)
{
    if (a->text.len > 0)
        return "answering";
    if (a->reasoning.len > 0)
        return "reasoning";
    return a->waits[0] != '\0' ? a->waits : "asked";
}

/* What is told of an answer in this state; the style that it has. */
static enum style put_state(const struct arm *a, double now_ms, struct buf *line)
{
    char span[FIGURE_LEN];
    figures_span(span, now_ms / 1e3);
    switch (a->state) {
    case ARM_WAITING: (void)buf_printf(line, "waiting \u00b7 %s", span); break;
    case ARM_RUNNING: (void)buf_printf(line, "%s \u00b7 %s", doing(a), span); break;
    case ARM_DONE: put_figures(a, line); break;
    case ARM_FAILED: (void)buf_puts(line, a->error); return STYLE_ERROR;
    case ARM_LEFT: (void)buf_puts(line, "stopped before its end"); return STYLE_WARNING;
    }
    return STYLE_STATUS;
}

void column_put_foot(const struct column *c, double now_ms, struct buf *lines)
{
    struct buf line;
    if (c->arm->note[0] != '\0')
        put_prose(c, STYLE_STATUS, c->arm->note, lines);
    buf_init(&line, FOOT_MAX);
    const enum style style = put_state(c->arm, now_ms, &line);
    put_prose(c, style, buf_cstr(&line), lines);
    buf_done(&line);
    if (c->failed)
        put_prose(c, STYLE_WARNING, "not all of it is shown: there is too much of it, or too little memory", lines);
}
