#include "daemon/core/log_ring.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What stands before a line's bytes: its fields that are told, then its text, each with a NUL. */
struct head {
    int64_t wall_us;
    uint32_t len; /* of the bytes */
    uint8_t level, told;
};
_Static_assert(LOG_FIELDS <= 8, "a bit of `told` for each");

struct ring {
    char *room;        /* lines, one behind the other, each whole: at the end one may not fit, and begins at 0 */
    size_t size, next; /* of the room; where in it the next line goes */
    size_t *at;        /* where line seq lies: at[seq % slots] */
    size_t slots;
    struct log_ring_span span;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ring ring;
static void (*on_line)(void *data);
static void *on_line_data;

static size_t at(const struct ring *r, uint64_t seq)
{
    return r->at[seq % r->slots];
}

static struct head head_of(const struct ring *r, uint64_t seq)
{
    struct head h;
    memcpy(&h, r->room + at(r, seq), sizeof h);
    return h;
}

/* Room for so many bytes in one piece, which may cost the oldest lines theirs. */
static size_t make_room(struct ring *r, size_t need)
{
    size_t start = r->next + need <= r->size ? r->next : 0;
    /* What lies between the old place and the end is passed over, and what lies there is older than what lies at 0. */
    while (r->span.first < r->span.end) {
        size_t from = at(r, r->span.first), to = from + sizeof(struct head) + head_of(r, r->span.first).len;
        bool passed = start < r->next && from >= r->next, hit = from < start + need && to > start;
        if (!passed && !hit && r->span.end - r->span.first < r->slots)
            break;
        r->span.first++;
    }
    r->next = start + need;
    return start;
}

static char *put(char *to, const char *s, size_t len)
{
    memcpy(to, s, len);
    to[len] = '\0';
    return to + len + 1;
}

static void add(struct ring *r, struct head h, const struct log_fields *fields, const char *text, size_t text_len)
{
    size_t lens[LOG_FIELDS];
    h.len = (uint32_t)text_len + 1;
    h.told = 0;
    for (size_t i = 0; i < LOG_FIELDS; i++) {
        lens[i] = strlen(log_field_value(fields, i));
        if (lens[i] == 0)
            continue;
        h.told |= (uint8_t)(1u << i);
        h.len += (uint32_t)lens[i] + 1;
    }
    size_t start = make_room(r, sizeof h + h.len);
    char *to = r->room + start;
    memcpy(to, &h, sizeof h);
    to += sizeof h;
    for (size_t i = 0; i < LOG_FIELDS; i++)
        if (lens[i] > 0)
            to = put(to, log_field_value(fields, i), lens[i]);
    put(to, text, text_len);
    r->at[r->span.end++ % r->slots] = start;
}

static void on_log_line(int64_t wall_us, enum log_level level, const struct log_fields *fields, const char *text,
                        size_t len)
{
    pthread_mutex_lock(&lock);
    if (ring.room) {
        add(&ring, (struct head){.wall_us = wall_us, .level = (uint8_t)level}, fields, text, len);
        if (on_line)
            on_line(on_line_data);
    }
    pthread_mutex_unlock(&lock);
}

static void copy(const struct ring *r, uint64_t seq, struct log_record *ret)
{
    struct head h = head_of(r, seq);
    const char *next = ret->bytes;
    ret->seq = seq;
    ret->wall_us = h.wall_us;
    ret->level = (enum log_level)h.level;
    ret->fields = (struct log_fields){0};
    memcpy(ret->bytes, r->room + at(r, seq) + sizeof h, h.len);
    for (size_t i = 0; i < LOG_FIELDS; i++) {
        if (!(h.told & 1u << i))
            continue;
        memcpy((char *)&ret->fields + log_field_rows[i].offset, &next, sizeof next);
        next += strlen(next) + 1;
    }
    ret->text = next;
}

static void done(struct ring *r)
{
    free(r->room);
    free(r->at);
    *r = (struct ring){0};
}

void log_ring_configure(size_t bytes, size_t lines)
{
    assert(bytes >= LOG_RING_BYTES_MIN && lines > 0);
    if (ring.size == bytes && ring.slots == lines)
        return;
    struct ring fresh = {.room = xmalloc(bytes), .size = bytes, .at = xcalloc(lines, sizeof(size_t)), .slots = lines};
    struct log_record record;
    bool begins = !ring.room;
    pthread_mutex_lock(&lock);
    fresh.span = ring.span;
    if (begins)
        fresh.span.begun = fresh.span.first = (uint64_t)clock_wall_us();
    fresh.span.end = fresh.span.first;
    for (uint64_t seq = ring.span.first; seq < ring.span.end; seq++) {
        copy(&ring, seq, &record);
        add(&fresh, (struct head){.wall_us = record.wall_us, .level = (uint8_t)record.level}, &record.fields,
            record.text, strlen(record.text));
    }
    done(&ring);
    ring = fresh;
    pthread_mutex_unlock(&lock);
    if (begins)
        log_on_line(on_log_line);
}

void log_ring_stop(void)
{
    log_on_line(NULL);
    pthread_mutex_lock(&lock);
    done(&ring);
    pthread_mutex_unlock(&lock);
}

bool log_ring_read(uint64_t seq, struct log_record *ret)
{
    pthread_mutex_lock(&lock);
    if (seq < ring.span.first)
        seq = ring.span.first;
    bool there = seq < ring.span.end;
    if (there)
        copy(&ring, seq, ret);
    pthread_mutex_unlock(&lock);
    return there;
}

struct log_ring_span log_ring_span(void)
{
    pthread_mutex_lock(&lock);
    struct log_ring_span span = ring.span;
    pthread_mutex_unlock(&lock);
    return span;
}

void log_ring_on_line(void (*wake)(void *data), void *data)
{
    pthread_mutex_lock(&lock);
    on_line = wake;
    on_line_data = data;
    pthread_mutex_unlock(&lock);
}
