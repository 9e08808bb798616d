#include "daemon/rpc/outq.h"
#include "lib/base/alloc.h"
#include <stdlib.h>

#define RUN_MAX (256u << 20)   /* of one owned run: a result that was encoded for one reply */
#define SPARE_MAX (128u << 10) /* of all runs whose memory is kept: a hundred small replies, or two large ones */
#define RUN_FULL (32u << 10)   /* begin a new owned run beyond this, so that what was sent can be freed */

struct outq_run {
    TAILQ_ENTRY(outq_run) link;
    SLIST_ENTRY(outq_run) spare;
    struct buf owned;
    const uint8_t *pinned; /* NULL: owned */
    size_t len, sent;
    bool sealed; /* the kernel is reading it: it must not move */
    void (*release)(void *owner);
    void *owner;
};

static void run_free(struct outq_run *r)
{
    buf_done(&r->owned);
    free(r);
}

static struct outq_run *take_spare(struct outq_spare *s)
{
    struct outq_run *r = SLIST_FIRST(&s->runs);
    if (r) {
        SLIST_REMOVE_HEAD(&s->runs, spare);
        s->bytes -= r->owned.cap;
    }
    return r;
}

void outq_spare_done(struct outq_spare *s)
{
    struct outq_run *r;
    while ((r = take_spare(s)))
        run_free(r);
}

void outq_init(struct outq *q, struct outq_spare *spare)
{
    TAILQ_INIT(&q->runs);
    q->spare = spare;
    q->unsent = 0;
}

static void drop_first(struct outq *q)
{
    struct outq_run *r = TAILQ_FIRST(&q->runs);
    TAILQ_REMOVE(&q->runs, r, link);
    if (r->release)
        r->release(r->owner);
    if (r->pinned || r->owned.cap > SPARE_MAX - q->spare->bytes) {
        run_free(r);
        return;
    }
    SLIST_INSERT_HEAD(&q->spare->runs, r, spare);
    q->spare->bytes += r->owned.cap;
}

void outq_done(struct outq *q)
{
    while (!TAILQ_EMPTY(&q->runs))
        drop_first(q);
    q->unsent = 0;
}

static struct outq_run *run_new(void)
{
    struct outq_run *r = NEW(struct outq_run);
    buf_init(&r->owned, RUN_MAX);
    return r;
}

static struct outq_run *run_again(struct outq_spare *s)
{
    struct outq_run *r = take_spare(s);
    if (!r)
        return run_new();
    r->len = r->sent = 0;
    r->sealed = false;
    buf_clear(&r->owned);
    return r;
}

static struct outq_run *add_run(struct outq *q, struct outq_run *r)
{
    TAILQ_INSERT_TAIL(&q->runs, r, link);
    return r;
}

struct buf *outq_begin(struct outq *q)
{
    struct outq_run *r = TAILQ_LAST(&q->runs, outq_runs);
    /* By what was committed: a frame that has begun is not torn in two. */
    if (!r || r->pinned || r->sealed || r->len > RUN_FULL)
        r = add_run(q, run_again(q->spare));
    return &r->owned;
}

bool outq_commit(struct outq *q)
{
    struct outq_run *r = TAILQ_LAST(&q->runs, outq_runs);
    if (r->owned.failed) {
        r->owned.len = r->len;
        r->owned.failed = false;
        return false;
    }
    q->unsent += r->owned.len - r->len;
    r->len = r->owned.len;
    return true;
}

void outq_pin(struct outq *q, const void *p, size_t len, void (*release)(void *owner), void *owner)
{
    struct outq_run *r = add_run(q, run_new());
    r->pinned = p;
    r->len = len;
    r->release = release;
    r->owner = owner;
    q->unsent += len;
}

int outq_iov(const struct outq *q, struct iovec iov[OUTQ_IOV])
{
    int n = 0;
    const struct outq_run *r;
    TAILQ_FOREACH (r, &q->runs, link) {
        if (n == OUTQ_IOV)
            break;
        if (r->len == r->sent)
            continue;
        const uint8_t *p = r->pinned ? r->pinned : r->owned.data;
        iov[n].iov_base = (void *)(uintptr_t)(p + r->sent);
        iov[n++].iov_len = r->len - r->sent;
    }
    return n;
}

void outq_seal(struct outq *q)
{
    struct outq_run *r;
    TAILQ_FOREACH (r, &q->runs, link) {
        r->sealed = true;
    }
}

void outq_sent(struct outq *q, size_t n)
{
    q->unsent -= n;
    struct outq_run *r;
    while ((r = TAILQ_FIRST(&q->runs))) {
        size_t k = r->len - r->sent < n ? r->len - r->sent : n;
        r->sent += k;
        n -= k;
        if (r->sent < r->len)
            return;
        drop_first(q);
    }
}
