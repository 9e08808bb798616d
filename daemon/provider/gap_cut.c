#include "daemon/provider/gap_cut.h"
#include "daemon/provider/gap_ends.h"
#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

#define PATTERNS_MAX 40
#define PATTERN_MAX (GAP_CUT_AGAIN + 2) /* bytes */
#define HELD_MAX (32u << 20)            /* a provider's event is smaller */

/* What ends the answer where it comes. Owned. */
struct pattern {
    char *text;
    size_t len, own; /* own: so many of its first bytes are a part of the gap */
};

enum cut_state {
    CUT_HEAD, /* what the answer begins with may be no part of the gap */
    CUT_BODY,
    CUT_OVER, /* the gap is filled */
};

struct gap_cut {
    enum cut_state state;
    bool over_early;
    struct gap_head head;
    struct gap_tail tail;
    struct pattern patterns[PATTERNS_MAX];
    size_t n_patterns;
    struct buf held; /* not given on yet */
    size_t looked;   /* bytes of it that end no pattern */
    event_sink sink;
    void *data;
};

/* Those that models have for the parts of a gap and for the end of a text; what a server should have taken out. */
static const char *const markers[] = {"<|endoftext|>",
                                      "<|fim_prefix|>",
                                      "<|fim_suffix|>",
                                      "<|fim_middle|>",
                                      "<|fim_pad|>",
                                      "<|file_sep|>",
                                      "<|file_separator|>",
                                      "<|repo_name|>",
                                      "<|cursor|>",
                                      "<|im_end|>",
                                      "<|eot_id|>",
                                      "<|end_of_text|>",
                                      "<fim_prefix>",
                                      "<fim_suffix>",
                                      "<fim_middle>",
                                      "<|EOT|>",
                                      "<EOT>",
                                      "<｜end▁of▁sentence｜>",
                                      "<｜fim▁begin｜>",
                                      "<｜fim▁hole｜>",
                                      "<｜fim▁end｜>",
                                      "<before_cursor>",
                                      "</before_cursor>",
                                      "<after_cursor>",
                                      "</after_cursor>"};

static void add_pattern(struct gap_cut *c, const char *text, size_t len, size_t own)
{
    if (len == 0 || c->n_patterns == PATTERNS_MAX)
        return;
    struct pattern p = {xmalloc(len), len, own};
    memcpy(p.text, text, len);
    c->patterns[c->n_patterns++] = p;
}

/* A whole line. Where the suffix begins with it, the end of the line before it is missing too. */
static void add_line(struct gap_cut *c, const struct chat_gap *g)
{
    char line[PATTERN_MAX] = "\n";
    bool first;
    struct gap_text t = gap_ends_line(g, GAP_CUT_AGAIN, &first);
    if (t.len == 0)
        return;
    memcpy(line + 1, t.data, t.len);
    line[1 + t.len] = '\n';
    add_pattern(c, line, t.len + 2, first ? 1 : 0);
}

static bool stands_in(const char *marker, const struct chat_gap *g)
{
    size_t len = strlen(marker);
    return memmem(g->prefix, g->prefix_len, marker, len) || memmem(g->suffix, g->suffix_len, marker, len);
}

static void add_patterns(struct gap_cut *c, const struct chat_gap *g)
{
    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++)
        if (!stands_in(markers[i], g))
            add_pattern(c, markers[i], strlen(markers[i]), 0);
    struct gap_text again = gap_ends_suffix(g, GAP_CUT_AGAIN);
    add_pattern(c, again.data, again.len, 0);
    add_line(c, g);
}

struct gap_cut *gap_cut_new(const struct chat_gap *gap, bool words, event_sink sink, void *data)
{
    struct gap_cut *c = NEW(struct gap_cut);
    c->state = words ? CUT_HEAD : CUT_BODY;
    gap_head_init(&c->head, gap);
    gap_tail_init(&c->tail, gap, GAP_CUT_AGAIN);
    add_patterns(c, gap);
    buf_init(&c->held, HELD_MAX);
    c->sink = sink;
    c->data = data;
    return c;
}

bool gap_cut_over(const struct gap_cut *c)
{
    return c->over_early;
}

struct gap_cut *gap_cut_free(struct gap_cut *c)
{
    if (!c)
        return NULL;
    for (size_t i = 0; i < c->n_patterns; i++)
        free(c->patterns[i].text);
    gap_head_done(&c->head);
    gap_tail_done(&c->tail);
    buf_done(&c->held);
    free(c);
    return NULL;
}

