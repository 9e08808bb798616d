#include "daemon/cache/item.h"
#include "daemon/cache/item_internal.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "tests/unit/cache/cache_items.h"
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_bytes(struct item_bytes a, struct item_bytes b)
{
    assert_int_equal(a.len, b.len);
    if (a.len > 0)
        assert_memory_equal(a.data, b.data, a.len);
}

static void check_facts(const struct item_facts *a, const struct item_facts *b)
{
    assert_memory_equal(a->key.bytes, b->key.bytes, KEY_LEN);
    assert_string_equal(a->scope, b->scope);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->created_us, b->created_us);
    assert_int_equal(a->expires_us, b->expires_us);
    assert_string_equal(a->provider, b->provider);
    assert_string_equal(a->model, b->model);
    assert_int_equal(a->saved_nano, b->saved_nano);
    assert_int_equal(a->saved_ms, b->saved_ms);
    assert_string_equal(a->currency, b->currency);
    assert_int_equal(a->n_events, b->n_events);
    assert_int_equal(a->n_tail, b->n_tail);
    check_bytes(a->runs, b->runs);
    check_bytes(a->tail, b->tail);
}

static struct cache_item *from(struct item_bytes blob, uint8_t n)
{
    struct cache_key key = key_number(n);
    return item_from_blob(blob.data, blob.len, &key, SCOPE);
}

static void check_round_trip(const struct item_facts *facts)
{
    struct cache_item *it = item_new(facts);
    assert_non_null(it);
    check_facts(item_facts(it), facts);
    struct cache_item *again = item_from_blob(item_blob(it).data, item_blob(it).len, &facts->key, facts->scope);
    assert_non_null(again);
    check_facts(item_facts(again), facts);
    check_bytes(item_blob(again), item_blob(it));
    item_unref(it);
    item_unref(again);
}

static void test_round_trips(void **state)
{
    static const uint8_t doubles[16] = "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\xf8\x7f";
    struct item_facts facts = answer_facts(1);
    (void)state;
    check_round_trip(&facts);
    facts.saved_nano = -1;
    facts.currency = "";
    check_round_trip(&facts);
    facts.runs.len = facts.tail.len = 0;
    facts.n_events = facts.n_tail = 0;
    check_round_trip(&facts);
    facts = vector_facts(2, doubles, 2);
    check_round_trip(&facts);
}

static void test_an_item_of_many_events(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct buf runs;
    (void)state;
    buf_init(&runs, 1 << 22);
    for (int i = 0; i < 20000; i++)
        buf_append(&runs, item_runs, sizeof item_runs - 1);
    facts.runs = (struct item_bytes){runs.data, runs.len};
    facts.n_events = 40000;
    check_round_trip(&facts);
    buf_done(&runs);
}

static void test_every_truncation_is_refused(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    struct item_bytes blob = item_blob(it);
    (void)state;
    for (size_t len = 0; len < blob.len; len++) {
        uint8_t *cut = malloc(len + 1); /* of its own, so that a sanitizer sees a byte too far */
        memcpy(cut, blob.data, len);
        assert_null(from((struct item_bytes){cut, len}, 1));
        free(cut);
    }
    item_unref(it);
}

static void test_every_flipped_bit_is_refused(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    struct item_bytes blob = item_blob(it);
    uint8_t *copy = malloc(blob.len);
    (void)state;
    memcpy(copy, blob.data, blob.len);
    for (size_t bit = 0; bit < 8 * blob.len; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_null(from((struct item_bytes){copy, blob.len}, 1));
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    it = item_unref(it);
    it = from((struct item_bytes){copy, blob.len}, 1);
    assert_non_null(it);
    item_unref(it);
    free(copy);
}

/* The same with a seal that fits: what is taken says of itself what stands in it. */
static void test_flipped_bits_under_a_new_seal(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts), *other;
    struct item_bytes blob = item_blob(it);
    uint8_t *copy = malloc(blob.len);
    int taken = 0;
    (void)state;
    for (size_t bit = 0; bit < 8 * (blob.len - ITEM_SEAL); bit++) {
        memcpy(copy, blob.data, blob.len);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        uint64_t sum = htole64(item_sum(copy, blob.len - ITEM_SEAL));
        memcpy(copy + blob.len - sizeof sum, &sum, sizeof sum);
        if (!(other = from((struct item_bytes){copy, blob.len}, 1)))
            continue;
        taken++;
        check_round_trip(item_facts(other));
        item_unref(other);
    }
    assert_true(taken > 0); /* a letter of a model's name, a time */
    item_unref(it);
    free(copy);
}

static void test_more_behind_the_end(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    struct item_bytes blob = item_blob(it);
    uint8_t *copy = calloc(1, blob.len + 1);
    (void)state;
    memcpy(copy, blob.data, blob.len);
    assert_null(from((struct item_bytes){copy, blob.len + 1}, 1));
    free(copy);
    item_unref(it);
}

