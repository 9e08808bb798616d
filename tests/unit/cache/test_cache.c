#include "daemon/cache/cache.h"
#include "daemon/cache/cache_internal.h"
#include "lib/base/clock.h"
#include "lib/base/secret.h"
#include "tests/unit/cache/cache_items.h"
#include "tests/unit/cache/tier_fake.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct cache_options defaults = {
    .memory = 1 << 20, .size = 1 << 20, .max_entry = 1 << 16, .ttl_ms = 60000, .timeout_ms = 20};

static struct cache *open_cache(const struct cache_options *opt)
{
    fake = (struct tier){0};
    return cache_new_with(uv_default_loop(), &tier_fake, "/nowhere", opt);
}

static void count(void *data)
{
    ++*(int *)data;
}

static void close_cache(struct cache *c)
{
    int closed = 0;
    cache_close(c, count, &closed);
    if (fake.closed) {
        assert_int_equal(closed, 0);
        fake_tell_closed();
    }
    assert_int_equal(closed, 1);
}

static int set_up(void **state)
{
    (void)state;
    clock_set(0, NOW_US);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    clock_set(-1, 0);
    return 0;
}

static struct cache_stats stats(const struct cache *c)
{
    struct cache_stats s;
    cache_get_stats(c, &s);
    return s;
}

static void put(struct cache *c, uint8_t n, bool persist)
{
    struct item_facts facts = answer_facts(n);
    cache_put(c, &facts, persist);
}

static struct cache_item *find(struct cache *c, uint8_t n)
{
    struct cache_key key = key_number(n);
    return cache_find(c, SCOPE, &key, -1);
}

/* The tier has it, and memory does not. */
static void put_in_tier(uint8_t n, int64_t created_us)
{
    struct item_facts facts = answer_facts(n);
    facts.created_us = created_us;
    struct cache_item *it = item_new(&facts);
    fake_put(&fake, it);
    fake.puts = 0;
    item_unref(it);
}

struct got {
    int calls;
    size_t n;
    int64_t created_us[FAKE_MAX]; /* -1: none */
};

static void on_got(void *data, struct cache_item **items, size_t n)
{
    struct got *got = data;
    got->calls++;
    got->n = n;
    for (size_t i = 0; i < n; i++)
        got->created_us[i] = items[i] ? item_facts(items[i])->created_us : -1;
}

static struct cache_fetch *fetch(struct cache *c, uint8_t n, int64_t max_age_ms, struct got *got)
{
    struct cache_key key = key_number(n);
    return cache_fetch(c, SCOPE, &key, 1, max_age_ms, on_got, got);
}

/* -- items -- */

static void test_both_tiers_share_an_item(void **state)
{
    struct cache *c = open_cache(&defaults);
    (void)state;
    put(c, 1, true);
    assert_int_equal(fake.puts, 1);
    assert_ptr_equal(fake.kept[0], find(c, 1));
    put(c, 2, false);
    assert_int_equal(fake.puts, 1);
    assert_non_null(find(c, 2));
    close_cache(c);
}

static void test_what_the_tier_has_goes_into_memory(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct cache_key keys[] = {key_number(3), key_number(1), key_number(2)};
    struct got got = {0};
    (void)state;
    put_in_tier(1, NOW_US);
    put_in_tier(2, NOW_US + 2);
    assert_non_null(cache_fetch(c, SCOPE, keys, 3, -1, on_got, &got));
    memset(keys, 0, sizeof keys);
    assert_int_equal(got.calls, 0);
    fake_tell();
    assert_int_equal(got.calls, 1);
    assert_int_equal(got.n, 3);
    assert_int_equal(got.created_us[0], -1);
    assert_int_equal(got.created_us[1], NOW_US);
    assert_int_equal(got.created_us[2], NOW_US + 2);
    assert_non_null(find(c, 1));
    assert_non_null(find(c, 2));
    assert_null(find(c, 3));
    struct cache_stats s = stats(c);
    assert_int_equal(s.tier_hits, 2);
    assert_int_equal(s.tier_misses, 1);
    close_cache(c);
}

static void test_too_old_in_the_tier(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct got got = {0};
    (void)state;
    put_in_tier(1, NOW_US - 5 * SECOND_US);
    fetch(c, 1, 4999, &got);
    fake_tell();
    assert_int_equal(got.created_us[0], -1);
    assert_null(find(c, 1));
    fetch(c, 1, 5000, &got);
    fake_tell();
    assert_int_equal(got.created_us[0], NOW_US - 5 * SECOND_US);
    clock_set(0, NOW_US + 60 * SECOND_US); /* now it has expired */
    fetch(c, 1, -1, &got);
    fake_tell();
    assert_int_equal(got.created_us[0], -1);
    close_cache(c);
}

