#include "daemon/answer/fold.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include "lib/proto/codec.h"
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 1024 /* tool calls of one answer; more are kept in the events only */

struct fold_call {
    int64_t index;
    struct buf id, name, arguments;
    struct buf opaque;
};

/* Neighbours of a kind are one part. */
struct fold_part {
    enum part_kind kind;
    size_t at, len;         /* TEXT, REASONING: where in text or reasoning */
    size_t call;            /* TOOL_CALL */
    struct event_text mime; /* IMAGE: views into the log */
    const uint8_t *data;    /* likewise */
    size_t data_len;        /* likewise */
    struct buf signature;   /* REASONING */
    struct buf opaque;      /* TEXT, REASONING, IMAGE: a packed value */
    bool closed;            /* signed: what follows is another */
};

static void clear_calls(struct fold *f)
{
    for (size_t i = 0; i < f->n_calls; i++) {
        buf_done(&f->calls[i].id);
        buf_done(&f->calls[i].name);
        buf_done(&f->calls[i].arguments);
        buf_done(&f->calls[i].opaque);
    }
    f->n_calls = 0;
}

static void clear_parts(struct fold *f)
{
    for (size_t i = 0; i < f->n_parts; i++) {
        buf_done(&f->parts[i].signature);
        buf_done(&f->parts[i].opaque);
    }
    f->n_parts = 0;
}

static struct fold_part *add_part(struct fold *f, enum part_kind kind, size_t max)
{
    f->parts = grow_one(f->parts, f->n_parts, sizeof *f->parts);
    struct fold_part *p = &f->parts[f->n_parts++];
    p->kind = kind;
    buf_init(&p->signature, max);
    buf_init(&p->opaque, max);
    return p;
}

static void set_bytes(struct buf *b, struct event_text t)
{
    if (t.data && !b->len)
        buf_append(b, t.data, t.len);
}

static void add_text(struct fold *f, enum part_kind kind, struct buf *all, const struct chat_event *ev, size_t max)
{
    struct fold_part *p = f->n_parts ? &f->parts[f->n_parts - 1] : NULL;
    /* A signed piece of text is a part of its own; reasoning is signed at its end. */
    bool alone = kind == PART_TEXT && ev->opaque.data;
    if (!p || p->kind != kind || p->closed || alone) {
        p = add_part(f, kind, max);
        p->at = all->len;
    }
    buf_append(all, ev->text.data, ev->text.len);
    p->len = all->len - p->at;
    set_bytes(&p->signature, ev->signature);
    set_bytes(&p->opaque, ev->opaque);
    p->closed = ev->signature.data || ev->opaque.data;
    f->rich |= p->closed;
}

static struct fold_call *call_at(struct fold *f, int64_t index, size_t max)
{
    for (size_t i = f->n_calls; i > 0; i--) /* fragments mostly belong to the last */
        if (f->calls[i - 1].index == index)
            return &f->calls[i - 1];
    if (f->n_calls == CALLS_MAX)
        return NULL;
    add_part(f, PART_TOOL_CALL, max)->call = f->n_calls;
    f->calls = grow_one(f->calls, f->n_calls, sizeof *f->calls);
    struct fold_call *c = &f->calls[f->n_calls++];
    c->index = index;
    buf_init(&c->id, max);
    buf_init(&c->name, max);
    buf_init(&c->arguments, max);
    buf_init(&c->opaque, max);
    return c;
}

static void add_call(struct fold *f, const struct chat_event *ev, size_t max)
{
    struct fold_call *c = call_at(f, ev->index, max);
    if (!c) {
        f->lossy = true;
        return;
    }
    set_bytes(&c->id, ev->id);
    set_bytes(&c->name, ev->name);
    set_bytes(&c->opaque, ev->opaque);
    buf_append(&c->arguments, ev->text.data, ev->text.len);
    f->rich = true;
}

static void add_image(struct fold *f, const struct chat_event *ev, size_t max)
{
    struct fold_part *p = add_part(f, PART_IMAGE, max);
    p->mime = ev->mime;
    p->data = ev->data;
    p->data_len = ev->data_len;
    set_bytes(&p->opaque, ev->opaque);
    f->rich = true;
}

/* What was shown is void, and somebody else goes on. */
static void start_again(struct fold *f, const struct chat_event *ev)
{
    buf_clear(&f->text);
    buf_clear(&f->reasoning);
    clear_calls(f);
    clear_parts(f);
    f->rich = false;
    f->usage = (struct usage)USAGE_INIT;
    error_text(f->provider, sizeof f->provider, ev->provider.data, ev->provider.len);
    error_text(f->model, sizeof f->model, ev->model.data, ev->model.len);
}