static void test_of_another(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    struct item_bytes blob = item_blob(it);
    (void)state;
    assert_null(from(blob, 2));
    assert_null(item_from_blob(blob.data, blob.len, &facts.key, "uid:100"));
    assert_null(item_from_blob(blob.data, blob.len, &facts.key, "uid:10000"));
    assert_null(item_from_blob(blob.data, blob.len, NULL, "uid:100"));
    struct cache_item *any = item_from_blob(blob.data, blob.len, NULL, facts.scope);
    assert_non_null(any);
    assert_true(key_equal(&item_facts(any)->key, &facts.key));
    item_unref(any);
    item_unref(it);
}

#define BYTES(text)                                                                                                    \
    (struct item_bytes)                                                                                                \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define REFUSED(change)                                                                                                \
    do {                                                                                                               \
        struct item_facts f = answer_facts(1);                                                                         \
        change;                                                                                                        \
        if (item_new(&f))                                                                                              \
            fail_msg("%s was taken", #change);                                                                         \
    } while (0)

/* What no item may have is refused where it is encoded, by what decodes. */
static void test_facts_that_cannot_be(void **state)
{
    char scope[ITEM_SCOPE_MAX + 1] = {0};
    (void)state;
    memset(scope, 's', sizeof scope - 1);
    REFUSED(f.scope = scope);
    REFUSED(f.model = "\xff");
    REFUSED(f.currency = "DOUBLOON");
    REFUSED(f.saved_nano = -2);
    REFUSED(f.saved_ms = -1);
    REFUSED(f.created_us = INT64_MIN);
    REFUSED(f.expires_us = -1);
    REFUSED(f.kind = (enum item_kind)2);
}

static void test_counts_that_lie(void **state)
{
    (void)state;
    REFUSED(f.n_events = 1);
    REFUSED(f.n_events = 3);
    REFUSED(f.n_events = UINT32_MAX);
    REFUSED(f.n_tail = UINT32_MAX);
    REFUSED(f.tail.len--);
    REFUSED((f.kind = ITEM_VECTOR, f.n_events = UINT32_MAX));
}

static void test_events_that_are_none(void **state)
{
    (void)state;
    REFUSED((f.n_events = 1, f.runs = BYTES("\xff\xff\xff\xff\x80")));
    REFUSED((f.n_events = 1, f.runs = BYTES("\x01\x00")));
    REFUSED((f.n_events = 1, f.runs = BYTES("\x00\x00\x00\x00")));
    REFUSED((f.n_events = 1, f.runs = BYTES("\x01\x00\x00\x00\x90")));     /* an array */
    REFUSED((f.n_events = 1, f.runs = BYTES("\x02\x00\x00\x00\x80\x80"))); /* two */
    REFUSED((f.n_events = 1, f.runs = BYTES("\x01\x00\x00\x00\x81")));     /* half of one */
    REFUSED((f.n_tail = 1, f.tail = BYTES("\x01\x02")));                   /* a key that is no str */
}

static void test_the_longest_scope(void **state)
{
    char scope[ITEM_SCOPE_MAX];
    struct item_facts facts = answer_facts(1);
    (void)state;
    memset(scope, 's', sizeof scope);
    scope[sizeof scope - 1] = 0;
    facts.scope = scope;
    check_round_trip(&facts);
}

static void test_age(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    (void)state;
    clock_set(0, NOW_US - SECOND_US); /* the clock was set back */
    assert_int_equal(item_age_ms(it), 0);
    assert_true(item_fresh(it, 0));
    clock_set(0, NOW_US + 10 * SECOND_US);
    assert_int_equal(item_age_ms(it), 10000);
    assert_true(item_fresh(it, 10000));
    assert_false(item_fresh(it, 9999));
    clock_set(0, NOW_US + 60 * SECOND_US - 1);
    assert_true(item_fresh(it, -1));
    clock_set(0, NOW_US + 60 * SECOND_US);
    assert_false(item_fresh(it, -1));
    clock_set(-1, 0);
    item_unref(it);
}

static void count_drop(void *made)
{
    ++*(int *)made;
}

static void test_what_was_made_goes_once(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    int drops = 0, later = 0;
    (void)state;
    assert_null(item_made(it));
    item_set_made(it, &drops, count_drop);
    assert_ptr_equal(item_made(it), &drops);
    item_drop_made(it);
    item_drop_made(it);
    assert_int_equal(drops, 1);
    assert_null(item_made(it));
    item_set_made(it, &later, count_drop);
    item_unref(item_ref(it));
    assert_int_equal(later, 0);
    item_unref(it);
    assert_int_equal(drops, 1);
    assert_int_equal(later, 1);
}

static void test_names_of_kinds(void **state)
{
    (void)state;
    assert_string_equal(item_kind_name(ITEM_ANSWER), "answer");
    assert_string_equal(item_kind_name(ITEM_VECTOR), "vector");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_an_item_of_many_events),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_flipped_bits_under_a_new_seal),
        cmocka_unit_test(test_more_behind_the_end),
        cmocka_unit_test(test_of_another),
        cmocka_unit_test(test_facts_that_cannot_be),
        cmocka_unit_test(test_counts_that_lie),
        cmocka_unit_test(test_events_that_are_none),
        cmocka_unit_test(test_the_longest_scope),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_what_was_made_goes_once),
        cmocka_unit_test(test_names_of_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
