#include "daemon/rpc/cache_map.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AGE_MS 2500
#define TTL_US 60000000ll

static struct buf out;
static msgpack_unpacked unpacked;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 64u << 20);
    msgpack_unpacked_init(&unpacked);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_done(&out);
    msgpack_unpacked_destroy(&unpacked);
    return 0;
}

/* An item whose tail is {"text": as many letters as make it so long}. */
static struct cache_item *item_of(enum item_kind kind, size_t tail_len)
{
    struct buf tail;
    char *text = xmalloc(tail_len);
    const size_t head = 5 + (tail_len >= 5 + 5 + 65536 ? 5 : tail_len >= 5 + 3 + 256 ? 3 : 1);

    memset(text, 'x', tail_len);
    buf_init(&tail, tail_len);
    mp_put_cstr(&tail, "text");
    mp_put_str(&tail, text, tail_len - head);
    assert_int_equal(tail.len, tail_len);
    struct item_facts facts = {.scope = "uid:1000",
                               .kind = kind,
                               .created_us = clock_wall_us() - AGE_MS * 1000,
                               .provider = "work",
                               .model = "large",
                               .saved_nano = -1,
                               .currency = "",
                               .tail = {tail.data, tail.len},
                               .n_tail = 1};
    facts.expires_us = facts.created_us + TTL_US;
    memset(facts.key.bytes, 0xab, KEY_LEN);
    struct cache_item *it = item_new(&facts);
    assert_non_null(it);
    buf_done(&tail);
    free(text);
    return it;
}

/* What was put since the last time, which is one map. */
static msgpack_object_map read_back(void)
{
    size_t off = 0;
    msgpack_object_map m;

    assert_false(out.failed);
    msgpack_unpacked_destroy(&unpacked);
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)out.data, out.len, &off), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(off, out.len);
    assert_true(mp_map(&unpacked.data, &m));
    buf_clear(&out);
    return m;
}

static void check_str(const msgpack_object_map *m, const char *key, const char *want)
{
    const msgpack_object *o = mp_get(m, key);
    const char *s;
    size_t len;

    assert_true(o && mp_str(o, &s, &len));
    assert_int_equal(len, strlen(want));
    assert_memory_equal(s, want, len);
}

static double number(const msgpack_object_map *m, const char *key)
{
    const msgpack_object *o = mp_get(m, key);
    double d = 0;

    assert_true(o && mp_double(o, &d));
    return d;
}

static void check_bool(const msgpack_object_map *m, const char *key, bool want)
{
    const msgpack_object *o = mp_get(m, key);
    bool b;

    assert_true(o && mp_bool(o, &b) && b == want);
}

static msgpack_object_map map_at(const msgpack_object_array *a, size_t i)
{
    msgpack_object_map m;

    assert_true(i < a->size && mp_map(&a->ptr[i], &m));
    return m;
}

static msgpack_object_array array_of(const msgpack_object_map *m, const char *key)
{
    const msgpack_object *o = mp_get(m, key);
    msgpack_object_array a;

    assert_true(o && mp_array(o, &a));
    return a;
}

static const char hex[] = "abababababababababababababababababababababababababababababababab";

/* -- answers -- */

static void an_answer(void **state)
{
    (void)state;
    struct cache_item *it = item_of(ITEM_ANSWER, 10);

    cache_map_put_answer(&out, it);
    msgpack_object_map m = read_back();
    check_str(&m, "state", "done");
    check_str(&m, "key", hex);
    check_str(&m, "text", "xxxx");
    check_bool(&m, "cached", true);
    check_bool(&m, "shared", false);
    assert_true(number(&m, "age") >= AGE_MS / 1e3 && number(&m, "age") < AGE_MS / 1e3 + 60);
    assert_int_equal(mp_get(&m, "timing")->via.map.size, 0);
    assert_int_equal(m.size, 7);
    item_unref(it);
}

/* -- pages -- */

static void a_page(void **state)
{
    (void)state;
    struct cache_item *items[] = {item_of(ITEM_ANSWER, 10), item_of(ITEM_VECTOR, 10)};

    assert_int_equal(cache_map_page_answers(items, 2), 10);
    cache_map_put_page(&out, items, 2, "here");
    msgpack_object_map page = read_back();
    msgpack_object_array list = array_of(&page, "items");
    check_str(&page, "after", "here");
    assert_int_equal(list.size, 2);
    msgpack_object_map first = map_at(&list, 0), second = map_at(&list, 1), answer;
    check_str(&first, "kind", "answer");
    check_str(&first, "key", hex);
    check_str(&first, "provider", "work");
    check_str(&first, "model", "large");
    assert_int_equal(number(&first, "bytes"), item_blob(items[0]).len);
    assert_true(number(&first, "created") == (double)item_facts(items[0])->created_us / 1e6);
    assert_true(number(&first, "expires") == (double)item_facts(items[0])->expires_us / 1e6);
    assert_true(mp_map(mp_get(&first, "answer"), &answer));
    check_str(&answer, "text", "xxxx");
    check_str(&second, "kind", "vector");
    assert_null(mp_get(&second, "answer"));
    for (size_t i = 0; i < 2; i++)
        item_unref(items[i]);
}

static void the_last_page(void **state)
{
    (void)state;
    cache_map_put_page(&out, NULL, 0, "");
    msgpack_object_map page = read_back();
    assert_int_equal(array_of(&page, "items").size, 0);
    assert_null(mp_get(&page, "after"));
}

