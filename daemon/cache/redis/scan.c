/* Clears and lists: each goes through the names of its scope, step by step, over a connection of its own. Where it has
 * to know more of an item than its name, it reads the step's values, a few at a time.
 *
 * A step is SCAN, then MGET as often as it takes, then UNLINK for what a clear is to remove. A clear of one key is one
 * step without SCAN. */
#include "daemon/cache/redis/internal.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

#define COUNT_MIN 16 /* names that Redis looks at in a step */
#define COUNT_MAX 1024
#define CURSOR_MAX 20 /* digits */

struct scan {
    LIST_ENTRY(scan) link;
    struct tier *tier;
    struct conn *conn;   /* NULL: it never had one */
    struct timer *timer; /* its time; at once for a fault that was found where nothing may be told */
    struct error fault;
    bool told;
    char *scope, *model;
    struct cache_key key;
    bool has_key, is_list;
    int64_t before_us;
    char cursor[CURSOR_MAX + 1]; /* of the next step; "0": there is none */
    uint32_t count;
    struct cache_key *keys; /* of this step */
    size_t n_keys;
    size_t read, kept; /* of these: read, and, in a clear, moved to the front since they are to go */

    void (*cleared)(void *data, int64_t removed, const struct error *err);
    void (*listed)(void *data, const struct item_bytes *blobs, size_t n, const char *after, const struct error *err);
    void *data;
    int64_t removed;
    uint32_t limit;
    struct cache_item **items;
    size_t n_items, bytes;
};

/* -- its end -- */

static void free_scan(struct scan *s)
{
    struct tier *t = s->tier;
    LIST_REMOVE(s, link);
    t->n_scans--;
    timer_free(s->timer);
    for (size_t i = 0; i < s->n_items; i++)
        item_unref(s->items[i]);
    free(s->items);
    free(s->keys);
    free(s->scope);
    free(s->model);
    free(s);
}

static void tell_list(const struct scan *s, const struct error *err)
{
    size_t n = err ? 0 : s->n_items;
    struct item_bytes *blobs = xcalloc(n + 1, sizeof *blobs);
    for (size_t i = 0; i < n; i++)
        blobs[i] = item_blob(s->items[i]);
    bool more = !err && strcmp(s->cursor, "0") != 0;
    s->listed(s->data, blobs, n, more ? s->cursor : "", err);
    free(blobs);
}

/* The one way to be told. */
static void finish(struct scan *s, const struct error *err)
{
    if (s->told)
        return;
    s->told = true;
    timer_stop(s->timer);
    if (s->is_list)
        tell_list(s, err);
    else
        s->cleared(s->data, s->removed, err);
    if (s->conn)
        conn_close(s->conn);
    else
        free_scan(s);
}

static void fail(struct scan *s, enum error_code code, const char *why)
{
    struct error err = ERROR_INIT;
    char place[160];
    redis_url_place(&s->tier->url, place, sizeof place);
    error_set(&err, code, "the cache in Redis at %s: %s", place, why);
    finish(s, &err);
}

static void on_timer(void *data)
{
    struct scan *s = data;
    if (s->fault.code != ERR_NONE)
        finish(s, &s->fault);
    else
        fail(s, ERR_TIMEOUT, "it takes too long");
}

static void on_failed(void *data, struct conn *c, const char *why)
{
    (void)c;
    fail(data, ERR_UNAVAILABLE, why);
}

static void on_gone(void *data)
{
    struct scan *s = data;
    struct tier *t = s->tier;
    free_scan(s);
    if (t->closing)
        tier_end(t);
}

/* -- steps -- */

static void send_on(struct scan *s, struct buf *command, conn_told *told)
{
    if (!conn_send(s->conn, command, told, s))
        fail(s, ERR_UNAVAILABLE, "a command could not be sent");
}

/* Whether there is something to read in it. Frees it where not. */
static bool is_wanted(struct scan *s, redisReply *reply, bool fits)
{
    if (reply && !s->told && fits)
        return true;
    if (reply && !s->told)
        fail(s, ERR_UNAVAILABLE, reply_refusal(reply));
    if (reply)
        freeReplyObject(reply);
    return false;
}

static void read_more(struct scan *s);

static void on_names(void *data, redisReply *reply)
{
    struct scan *s = data;
    bool fits = reply && reply_is_array(reply, 2) && reply_is_string(reply->element[0]) &&
                reply->element[0]->len <= CURSOR_MAX && reply_is_array(reply->element[1], 0);
    if (!is_wanted(s, reply, fits))
        return;
    const redisReply *names = reply->element[1];
    memcpy(s->cursor, reply->element[0]->str, reply->element[0]->len);
    s->cursor[reply->element[0]->len] = '\0';
    s->n_keys = s->read = s->kept = 0;
    for (size_t i = 0; i < names->elements; i++) {
        s->keys = grow_one(s->keys, s->n_keys, sizeof *s->keys);
        if (reply_is_string(names->element[i]) &&
            value_name_key(s->scope, names->element[i]->str, names->element[i]->len, &s->keys[s->n_keys]))
            s->n_keys++;
    }
    /* A page should not be much longer than was asked for; where there is little of ours, steps are larger. */
    s->count = s->n_keys > 0 ? COUNT_MIN : s->count < COUNT_MAX ? s->count * 2 : COUNT_MAX;
    freeReplyObject(reply);
    read_more(s);
}

static void step(struct scan *s)
{
    struct buf command, pattern;
    buf_init(&pattern, 4 * ITEM_SCOPE_MAX);
    value_pattern(s->scope, &pattern);
    command_begin(&command, 6);
    command_text(&command, "SCAN");
    command_text(&command, s->cursor);
    command_text(&command, "MATCH");
    command_word(&command, pattern.data, pattern.len);
    command_text(&command, "COUNT");
    command_number(&command, s->count);
    buf_done(&pattern);
    send_on(s, &command, on_names);
}

