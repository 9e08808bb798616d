/* The tier in Redis: what tier.h asks for, as a module that is loaded where it is configured (../redis_load.h).
 *
 * One connection, which link.h keeps, serves get and put; a clear or list has one of its own (scan.c), so that it
 * delays nobody. A get is told what has come when its time is over; what comes later is ignored. */
#include "daemon/cache/redis/internal.h"
#include "daemon/cache/redis_load.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>

#define PUT_BYTES_MAX COMMAND_MAX /* under way; what is beyond is lost */
#define FLUSH_MS 1000             /* that puts have when the tier closes */
#define FOREIGN_LOG_MS 60000      /* at most one line about these in that time */

struct portion { /* one command of a get */
    struct tier_op *op;
    size_t first, n;
};

struct tier_op {
    TAILQ_ENTRY(tier_op) link;
    struct tier *tier;
    struct tier_get get;
    bool told; /* or cancelled: not among the tier's gets */
    bool held; /* asked before it was known whether Redis is there: it waits for that, no longer than for Redis */
    uint64_t begun_ms, due_ms;
    bool late;                 /* it was due a turn of the loop ago */
    struct cache_item **items; /* get.n */
    size_t waiting;            /* parts without a reply */
    struct portion parts[];
};

struct put {
    struct tier *tier;
    size_t bytes;
};

/* -- what works and what does not -- */

static void trouble_set(struct tier *t, enum trouble kind, const char *why)
{
    char place[160];
    t->failures++;
    if (!t->trouble[kind]) {
        redis_url_place(&t->url, place, sizeof place);
        log_warn("cache: Redis at %s: %s; going on without", place, why);
    }
    t->trouble[kind] = why;
}

static void trouble_clear(struct tier *t, enum trouble kind)
{
    static const char *const again[TROUBLES] = {[TROUBLE_LINK] = "is there again",
                                                [TROUBLE_READ] = "can be read again",
                                                [TROUBLE_WRITE] = "takes answers again"};
    char place[160];
    if (!t->trouble[kind])
        return;
    t->trouble[kind] = NULL;
    redis_url_place(&t->url, place, sizeof place);
    log_notice("cache: Redis at %s %s", place, again[kind]);
}

void tier_foreign(struct tier *t)
{
    char place[160];
    uint64_t now = uv_now(t->loop);
    t->failures++;
    if (t->foreign_ms && now - t->foreign_ms < FOREIGN_LOG_MS)
        return;
    t->foreign_ms = now ? now : 1;
    redis_url_place(&t->url, place, sizeof place);
    log_warn("cache: Redis at %s has values that were not made with our secret, or are damaged; ignoring them", place);
}

struct cache_item *tier_item(struct tier *t, const redisReply *value, const char *scope, const struct cache_key *key)
{
    if (value->type == REDIS_REPLY_NIL)
        return NULL;
    struct cache_item *it = reply_is_string(value) ? value_item(t->secret, value->str, value->len, scope, key) : NULL;
    if (!it)
        tier_foreign(t);
    return it;
}

/* -- its end -- */

void tier_end(struct tier *t)
{
    if (t->link || t->n_scans > 0)
        return;
    timer_free(t->timer);
    redis_url_done(&t->url);
    secret_unref(t->secret);
    t->closed(t->data);
    free(t);
}

static void end_link(struct tier *t)
{
    timer_stop(t->timer);
    link_close(t->link);
}

static void on_link_gone(void *data)
{
    struct tier *t = data;
    t->link = NULL;
    tier_end(t);
}

/* -- get -- */

static void free_get(struct tier_op *op)
{
    for (size_t i = 0; i < op->get.n; i++)
        item_unref(op->items[i]);
    free(op->items);
    free(op);
}

/* From now on nothing of it is borrowed. */
static void leave(struct tier_op *op)
{
    op->told = true;
    TAILQ_REMOVE(&op->tier->gets, op, link);
}

/* With what there is. Frees it unless a reply is still to come. */
static void tell(struct tier_op *op)
{
    size_t n = op->get.n;
    struct item_bytes *blobs = xcalloc(n + 1, sizeof *blobs);
    for (size_t i = 0; i < n; i++)
        if (op->items[i])
            blobs[i] = item_blob(op->items[i]);
    leave(op);
    op->get.done(op->get.data, blobs, n);
    free(blobs);
    if (op->waiting == 0)
        free_get(op);
}

static void take_values(struct tier_op *op, const struct portion *p, const redisReply *reply)
{
    if (!reply_is_array(reply, p->n)) {
        trouble_set(op->tier, TROUBLE_READ, reply_refusal(reply));
        return;
    }
    trouble_clear(op->tier, TROUBLE_READ);
    for (size_t i = 0; i < p->n; i++)
        op->items[p->first + i] = tier_item(op->tier, reply->element[i], op->get.scope, &op->get.keys[p->first + i]);
}

