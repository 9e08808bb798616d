#include "daemon/cache/memory.h"
#include "tests/unit/cache/cache_clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROOMY ((struct memory_bounds){.bytes = 1 << 20, .max_item = 1 << 16})

static void put(struct memory *m, const struct item_facts *facts)
{
    struct cache_item *it = item_new(facts);
    memory_put(m, it);
    item_unref(it);
}

static void put_number(struct memory *m, uint8_t n)
{
    struct item_facts facts = answer_facts(n);
    put(m, &facts);
}

static struct cache_item *find(struct memory *m, uint8_t n)
{
    struct cache_key key = key_number(n);
    return memory_find(m, SCOPE, &key, -1);
}

static struct memory_figures figures(const struct memory *m)
{
    struct memory_figures f;
    memory_get_figures(m, &f);
    return f;
}

/* All items of answer_facts are of one size. */
static int64_t size_of_one(void)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    int64_t size = (int64_t)item_memory(it);
    item_unref(it);
    return size;
}

static void test_least_used_leaves_first(void **state)
{
    struct memory *m = memory_new(&(struct memory_bounds){.bytes = 8 * size_of_one(), .max_item = 1 << 16});
    (void)state;
    for (uint8_t n = 1; n <= 8; n++)
        put_number(m, n);
    assert_non_null(find(m, 1));
    put_number(m, 2); /* anew is used too */
    put_number(m, 9);
    put_number(m, 10);
    assert_null(find(m, 3));
    assert_null(find(m, 4));
    for (uint8_t n = 5; n <= 10; n++)
        assert_non_null(find(m, n));
    assert_non_null(find(m, 1));
    assert_non_null(find(m, 2));
    assert_int_equal(figures(m).evictions, 2);
    memory_free(m);
}

static int64_t kept_of_ten(int64_t bytes)
{
    struct memory *m = memory_new(&(struct memory_bounds){.bytes = bytes, .max_item = 1 << 16});
    for (uint8_t n = 1; n <= 10; n++)
        put_number(m, n);
    struct memory_figures f = figures(m);
    assert_true(f.bytes <= bytes);
    assert_int_equal(f.bytes, f.entries * size_of_one());
    memory_free(m);
    return f.entries;
}

static void test_bound_at_its_edge(void **state)
{
    int64_t size = size_of_one();
    (void)state;
    assert_int_equal(kept_of_ten(9 * size), 9);
    assert_int_equal(kept_of_ten(9 * size - 1), 8);
    assert_int_equal(kept_of_ten(8 * size), 8);
    assert_int_equal(kept_of_ten(8 * size - 1), 0); /* one is more than an eighth */
    assert_int_equal(kept_of_ten(0), 0);
}

static void test_largest_item(void **state)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    struct memory_bounds bounds = {.bytes = 1 << 20, .max_item = (int64_t)item_blob(it).len};
    struct memory *m = memory_new(&bounds);
    (void)state;
    memory_put(m, it);
    assert_ptr_equal(find(m, 1), it);
    bounds.max_item--;
    memory_configure(m, &bounds);
    assert_null(find(m, 1));
    memory_put(m, it);
    assert_null(find(m, 1));
    item_unref(it);
    memory_free(m);
}

static void test_lower_bounds_hold_at_once(void **state)
{
    int64_t size = size_of_one();
    struct memory *m = memory_new(&ROOMY);
    (void)state;
    for (uint8_t n = 1; n <= 20; n++)
        put_number(m, n);
    memory_configure(m, &(struct memory_bounds){.bytes = 10 * size, .max_item = 1 << 16});
    assert_int_equal(figures(m).entries, 10);
    assert_int_equal(figures(m).evictions, 10);
    assert_null(find(m, 10));
    assert_non_null(find(m, 11));
    memory_free(m);
}

static void test_same_key(void **state)
{
    struct memory *m = memory_new(&ROOMY);
    struct item_facts facts = answer_facts(1);
    struct cache_item *it;
    (void)state;
    put(m, &facts);
    facts.model = "newer";
    put(m, &facts);
    assert_int_equal(figures(m).entries, 1);
    assert_string_equal(item_facts(find(m, 1))->model, "newer");
    it = find(m, 1);
    memory_put(m, it); /* itself, of which nobody else has a reference */
    assert_ptr_equal(find(m, 1), it);
    assert_int_equal(figures(m).bytes, item_memory(it));
    memory_free(m);
}

static void test_one_too_large_takes_the_old_away(void **state)
{
    uint8_t numbers[8192] = {0};
    struct memory *m = memory_new(&(struct memory_bounds){.bytes = 1 << 20, .max_item = 4096});
    struct item_facts large = vector_facts(1, numbers, sizeof numbers / sizeof(double));
    (void)state;
    put_number(m, 1);
    put(m, &large);
    assert_null(find(m, 1));
    assert_int_equal(figures(m).entries, 0);
    assert_int_equal(figures(m).bytes, 0);
    memory_free(m);
}