static void test_max_age_in_memory(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct cache_key key = key_number(1);
    (void)state;
    put(c, 1, false);
    clock_set(0, NOW_US + 2 * SECOND_US);
    assert_null(cache_find(c, SCOPE, &key, 1999));
    assert_non_null(cache_find(c, SCOPE, &key, 2000));
    assert_null(cache_find(c, "uid:1001", &key, -1));
    assert_int_equal(stats(c).memory_hits, 1);
    assert_int_equal(stats(c).memory_misses, 2);
    close_cache(c);
}

/* An item is not taken back in time by what the tier had. */
static void test_put_while_the_tier_looks(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct got got = {0};
    (void)state;
    put_in_tier(1, NOW_US - 5);
    fetch(c, 1, -1, &got);
    put(c, 1, false);
    fake_tell();
    assert_int_equal(got.created_us[0], NOW_US);
    assert_int_equal(item_facts(find(c, 1))->created_us, NOW_US);
    fetch(c, 1, -1, &got); /* but another machine may have stored a newer one */
    put_in_tier(1, NOW_US + 5);
    fake.kept[0] = item_unref(fake.kept[0]);
    fake.kept[0] = fake.kept[--fake.n_kept];
    fake_tell();
    assert_int_equal(got.created_us[0], NOW_US + 5);
    assert_int_equal(item_facts(find(c, 1))->created_us, NOW_US + 5);
    close_cache(c);
}

static void test_a_forged_blob_is_none(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct item_facts facts = answer_facts(1);
    struct cache_item *it = item_new(&facts);
    struct got got = {0};
    (void)state;
    fake.forged = item_blob(it);
    fetch(c, 2, -1, &got); /* under another's key */
    fake_tell();
    assert_int_equal(got.created_us[0], -1);
    fake.forged.len--;
    fetch(c, 1, -1, &got);
    fake_tell();
    assert_int_equal(got.created_us[0], -1);
    assert_int_equal(stats(c).tier_misses, 2);
    item_unref(it);
    close_cache(c);
}

static void test_cancel(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct got got = {0};
    (void)state;
    cache_fetch_cancel(fetch(c, 1, -1, &got));
    assert_int_equal(fake.cancelled, 1);
    close_cache(c);
    assert_int_equal(got.calls, 0);
}

static void test_a_tier_that_fails(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct got got = {0};
    (void)state;
    put(c, 1, true);
    fake.broken = true;
    fetch(c, 2, -1, &got);
    fake_tell();
    assert_int_equal(got.calls, 1);
    assert_int_equal(got.created_us[0], -1);
    assert_non_null(find(c, 1));
    assert_string_equal(stats(c).tier.state, "failing");
    close_cache(c);
}

static void check_memory_alone(struct cache *c)
{
    struct got got = {0};
    put(c, 1, true);
    assert_non_null(find(c, 1));
    assert_null(fetch(c, 2, -1, &got));
    assert_string_equal(stats(c).tier.state, "off");
    close_cache(c);
    assert_int_equal(got.calls, 0);
}

/* What the cache logs goes nowhere: the test driver reads this program's output. */
static void test_a_tier_that_cannot_be_had(void **state)
{
    int before = dup(STDERR_FILENO), told[2];
    char line[256] = "";
    (void)state;
    assert_int_equal(pipe(told), 0);
    dup2(told[1], STDERR_FILENO);
    fake = (struct tier){.refuses = true};
    struct cache *c = cache_new_with(uv_default_loop(), &tier_fake, "/nowhere", &defaults);
    dup2(before, STDERR_FILENO);
    assert_true(read(told[0], line, sizeof line - 1) > 0);
    assert_non_null(strstr(line, "the drawer is stuck"));
    assert_string_equal(stats(c).tier.error, "the drawer is stuck");
    assert_string_equal(stats(c).backend, "fake");
    check_memory_alone(c);
    close(before);
    close(told[0]);
    close(told[1]);
}

static void test_no_tier(void **state)
{
    struct cache_options opt = defaults;
    (void)state;
    opt.backend = CACHE_NONE;
    fake = (struct tier){0};
    struct cache *c = cache_new(uv_default_loop(), "/nowhere", &opt);
    assert_string_equal(stats(c).backend, "none");
    assert_null(stats(c).tier.error);
    check_memory_alone(c);
}

static void test_close_while_a_fetch_is_under_way(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct got got = {0}, late = {0};
    int closed = 0;
    (void)state;
    put_in_tier(1, NOW_US);
    fetch(c, 1, -1, &got);
    cache_close(c, count, &closed);
    assert_null(fetch(c, 1, -1, &late)); /* the tier is asked for no more */
    put(c, 2, true);
    assert_int_equal(fake.puts, 0);
    assert_int_equal(got.calls, 0);
    fake_tell_closed();
    assert_int_equal(got.calls, 1);
    assert_int_equal(got.created_us[0], NOW_US);
    assert_int_equal(closed, 1);
    assert_int_equal(late.calls, 0);
}

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

