#include "daemon/rpc/log_watch.h"
#include "daemon/rpc/server.h"
#include "lib/base/alloc.h"
#include "lib/proto/mp.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct log_watch {
    struct watch watch; /* first */
    struct log_filter filter;
    uint64_t next; /* the line that it is to be told of next */
    TAILQ_ENTRY(log_watch) link;
};

void log_filter_done(struct log_filter *f)
{
    for (size_t i = 0; i < LOG_FIELDS; i++)
        free(f->values[i]);
    *f = (struct log_filter){0};
}

bool log_filter_takes(const struct log_filter *f, const struct log_record *r)
{
    if (r->level > f->level)
        return false;
    for (size_t i = 0; i < LOG_FIELDS; i++)
        if (f->values[i] && strcmp(f->values[i], log_field_value(&r->fields, i)) != 0)
            return false;
    return true;
}

void log_watch_put_line(struct buf *b, const struct log_record *r)
{
    uint32_t told = 0;
    for (size_t i = 0; i < LOG_FIELDS; i++)
        told += *log_field_value(&r->fields, i) != '\0';
    mp_put_map(b, 4 + told);
    mp_put_entry_uint(b, "seq", r->seq);
    mp_put_entry_time(b, "time", r->wall_us);
    mp_put_entry(b, "level", log_level_names[r->level]);
    mp_put_entry(b, "message", r->text);
    for (size_t i = 0; i < LOG_FIELDS; i++)
        if (*log_field_value(&r->fields, i))
            mp_put_entry(b, log_field_rows[i].name, log_field_value(&r->fields, i));
}

/* In place of lines that it did not read in time. */
static bool tell_missed(struct log_watch *w, const struct log_record *oldest)
{
    struct log_record r = {.seq = oldest->seq - 1, .wall_us = oldest->wall_us, .level = LOG_LEVEL_WARN};
    uint64_t n = oldest->seq - w->next;
    snprintf(r.bytes, sizeof r.bytes, "%" PRIu64 " line%s missed: they came faster than they were read", n,
             n == 1 ? " was" : "s were");
    r.text = r.bytes;
    log_watch_put_line(watch_notify(&w->watch), &r);
    return watch_send(&w->watch);
}

/* What cannot be told for want of memory is tried again with the next line. */
static void go_on(struct watch *watch)
{
    struct log_watch *w = (struct log_watch *)watch;
    struct log_record r;
    while (watch_has_room(watch) && log_ring_read(w->next, &r)) {
        if (r.seq > w->next && !tell_missed(w, &r))
            return;
        w->next = r.seq;
        if (log_filter_takes(&w->filter, &r)) {
            log_watch_put_line(watch_notify(watch), &r);
            if (!watch_send(watch))
                return;
        }
        w->next++;
    }
}

/* -- from any thread to the loop -- */

void log_watch_tell(struct server *s)
{
    struct log_watch *w;
    TAILQ_FOREACH (w, &s->log_watches, link)
        go_on(&w->watch);
}

static void on_wake(uv_async_t *h)
{
    log_watch_tell(h->data);
}

static void wake(void *data)
{
    uv_async_send(data);
}

void log_watch_init(struct server *s)
{
    TAILQ_INIT(&s->log_watches);
    uv_async_init(s->loop, &s->log_wake, on_wake);
    s->log_wake.data = s;
    s->handles++;
}

void log_watch_close(struct server *s, uv_close_cb closed)
{
    log_ring_on_line(NULL, NULL);
    uv_close((uv_handle_t *)&s->log_wake, closed);
}

/* -- a watch -- */

static void free_watch(struct watch *watch)
{
    struct log_watch *w = (struct log_watch *)watch;
    struct server *s = watch->peer->server;
    TAILQ_REMOVE(&s->log_watches, w, link);
    if (TAILQ_EMPTY(&s->log_watches))
        log_ring_on_line(NULL, NULL);
    log_filter_done(&w->filter);
    free(w);
}

const struct watch_kind log_watch_kind = {"log.line", go_on, free_watch};

struct watch *log_watch_begin(struct peer *p, struct log_filter *filter, uint64_t next,
                              const msgpack_object_map *notify)
{
    struct log_watch *w = NEW(struct log_watch);
    struct server *s = p->server;
    w->filter = *filter;
    *filter = (struct log_filter){0};
    w->next = next;
    watch_begin(&w->watch, &log_watch_kind, p, notify, 1);
    TAILQ_INSERT_TAIL(&s->log_watches, w, link);
    log_ring_on_line(wake, &s->log_wake);
    wake(&s->log_wake); /* what has come before that */
    return &w->watch;
}
