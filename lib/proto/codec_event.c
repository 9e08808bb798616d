/* Events, errors and usage. An event is a map whose first entry is its type. */
#include "lib/proto/codec.h"

#include "lib/base/value.h"
#include "lib/proto/frame.h"
#include <limits.h>
#include <math.h>
#include <string.h>

/* Of one event; an opaque part of a provider may have many. */
#define EVENT_VALUES_MAX 262144

/* Writing */

static void put_key(struct buf *b, const char *key)
{
    mp_put_str(b, key, strlen(key));
}

static void put_text(struct buf *b, const char *key, struct event_text t)
{
    put_key(b, key);
    if (t.data == NULL)
        mp_put_nil(b);
    else
        mp_put_str(b, t.data, t.len);
}

static void put_optional(struct buf *b, const char *key, struct event_text t)
{
    if (t.data != NULL)
        put_text(b, key, t);
}

static void put_opaque(struct buf *b, struct event_text packed)
{
    if (packed.data != NULL) {
        put_key(b, "opaque");
        buf_append(b, packed.data, packed.len);
    }
}

static void put_if_any(struct buf *b, const char *key, const char *s)
{
    if (*s != '\0') {
        put_key(b, key);
        mp_put_cstr(b, s);
    }
}

static void begin_event(struct buf *b, enum event_kind kind, uint32_t more)
{
    mp_put_map(b, 1 + more);
    put_key(b, "type");
    mp_put_cstr(b, event_kind_name(kind));
}

/* One per token, so: one look at the room for all of it, and a fixed beginning. */
static void put_text_event(struct buf *b, const struct event_text *t)
{
    static const char beginning[] = "\x82\xa4type\xa4text\xa4text";
    const size_t n = sizeof(beginning) - 1;

    if (!buf_reserve(b, n + 5 + t->len))
        return;
    memcpy(b->data + b->len, beginning, n);
    b->len += n;
    mp_put_str(b, t->data, t->len);
}

static uint32_t count_error(const struct error *err)
{
    return 2u + (err->param[0] != '\0') + (err->provider[0] != '\0') + (err->model[0] != '\0') + (err->status != 0) +
           (err->retry_after >= 0);
}

/* The entries of an error's map, as many as count_error says. */
static void put_error_entries(struct buf *b, const struct error *err)
{
    put_key(b, "code");
    mp_put_cstr(b, error_name(err->code));
    put_key(b, "message");
    mp_put_cstr(b, err->message);
    put_if_any(b, "param", err->param);
    put_if_any(b, "provider", err->provider);
    put_if_any(b, "model", err->model);
    if (err->status != 0) {
        put_key(b, "status");
        mp_put_int(b, err->status);
    }
    if (err->retry_after >= 0) {
        put_key(b, "retry_after");
        mp_put_double(b, err->retry_after);
    }
}

#define PREMIUM_MAX 1e9 /* of one question; what is told of more is not believed */

static uint32_t count_usage(const struct usage *u)
{
    uint32_t n = 1; /* estimated */

#define X(figure) n += u->figure >= 0;
    USAGE_FIGURE_MAP(X)
#undef X
    return n + (u->cost_nano >= 0 ? 2 : 0) + (u->premium_nano > 0); /* cost, currency; premium_requests */
}

static void put_figure(struct buf *b, const char *key, int64_t v)
{
    if (v >= 0) {
        put_key(b, key);
        mp_put_int(b, v);
    }
}

static void put_usage_entries(struct buf *b, const struct usage *u)
{
#define X(figure) put_figure(b, #figure, u->figure);
    USAGE_FIGURE_MAP(X)
#undef X
    if (u->cost_nano >= 0) {
        mp_put_entry_nano(b, "cost", u->cost_nano);
        put_key(b, "currency");
        mp_put_cstr(b, u->currency[0] ? u->currency : USAGE_CURRENCY);
    }
    if (u->premium_nano > 0) {
        mp_put_entry_nano(b, "premium_requests", u->premium_nano);
    }
    put_key(b, "estimated");
    mp_put_bool(b, u->estimated);
}

static void put_start(struct buf *b, const struct chat_event *ev)
{
    begin_event(b, EVENT_START, 5u + (ev->conversation.data != NULL) + (ev->message.data != NULL) + (ev->arm > 0));
    put_text(b, "model", ev->model);
    put_text(b, "provider", ev->provider);
    put_key(b, "cached");
    mp_put_bool(b, ev->cached);
    put_key(b, "shared");
    mp_put_bool(b, ev->shared);
    put_key(b, "request");
    mp_put_uint(b, ev->request);
    put_optional(b, "conversation", ev->conversation);
    put_optional(b, "message", ev->message);
    if (ev->arm > 0)
        mp_put_entry_uint(b, "arm", ev->arm - 1);
}