static void step_done(struct scan *s)
{
    bool full = s->is_list && (s->n_items >= s->limit || s->bytes >= SCAN_BYTES);
    if (full || strcmp(s->cursor, "0") == 0)
        finish(s, NULL);
    else
        step(s);
}

static void on_removed(void *data, redisReply *reply)
{
    struct scan *s = data;
    if (!is_wanted(s, reply, reply && reply->type == REDIS_REPLY_INTEGER))
        return;
    s->removed += reply->integer;
    freeReplyObject(reply);
    step_done(s);
}

static void remove_kept(struct scan *s)
{
    char name[VALUE_NAME_MAX];
    struct buf command;
    if (s->kept == 0) {
        step_done(s);
        return;
    }
    command_begin(&command, s->kept + 1);
    command_text(&command, "UNLINK");
    for (size_t i = 0; i < s->kept; i++)
        command_word(&command, name, value_name(s->scope, &s->keys[i], name));
    send_on(s, &command, on_removed);
}

static bool passes(const struct scan *s, const struct item_facts *f)
{
    return (!s->model || item_model_is(f->provider, f->model, s->model)) &&
           (s->before_us == 0 || f->created_us < s->before_us);
}

static void take(struct scan *s, struct cache_item *it, const struct cache_key *key)
{
    if (s->is_list) {
        s->items = grow_one(s->items, s->n_items, sizeof(struct cache_item *));
        s->items[s->n_items++] = item_ref(it);
        s->bytes += item_blob(it).len;
    } else if (passes(s, item_facts(it))) {
        s->keys[s->kept++] = *key;
    }
}

static size_t next_keys(const struct scan *s)
{
    size_t left = s->n_keys - s->read;
    return left < MGET_KEYS ? left : MGET_KEYS;
}

static void on_values(void *data, redisReply *reply)
{
    struct scan *s = data;
    size_t n = next_keys(s);
    if (!is_wanted(s, reply, reply && reply_is_array(reply, n)))
        return;
    for (size_t i = 0; i < n; i++) {
        struct cache_key key = s->keys[s->read++];
        struct cache_item *it = tier_item(s->tier, reply->element[i], s->scope, &key);
        if (it)
            take(s, it, &key);
        item_unref(it);
    }
    freeReplyObject(reply);
    read_more(s);
}

/* The step's values, until all are read; or none, where the names say enough. */
static void read_more(struct scan *s)
{
    char name[VALUE_NAME_MAX];
    struct buf command;
    if (!s->is_list && !s->model && s->before_us == 0)
        s->read = s->kept = s->n_keys;
    size_t n = next_keys(s);
    if (n == 0) {
        remove_kept(s);
        return;
    }
    command_begin(&command, n + 1);
    command_text(&command, "MGET");
    for (size_t i = 0; i < n; i++)
        command_word(&command, name, value_name(s->scope, &s->keys[s->read + i], name));
    send_on(s, &command, on_values);
}

static void on_ready(void *data, struct conn *c)
{
    struct scan *s = data;
    (void)c;
    if (!s->has_key) {
        step(s);
        return;
    }
    s->keys = grow_one(s->keys, s->n_keys, sizeof *s->keys);
    s->keys[s->n_keys++] = s->key;
    read_more(s);
}

/* -- their beginning -- */

static const struct conn_hooks hooks = {.ready = on_ready, .failed = on_failed, .gone = on_gone};

static struct scan *new_scan(struct tier *t, const char *scope, void *data)
{
    struct scan *s = NEW(struct scan);
    s->tier = t;
    s->scope = xstrdup(scope);
    s->count = COUNT_MIN;
    s->data = data;
    (void)strcpy(s->cursor, "0");
    s->timer = timer_new(t->loop, on_timer, s);
    LIST_INSERT_HEAD(&t->scans, s, link);
    if (++t->n_scans > SCANS_MAX)
        error_set(&s->fault, ERR_OVERLOADED, "the cache is being listed or cleared by too many at once");
    return s;
}

static void begin(struct scan *s)
{
    bool well = s->fault.code == ERR_NONE;
    timer_start(s->timer, well ? SCAN_TIME_MS : 0);
    if (well)
        s->conn = conn_new(s->tier->loop, &s->tier->url, &hooks, s);
}

void scan_clear(struct tier *t, const struct tier_filter *f,
                void (*done)(void *data, int64_t removed, const struct error *err), void *data)
{
    struct scan *s = new_scan(t, f->scope, data);
    s->cleared = done;
    s->model = xstrdup(f->model);
    s->before_us = f->created_before_us;
    s->has_key = f->key != NULL;
    if (f->key)
        s->key = *f->key;
    begin(s);
}

void scan_list(struct tier *t, const struct tier_list *l)
{
    struct scan *s = new_scan(t, l->scope, l->data);
    size_t len = strlen(l->after);
    s->is_list = true;
    s->listed = l->done;
    s->limit = l->limit;
    if (len > CURSOR_MAX || strspn(l->after, "0123456789") != len)
        error_set_param(&s->fault, "after", "this is not where a page ended");
    else if (len > 0)
        (void)strcpy(s->cursor, l->after);
    begin(s);
}

void scan_stop_all(struct tier *t)
{
    struct scan *s, *next;
    for (s = LIST_FIRST(&t->scans); s; s = next) {
        next = LIST_NEXT(s, link);
        fail(s, ERR_CANCELLED, "the daemon ends");
    }
}
