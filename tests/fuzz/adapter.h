/* A parser of an adapter (the program that includes this names it): the same answer, whole and in pieces, must give the
 * same events and the same end. First byte: size of the pieces; second: status, content type and dialect. */
#ifndef ASKD_FUZZ_ADAPTER_H
#define ASKD_FUZZ_ADAPTER_H

#include "daemon/provider/provider.h"
#include "lib/base/utf8.h"
#include "lib/base/value.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that an answer said, joined as its reader would. */
struct seen {
    struct buf text, reasoning, calls, rest;
    unsigned done;
};

static inline void require(bool truth)
{
    if (!truth)
        abort();
}

/* An opaque value must be one that can be kept. */
static inline void see(struct buf *to, const struct chat_event *ev)
{
    buf_append(to, ev->text.data, ev->text.len);
    buf_append(to, ev->signature.data, ev->signature.len);
    buf_append(to, ev->opaque.data, ev->opaque.len);
    if (!ev->opaque.data)
        return;
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    require(msgpack_unpack_next(&u, ev->opaque.data, ev->opaque.len, NULL) == MSGPACK_UNPACK_SUCCESS);
    struct value *v = value_from_object(&u.data);
    require(v != NULL);
    value_unref(v);
    msgpack_unpacked_destroy(&u);
}

static inline void sink(void *data, const struct chat_event *ev)
{
    struct seen *s = data;

    require(s->done == 0);
    require(utf8_valid(ev->text.data, ev->text.len));
    switch (ev->kind) {
    case EVENT_TEXT: see(&s->text, ev); break;
    case EVENT_REASONING: see(&s->reasoning, ev); break;
    case EVENT_TOOL_CALL:
        require(ev->index >= 0);
        buf_printf(&s->calls, "%d ", (int)ev->index);
        see(&s->calls, ev);
        break;
    case EVENT_IMAGE: buf_append(&s->rest, ev->data, ev->data_len); break;
    case EVENT_USAGE:
        require(ev->usage.input_tokens < 0 || ev->usage.cached_input_tokens <= ev->usage.input_tokens);
        buf_printf(&s->rest, "%lld ", (long long)ev->usage.output_tokens);
        break;
    case EVENT_DONE:
        s->done++;
        buf_printf(&s->rest, "%s", finish_name(ev->finish));
        break;
    default: abort();
    }
}

static inline void parse(const uint8_t *data, size_t size, size_t piece, uint8_t choice, struct seen *s)
{
    static const char *const types[] = {"", "application/json", "text/html", "text/plain"};
    static const int statuses[] = {200, 200, 429, 500};
    static const char *const dialects[] = {"openai", "llama.cpp", "openrouter", "mistral"};
    struct response_head head = {.status = statuses[choice >> 2 & 3], .retry_after = -1, .should_retry = -1};
    struct provider_target target = {.base_url = "http://h", .dialect = dialects[choice >> 4 & 3], .model = "m"};
    const struct provider_ops *ops = provider_find(FUZZ_API);
    struct error err = ERROR_INIT;
    enum error_code code = ERR_NONE;

    strcpy(head.content_type, choice & 3 ? types[choice & 3] : FUZZ_STREAM);
    struct provider_parser *p = provider_parser_new(ops, &target, &head, sink, s);
    for (size_t at = 0; at < size; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(len);
        memcpy(copy, data + at, len);
        enum error_code now = provider_feed(p, copy, len, &err);
        require(code == ERR_NONE || now == code);
        code = now;
        free(copy);
    }
    code = provider_finish(p, true, &err);
    require((code == ERR_NONE) == provider_done(p) && (s->done == 1) == provider_done(p));
    buf_printf(&s->rest, "%s", error_name(code));
    provider_parser_free(p);
}

static inline void seen_init(struct seen *s)
{
    buf_init(&s->text, 8u << 20);
    buf_init(&s->reasoning, 8u << 20);
    buf_init(&s->calls, 8u << 20);
    buf_init(&s->rest, 8u << 20);
    s->done = 0;
}

static inline void same(struct buf *a, struct buf *b)
{
    require(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
    buf_done(a);
    buf_done(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole, pieces;

    if (size < 3)
        return 0;
    seen_init(&whole);
    seen_init(&pieces);
    parse(data + 2, size - 2, size, data[1], &whole);
    parse(data + 2, size - 2, data[0] ? data[0] : 1, data[1], &pieces);
    same(&whole.text, &pieces.text);
    same(&whole.reasoning, &pieces.reasoning);
    same(&whole.calls, &pieces.calls);
    same(&whole.rest, &pieces.rest);
    return 0;
}

#endif