/* -- clear and list -- */

struct cleared {
    int calls;
    int64_t removed;
    enum error_code code;
};

static void on_cleared(void *data, int64_t removed, const struct error *err)
{
    struct cleared *cleared = data;
    *cleared = (struct cleared){cleared->calls + 1, removed, err ? err->code : ERR_NONE};
}

static void clear(struct cache *c, struct cleared *cleared)
{
    cache_clear(c, &(struct tier_filter){.scope = SCOPE}, on_cleared, cleared);
}

static void test_clear_tells_the_larger_number(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct cleared cleared = {0};
    struct error err = ERROR_INIT;
    (void)state;
    put(c, 1, true);
    put(c, 2, true);
    clear(c, &cleared);
    assert_null(find(c, 1)); /* at once, in memory */
    assert_int_equal(cleared.calls, 0);
    fake_tell_cleared(7, NULL);
    assert_int_equal(cleared.calls, 1);
    assert_int_equal(cleared.removed, 7);
    put(c, 3, false);
    clear(c, &cleared);
    error_set(&err, ERR_UNAVAILABLE, "no");
    fake_tell_cleared(0, &err);
    assert_int_equal(cleared.removed, 1);
    assert_int_equal(cleared.code, ERR_UNAVAILABLE);
    close_cache(c);
}

static void test_clear_without_a_tier(void **state)
{
    struct cache_options opt = defaults;
    struct cleared cleared = {0};
    (void)state;
    fake = (struct tier){0};
    struct cache *c = cache_new_with(uv_default_loop(), NULL, "/nowhere", &opt);
    put(c, 1, true);
    clear(c, &cleared);
    assert_int_equal(cleared.calls, 1);
    assert_int_equal(cleared.removed, 1);
    close_cache(c);
}

/* What a tier read before it was cleared must not come back into memory, however the two are ordered. */
static void test_what_was_cleared_stays_away(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct cleared cleared = {0};
    struct got got = {0};
    (void)state;
    put_in_tier(1, NOW_US);
    fetch(c, 1, -1, &got); /* begun before, told while it is cleared */
    clear(c, &cleared);
    fake_tell();
    assert_null(find(c, 1));
    fetch(c, 1, -1, &got); /* begun while, told after */
    fake_tell_cleared(1, NULL);
    fake_tell();
    assert_null(find(c, 1));
    fetch(c, 1, -1, &got); /* begun before, told after */
    clear(c, &cleared);
    fake_tell_cleared(1, NULL);
    fake_tell();
    assert_null(find(c, 1));
    clear(c, &cleared);
    fetch(c, 1, -1, &got); /* begun while, told while */
    fake_tell();
    assert_null(find(c, 1));
    fake_tell_cleared(1, NULL);
    fetch(c, 1, -1, &got); /* after */
    fake_tell();
    assert_non_null(find(c, 1));
    assert_int_equal(got.calls, 5);
    close_cache(c);
}

struct listed {
    size_t n;
    char after[80];
};

static void on_listed(void *data, const struct item_bytes *blobs, size_t n, const char *after, const struct error *err)
{
    struct listed *l = data;
    (void)blobs;
    assert_null(err);
    l->n = n;
    snprintf(l->after, sizeof l->after, "%s", after);
}

static void test_lists(void **state)
{
    struct listed listed = {0};
    const struct tier_list l = {.scope = SCOPE, .after = "", .limit = 10, .done = on_listed, .data = &listed};
    struct cache *c = open_cache(&defaults);
    (void)state;
    put(c, 1, true);
    cache_list(c, &l);
    assert_string_equal(listed.after, "the fake's");
    close_cache(c);
    fake = (struct tier){0};
    c = cache_new_with(uv_default_loop(), NULL, "/nowhere", &defaults);
    put(c, 1, true);
    cache_list(c, &l);
    assert_int_equal(listed.n, 1);
    assert_string_equal(listed.after, "");
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_both_tiers_share_an_item),
        TEST(test_what_the_tier_has_goes_into_memory),
        TEST(test_too_old_in_the_tier),
        TEST(test_max_age_in_memory),
        TEST(test_put_while_the_tier_looks),
        TEST(test_a_forged_blob_is_none),
        TEST(test_cancel),
        TEST(test_a_tier_that_fails),
        TEST(test_a_tier_that_cannot_be_had),
        TEST(test_no_tier),
        TEST(test_close_while_a_fetch_is_under_way),
        TEST(test_items_that_are_too_large),
        TEST(test_lower_bounds_hold_at_once),
        TEST(test_what_a_tier_is_opened_with),
        TEST(test_scopes),
        TEST(test_clear_tells_the_larger_number),
        TEST(test_clear_without_a_tier),
        TEST(test_what_was_cleared_stays_away),
        TEST(test_lists),
        TEST(test_counts),
        TEST(test_counts_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