static void put_tool_call(struct buf *b, const struct chat_event *ev)
{
    begin_event(b, EVENT_TOOL_CALL, 2u + (ev->id.data != NULL) + (ev->name.data != NULL) + (ev->opaque.data != NULL));
    put_key(b, "index");
    mp_put_int(b, ev->index);
    put_optional(b, "id", ev->id);
    put_optional(b, "name", ev->name);
    put_key(b, "arguments");
    mp_put_str(b, ev->text.data, ev->text.len);
    put_opaque(b, ev->opaque);
}

static void put_reasoning(struct buf *b, const struct chat_event *ev)
{
    begin_event(b, EVENT_REASONING, 1u + (ev->signature.data != NULL) + (ev->opaque.data != NULL));
    put_key(b, "text");
    mp_put_str(b, ev->text.data, ev->text.len);
    put_optional(b, "signature", ev->signature);
    put_opaque(b, ev->opaque);
}

static void put_opaque_text(struct buf *b, const struct chat_event *ev)
{
    begin_event(b, EVENT_TEXT, 2);
    put_key(b, "text");
    mp_put_str(b, ev->text.data, ev->text.len);
    put_opaque(b, ev->opaque);
}

static void put_image(struct buf *b, const struct chat_event *ev)
{
    begin_event(b, EVENT_IMAGE, 2u + (ev->opaque.data != NULL));
    put_text(b, "mime", ev->mime);
    put_key(b, "data");
    mp_put_bin(b, ev->data, ev->data_len);
    put_opaque(b, ev->opaque);
}

static void put_progress(struct buf *b, const struct chat_event *ev)
{
    begin_event(b, EVENT_PROGRESS, 1u + (ev->fraction >= 0));
    put_text(b, "message", ev->text);
    if (ev->fraction >= 0) {
        put_key(b, "fraction");
        mp_put_double(b, ev->fraction);
    }
}

static void put_retry(struct buf *b, const struct chat_event *ev)
{
    begin_event(b, EVENT_RETRY, 4);
    put_text(b, "provider", ev->provider);
    put_text(b, "model", ev->model);
    put_key(b, "error");
    codec_put_error(b, &ev->error, NULL, false);
    put_key(b, "delay");
    mp_put_double(b, ev->delay);
}

void codec_put_event(struct buf *b, const struct chat_event *ev)
{
    switch (ev->kind) {
    case EVENT_START: put_start(b, ev); break;
    case EVENT_TEXT:
        if (ev->opaque.data == NULL)
            put_text_event(b, &ev->text);
        else
            put_opaque_text(b, ev);
        break;
    case EVENT_REASONING: put_reasoning(b, ev); break;
    case EVENT_TOOL_CALL: put_tool_call(b, ev); break;
    case EVENT_IMAGE: put_image(b, ev); break;
    case EVENT_PROGRESS: put_progress(b, ev); break;
    case EVENT_RETRY: put_retry(b, ev); break;
    case EVENT_USAGE:
        begin_event(b, EVENT_USAGE, count_usage(&ev->usage));
        put_usage_entries(b, &ev->usage);
        break;
    case EVENT_DONE:
        begin_event(b, EVENT_DONE, 1);
        put_key(b, "finish_reason");
        mp_put_cstr(b, finish_name(ev->finish));
        break;
    case EVENT_ERROR:
        begin_event(b, EVENT_ERROR, count_error(&ev->error));
        put_error_entries(b, &ev->error);
        break;
    case EVENT_KIND_COUNT: break;
    }
}

void codec_put_error(struct buf *b, const struct error *err, const char *answer, bool as_text)
{
    if (as_text) {
        char text[sizeof(err->message) + 64];
        const char *name = error_name(err->code);
        size_t n = strlen(name), m = strlen(err->message);

        memcpy(text, name, n);
        memcpy(text + n, ": ", 2);
        memcpy(text + n + 2, err->message, m);
        mp_put_str(b, text, n + 2 + m);
        return;
    }
    mp_put_map(b, count_error(err) + (answer != NULL));
    put_error_entries(b, err);
    if (answer != NULL) {
        put_key(b, "answer");
        mp_put_cstr(b, answer);
    }
}

