/* What gets into the cache, and what it counts. */
#include "lib/base/secret.h"
#include "tests/unit/cache/cache_open.h"

#include <cmocka.h>

/* -- bounds -- */

static size_t blob_len(void)
{
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    size_t len = item_blob(it).len;
    item_unref(it);
    return len;
}

/* Whether an answer gets into memory, and into the tier. */
static void check_bounds(int64_t memory, int64_t size, int64_t max_entry, bool in_memory, bool in_tier)
{
    struct cache_options opt = defaults;
    opt.memory = memory;
    opt.size = size;
    opt.max_entry = max_entry;
    struct cache *c = open_cache(&opt);
    put(c, 1, true);
    assert_int_equal(find(c, 1) != NULL, in_memory);
    assert_int_equal(fake.puts, in_tier);
    assert_int_equal(fake.clears, !in_tier); /* what was there before is of no use then */
    close_cache(c);
}

static void test_items_that_are_too_large(void **state)
{
    int64_t len = (int64_t)blob_len(), much = 1 << 20;
    (void)state;
    check_bounds(much, much, len, true, true);
    check_bounds(much, much, len - 1, false, false);
    check_bounds(much, much, 1, false, false);
    check_bounds(8 * len, much, much, false, true); /* memory charges more than the blob */
    check_bounds(much, 8 * len, much, true, true);
    check_bounds(much, 8 * len - 1, much, true, false);
}

/* One that is not for the tier takes nothing there away, however large it is. */
static void test_a_large_one_for_memory_alone(void **state)
{
    struct cache_options opt = defaults;
    (void)state;
    opt.size = 1;
    struct cache *c = open_cache(&opt);
    put(c, 1, false);
    assert_non_null(find(c, 1));
    assert_int_equal(fake.puts, 0);
    assert_int_equal(fake.clears, 0);
    close_cache(c);
}

static void test_lower_bounds_hold_at_once(void **state)
{
    struct cache_options opt = defaults;
    struct cache *c = open_cache(&opt);
    (void)state;
    for (uint8_t n = 1; n <= 20; n++)
        put(c, n, false);
    int64_t one = stats(c).memory_bytes / 20;
    opt.memory = 12 * one;
    opt.ttl_ms = 1000;
    cache_configure(c, &opt);
    assert_int_equal(stats(c).memory_entries, 12);
    assert_int_equal(stats(c).memory_evictions, 8);
    assert_int_equal(cache_ttl_ms(c), 1000);
    opt.max_entry = 10;
    cache_configure(c, &opt);
    assert_int_equal(stats(c).memory_entries, 0);
    close_cache(c);
}

static void test_what_a_tier_is_opened_with(void **state)
{
    struct cache_options opt = defaults;
    (void)state;
    opt.name_space = "team";
    opt.url = secret_new("redis://127.0.0.1", 17);
    opt.secret = secret_new("hush", 4);
    struct cache *c = open_cache(&opt);
    assert_string_equal(fake.secret, "hush");
    assert_string_equal(fake.opened.url, "redis://127.0.0.1");
    assert_string_equal(fake.opened.name_space, "team");
    assert_string_equal(fake.opened.dir, "/nowhere");
    assert_int_equal(fake.opened.size, 1 << 20);
    assert_int_equal(fake.opened.ttl_ms, 60000);
    assert_int_equal(fake.opened.timeout_ms, 20);
    close_cache(c);
    secret_unref(opt.secret);
    secret_unref(opt.url);
}

static void test_scopes(void **state)
{
    char scope[ITEM_SCOPE_MAX], longest[CACHE_NAMESPACE_MAX + 1] = {0};
    struct cache_options opt = defaults;
    struct cache *c = open_cache(&opt);
    (void)state;
    cache_scope(c, 4294967294u, scope);
    assert_string_equal(scope, "uid:4294967294");
    close_cache(c);
    opt.name_space = longest; /* empty yet */
    c = open_cache(&opt);
    cache_scope(c, 1000, scope);
    assert_string_equal(scope, "uid:1000");
    assert_null(fake.opened.name_space);
    close_cache(c);
    memset(longest, 'n', sizeof longest - 1);
    c = open_cache(&opt);
    cache_scope(c, 1000, scope);
    assert_int_equal(strlen(scope), ITEM_SCOPE_MAX - 1);
    assert_memory_equal(scope, "namespace:nnn", 13);
    close_cache(c);
}

/* -- figures -- */

static void hit(struct cache *c, const char *currency, int64_t nano, int64_t ms)
{
    struct item_facts facts = answer_facts(1);
    facts.currency = currency;
    facts.saved_nano = nano;
    facts.saved_ms = ms;
    struct cache_item *it = item_new(&facts);
    cache_count_hit(c, it);
    item_unref(it);
}

static void test_counts(void **state)
{
    struct cache *c = open_cache(&defaults);
    (void)state;
    hit(c, "USD", 100, 1000);
    hit(c, "CNY", 7, 500);
    hit(c, "USD", 23, 1);
    hit(c, "", -1, 2);
    cache_count_miss(c);
    cache_count_miss(c);
    cache_count_join(c);
    struct cache_stats s = stats(c);
    assert_int_equal(s.hits, 4);
    assert_int_equal(s.misses, 2);
    assert_int_equal(s.joins, 1);
    assert_int_equal(s.saved_ms, 1503);
    assert_int_equal(s.n_saved, 2);
    assert_string_equal(s.saved[0].currency, "USD");
    assert_int_equal(s.saved[0].nano, 123);
    assert_string_equal(s.saved[1].currency, "CNY");
    assert_int_equal(s.saved[1].nano, 7);
    close_cache(c);
}

static void test_counts_have_bounds(void **state)
{
    struct cache *c = open_cache(&defaults);
    (void)state;
    hit(c, "USD", INT64_MAX, INT64_MAX);
    hit(c, "USD", 1, 1);
    for (char name[] = "AAA"; name[2] <= 'J'; name[2]++)
        hit(c, name, 1, 0);
    struct cache_stats s = stats(c);
    assert_int_equal(s.saved_ms, INT64_MAX);
    assert_int_equal(s.saved[0].nano, INT64_MAX);
    assert_int_equal(s.n_saved, CACHE_CURRENCIES);
    assert_int_equal(s.hits, 12);
    close_cache(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_items_that_are_too_large),
        TEST(test_a_large_one_for_memory_alone),
        TEST(test_lower_bounds_hold_at_once),
        TEST(test_what_a_tier_is_opened_with),
        TEST(test_scopes),
        TEST(test_counts),
        TEST(test_counts_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