static void fold_event(struct fold *f, const struct chat_event *ev, size_t max)
{
    switch (ev->kind) {
    case EVENT_TEXT: add_text(f, PART_TEXT, &f->text, ev, max); break;
    case EVENT_REASONING: add_text(f, PART_REASONING, &f->reasoning, ev, max); break;
    case EVENT_TOOL_CALL: add_call(f, ev, max); break;
    case EVENT_IMAGE: add_image(f, ev, max); break;
    case EVENT_USAGE: f->usage = ev->usage; break;
    case EVENT_DONE:
        f->finished = true;
        f->finish = ev->finish;
        break;
    case EVENT_RETRY: start_again(f, ev); break;
    case EVENT_START:
    case EVENT_ERROR:
    case EVENT_PROGRESS:
    case EVENT_KIND_COUNT: break;
    }
}

void fold_log(struct fold *f, const struct log *l, const char *provider, const char *model)
{
    size_t max = log_bytes(l) + 1;
    *f = (struct fold){.usage = USAGE_INIT};
    buf_init(&f->text, max);
    buf_init(&f->reasoning, max);
    error_text(f->provider, sizeof f->provider, provider, strlen(provider));
    error_text(f->model, sizeof f->model, model, strlen(model));
    msgpack_zone zone;
    msgpack_zone_init(&zone, 1024);
    struct log_pos pos = {0};
    const uint8_t *event;
    size_t len;
    while (log_next(l, &pos, &event, &len)) {
        struct chat_event ev;
        if (codec_get_event(event, len, &zone, &ev) == ERR_NONE)
            fold_event(f, &ev, max);
        else
            f->lossy = true;
        msgpack_zone_clear(&zone);
    }
    msgpack_zone_destroy(&zone);
    f->lossy |= f->text.failed || f->reasoning.failed;
    for (size_t i = 0; i < f->n_calls; i++)
        f->lossy |= f->calls[i].arguments.failed;
}

void fold_text(struct fold *f, const char *text, size_t len)
{
    const struct chat_event ev = {.kind = EVENT_TEXT, .text = {text, len}};
    *f = (struct fold){.usage = USAGE_INIT, .finished = true, .finish = FINISH_STOP};
    buf_init(&f->text, len);
    buf_init(&f->reasoning, 0);
    fold_event(f, &ev, len);
    f->lossy = f->text.failed;
}

void fold_done(struct fold *f)
{
    buf_done(&f->text);
    buf_done(&f->reasoning);
    clear_calls(f);
    clear_parts(f);
    free(f->calls);
    free(f->parts);
    f->calls = NULL;
    f->parts = NULL;
}

static void put_bytes(struct buf *out, const char *key, const struct buf *b)
{
    mp_put_cstr(out, key);
    mp_put_str(out, (const char *)b->data, b->len);
}

/* Some servers give a call no id: what goes back to one must name it all the same. */
static void put_call_entries(struct buf *out, const struct fold_call *c, bool must_have_id)
{
    char made[32];
    mp_put_cstr(out, "id");
    if (c->id.len || !must_have_id) {
        mp_put_str(out, (const char *)c->id.data, c->id.len);
    } else {
        snprintf(made, sizeof made, "call_%lld", (long long)c->index);
        mp_put_cstr(out, made);
    }
    put_bytes(out, "name", &c->name);
    put_bytes(out, "arguments", &c->arguments);
}

static uint32_t put_opaque(struct buf *out, const struct buf *packed)
{
    if (!packed->len)
        return 0;
    mp_put_cstr(out, "opaque");
    buf_append(out, packed->data, packed->len);
    return 1;
}

static uint32_t put_part_entries(struct buf *out, const struct fold *f, const struct fold_part *p)
{
    uint32_t n = 1;
    switch (p->kind) {
    case PART_TEXT:
        mp_put_cstr(out, "text");
        mp_put_str(out, p->len ? (const char *)f->text.data + p->at : "", p->len);
        return n + put_opaque(out, &p->opaque);
    case PART_REASONING:
        mp_put_cstr(out, "text");
        mp_put_str(out, p->len ? (const char *)f->reasoning.data + p->at : "", p->len);
        if (p->signature.len) {
            put_bytes(out, "signature", &p->signature);
            n++;
        }
        return n + put_opaque(out, &p->opaque);
    case PART_IMAGE:
        mp_put_cstr(out, "mime");
        mp_put_str(out, p->mime.data, p->mime.len);
        mp_put_cstr(out, "data");
        mp_put_bin(out, p->data, p->data_len);
        return 2 + put_opaque(out, &p->opaque);
    case PART_TOOL_CALL:
        put_call_entries(out, &f->calls[p->call], true);
        return 3 + put_opaque(out, &f->calls[p->call].opaque);
    case PART_AUDIO:
    case PART_FILE:
    case PART_TOOL_RESULT: break; /* no event makes these */
    }
    return 0;
}

void fold_put_parts(struct buf *out, const struct fold *f)
{
    mp_put_array(out, (uint32_t)f->n_parts);
    for (size_t i = 0; i < f->n_parts; i++) {
        size_t at = mp_open_map(out);
        mp_put_entry(out, "type", part_kind_name(f->parts[i].kind));
        mp_close_map(out, at, 1 + put_part_entries(out, f, &f->parts[i]));
    }
}