void codec_put_usage(struct buf *b, const struct usage *u)
{
    mp_put_map(b, count_usage(u));
    put_usage_entries(b, u);
}

/* Reading. Each getter is false where the field is of another type or, if it must be there, absent. */

static bool get_text(const msgpack_object_map *m, const char *key, struct event_text *t)
{
    const msgpack_object *o = mp_get(m, key);

    return o == NULL || mp_str(o, &t->data, &t->len);
}

static bool need_text(const msgpack_object_map *m, const char *key, struct event_text *t)
{
    return get_text(m, key, t) && t->data != NULL;
}

static bool need_bool(const msgpack_object_map *m, const char *key, bool *v)
{
    const msgpack_object *o = mp_get(m, key);

    return o != NULL && mp_bool(o, v);
}

static bool get_int(const msgpack_object_map *m, const char *key, int64_t *v)
{
    const msgpack_object *o = mp_get(m, key);

    return o == NULL || mp_int(o, v);
}

static bool get_double(const msgpack_object_map *m, const char *key, double *v)
{
    const msgpack_object *o = mp_get(m, key);

    return o == NULL || mp_double(o, v);
}

static bool get_error_text(const msgpack_object_map *m, const char *key, char *dst, size_t size)
{
    struct event_text t = {NULL, 0};

    if (!get_text(m, key, &t))
        return false;
    error_text(dst, size, t.data != NULL ? t.data : "", t.len);
    return true;
}

static bool get_error(const msgpack_object_map *m, struct error *err)
{
    struct event_text code = {NULL, 0};
    int64_t status = 0;

    if (!need_text(m, "code", &code) || (err->code = error_from_name(code.data, code.len)) == ERR_NONE)
        return false;
    if (!get_int(m, "status", &status) || status < 0 || status > INT32_MAX)
        return false;
    err->status = (int)status;
    return mp_get(m, "message") != NULL && get_error_text(m, "message", err->message, sizeof(err->message)) &&
           get_error_text(m, "param", err->param, sizeof(err->param)) &&
           get_error_text(m, "provider", err->provider, sizeof(err->provider)) &&
           get_error_text(m, "model", err->model, sizeof(err->model)) &&
           get_double(m, "retry_after", &err->retry_after);
}

