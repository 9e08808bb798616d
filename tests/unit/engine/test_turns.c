/* Clients that take turns, against a plain model: whoever was served last, or came to wait last, is the last. */
#include "daemon/engine/turns.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLIENTS = 6, WAITERS = 64, SCHEDULES = 400, STEPS = 300 };

struct waiter {
    struct turn turn;
    bool waits;
    unsigned client;
    uint64_t came; /* the model's: in which order */
};

struct model {
    struct waiter waiters[WAITERS];
    uint64_t behind[CLIENTS]; /* when it began to wait, or was served last */
    uint64_t now;
};

static uint64_t seed;

static unsigned any_of(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static bool waits(const struct model *m, unsigned client)
{
    for (size_t i = 0; i < WAITERS; i++)
        if (m->waiters[i].waits && m->waiters[i].client == client)
            return true;
    return false;
}

static struct waiter *first_of_model(struct model *m)
{
    struct waiter *first = NULL;
    for (size_t i = 0; i < WAITERS; i++) {
        struct waiter *w = &m->waiters[i];
        if (!w->waits)
            continue;
        uint64_t client = m->behind[w->client], best = first ? m->behind[first->client] : UINT64_MAX;
        if (client < best || (client == best && w->came < first->came))
            first = w;
    }
    return first;
}

static void come(struct turns *ts, struct model *m, struct waiter *w)
{
    char name[16];
    w->client = any_of(any_of(2) ? CLIENTS : 2); /* two of them flood it */
    w->came = ++m->now;
    if (!waits(m, w->client))
        m->behind[w->client] = m->now;
    w->waits = true;
    snprintf(name, sizeof name, "client %u", w->client / 2);
    turns_add(ts, &w->turn, w, w->client % 2, w->client / 2 ? name : NULL);
}

static void serve_first(struct turns *ts, struct model *m)
{
    struct waiter *w = first_of_model(m);
    struct turn *first = turns_next(ts, NULL);
    assert_true(!first == !w);
    if (!w)
        return;
    assert_ptr_equal(first->owner, w);
    turns_serve(ts, first);
    w->waits = false;
    m->behind[w->client] = ++m->now;
}

struct expected {
    struct model rest;
    const struct model *m;
    size_t n;
};

static void check_next(void *data, struct turn *t)
{
    struct expected *e = data;
    struct waiter *w = first_of_model(&e->rest);
    assert_non_null(w);
    assert_ptr_equal(t->owner, &e->m->waiters[w - e->rest.waiters]);
    w->waits = false;
    e->rest.behind[w->client] = ++e->rest.now;
    e->n++;
}

/* As if all were served now. */
static void check_order(const struct turns *ts, const struct model *m)
{
    struct expected e = {.rest = *m, .m = m};
    size_t n = 0;
    turns_each(ts, check_next, &e);
    assert_null(first_of_model(&e.rest));
    for (const struct turn *t = turns_next(ts, NULL); t; t = turns_next(ts, t))
        n++;
    assert_int_equal(n, e.n);
}

static void step(struct turns *ts, struct model *m)
{
    struct waiter *w = &m->waiters[any_of(WAITERS)];
    if (!w->waits && any_of(3)) {
        come(ts, m, w);
    } else if (w->waits && any_of(4) == 0) {
        turns_remove(ts, &w->turn);
        w->waits = false;
    } else {
        serve_first(ts, m);
    }
}

static void as_the_model_has_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SCHEDULES; i++) {
        struct turns ts;
        struct model m = {.now = 0};
        seed = i;
        turns_init(&ts);
        for (unsigned n = 0; n < STEPS; n++) {
            step(&ts, &m);
            if (n % 16 == 0)
                check_order(&ts, &m);
        }
        while (turns_next(&ts, NULL))
            serve_first(&ts, &m);
        assert_null(first_of_model(&m));
        assert_null(ts.clients);
    }
}

/* Of those that wait all the time, none is served twice before the others were once. */
static void one_turn_each(void **state)
{
    (void)state;
    struct turns ts;
    static struct waiter flood[1000], one;
    turns_init(&ts);
    for (size_t i = 0; i < 1000; i++)
        turns_add(&ts, &flood[i].turn, &flood[i], 1, "flood");
    for (size_t i = 0; i < 1000; i++) {
        if (i % 10 == 0)
            turns_add(&ts, &one.turn, &one, 1, "one");
        assert_ptr_equal(turns_next(&ts, NULL)->owner, &flood[i]);
        turns_serve(&ts, &flood[i].turn);
        if (i % 10 != 0)
            continue;
        assert_ptr_equal(turns_next(&ts, NULL)->owner, &one);
        turns_serve(&ts, &one.turn);
    }
    assert_null(turns_next(&ts, NULL));
}

static void names_count_up_to_their_bound(void **state)
{
    (void)state;
    struct turns ts;
    struct waiter a, b, c;
    char name[TURNS_NAME_MAX + 2] = {0};
    turns_init(&ts);
    memset(name, 'n', TURNS_NAME_MAX + 1);
    turns_add(&ts, &a.turn, &a, 1, name);
    name[TURNS_NAME_MAX] = 'x'; /* the first behind the bound */
    turns_add(&ts, &b.turn, &b, 1, name);
    name[TURNS_NAME_MAX - 1] = 'x';
    turns_add(&ts, &c.turn, &c, 1, name);
    assert_ptr_equal(a.turn.client, b.turn.client);
    assert_ptr_not_equal(a.turn.client, c.turn.client);
    turns_remove(&ts, &a.turn);
    turns_remove(&ts, &b.turn);
    turns_remove(&ts, &c.turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_model_has_it),
        cmocka_unit_test(one_turn_each),
        cmocka_unit_test(names_count_up_to_their_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
