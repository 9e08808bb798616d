/* What the tests of parsers share: an answer told in one line, the same at any chunking. */
#ifndef ASKD_TEST_PARSING_H
#define ASKD_TEST_PARSING_H

#include "daemon/provider/gap.h"
#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"
#include "lib/base/utf8.h"
#include "tests/unit/provider/chunks.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

/* Neighbouring text and reasoning is joined, so that it does not depend on the chunking. */
struct seen {
    struct buf out;
    enum event_kind last;
    int64_t last_index;
    bool closed;
};

static inline void see_opaque(struct seen *s, struct event_text packed)
{
    msgpack_unpacked u;
    json_t *json;

    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, packed.data, packed.len, NULL), MSGPACK_UNPACK_SUCCESS);
    struct value *v = value_from_object(&u.data);
    json = jsonx_from_value(v);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    buf_puts(&s->out, text);
    free(text);
    json_decref(json);
    value_unref(v);
    msgpack_unpacked_destroy(&u);
}

/* The five that are always told, then those of the others that are. */
static inline void put_usage(struct buf *out, const struct usage *u)
{
    buf_printf(out, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, u->input_tokens, u->output_tokens,
               u->cached_input_tokens, u->cache_write_tokens, u->reasoning_tokens);
    if (u->input_audio_tokens >= 0)
        buf_printf(out, ",heard %" PRId64, u->input_audio_tokens);
    if (u->output_audio_tokens >= 0)
        buf_printf(out, ",said %" PRId64, u->output_audio_tokens);
    if (u->images >= 0)
        buf_printf(out, ",images %" PRId64, u->images);
    if (u->cost_nano >= 0)
        buf_printf(out, ",%" PRId64, u->cost_nano);
}

static inline void sink(void *data, const struct chat_event *ev)
{
    struct seen *s = data;
    bool same = ev->kind == s->last && ev->kind != EVENT_IMAGE && ev->index == s->last_index && !ev->id.data &&
                !ev->name.data && !s->closed;

    assert_true(utf8_valid(ev->text.data, ev->text.len));
    if (!same)
        buf_printf(&s->out, "%s%s:", s->out.len ? " " : "", event_kind_name(ev->kind));
    if (ev->kind == EVENT_TOOL_CALL && !same)
        buf_printf(&s->out, "%d,%.*s,%.*s,", (int)ev->index, (int)ev->id.len, ev->id.data ? ev->id.data : "",
                   (int)ev->name.len, ev->name.data ? ev->name.data : "");
    buf_append(&s->out, ev->text.data, ev->text.len);
    if (ev->kind == EVENT_IMAGE)
        buf_printf(&s->out, "%.*s,%.*s", (int)ev->mime.len, ev->mime.data, (int)ev->data_len, (const char *)ev->data);
    if (ev->kind == EVENT_USAGE)
        put_usage(&s->out, &ev->usage);
    if (ev->kind == EVENT_DONE)
        buf_printf(&s->out, "%s", finish_name(ev->finish));
    if (ev->signature.data)
        buf_printf(&s->out, "[%.*s]", (int)ev->signature.len, ev->signature.data);
    if (ev->opaque.data)
        see_opaque(s, ev->opaque);
    s->closed = ev->signature.data || ev->opaque.data;
    s->last = ev->kind;
    s->last_index = ev->index;
}

struct answer {
    const char *api;
    int status;
    const char *type, *dialect;
    bool torn; /* the body does not end cleanly */
};

/* gap: the form that it was asked in, NULL: none. */
static inline void run(const struct answer *a, const struct gap_form *gap, unsigned way, const char *body,
                       const char *want)
{
    struct response_head head = {.status = a->status, .retry_after = -1, .should_retry = -1};
    struct provider_target t = {.base_url = "http://h", .dialect = a->dialect, .model = "m", .gap = gap};
    const struct provider_ops *ops = provider_find(a->api);
    struct seen s = {.last = EVENT_KIND_COUNT};
    struct chunker c = {way, 0};
    struct error err = ERROR_INIT, again = ERROR_INIT;
    size_t len = strlen(body);

    buf_init(&s.out, 1u << 16);
    strcpy(head.content_type, a->type);
    struct provider_parser *p = provider_parser_new(ops, &t, &head, sink, &s);
    for (size_t at = 0, n; at < len; at += n) {
        n = chunk_next(&c, len - at);
        uint8_t *piece = malloc(n);
        provider_feed(p, memcpy(piece, body + at, n), n, &err);
        free(piece);
    }
    enum error_code code = provider_finish(p, !a->torn, &err);
    assert_int_equal(provider_done(p), code == ERR_NONE);
    assert_int_equal(provider_feed(p, (const uint8_t *)"data: {}\n\n", 10, &again), code);
    assert_int_equal(provider_finish(p, true, &again), code);
    assert_string_equal(again.message, err.message);
    if (code != ERR_NONE)
        buf_printf(&s.out, "%s%s", s.out.len ? " " : "", error_name(code));
    assert_string_equal(buf_cstr(&s.out), want);
    buf_done(&s.out);
    provider_parser_free(p);
}

static inline void check_answer(struct answer a, const char *body, const char *want)
{
    for (unsigned way = 0; way < CHUNKINGS; way++)
        run(&a, NULL, way, body, want);
}

/* To a question for what goes into a gap, in the form of that model. */
static inline void check_gap_answer(struct answer a, const char *model, const char *body, const char *want)
{
    const struct gap_form *gap = provider_gap_form(provider_find(a.api), a.dialect, model);

    assert_non_null(gap);
    for (unsigned way = 0; way < CHUNKINGS; way++)
        run(&a, gap, way, body, want);
}

#define SSE_OF(name) ((struct answer){name, 200, "text/event-stream", NULL, false})
#define LINES_OF(name) ((struct answer){name, 200, "application/x-ndjson", NULL, false})
#define WHOLE_OF(name) ((struct answer){name, 200, "application/json", NULL, false})

#endif