static bool get_usage(const msgpack_object_map *m, struct usage *u)
{
    double premium = 0;

#define X(figure)                                                                                                      \
    if (!get_int(m, #figure, &u->figure))                                                                              \
        return false;
    USAGE_FIGURE_MAP(X)
#undef X
    if (!get_double(m, "premium_requests", &premium) || !(premium >= 0 && premium < PREMIUM_MAX))
        return false;
    u->premium_nano = llround(premium * 1e9);
    return get_error_text(m, "currency", u->currency, sizeof(u->currency)) && need_bool(m, "estimated", &u->estimated);
}

static bool get_start(const msgpack_object_map *m, struct chat_event *ev)
{
    const msgpack_object *request = mp_get(m, "request"), *arm = mp_get(m, "arm");

    if (request == NULL || request->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return false;
    ev->request = request->via.u64;
    if (arm != NULL && (arm->type != MSGPACK_OBJECT_POSITIVE_INTEGER || arm->via.u64 >= UINT_MAX))
        return false;
    ev->arm = arm != NULL ? (unsigned)arm->via.u64 + 1 : 0;
    return get_text(m, "model", &ev->model) && get_text(m, "provider", &ev->provider) &&
           need_bool(m, "cached", &ev->cached) && need_bool(m, "shared", &ev->shared) &&
           get_text(m, "conversation", &ev->conversation) && get_text(m, "message", &ev->message);
}

static bool get_image(const msgpack_object_map *m, struct chat_event *ev)
{
    const msgpack_object *data = mp_get(m, "data");

    if (data == NULL || data->type != MSGPACK_OBJECT_BIN)
        return false;
    return mp_bytes(data, &ev->data, &ev->data_len) && get_text(m, "mime", &ev->mime);
}

static bool get_retry(const msgpack_object_map *m, struct chat_event *ev)
{
    const msgpack_object *error = mp_get(m, "error"), *delay = mp_get(m, "delay");
    msgpack_object_map map;

    return error != NULL && delay != NULL && mp_map(error, &map) && get_error(&map, &ev->error) &&
           mp_double(delay, &ev->delay) && get_text(m, "provider", &ev->provider) && get_text(m, "model", &ev->model);
}

static bool get_done(const msgpack_object_map *m, struct chat_event *ev)
{
    struct event_text reason = {NULL, 0};

    return need_text(m, "finish_reason", &reason) && finish_from_name(reason.data, reason.len, &ev->finish);
}

/* What an adapter took from a provider: any value, packed again in the zone. */
static bool get_opaque(const msgpack_object_map *m, msgpack_zone *zone, struct event_text *t)
{
    const msgpack_object *o = mp_get(m, "opaque");
    size_t len;

    if (o == NULL)
        return true;

    struct value *v = value_from_object(o);

    if (v == NULL)
        return false;

    const uint8_t *bytes = value_bytes(v, &len);
    char *copy = msgpack_zone_malloc(zone, len);

    if (copy != NULL)
        memcpy(copy, bytes, len);
    value_unref(v);
    *t = (struct event_text){copy, len};
    return copy != NULL;
}

static bool get_fields(const msgpack_object_map *m, msgpack_zone *zone, struct chat_event *ev)
{
    switch (ev->kind) {
    case EVENT_START: return get_start(m, ev);
    case EVENT_TEXT: return need_text(m, "text", &ev->text) && get_opaque(m, zone, &ev->opaque);
    case EVENT_REASONING:
        return need_text(m, "text", &ev->text) && get_text(m, "signature", &ev->signature) &&
               get_opaque(m, zone, &ev->opaque);
    case EVENT_TOOL_CALL:
        return mp_get(m, "index") != NULL && get_int(m, "index", &ev->index) && get_text(m, "id", &ev->id) &&
               get_text(m, "name", &ev->name) && need_text(m, "arguments", &ev->text) &&
               get_opaque(m, zone, &ev->opaque);
    case EVENT_IMAGE: return get_image(m, ev) && get_opaque(m, zone, &ev->opaque);
    case EVENT_PROGRESS: return get_text(m, "message", &ev->text) && get_double(m, "fraction", &ev->fraction);
    case EVENT_RETRY: return get_retry(m, ev);
    case EVENT_USAGE: return get_usage(m, &ev->usage);
    case EVENT_DONE: return get_done(m, ev);
    case EVENT_ERROR: return get_error(m, &ev->error);
    case EVENT_KIND_COUNT: break;
    }
    return false;
}

/* Whether the bytes are one value of a bounded size in memory: msgpack-c would believe any count. The walk knows frames
 * only, so the event stands as the params of a notification. */
static bool is_bounded(const uint8_t *data, size_t len)
{
    static const uint8_t before[] = {0x93, 2, 0xc0};
    const struct frame_limits limits = {
        .max_bytes = sizeof(before) + len, .max_values = EVENT_VALUES_MAX, .max_depth = FRAME_DEPTH_LIMIT};
    struct frame_reader r;
    size_t used;

    frame_init(&r, &limits);
    return frame_feed(&r, before, sizeof(before), &used) == FRAME_MORE &&
           frame_feed(&r, data, len, &used) == FRAME_WHOLE && used == len;
}

enum error_code codec_get_error(const uint8_t *data, size_t len, struct error *err)
{
    struct error got = ERROR_INIT;
    msgpack_object_map map;
    msgpack_unpacked u;
    size_t off = 0;
    bool ok = is_bounded(data, len);

    msgpack_unpacked_init(&u);
    ok = ok && msgpack_unpack_next(&u, (const char *)data, len, &off) == MSGPACK_UNPACK_SUCCESS &&
         mp_map(&u.data, &map) && get_error(&map, &got);
    msgpack_unpacked_destroy(&u);
    if (!ok)
        return ERR_BAD_RESPONSE;
    *err = got;
    return ERR_NONE;
}

enum error_code codec_get_event(const uint8_t *data, size_t len, msgpack_zone *zone, struct chat_event *ev)
{
    struct chat_event got = {.fraction = -1, .usage = USAGE_INIT, .error = ERROR_INIT};
    struct event_text type = {NULL, 0};
    msgpack_object_map map;
    msgpack_object o;

    if (!is_bounded(data, len) || msgpack_unpack((const char *)data, len, NULL, zone, &o) != MSGPACK_UNPACK_SUCCESS)
        return ERR_BAD_RESPONSE;
    if (!mp_map(&o, &map) || !need_text(&map, "type", &type) || !event_kind_from_name(type.data, type.len, &got.kind) ||
        !get_fields(&map, zone, &got))
        return ERR_BAD_RESPONSE;
    *ev = got;
    return ERR_NONE;
}