uint32_t fold_put_rest(struct buf *out, const struct fold *f)
{
    uint32_t n = 2;
    mp_put_cstr(out, "tool_calls");
    mp_put_array(out, (uint32_t)f->n_calls);
    for (size_t i = 0; i < f->n_calls; i++) {
        mp_put_map(out, 3);
        put_call_entries(out, &f->calls[i], false);
    }
    mp_put_cstr(out, "usage");
    codec_put_usage(out, &f->usage);
    if (f->reasoning.len) {
        put_bytes(out, "reasoning", &f->reasoning);
        n++;
    }
    if (f->finished) {
        mp_put_entry(out, "finish_reason", finish_name(f->finish));
        n++;
    }
    return n;
}

uint32_t fold_put_schema_error(struct buf *out, const struct fold *f)
{
    if (!f->schema_error[0])
        return 0;
    mp_put_entry(out, "schema_error", f->schema_error);
    return 1;
}

uint32_t fold_put_tail(struct buf *out, const struct fold *f, const struct error *err)
{
    uint32_t n = 3;
    mp_put_entry(out, "model", f->model);
    mp_put_entry(out, "provider", f->provider);
    put_bytes(out, "text", &f->text);
    if (f->rich) {
        mp_put_cstr(out, "content");
        fold_put_parts(out, f);
        n++;
    }
    if (err) {
        mp_put_cstr(out, "error");
        codec_put_error(out, err, NULL, false);
        n++;
    }
    n += fold_put_schema_error(out, f);
    return n + fold_put_rest(out, f);
}

/* -- as events again -- */

static void put_event(struct buf *out, const struct chat_event *ev)
{
    static const uint8_t room[sizeof(uint32_t)];
    size_t at = out->len;
    buf_append(out, room, sizeof room);
    codec_put_event(out, ev);
    uint32_t n = htole32((uint32_t)(out->len - at - sizeof room));
    if (!out->failed)
        memcpy(out->data + at, &n, sizeof n);
}

static struct event_text text_of(const struct buf *b)
{
    return b->len ? (struct event_text){(const char *)b->data, b->len} : (struct event_text){0};
}

/* At most FOLD_PIECE bytes of whole characters. */
static size_t piece_len(const char *s, size_t len)
{
    if (len <= FOLD_PIECE)
        return len;
    len = FOLD_PIECE;
    while (((uint8_t)s[len] & 0xc0) == 0x80) /* the next piece would begin within a character */
        len--;
    return len;
}

/* What is signed is so as a whole (text), or at its end (reasoning). */
static uint32_t put_text_events(struct buf *out, const struct fold *f, const struct fold_part *p)
{
    bool text = p->kind == PART_TEXT;
    const struct buf *all = text ? &f->text : &f->reasoning;
    const char *s = p->len ? (const char *)all->data + p->at : "";
    uint32_t n = 0;
    size_t left = p->len;
    do {
        size_t len = text && p->opaque.len ? left : piece_len(s, left);
        struct chat_event ev = {.kind = text ? EVENT_TEXT : EVENT_REASONING, .text = {s, len}};
        left -= len;
        s += len;
        if (left == 0) {
            ev.signature = text_of(&p->signature);
            ev.opaque = text_of(&p->opaque);
        }
        put_event(out, &ev);
        n++;
    } while (left > 0);
    return n;
}

static uint32_t put_part_events(struct buf *out, const struct fold *f, const struct fold_part *p)
{
    struct chat_event ev = {.kind = EVENT_IMAGE, .mime = p->mime, .data = p->data, .data_len = p->data_len};
    if (p->kind == PART_TEXT || p->kind == PART_REASONING)
        return put_text_events(out, f, p);
    ev.opaque = text_of(&p->opaque);
    if (p->kind == PART_TOOL_CALL) {
        const struct fold_call *c = &f->calls[p->call];
        ev = (struct chat_event){.kind = EVENT_TOOL_CALL,
                                 .index = c->index,
                                 .id = text_of(&c->id),
                                 .name = text_of(&c->name),
                                 .text = {c->arguments.len ? (const char *)c->arguments.data : "", c->arguments.len},
                                 .opaque = text_of(&c->opaque)};
    }
    put_event(out, &ev);
    return 1;
}

uint32_t fold_put_events(struct buf *out, const struct fold *f)
{
    uint32_t n = 0;
    for (size_t i = 0; i < f->n_parts; i++)
        n += put_part_events(out, f, &f->parts[i]);
    if (usage_known(&f->usage)) {
        put_event(out, &(struct chat_event){.kind = EVENT_USAGE, .usage = f->usage});
        n++;
    }
    if (f->finished) {
        put_event(out, &(struct chat_event){.kind = EVENT_DONE, .finish = f->finish});
        n++;
    }
    return n;
}