/* One that just fits, one byte more than is left, and one that fits again behind it. */
static void answers_of_a_page_are_bounded(void **state)
{
    (void)state;
    struct cache_item *items[] = {item_of(ITEM_ANSWER, CACHE_MAP_ANSWERS_MAX - 20), item_of(ITEM_ANSWER, 21),
                                  item_of(ITEM_ANSWER, 20), item_of(ITEM_ANSWER, 10)};
    static const bool goes_along[] = {true, false, true, false};

    assert_int_equal(cache_map_page_answers(items, 4), CACHE_MAP_ANSWERS_MAX);
    cache_map_put_page(&out, items, 4, "");
    msgpack_object_map page = read_back();
    msgpack_object_array list = array_of(&page, "items");
    for (size_t i = 0; i < 4; i++) {
        msgpack_object_map item = map_at(&list, i);
        assert_int_equal(mp_get(&item, "answer") != NULL, goes_along[i]);
        item_unref(items[i]);
    }
}

static void an_answer_larger_than_a_page(void **state)
{
    (void)state;
    struct cache_item *it = item_of(ITEM_ANSWER, CACHE_MAP_ANSWERS_MAX + 1);

    assert_int_equal(cache_map_page_answers(&it, 1), 0);
    item_unref(it);
}

/* -- figures -- */

static const struct cache_stats some_stats = {
    .hits = 2,
    .misses = 6,
    .joins = 1,
    .memory_hits = 3,
    .memory_misses = 4,
    .memory_entries = 5,
    .memory_bytes = 600,
    .memory_evictions = 7,
    .tier_hits = 8,
    .tier_misses = 9,
    .saved_ms = 1234,
    .saved = {{"USD", 420000000}, {"CNY", 5}},
    .n_saved = 2,
    .backend = "sqlite",
    .tier = {.state = "ok", .entries = 10, .bytes = 1100, .evictions = 12, .failures = 13},
};

static void figures(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        double value;
    } wanted[] = {{"entries", 10}, {"bytes", 1100},   {"hits", 2},        {"misses", 6},
                  {"joins", 1},    {"evictions", 19}, {"saved_ms", 1234}, {"hit_rate", 3.0 / 9}};

    cache_map_put_stats(&out, &some_stats, true);
    msgpack_object_map m = read_back();
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_true(number(&m, wanted[i].key) == wanted[i].value);
    msgpack_object_array saved = array_of(&m, "saved"), tiers = array_of(&m, "tiers");
    assert_int_equal(saved.size, 2);
    msgpack_object_map usd = map_at(&saved, 0), memory = map_at(&tiers, 0), sqlite = map_at(&tiers, 1);
    check_str(&usd, "currency", "USD");
    assert_true(number(&usd, "cost") == 0.42 && number(&usd, "cost_nano") == 420000000);
    check_str(&memory, "name", "memory");
    assert_true(number(&memory, "hits") == 3 && number(&memory, "misses") == 4 && number(&memory, "entries") == 5 &&
                number(&memory, "bytes") == 600 && number(&memory, "evictions") == 7);
    check_str(&sqlite, "name", "sqlite");
    check_str(&sqlite, "state", "ok");
    assert_true(number(&sqlite, "hits") == 8 && number(&sqlite, "misses") == 9 && number(&sqlite, "entries") == 10 &&
                number(&sqlite, "bytes") == 1100 && number(&sqlite, "evictions") == 12 &&
                number(&sqlite, "failures") == 13);
    assert_null(mp_get(&sqlite, "error"));
}

static void figures_of_a_tier_that_is_not_there(void **state)
{
    (void)state;
    struct cache_stats st = some_stats;

    st.tier = (struct tier_status){.state = "failing", .error = "gone", .entries = -1, .bytes = -1};
    cache_map_put_stats(&out, &st, false);
    msgpack_object_map m = read_back();
    msgpack_object_array tiers = array_of(&m, "tiers");
    msgpack_object_map sqlite = map_at(&tiers, 1);
    check_str(&sqlite, "error", "gone");
    assert_null(mp_get(&sqlite, "entries"));
    assert_null(mp_get(&sqlite, "bytes"));
    assert_null(mp_get(&m, "hit_rate"));
    assert_true(number(&m, "entries") == 5 && number(&m, "bytes") == 600 && number(&m, "evictions") == 7);

    st.backend = "none";
    cache_map_put_stats(&out, &st, false);
    m = read_back();
    assert_int_equal(array_of(&m, "tiers").size, 1);
}

static void no_rate_before_the_first_question(void **state)
{
    (void)state;
    struct cache_stats st = {.backend = "none", .tier = {.state = "off"}};

    cache_map_put_stats(&out, &st, true);
    msgpack_object_map m = read_back();
    assert_null(mp_get(&m, "hit_rate"));
    st.misses = 1;
    cache_map_put_stats(&out, &st, true);
    m = read_back();
    assert_true(number(&m, "hit_rate") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer),
        cmocka_unit_test(a_page),
        cmocka_unit_test(the_last_page),
        cmocka_unit_test(answers_of_a_page_are_bounded),
        cmocka_unit_test(an_answer_larger_than_a_page),
        cmocka_unit_test(figures),
        cmocka_unit_test(figures_of_a_tier_that_is_not_there),
        cmocka_unit_test(no_rate_before_the_first_question),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