static void on_values(void *data, redisReply *reply)
{
    struct portion *p = data;
    struct tier_op *op = p->op;
    op->waiting--;
    if (reply && !op->told)
        take_values(op, p, reply);
    if (op->waiting == 0 && op->told)
        free_get(op);
    else if (op->waiting == 0) {
        if (reply)
            link_in_time(op->tier->link);
        tell(op);
    }
    if (reply)
        freeReplyObject(reply);
}

/* Those that were due a turn ago are told. The others have this turn: the loop may itself be late, and the replies
 * there to be read. */
static void on_due(struct tier *t)
{
    uint64_t now = uv_now(t->loop);
    struct tier_op *op;
    while ((op = TAILQ_FIRST(&t->gets)) != NULL && op->due_ms <= now && op->late) {
        uint64_t begun = op->begun_ms;
        bool asked = op->waiting > 0;
        tell(op);
        if (asked) {
            t->failures++;
            link_too_slow(t->link, begun);
        }
    }
    if (!op)
        return;
    timer_start(t->timer, op->due_ms > now ? (int64_t)(op->due_ms - now) : 1);
    for (; op && op->due_ms <= now; op = TAILQ_NEXT(op, link))
        op->late = true;
}

static void on_timer(void *data)
{
    struct tier *t = data;
    if (t->closing)
        end_link(t);
    else
        on_due(t);
}

static bool ask(struct tier_op *op, struct conn *c, struct portion *p)
{
    char name[VALUE_NAME_MAX];
    struct buf command;
    command_begin(&command, p->n + 1);
    command_text(&command, "MGET");
    for (size_t i = 0; i < p->n; i++)
        command_word(&command, name, value_name(op->get.scope, &op->get.keys[p->first + i], name));
    return conn_send(c, &command, on_values, p);
}

static void ask_all(struct tier_op *op, struct conn *c)
{
    size_t first = 0;
    for (struct portion *p = op->parts; first < op->get.n; first += p->n, p++) {
        size_t left = op->get.n - first;
        *p = (struct portion){.op = op, .first = first, .n = left < MGET_KEYS ? left : MGET_KEYS};
        op->waiting += ask(op, c, p);
    }
}

/* It is known now whether Redis is there: those that were held for it are asked, or told at the next turn. */
static void go_on(struct tier *t)
{
    struct conn *c = link_conn(t->link);
    struct tier_op *op;
    TAILQ_FOREACH (op, &t->gets, link) {
        if (op->held && c)
            ask_all(op, c);
        if (op->held && op->waiting == 0) {
            op->due_ms = 0;
            op->late = true;
            timer_start(t->timer, 0);
        }
        op->held = false;
    }
}

static void on_link_changed(void *data, const char *why)
{
    struct tier *t = data;
    if (!t->known)
        go_on(t);
    t->known = true;
    if (!why) {
        trouble_clear(t, TROUBLE_LINK);
        return;
    }
    error_text(t->reason, sizeof t->reason, why, strlen(why));
    trouble_set(t, TROUBLE_LINK, t->reason);
}

static struct tier_op *redis_get(struct tier *t, const struct tier_get *get)
{
    struct tier_op *op = xcalloc(1, sizeof *op + (get->n / MGET_KEYS + 1) * sizeof op->parts[0]);
    struct conn *c = t->closing ? NULL : link_conn(t->link);
    uv_update_time(t->loop);
    op->tier = t;
    op->get = *get;
    op->items = xcalloc(get->n + 1, sizeof(struct cache_item *));
    op->begun_ms = uv_now(t->loop);
    if (c)
        ask_all(op, c);
    op->held = !c && !t->known && !t->closing;
    if (op->waiting > 0 || op->held) {
        op->due_ms = op->begun_ms + t->timeout_ms;
        TAILQ_INSERT_TAIL(&t->gets, op, link);
        if (!timer_active(t->timer))
            timer_start(t->timer, (int64_t)t->timeout_ms);
    } else { /* at the next turn */
        op->late = true;
        TAILQ_INSERT_HEAD(&t->gets, op, link);
        timer_start(t->timer, 0);
    }
    return op;
}

static void redis_cancel(struct tier *t, struct tier_op *op)
{
    (void)t;
    leave(op);
    if (op->waiting == 0)
        free_get(op);
}

/* -- put -- */

static void on_put(void *data, redisReply *reply)
{
    struct put *p = data;
    struct tier *t = p->tier;
    t->put_bytes -= p->bytes;
    free(p);
    if (!reply)
        t->failures++;
    else if (reply_is_status(reply, "OK"))
        trouble_clear(t, TROUBLE_WRITE);
    else
        trouble_set(t, TROUBLE_WRITE, reply_refusal(reply));
    if (reply)
        freeReplyObject(reply);
    if (t->closing && t->put_bytes == 0)
        end_link(t);
}