static void test_expiry(void **state)
{
    struct memory *m = memory_new(&ROOMY);
    struct cache_key key = key_number(1);
    (void)state;
    put_number(m, 1);
    clock_set(0, NOW_US + 30 * SECOND_US);
    assert_non_null(memory_find(m, SCOPE, &key, 30000));
    assert_null(memory_find(m, SCOPE, &key, 29999)); /* too old for this one only */
    assert_non_null(memory_find(m, SCOPE, &key, -1));
    clock_set(0, NOW_US + 60 * SECOND_US);
    assert_int_equal(figures(m).entries, 1);
    assert_null(memory_find(m, SCOPE, &key, -1));
    assert_int_equal(figures(m).entries, 0);
    assert_int_equal(figures(m).evictions, 0);
    memory_free(m);
}

/* Keys of which all but the last byte are the same: what is compared is all of them. */
static void test_keys_of_one_hash(void **state)
{
    struct memory *m = memory_new(&ROOMY);
    struct item_facts facts = answer_facts(1);
    (void)state;
    put(m, &facts);
    facts.key.bytes[KEY_LEN - 1]++;
    assert_null(memory_find(m, SCOPE, &facts.key, -1));
    facts.model = "other";
    put(m, &facts);
    assert_string_equal(item_facts(memory_find(m, SCOPE, &facts.key, -1))->model, "other");
    assert_string_equal(item_facts(find(m, 1))->model, "claude");
    memory_free(m);
}

/* -- scopes -- */

static void put_of(struct memory *m, uint8_t n, const char *scope, const char *provider, const char *model)
{
    struct item_facts facts = answer_facts(n);
    facts.scope = scope;
    facts.provider = provider;
    facts.model = model;
    facts.created_us += n;
    put(m, &facts);
}

static struct memory *of_several(void)
{
    struct memory *m = memory_new(&ROOMY);
    put_of(m, 1, SCOPE, "router", "maker/small");
    put_of(m, 2, SCOPE, "maker", "small");
    put_of(m, 3, SCOPE, "maker", "large");
    put_of(m, 4, "uid:1001", "maker", "small");
    return m;
}

static void test_other_scopes_are_not_seen(void **state)
{
    struct memory *m = of_several();
    struct cache_key key = key_number(4);
    (void)state;
    assert_null(find(m, 4));
    assert_non_null(memory_find(m, "uid:1001", &key, -1));
    memory_free(m);
}

/* left: a bit for each that stays. */
static void check_clear(struct tier_filter f, int64_t removed, unsigned left)
{
    struct memory *m = of_several();
    f.scope = SCOPE;
    assert_int_equal(memory_clear(m, &f), removed);
    for (uint8_t n = 1; n <= 4; n++) {
        struct cache_key key = key_number(n);
        bool there = memory_find(m, n == 4 ? "uid:1001" : SCOPE, &key, -1) != NULL;
        assert_int_equal(there, left >> (n - 1) & 1);
    }
    memory_free(m);
}

static void test_clear(void **state)
{
    const struct cache_key two = key_number(2), four = key_number(4), none = key_number(9);
    (void)state;
    check_clear((struct tier_filter){0}, 3, 0x8);
    check_clear((struct tier_filter){.key = &two}, 1, 0xd);
    check_clear((struct tier_filter){.key = &four}, 0, 0xf);
    check_clear((struct tier_filter){.key = &none}, 0, 0xf);
    check_clear((struct tier_filter){.key = &two, .model = "large"}, 0, 0xf);
    check_clear((struct tier_filter){.model = "small"}, 1, 0xd);
    check_clear((struct tier_filter){.model = "maker/small"}, 2, 0xc);
    check_clear((struct tier_filter){.model = "router/maker/small"}, 1, 0xe);
    check_clear((struct tier_filter){.model = "maker"}, 0, 0xf);
    check_clear((struct tier_filter){.created_before_us = NOW_US + 3}, 2, 0xc);
}

/* -- lists -- */

struct listed {
    int calls;
    size_t n;
    uint8_t numbers[64]; /* the first bytes of the keys */
    char after[KEY_HEX + 1];
    struct error err;
};

static void on_listed(void *data, const struct item_bytes *blobs, size_t n, const char *after, const struct error *err)
{
    struct listed *l = data;
    *l = (struct listed){.calls = l->calls + 1, .n = n, .err = err ? *err : (struct error)ERROR_INIT};
    snprintf(l->after, sizeof l->after, "%s", after);
    for (size_t i = 0; i < n && i < sizeof l->numbers; i++)
        l->numbers[i] = blobs[i].data[6]; /* array header, version, bin header, key */
}

static struct listed list(struct memory *m, const char *after, uint32_t limit)
{
    struct listed listed = {0};
    struct tier_list l = {.scope = SCOPE, .after = after, .limit = limit, .done = on_listed, .data = &listed};
    memory_list(m, &l);
    assert_int_equal(listed.calls, 1);
    return listed;
}

