/* A tier that keeps a few blobs, writes down what it was asked, and tells when the test lets it. One at a time. */
#ifndef ASKD_TESTS_CACHE_TIER_FAKE_H
#define ASKD_TESTS_CACHE_TIER_FAKE_H

#include "daemon/cache/tier.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_MAX 16

struct tier_op {
    struct tier_get get;
};

static struct tier {
    bool refuses;               /* to be opened */
    bool broken;                /* it has nothing */
    bool sure;                  /* and says so at once */
    struct tier_options opened; /* with it */
    char secret[32];
    struct cache_item *kept[FAKE_MAX]; /* references */
    size_t n_kept;
    struct item_bytes forged; /* told for every key instead, where it is set */
    int puts, clears, lists;
    struct tier_op *op; /* under way, one at a time */
    int cancelled;
    /* Of a clear under way */
    void (*cleared)(void *data, int64_t removed, const struct error *err);
    void *cleared_data;
    /* Of the close */
    void (*closed)(void *data);
    void *closed_data;
} fake;

static struct tier *fake_open(uv_loop_t *loop, const struct tier_options *opt, struct error *err)
{
    (void)loop;
    if (fake.refuses) {
        error_set(err, ERR_UNAVAILABLE, "the drawer is stuck");
        return NULL;
    }
    fake.opened = *opt;
    snprintf(fake.secret, sizeof fake.secret, "%s", opt->secret ? opt->secret : "");
    return &fake;
}

static struct tier_op *fake_get(struct tier *t, const struct tier_get *get)
{
    t->op = malloc(sizeof *t->op);
    t->op->get = *get;
    return t->op;
}

static struct item_bytes fake_blob(const struct tier *t, const struct tier_get *get, const struct cache_key *key)
{
    struct item_bytes none = {NULL, 0};
    if (t->broken || t->forged.data)
        return t->broken ? none : t->forged;
    for (size_t i = 0; i < t->n_kept; i++) {
        const struct item_facts *f = item_facts(t->kept[i]);
        if (memcmp(&f->key, key, sizeof *key) == 0 && strcmp(f->scope, get->scope) == 0)
            return item_blob(t->kept[i]);
    }
    return none;
}

static bool fake_may_have(const struct tier *t, const struct cache_key *keys, size_t n)
{
    (void)keys, (void)n;
    return !t->sure;
}

/* The get under way tells. */
static void fake_tell(void)
{
    struct tier_op *op = fake.op;
    struct item_bytes blobs[FAKE_MAX];
    fake.op = NULL;
    for (size_t i = 0; i < op->get.n; i++)
        blobs[i] = fake_blob(&fake, &op->get, &op->get.keys[i]);
    op->get.done(op->get.data, blobs, op->get.n);
    free(op);
}

static void fake_cancel(struct tier *t, struct tier_op *op)
{
    t->cancelled++;
    t->op = NULL;
    free(op);
}

static void fake_put(struct tier *t, struct cache_item *it)
{
    t->puts++;
    if (t->n_kept < FAKE_MAX)
        t->kept[t->n_kept++] = item_ref(it);
}

static void fake_clear(struct tier *t, const struct tier_filter *f,
                       void (*done)(void *data, int64_t removed, const struct error *err), void *data)
{
    (void)f;
    t->clears++;
    t->cleared = done;
    t->cleared_data = data;
}

static void fake_tell_cleared(int64_t removed, const struct error *err)
{
    void (*done)(void *, int64_t, const struct error *) = fake.cleared;
    fake.cleared = NULL;
    done(fake.cleared_data, removed, err);
}

static void fake_list(struct tier *t, const struct tier_list *l)
{
    t->lists++;
    l->done(l->data, NULL, 0, "the fake's", NULL);
}

static void fake_status(const struct tier *t, struct tier_status *ret)
{
    *ret = (struct tier_status){.state = t->broken ? "failing" : "ok", .entries = (int64_t)t->n_kept, .bytes = -1};
}

static void fake_close(struct tier *t, void (*closed)(void *data), void *data)
{
    t->closed = closed;
    t->closed_data = data;
}

/* What is under way is told, then the tier is closed. */
static void fake_tell_closed(void)
{
    if (fake.op)
        fake_tell();
    if (fake.cleared)
        fake_tell_cleared(0, NULL);
    for (size_t i = 0; i < fake.n_kept; i++)
        item_unref(fake.kept[i]);
    fake.n_kept = 0;
    fake.closed(fake.closed_data);
}

static const struct tier_ops tier_fake = {
    .name = "fake",
    .open = fake_open,
    .get = fake_get,
    .may_have = fake_may_have,
    .cancel = fake_cancel,
    .put = fake_put,
    .clear = fake_clear,
    .list = fake_list,
    .status = fake_status,
    .close = fake_close,
};

#endif