/* -- giving on -- */

static const char *held_text(const struct gap_cut *c)
{
    return c->held.len > 0 ? (const char *)c->held.data : "";
}

static void drop(struct gap_cut *c, size_t n)
{
    buf_consume(&c->held, n);
    c->looked = c->looked > n ? c->looked - n : 0;
}

static void give(struct gap_cut *c, size_t n)
{
    const char *text = held_text(c);
    if (n == 0)
        return;
    gap_tail_pass(&c->tail, text, n);
    const struct chat_event ev = {.kind = EVENT_TEXT, .text = {text, n}};
    c->sink(c->data, &ev);
    drop(c, n);
}

/* At the end: what is left is a part of the gap, but for what of the suffix it ends with. */
static void give_rest(struct gap_cut *c)
{
    give(c, gap_tail_own(&c->tail, held_text(c), c->held.len));
    buf_clear(&c->held);
    c->state = CUT_OVER;
}

static void end_early(struct gap_cut *c)
{
    const struct chat_event done = {.kind = EVENT_DONE, .finish = FINISH_STOP};
    give_rest(c);
    c->over_early = true;
    c->sink(c->data, &done);
}

/* -- the body -- */

static bool ends_with(const char *text, size_t len, const struct pattern *p)
{
    return len >= p->len && text[len - 1] == p->text[p->len - 1] && memcmp(text + len - p->len, p->text, p->len) == 0;
}

/* The first pattern to end; of two that end at one place the longer. How much before it is a part of the gap, or
 * SIZE_MAX. */
static size_t find_end(struct gap_cut *c)
{
    const char *text = held_text(c);
    for (; c->looked < c->held.len; c->looked++) {
        const struct pattern *longest = NULL, *p;
        for (p = c->patterns; p < c->patterns + c->n_patterns; p++)
            if (ends_with(text, c->looked + 1, p) && (!longest || p->len > longest->len))
                longest = p;
        if (longest)
            return c->looked + 1 - longest->len + longest->own;
    }
    return SIZE_MAX;
}

static bool begins_pattern(const struct gap_cut *c, const char *text, size_t len)
{
    for (size_t i = 0; i < c->n_patterns; i++)
        if (len < c->patterns[i].len && memcmp(text, c->patterns[i].text, len) == 0)
            return true;
    return false;
}

/* How much of it can be given on, wherever the answer may turn out to end: where a pattern may have begun, or at what
 * there is now. What says the suffix again right before that stays too. */
static size_t surely_own(const struct gap_cut *c)
{
    const char *text = held_text(c);
    size_t len = c->held.len, own = len;
    for (size_t at = len > PATTERN_MAX ? len - PATTERN_MAX : 0; at <= len; at++) {
        if (at < len && !begins_pattern(c, text + at, len - at))
            continue;
        size_t again = gap_tail_overlap(&c->tail, text, at);
        own = at - again < own ? at - again : own;
    }
    return utf8_whole(text, own);
}

static void body(struct gap_cut *c)
{
    size_t end = find_end(c);
    if (end == SIZE_MAX) {
        give(c, surely_own(c));
        return;
    }
    c->held.len = end;
    end_early(c);
}

/* -- the head -- */

/* last: nothing more comes. */
static void head(struct gap_cut *c, bool last)
{
    struct gap_head_found f;
    if (!gap_head_look(&c->head, held_text(c), c->held.len, last, &f))
        return;
    if (f.fence[0])
        add_pattern(c, f.fence, strlen(f.fence), 0);
    drop(c, f.empty ? c->held.len : f.n);
    c->state = CUT_BODY;
    if (f.empty)
        end_early(c);
}

static void take(struct gap_cut *c, bool last)
{
    if (c->state == CUT_HEAD)
        head(c, last);
    if (c->state == CUT_BODY)
        body(c);
    if (last && c->state != CUT_OVER)
        give_rest(c);
}

void gap_cut_feed(struct gap_cut *c, const struct chat_event *ev)
{
    if (c->over_early)
        return;
    switch (ev->kind) {
    case EVENT_TEXT:
        buf_append(&c->held, ev->text.data, ev->text.len);
        take(c, false);
        break;
    case EVENT_USAGE: /* the last but one */
    case EVENT_DONE:
        if (c->state != CUT_OVER)
            take(c, true);
        if (!c->over_early)
            c->sink(c->data, ev);
        break;
    case EVENT_PROGRESS: c->sink(c->data, ev); break;
    default: break; /* no part of a text */
    }
}
