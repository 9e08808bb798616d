/* What one who waits is told, and when. */
#include "daemon/engine/place.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define S INT64_C(1000000)
#define T0 (1000 * S)

static void a_place_in_words(void **state)
{
    (void)state;
    static const struct {
        struct place place;
        const char *said;
    } rows[] = {
        {{1, 1, 0}, "waiting for p: 1st of 1"},
        {{2, 12, 0}, "waiting for p: 2nd of 12"},
        {{3, 12, 0}, "waiting for p: 3rd of 12"},
        {{4, 12, 0}, "waiting for p: 4th of 12"},
        {{11, 12, 0}, "waiting for p: 11th of 12"},
        {{12, 12, 0}, "waiting for p: 12th of 12"},
        {{13, 13, 0}, "waiting for p: 13th of 13"},
        {{21, 99, 0}, "waiting for p: 21st of 99"},
        {{100, 200, 0}, "waiting for p: 100th of 200"},
        {{111, 200, 0}, "waiting for p: 111th of 200"},
        {{1022, 1024, 0}, "waiting for p: 1022nd of 1024"},
        {{1, 1, T0 + 4 * S}, "waits 4 s for the rate limit of p"},
        {{7, 9, T0 + 3 * S + 1}, "waits 4 s for the rate limit of p"},
        {{1, 1, T0 + 1}, "waits 1 s for the rate limit of p"},
        {{1, 1, T0 - 1}, "waits 1 s for the rate limit of p"}, /* it goes at the next turn */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char said[PLACE_SAID_MAX];
        place_say(&rows[i].place, "p", T0, said);
        assert_string_equal(said, rows[i].said);
    }
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    char said[PLACE_SAID_MAX], name[400];
    const struct place most = {UINT32_MAX, UINT32_MAX, 0}, longest = {1, 1, INT64_MAX};
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    place_say(&most, name, T0, said);
    assert_non_null(strstr(said, ": 4294967295th of 4294967295"));
    place_say(&longest, name, T0, said);
    assert_non_null(strstr(said, "rate limit of nnn"));
}

/* What happens one after the other to one that waits since T0. */
static void when_it_is_told(void **state)
{
    (void)state;
    static const struct {
        struct place place;
        int64_t at_us;
        bool due;
    } rows[] = {
        {{5, 5, 0}, T0, false},
        {{5, 5, 0}, T0 + PLACE_AFTER_US - 1, false},
        {{4, 5, 0}, T0 + PLACE_AFTER_US, true},
        {{3, 5, 0}, T0 + PLACE_AFTER_US + PLACE_EVERY_US - 1, false},
        {{3, 5, 0}, T0 + PLACE_AFTER_US + PLACE_EVERY_US, true},
        {{3, 9, 0}, T0 + 10 * S, false}, /* more behind it */
        {{4, 9, 0}, T0 + 20 * S, true},  /* somebody watches that one */
        {{4, 9, T0 + 30 * S}, T0 + 21 * S, true},
        {{3, 9, T0 + 30 * S}, T0 + 23 * S, false}, /* the limit is what it waits for */
        {{3, 9, T0 + 31 * S - 1}, T0 + 23 * S, false},
        {{3, 9, T0 + 31 * S}, T0 + 23 * S, true},
        {{3, 9, T0 + 30 * S}, T0 + 25 * S, true},
        {{3, 9, 0}, T0 + 27 * S, true},
    };
    struct place_told told = {.since_us = T0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(place_due(&told, &rows[i].place, rows[i].at_us), rows[i].due);
    assert_int_equal(told.place.nth, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_in_words),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(when_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
