#include "client/tty/cell.h"
#include "client/tty/spinner.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#define MS INT64_C(1000)

static struct buf line, packed;
static msgpack_unpacked unpacked;

static const char *at(const struct spinner *s, int64_t ms, unsigned columns)
{
    buf_clear(&line);
    spinner_put(s, ms * MS, columns, false, &line);
    return buf_cstr(&line);
}

static const msgpack_object_map *map_of(void)
{
    static msgpack_object_map map;
    size_t used = 0;
    msgpack_unpacked_destroy(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)packed.data, packed.len, &used),
                     MSGPACK_UNPACK_SUCCESS);
    assert_true(mp_map(&unpacked.data, &map));
    buf_clear(&packed);
    return &map;
}

static void put_who(uint32_t more)
{
    mp_put_map(&packed, 2 + more);
    mp_put_entry(&packed, "model", "m");
    mp_put_entry(&packed, "provider", "p");
}

static void a_quick_answer_needs_none(void **state)
{
    (void)state;
    struct spinner s;
    spinner_init(&s, 0);
    assert_string_equal(at(&s, SPINNER_AFTER_MS - 1, 80), "");
    assert_int_equal(spinner_wait(&s, 0), SPINNER_AFTER_MS);
    assert_int_equal(spinner_wait(&s, (SPINNER_AFTER_MS - 1) * MS), 1);
    assert_string_equal(at(&s, SPINNER_AFTER_MS, 80), "⠋ asking\n");
    assert_int_equal(spinner_wait(&s, SPINNER_AFTER_MS * MS), SPINNER_FRAME_MS);
    assert_string_equal(at(&s, SPINNER_AFTER_MS + SPINNER_FRAME_MS, 80), "⠙ asking\n");
}

static void what_is_known_is_told(void **state)
{
    (void)state;
    struct spinner s;
    spinner_init(&s, 0);
    put_who(0);
    spinner_start(&s, map_of());
    assert_string_equal(at(&s, 120, 80), "⠋ m at p\n");
    spinner_say(&s, "waiting\x1b for p", 14);
    assert_null(strchr(at(&s, 120, 80), '\x1b'));
    spinner_say(&s, "2nd of 3", 8);
    assert_string_equal(at(&s, 3120, 80), "⠋ m at p: 2nd of 3, 3 s\n");
    mp_put_map(&packed, 1);
    mp_put_entry(&packed, "name", "weather");
    spinner_calls(&s, map_of());
    mp_put_map(&packed, 1); /* a later fragment of it */
    mp_put_entry(&packed, "arguments", "{");
    spinner_calls(&s, map_of());
    assert_string_equal(at(&s, 120, 80), "⠋ m at p: calls weather\n");
}

static void a_retry_counts_down(void **state)
{
    (void)state;
    struct spinner s;
    spinner_init(&s, 0);
    put_who(2);
    mp_put_cstr(&packed, "delay");
    mp_put_double(&packed, 2.5);
    mp_put_cstr(&packed, "error");
    mp_put_map(&packed, 1);
    mp_put_entry(&packed, "message", "p is busy");
    spinner_retry(&s, map_of(), 120 * MS);
    assert_string_equal(at(&s, 120, 80), "⠋ p is busy; m at p is asked in 3 s\n");
    assert_string_equal(at(&s, 2120, 80), "⠋ p is busy; m at p is asked in 1 s\n");
    assert_string_equal(at(&s, 3120, 80), "⠋ p is busy; m at p is asked, 3 s\n");
    put_who(0);
    spinner_start(&s, map_of());
    assert_string_equal(at(&s, 120, 80), "⠋ m at p\n");
}

static void it_takes_less_than_a_row(void **state)
{
    (void)state;
    struct spinner s;
    spinner_init(&s, 0);
    spinner_say(&s, "中文中文中文", strlen("中文中文中文"));
    for (unsigned columns = 1; columns < 30; columns++) {
        const char *shown = at(&s, 120, columns);
        const size_t len = strlen(shown);
        assert_int_equal(shown[len - 1], '\n');
        char text[256];
        memcpy(text, shown, len - 1);
        text[len - 1] = '\0';
        assert_true(cell_width(text) < columns || columns == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quick_answer_needs_none),
        cmocka_unit_test(what_is_known_is_told),
        cmocka_unit_test(a_retry_counts_down),
        cmocka_unit_test(it_takes_less_than_a_row),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    buf_init(&line, 4096);
    buf_init(&packed, 4096);
    msgpack_unpacked_init(&unpacked);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    msgpack_unpacked_destroy(&unpacked);
    buf_done(&packed);
    buf_done(&line);
    return failed;
}
