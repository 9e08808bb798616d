#include "daemon/answer/fold.h"
#include "lib/base/alloc.h"
#include "lib/proto/codec.h"
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 1024 /* tool calls of one answer; more are kept in the events only */

struct call {
    int64_t index;
    struct buf id, name, arguments;
};

struct image {
    struct event_text mime;
    const uint8_t *data;
    size_t len;
};

struct fold {
    struct buf text, reasoning;
    struct call *calls;
    size_t n_calls;
    struct image *images; /* views into the log */
    size_t n_images;
    struct usage usage;
    bool finished;
    enum finish_reason finish;
    char provider[64], model[128];
};

static void clear_calls(struct fold *f)
{
    for (size_t i = 0; i < f->n_calls; i++) {
        buf_done(&f->calls[i].id);
        buf_done(&f->calls[i].name);
        buf_done(&f->calls[i].arguments);
    }
    f->n_calls = 0;
}

static struct call *call_at(struct fold *f, int64_t index, size_t max)
{
    for (size_t i = f->n_calls; i > 0; i--) /* fragments mostly belong to the last */
        if (f->calls[i - 1].index == index)
            return &f->calls[i - 1];
    if (f->n_calls == CALLS_MAX)
        return NULL;
    f->calls = xrealloc(f->calls, (f->n_calls + 1) * sizeof *f->calls);
    struct call *c = &f->calls[f->n_calls++];
    c->index = index;
    buf_init(&c->id, max);
    buf_init(&c->name, max);
    buf_init(&c->arguments, max);
    return c;
}

static void fold_event(struct fold *f, const struct chat_event *ev, size_t max)
{
    switch (ev->kind) {
    case EVENT_TEXT: buf_append(&f->text, ev->text.data, ev->text.len); break;
    case EVENT_REASONING: buf_append(&f->reasoning, ev->text.data, ev->text.len); break;
    case EVENT_TOOL_CALL: {
        struct call *c = call_at(f, ev->index, max);
        if (!c)
            break;
        if (ev->id.len && !c->id.len)
            buf_append(&c->id, ev->id.data, ev->id.len);
        if (ev->name.len && !c->name.len)
            buf_append(&c->name, ev->name.data, ev->name.len);
        buf_append(&c->arguments, ev->text.data, ev->text.len);
        break;
    }
    case EVENT_IMAGE:
        f->images = xrealloc(f->images, (f->n_images + 1) * sizeof *f->images);
        f->images[f->n_images++] = (struct image){ev->mime, ev->data, ev->data_len};
        break;
    case EVENT_USAGE: f->usage = ev->usage; break;
    case EVENT_DONE:
        f->finished = true;
        f->finish = ev->finish;
        break;
    case EVENT_RETRY: /* voids what was shown */
        buf_clear(&f->text);
        buf_clear(&f->reasoning);
        clear_calls(f);
        f->n_images = 0;
        f->usage = (struct usage)USAGE_INIT;
        error_text(f->provider, sizeof f->provider, ev->provider.data, ev->provider.len);
        error_text(f->model, sizeof f->model, ev->model.data, ev->model.len);
        break;
    case EVENT_START:
    case EVENT_PROGRESS:
    case EVENT_ERROR:
    case EVENT_KIND_COUNT: break;
    }
}

static void put_content(struct buf *out, const struct fold *f)
{
    mp_put_array(out, (uint32_t)(f->n_images + (f->text.len > 0)));
    if (f->text.len) {
        mp_put_map(out, 2);
        mp_put_cstr(out, "type");
        mp_put_cstr(out, "text");
        mp_put_cstr(out, "text");
        mp_put_str(out, (const char *)f->text.data, f->text.len);
    }
    for (size_t i = 0; i < f->n_images; i++) {
        mp_put_map(out, 3);
        mp_put_cstr(out, "type");
        mp_put_cstr(out, "image");
        mp_put_cstr(out, "mime");
        mp_put_str(out, f->images[i].mime.data, f->images[i].mime.len);
        mp_put_cstr(out, "data");
        mp_put_bin(out, f->images[i].data, f->images[i].len);
    }
}

static void put_call(struct buf *out, const struct call *c)
{
    mp_put_map(out, 3);
    mp_put_cstr(out, "id");
    mp_put_str(out, (const char *)c->id.data, c->id.len);
    mp_put_cstr(out, "name");
    mp_put_str(out, (const char *)c->name.data, c->name.len);
    mp_put_cstr(out, "arguments");
    mp_put_str(out, (const char *)c->arguments.data, c->arguments.len);
}

static uint32_t put_fold(struct buf *out, const struct fold *f, const struct error *err)
{
    uint32_t n = 5;
    mp_put_cstr(out, "model");
    mp_put_cstr(out, f->model);
    mp_put_cstr(out, "provider");
    mp_put_cstr(out, f->provider);
    mp_put_cstr(out, "text");
    mp_put_str(out, (const char *)f->text.data, f->text.len);
    mp_put_cstr(out, "tool_calls");
    mp_put_array(out, (uint32_t)f->n_calls);
    for (size_t i = 0; i < f->n_calls; i++)
        put_call(out, &f->calls[i]);
    mp_put_cstr(out, "usage");
    codec_put_usage(out, &f->usage);
    if (f->reasoning.len) {
        mp_put_cstr(out, "reasoning");
        mp_put_str(out, (const char *)f->reasoning.data, f->reasoning.len);
        n++;
    }
    if (f->n_images) {
        mp_put_cstr(out, "content");
        put_content(out, f);
        n++;
    }
    if (f->finished) {
        mp_put_cstr(out, "finish_reason");
        mp_put_cstr(out, finish_name(f->finish));
        n++;
    }
    if (err) {
        mp_put_cstr(out, "error");
        codec_put_error(out, err, NULL, false);
        n++;
    }
    return n;
}

uint32_t fold_put_tail(struct buf *out, const struct log *l, const char *provider, const char *model,
                       const struct error *err)
{
    size_t max = log_bytes(l) + 1;
    struct fold f = {.usage = USAGE_INIT};
    buf_init(&f.text, max);
    buf_init(&f.reasoning, max);
    error_text(f.provider, sizeof f.provider, provider, strlen(provider));
    error_text(f.model, sizeof f.model, model, strlen(model));
    msgpack_zone zone;
    msgpack_zone_init(&zone, 1024);
    struct log_pos pos = {0};
    const uint8_t *event;
    size_t len;
    while (log_next(l, &pos, &event, &len)) {
        struct chat_event ev;
        if (codec_get_event(event, len, &zone, &ev) == ERR_NONE)
            fold_event(&f, &ev, max);
        msgpack_zone_clear(&zone);
    }
    msgpack_zone_destroy(&zone);
    uint32_t n = put_fold(out, &f, err);
    buf_done(&f.text);
    buf_done(&f.reasoning);
    clear_calls(&f);
    free(f.calls);
    free(f.images);
    return n;
}
