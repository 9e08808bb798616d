#include "daemon/core/log_ring.h"
#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct log_record record;

#define BEGUN 1700000000123456u /* what the clock says */

/* Counted from the first. */
static uint64_t first(void)
{
    return log_ring_span().first - BEGUN;
}

static uint64_t last_and_one(void)
{
    return log_ring_span().end - BEGUN;
}

static bool read_line(uint64_t n)
{
    bool there = log_ring_read(BEGUN + n, &record);
    record.seq -= there ? BEGUN : 0;
    return there;
}

static int begin(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR); /* what is kept is written nowhere */
    clock_set(0, BEGUN);
    log_ring_configure(LOG_RING_BYTES_MIN, 100);
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_ring_on_line(NULL, NULL);
    log_ring_stop();
    log_set_level(LOG_LEVEL_NOTICE);
    clock_set(-1, 0);
    return 0;
}

static void test_lines(void **state)
{
    (void)state;
    assert_false(read_line(0));
    log_event(LOG_LEVEL_INFO, &(struct log_fields){.answer = "a", .code = "c"}, "one %d", 1);
    log_warn("two");
    log_debug("not kept");
    assert_int_equal(last_and_one(), 2);
    assert_true(read_line(0));
    assert_int_equal(record.seq, 0);
    assert_int_equal(record.wall_us, BEGUN);
    assert_int_equal(record.level, LOG_LEVEL_INFO);
    assert_string_equal(record.text, "one 1");
    assert_string_equal(record.fields.answer, "a");
    assert_string_equal(record.fields.code, "c");
    assert_null(record.fields.model);
    assert_true(read_line(1));
    assert_string_equal(record.text, "two");
    assert_null(record.fields.answer);
    assert_false(read_line(2));
}

static void test_bound_of_lines(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        log_info("%d", i);
    assert_int_equal(first(), 0);
    log_info("100");
    assert_int_equal(first(), 1);
    assert_true(read_line(0)); /* the oldest that there is */
    assert_int_equal(record.seq, 1);
    assert_string_equal(record.text, "1");
}

/* Lines of any length: those that are there are the newest, whole and in order, and as many as have room. */
static void test_bound_of_bytes(void **state)
{
    static char text[LOG_LINE_MAX];
    (void)state;
    unsigned seed = 1;
    log_ring_configure(3 * LOG_RING_BYTES_MIN, 1000);
    for (int i = 0; i < 20000; i++) {
        size_t len = i % 500 == 0 ? sizeof(text) - 1 : (size_t)rand_r(&seed) % 300 + 1;
        memset(text, 'a' + i % 26, len);
        log_event(LOG_LEVEL_INFO, &(struct log_fields){.model = i % 3 ? "m" : NULL}, "%d %.*s", i, (int)len, text);
        uint64_t oldest = first();
        assert_int_equal(last_and_one(), i + 1);
        assert_true(i < 9 || oldest < (uint64_t)i - 4);
        size_t bytes = 0;
        for (uint64_t seq = oldest; i % 97 == 0 && seq <= (uint64_t)i; seq++) {
            char want[16];
            assert_true(read_line(seq));
            assert_int_equal(record.seq, seq);
            int n = snprintf(want, sizeof(want), "%llu ", (unsigned long long)seq);
            assert_memory_equal(record.text, want, (size_t)n);
            size_t rest = strspn(record.text + n, (char[]){(char)('a' + seq % 26), '\0'});
            assert_true(rest > 0 && (record.text[(size_t)n + rest] == '\0' || rest > 2000));
            assert_int_equal(record.fields.model != NULL, seq % 3 != 0);
            bytes += strlen(record.text);
        }
        if (i % 97 == 0 && i > 500)
            assert_in_range(bytes, LOG_RING_BYTES_MIN, 3 * LOG_RING_BYTES_MIN);
    }
}

static void test_other_bounds(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        log_event(LOG_LEVEL_INFO, &(struct log_fields){.provider = "p"}, "%d", i);
    log_ring_configure(LOG_RING_BYTES_MIN, 10); /* the newest stay, with their numbers */
    assert_int_equal(first(), 40);
    assert_int_equal(last_and_one(), 50);
    assert_int_equal(log_ring_span().begun, BEGUN);
    assert_true(read_line(49));
    assert_string_equal(record.text, "49");
    assert_string_equal(record.fields.provider, "p");
    log_ring_configure(1 << 20, 1000);
    assert_int_equal(first(), 40);
    log_info("50");
    assert_true(read_line(50));
    assert_string_equal(record.text, "50");
}

static void test_longest(void **state)
{
    static char text[2 * LOG_LINE_MAX];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    const struct log_fields all = {text, text, text, text, text, text};
    for (int i = 0; i < 10; i++)
        log_event(LOG_LEVEL_INFO, &all, "%s", text);
    assert_true(read_line(9));
    assert_int_equal(strlen(record.text), LOG_LINE_MAX - 1);
    assert_int_equal(strlen(record.fields.code), LOG_VALUE_MAX);
    assert_in_range(last_and_one() - first(), 1, 2);
}

static void count(void *data)
{
    ++*(atomic_int *)data;
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 2000; i++)
        log_event(LOG_LEVEL_INFO, &(struct log_fields){.client = arg}, "of %s", (const char *)arg);
    return NULL;
}

static void test_threads(void **state)
{
    static char names[4][8] = {"one", "two", "three", "four"};
    pthread_t threads[4];
    atomic_int told = 0;
    (void)state;
    log_ring_on_line(count, &told);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, write_many, names[i]);
    for (uint64_t next = 0; next < 8000;) {
        if (!read_line(next))
            continue;
        assert_true(record.seq >= next);
        assert_memory_equal(record.text, "of ", 3);
        assert_string_equal(record.text + 3, record.fields.client);
        next = record.seq + 1;
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(told, 8000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines),        TEST(test_bound_of_lines), TEST(test_bound_of_bytes),
        TEST(test_other_bounds), TEST(test_longest),        TEST(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
