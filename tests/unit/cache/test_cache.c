#include "tests/unit/cache/cache_open.h"
#include <unistd.h>

#include <cmocka.h>

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

/* The tier knows at once that it has nothing, but somebody waits for it already. */
static void test_nobody_goes_ahead_of_who_waits(void **state)
{
    struct cache *c = open_cache(&defaults);
    struct cache_key key = key_number(2);
    struct got first = {0}, second = {0};
    (void)state;
    fetch(c, 1, -1, &first);
    struct tier_op *op = fake.op;
    fake.sure = true;
    fetch(c, 2, -1, &second);
    struct tier_op *after = fake.op;
    fake.op = op;
    fake_tell();
    assert_int_equal(first.calls, 1);
    fake.op = after;
    fake_tell();
    assert_int_equal(second.calls, 1);
    assert_null(cache_fetch(c, SCOPE, &key, 1, -1, on_got, &second));
    fake.sure = false;
    struct cache_fetch *given_up = cache_fetch(c, SCOPE, &key, 1, -1, on_got, &second);
    cache_fetch_cancel(given_up);
    fake.sure = true;
    assert_null(cache_fetch(c, SCOPE, &key, 1, -1, on_got, &second));
    fake.sure = false;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_both_tiers_share_an_item),
        TEST(test_what_the_tier_has_goes_into_memory),
        TEST(test_too_old_in_the_tier),
        TEST(test_max_age_in_memory),
        TEST(test_put_while_the_tier_looks),
        TEST(test_nobody_goes_ahead_of_who_waits),
        TEST(test_a_forged_blob_is_none),
        TEST(test_cancel),
        TEST(test_a_tier_that_fails),
        TEST(test_a_tier_that_cannot_be_had),
        TEST(test_no_tier),
        TEST(test_close_while_a_fetch_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
