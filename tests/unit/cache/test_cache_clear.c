/* Clears and lists of the cache. */
#include "tests/unit/cache/cache_open.h"

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_clear_tells_the_larger_number),
        TEST(test_clear_without_a_tier),
        TEST(test_what_was_cleared_stays_away),
        TEST(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
