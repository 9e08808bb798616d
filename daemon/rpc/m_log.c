/* log.read, log.unwatch. */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/log_watch.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/mp.h"
#include <string.h>

#define LIMIT_DEFAULT 100

static enum error_code read_level(const struct call *c, enum log_level *ret, struct error *err)
{
    const msgpack_object *o = mp_get(&c->params, "level");
    const char *s;
    size_t len;
    *ret = LOG_LEVEL_DEBUG;
    if (!o || !mp_str(o, &s, &len))
        return ERR_NONE;
    for (int i = 0; log_level_names[i]; i++) {
        if (strlen(log_level_names[i]) != len || memcmp(log_level_names[i], s, len) != 0)
            continue;
        *ret = (enum log_level)i;
        return ERR_NONE;
    }
    return error_set_param(err, "level", "level must be error, warn, notice, info or debug");
}

static enum error_code read_filter(const struct call *c, struct log_filter *f, struct error *err)
{
    enum error_code code = read_level(c, &f->level, err);
    for (size_t i = 0; i < LOG_FIELDS; i++) {
        const msgpack_object *o = mp_get(&c->params, log_field_rows[i].name);
        const char *s;
        size_t len;
        if (o && mp_str(o, &s, &len))
            f->values[i] = xstrndup(s, len > LOG_VALUE_MAX ? LOG_VALUE_MAX + 1 : len); /* over it: fits none */
    }
    return code;
}

/* -- which lines -- */

struct reading {
    struct log_filter filter;
    uint32_t limit;
    uint64_t next; /* the line to read next */
    uint64_t missed;
};

/* Behind a line that the client has: what has left the ring meanwhile was missed. Where that line was another daemon's,
 * which ended before this one began, all of ours follow. */
static void begin_after(struct reading *r, int64_t after)
{
    struct log_ring_span span = log_ring_span();
    uint64_t next = after < 0 ? 0 : (uint64_t)after + 1;
    if (next < span.begun || next > span.end)
        next = span.begun;
    r->missed = span.first > next ? span.first - next : 0;
    r->next = next > span.first ? next : span.first;
}

/* The latest `limit` that are wanted. */
static void begin_latest(struct reading *r)
{
    struct log_ring_span span = log_ring_span();
    struct log_record record;
    uint32_t n = 0;
    uint64_t from = span.end;
    while (n < r->limit && from > span.first && log_ring_read(from - 1, &record)) {
        from--;
        n += log_filter_takes(&r->filter, &record);
    }
    r->next = from;
}

static enum error_code begin(const struct call *c, struct reading *r, struct error *err)
{
    int64_t after;
    const msgpack_object *o = mp_get(&c->params, "after");
    enum error_code code = read_filter(c, &r->filter, err);
    if (code == ERR_NONE)
        code = m_read_limit(c, LIMIT_DEFAULT, &r->limit, err);
    if (code != ERR_NONE)
        return code;
    if (o && mp_int(o, &after))
        begin_after(r, after);
    else
        begin_latest(r);
    return ERR_NONE;
}

/* Appends the array of them to b. */
static void put_lines(struct reading *r, struct buf *b)
{
    struct buf lines;
    struct log_record record;
    uint32_t n = 0;
    buf_init(&lines, SIZE_MAX / 2); /* LIST_MAX of them, each of which has its bound */
    while (n < r->limit && log_ring_read(r->next, &record)) {
        r->next = record.seq + 1;
        if (!log_filter_takes(&r->filter, &record))
            continue;
        log_watch_put_line(&lines, &record);
        n++;
    }
    mp_put_array(b, n);
    buf_append(b, lines.data, lines.len);
    buf_done(&lines);
}

/* -- the methods -- */

static bool follows(const struct call *c)
{
    const msgpack_object *o = mp_get(&c->params, "follow");
    bool follow = false;
    return o && mp_bool(o, &follow) && follow;
}

static enum error_code reply(struct call *c, struct reading *r, const msgpack_object_map *notify, struct error *err)
{
    struct buf lines;
    struct server *s = c->peer->server;
    bool follow = follows(c);
    buf_init(&lines, SIZE_MAX / 2);
    put_lines(r, &lines);
    enum error_code code = server_may_send(s, c->peer, lines.len, err);
    if (code == ERR_NONE) {
        struct watch *w = follow ? log_watch_begin(c->peer, &r->filter, r->next, notify) : NULL;
        struct buf *b = call_begin(c);
        mp_put_map(b, 1u + follow + (r->missed > 0));
        mp_put_cstr(b, "lines");
        buf_append(b, lines.data, lines.len);
        if (r->missed > 0)
            mp_put_entry_uint(b, "missed", r->missed);
        if (w)
            watch_put(b, w);
        call_end(c);
    }
    buf_done(&lines);
    return code;
}

enum error_code m_log_read(struct call *c, struct error *err)
{
    struct reading r = {.next = 0};
    msgpack_object_map notify;
    bool has_notify = false;
    enum error_code code = begin(c, &r, err);
    if (code == ERR_NONE && follows(c))
        code = watch_read(c, &notify, &has_notify, err);
    if (code == ERR_NONE)
        code = reply(c, &r, has_notify ? &notify : NULL, err);
    log_filter_done(&r.filter);
    return code;
}

enum error_code m_log_unwatch(struct call *c, struct error *err)
{
    return watch_unwatch(c, &log_watch_kind, err);
}
