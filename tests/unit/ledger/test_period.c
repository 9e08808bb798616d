/* Windows of the calendar, at their borders and against a calendar that goes day by day. */
#include "daemon/ledger/period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* "2026-03-01 12:00:00" */
static int64_t at(const char *text)
{
    struct tm tm = {0};
    assert_int_equal(
        sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec),
        6);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    return timegm(&tm) * SECOND;
}

static void test_borders(void **state)
{
    static const struct {
        enum period p;
        const char *inside, *start, *end;
    } cases[] = {
        {PERIOD_HOUR, "2026-03-01 12:59:59", "2026-03-01 12:00:00", "2026-03-01 13:00:00"},
        {PERIOD_HOUR, "2026-12-31 23:30:00", "2026-12-31 23:00:00", "2027-01-01 00:00:00"},
        {PERIOD_DAY, "2028-02-29 12:00:00", "2028-02-29 00:00:00", "2028-03-01 00:00:00"},
        {PERIOD_DAY, "2026-12-31 00:00:00", "2026-12-31 00:00:00", "2027-01-01 00:00:00"},
        {PERIOD_WEEK, "2026-03-01 12:00:00", "2026-02-23 00:00:00", "2026-03-02 00:00:00"}, /* a Sunday */
        {PERIOD_WEEK, "2026-03-02 00:00:00", "2026-03-02 00:00:00", "2026-03-09 00:00:00"}, /* a Monday */
        {PERIOD_WEEK, "2027-01-01 00:00:00", "2026-12-28 00:00:00", "2027-01-04 00:00:00"}, /* week 53 of 2026 */
        {PERIOD_WEEK, "2028-02-29 08:00:00", "2028-02-28 00:00:00", "2028-03-06 00:00:00"},
        {PERIOD_WEEK, "1970-01-01 00:00:00", "1969-12-29 00:00:00", "1970-01-05 00:00:00"},
        {PERIOD_MONTH, "2026-02-28 23:59:59", "2026-02-01 00:00:00", "2026-03-01 00:00:00"},
        {PERIOD_MONTH, "2028-02-29 23:59:59", "2028-02-01 00:00:00", "2028-03-01 00:00:00"},
        {PERIOD_MONTH, "2000-02-29 00:00:00", "2000-02-01 00:00:00", "2000-03-01 00:00:00"},
        {PERIOD_MONTH, "2100-02-28 23:59:59", "2100-02-01 00:00:00", "2100-03-01 00:00:00"}, /* no leap year */
        {PERIOD_MONTH, "2026-12-31 23:59:59", "2026-12-01 00:00:00", "2027-01-01 00:00:00"},
        {PERIOD_MONTH, "2027-01-01 00:00:00", "2027-01-01 00:00:00", "2027-02-01 00:00:00"},
        {PERIOD_MONTH, "1970-01-01 00:00:00", "1970-01-01 00:00:00", "1970-02-01 00:00:00"},
        {PERIOD_MONTH, "1969-12-31 23:59:59", "1969-12-01 00:00:00", "1970-01-01 00:00:00"},
        {PERIOD_MONTH, "9999-12-31 23:59:59", "9999-12-01 00:00:00", "10000-01-01 00:00:00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct window w = period_window(cases[i].p, at(cases[i].inside));
        if (w.start_us != at(cases[i].start) || w.end_us != at(cases[i].end))
            fail_msg("%s of %s: %lld to %lld", period_names[cases[i].p], cases[i].inside, (long long)w.start_us,
                     (long long)w.end_us);
    }
}

static void check(enum period p, int64_t start, int64_t end)
{
    const int64_t inside[] = {start, start + 1, start + (end - start) / 2, end - 1};

    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        struct window w = period_window(p, inside[i]);
        assert_int_equal(w.start_us, start);
        assert_int_equal(w.end_us, end);
    }
}

static bool leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* 1968 began on a Monday, 731 days before 1970. */
static void test_four_centuries_day_by_day(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = -731 * DAY, weeks = 0;
    (void)state;
    for (int year = 1968; year < 2400; year++)
        for (int m = 0; m < 12; m++) {
            const int days = lengths[m] + (m == 1 && leap(year));
            check(PERIOD_MONTH, day, day + days * DAY);
            for (int d = 0; d < days; d++, day += DAY) {
                check(PERIOD_DAY, day, day + DAY);
                check(PERIOD_HOUR, day + d % 24 * HOUR, day + d % 24 * HOUR + HOUR);
                if (weeks++ % 7 == 0)
                    check(PERIOD_WEEK, day, day + 7 * DAY);
            }
        }
    assert_int_equal(day, at("2400-01-01 00:00:00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_four_centuries_day_by_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