/* False: it is too large, or could not be signed. */
static bool write_set(const struct tier *t, const struct cache_item *it, int64_t ttl_ms, struct buf *command)
{
    struct item_bytes blob = item_blob(it);
    char name[VALUE_NAME_MAX];
    uint8_t mac[VALUE_MAC];
    if (blob.len > VALUE_MAX - VALUE_MAC || !value_sign(t->secret, blob, mac))
        return false;
    command_begin(command, 5);
    command_text(command, "SET");
    command_word(command, name, value_name(item_facts(it)->scope, &item_facts(it)->key, name));
    command_value(command, mac, blob);
    command_text(command, "PX");
    command_number(command, ttl_ms);
    return true;
}

static void redis_put(struct tier *t, struct cache_item *it)
{
    struct buf command;
    struct conn *c = t->closing ? NULL : link_conn(t->link);
    int64_t ttl_ms = (item_facts(it)->expires_us - clock_wall_us()) / 1000;
    if (ttl_ms <= 0)
        return;
    if (!c || item_blob(it).len > PUT_BYTES_MAX - t->put_bytes || !write_set(t, it, ttl_ms, &command)) {
        t->failures++;
        return;
    }
    struct put *p = NEW(struct put);
    p->tier = t;
    p->bytes = item_blob(it).len;
    t->put_bytes += p->bytes;
    if (!conn_send(c, &command, on_put, p))
        on_put(p, NULL);
}

/* -- the rest -- */

static void redis_status(const struct tier *t, struct tier_status *ret)
{
    *ret = (struct tier_status){.state = t->known ? "ok" : "opening", .entries = -1, .bytes = -1};
    ret->failures = t->failures;
    for (size_t i = 0; i < TROUBLES && !ret->error; i++)
        ret->error = t->trouble[i];
    if (ret->error)
        ret->state = "failing";
}

static void redis_close(struct tier *t, void (*closed)(void *data), void *data)
{
    struct tier_op *op;
    t->closing = true;
    t->closed = closed;
    t->data = data;
    while ((op = TAILQ_FIRST(&t->gets)) != NULL)
        tell(op);
    scan_stop_all(t);
    if (t->put_bytes > 0)
        timer_start(t->timer, FLUSH_MS);
    else
        end_link(t);
}

static enum error_code check(const struct tier_options *opt, struct error *err)
{
    if (!opt->url || !*opt->url)
        return error_set(err, ERR_INVALID_REQUEST, "[cache] has no url of Redis");
    if (!opt->secret || !*opt->secret)
        return error_set(err, ERR_INVALID_REQUEST,
                         "[cache] has no secret, without which answers of Redis cannot be trusted: give all that share "
                         "it the same");
    return ERR_NONE;
}

static enum error_code redis_check(const struct tier_options *opt, struct error *err)
{
    struct redis_url url;
    enum error_code code = check(opt, err);
    if (code == ERR_NONE)
        code = redis_url_parse(&url, opt->url, err);
    if (code == ERR_NONE)
        redis_url_done(&url);
    return code;
}

static struct tier *redis_open(uv_loop_t *loop, const struct tier_options *opt, struct error *err)
{
    static const struct link_hooks hooks = {.changed = on_link_changed, .gone = on_link_gone};
    struct redis_url url;
    if (check(opt, err) != ERR_NONE || redis_url_parse(&url, opt->url, err) != ERR_NONE)
        return NULL;
    struct tier *t = NEW(struct tier);
    t->loop = loop;
    t->url = url;
    t->timeout_ms = opt->timeout_ms > 0 ? (uint64_t)opt->timeout_ms : 1;
    t->secret = secret_new(opt->secret, strlen(opt->secret));
    if (!t->secret) {
        error_set(err, ERR_INVALID_REQUEST, "the secret of [cache] is too long");
        redis_url_done(&t->url);
        free(t);
        return NULL;
    }
    TAILQ_INIT(&t->gets);
    LIST_INIT(&t->scans);
    t->timer = timer_new(loop, on_timer, t);
    t->link = link_new(loop, &t->url, &hooks, t);
    return t;
}

static const struct tier_ops ops = {
    .name = "redis",
    .check = redis_check,
    .open = redis_open,
    .get = redis_get,
    .cancel = redis_cancel,
    .put = redis_put,
    .clear = scan_clear,
    .list = scan_list,
    .status = redis_status,
    .close = redis_close,
};

const struct tier_module askd_tier_module = {.version = PACKAGE_VERSION, .ops = &ops};