static void test_pages_in_the_order_of_keys(void **state)
{
    static const uint8_t order[] = {30, 10, 70, 20, 60, 40, 50};
    struct memory *m = memory_new(&ROOMY);
    struct listed page = {0};
    uint8_t expected = 0;
    int pages = 0;
    (void)state;
    for (size_t i = 0; i < sizeof order; i++)
        put_number(m, order[i]);
    put_of(m, 35, "uid:1001", "maker", "small");
    do {
        page = list(m, page.after, 3);
        for (size_t i = 0; i < page.n; i++)
            assert_int_equal(page.numbers[i], expected += 10);
        pages++;
    } while (page.after[0]);
    assert_int_equal(expected, 70);
    assert_int_equal(pages, 3);
    page = list(m, "", 7); /* exactly all: no page follows */
    assert_int_equal(page.n, 7);
    assert_string_equal(page.after, "");
    memory_free(m);
}

/* The page goes on where it ended though that item has left. */
static void test_a_page_after_what_is_gone(void **state)
{
    struct memory *m = memory_new(&ROOMY);
    (void)state;
    for (uint8_t n = 1; n <= 4; n++)
        put_number(m, n);
    struct listed page = list(m, "", 2);
    struct cache_key two = key_number(2);
    memory_clear(m, &(struct tier_filter){.scope = SCOPE, .key = &two});
    page = list(m, page.after, 2);
    assert_int_equal(page.n, 2);
    assert_int_equal(page.numbers[0], 3);
    memory_free(m);
}

static void test_a_page_has_a_bound(void **state)
{
    struct memory *m = memory_new(&ROOMY);
    struct item_facts facts = answer_facts(1);
    (void)state;
    for (int i = 0; i < 300; i++) {
        facts.key.bytes[1] = (uint8_t)i;
        facts.key.bytes[2] = (uint8_t)(i >> 8);
        put(m, &facts);
    }
    struct listed page = list(m, "", UINT32_MAX);
    assert_int_equal(page.n, 256);
    assert_int_equal(list(m, page.after, UINT32_MAX).n, 44);
    memory_free(m);
}

static void test_a_page_has_a_bound_in_bytes(void **state)
{
    static const double numbers[(1 << 20) / sizeof(double)];
    struct memory *m = memory_new(&(struct memory_bounds){.bytes = 64 << 20, .max_item = 2 << 20});
    (void)state;
    for (uint8_t i = 1; i <= 6; i++) {
        struct item_facts facts = vector_facts(i, numbers, sizeof numbers / sizeof *numbers);
        put(m, &facts);
    }
    struct listed page = list(m, "", 10);
    assert_int_equal(page.n, 4);
    page = list(m, page.after, 10);
    assert_int_equal(page.n, 2);
    assert_string_equal(page.after, "");
    memory_free(m);
}

static void test_lists_of_nothing(void **state)
{
    struct memory *m = memory_new(&ROOMY);
    (void)state;
    put_number(m, 1);
    clock_set(0, NOW_US + 60 * SECOND_US);
    assert_int_equal(list(m, "", 10).n, 0); /* it has expired */
    struct listed page = list(m, "elsewhere", 10);
    assert_int_equal(page.err.code, ERR_INVALID_REQUEST);
    assert_string_equal(page.err.param, "after");
    memory_free(m);
}

/* -- what was made of items -- */

static void count_drop(void *made)
{
    ++*(int *)made;
}

static void make(struct memory *m, uint8_t n, int *drops)
{
    put_number(m, n);
    item_set_made(find(m, n), drops, count_drop);
}

/* Though somebody still has the item. */
static void test_what_was_made_goes_with_the_place(void **state)
{
    struct memory *m = memory_new(&ROOMY);
    int replaced = 0, cleared = 0, evicted = 0, freed = 0;
    struct cache_key two = key_number(2);
    (void)state;
    make(m, 1, &replaced);
    struct cache_item *it = item_ref(find(m, 1));
    put_number(m, 1);
    assert_int_equal(replaced, 1);
    assert_null(item_made(it));
    make(m, 2, &cleared);
    memory_clear(m, &(struct tier_filter){.scope = SCOPE, .key = &two});
    assert_int_equal(cleared, 1);
    make(m, 3, &evicted);
    memory_configure(m, &(struct memory_bounds){0});
    assert_int_equal(evicted, 1);
    memory_configure(m, &ROOMY);
    make(m, 4, &freed);
    memory_free(m);
    assert_int_equal(freed, 1);
    item_unref(it);
    assert_int_equal(replaced, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_least_used_leaves_first),
        TEST(test_bound_at_its_edge),
        TEST(test_largest_item),
        TEST(test_lower_bounds_hold_at_once),
        TEST(test_same_key),
        TEST(test_one_too_large_takes_the_old_away),
        TEST(test_expiry),
        TEST(test_keys_of_one_hash),
        TEST(test_other_scopes_are_not_seen),
        TEST(test_clear),
        TEST(test_pages_in_the_order_of_keys),
        TEST(test_a_page_after_what_is_gone),
        TEST(test_a_page_has_a_bound),
        TEST(test_a_page_has_a_bound_in_bytes),
        TEST(test_lists_of_nothing),
        TEST(test_what_was_made_goes_with_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
