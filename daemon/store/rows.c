#include "daemon/store/rows.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#define uthash_fatal(msg) abort()
#include <uthash.h>

struct kept {
    struct row row; /* its bytes stand behind it */
    size_t size;
    TAILQ_ENTRY(kept) link;
    UT_hash_handle hh;
};

struct rows {
    size_t max, size;
    struct kept *by_num;
    TAILQ_HEAD(, kept) by_use; /* the latest last */
};

struct rows *rows_new(size_t max)
{
    struct rows *r = NEW(struct rows);

    r->max = max;
    TAILQ_INIT(&r->by_use);
    return r;
}

static void drop(struct rows *r, struct kept *k)
{
    HASH_DEL(r->by_num, k);
    TAILQ_REMOVE(&r->by_use, k, link);
    r->size -= k->size;
    free(k);
}

void rows_forget_all(struct rows *r)
{
    struct kept *k;

    while ((k = TAILQ_FIRST(&r->by_use)))
        drop(r, k);
}

struct rows *rows_free(struct rows *r)
{
    if (r)
        rows_forget_all(r);
    free(r);
    return NULL;
}

static struct kept *find(const struct rows *r, int64_t num)
{
    struct kept *k;

    HASH_FIND(hh, r->by_num, &num, sizeof num, k);
    return k;
}

const struct row *rows_find(struct rows *r, int64_t num)
{
    struct kept *k = find(r, num);

    if (!k)
        return NULL;
    TAILQ_REMOVE(&r->by_use, k, link);
    TAILQ_INSERT_TAIL(&r->by_use, k, link);
    return &k->row;
}

static void move_in(struct store_bytes *b, uint8_t **at)
{
    if (b->len == 0)
        return;
    memcpy(*at, b->data, b->len);
    b->data = *at;
    *at += b->len;
}

void rows_keep(struct rows *r, const struct row *row)
{
    size_t size = sizeof(struct kept) + row->id.len + row->role.len + row->state.len + row->text.len + row->parts.len +
                  row->summary.len;

    if (size > r->max || find(r, row->num))
        return;
    while (r->size > r->max - size)
        drop(r, TAILQ_FIRST(&r->by_use));
    struct kept *k = xmalloc(size);
    uint8_t *at = (uint8_t *)(k + 1);
    k->row = *row;
    k->size = size;
    move_in(&k->row.id, &at);
    move_in(&k->row.role, &at);
    move_in(&k->row.state, &at);
    move_in(&k->row.text, &at);
    move_in(&k->row.parts, &at);
    move_in(&k->row.summary, &at);
    HASH_ADD(hh, r->by_num, row.num, sizeof k->row.num, k);
    TAILQ_INSERT_TAIL(&r->by_use, k, link);
    r->size += size;
}

void rows_forget(struct rows *r, int64_t num)
{
    struct kept *k = find(r, num);

    if (k)
        drop(r, k);
}
