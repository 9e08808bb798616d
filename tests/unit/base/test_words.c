#include "lib/base/words.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    char *text, *date;
    int64_t day, count, amount;
    double number;
    char currency[8];
    int hours[2];
};

static const struct word words[] = {
    {"text", WORD_TEXT, offsetof(struct row, text)},
    {"date", WORD_DATE, offsetof(struct row, date)},
    {"day", WORD_DAY, offsetof(struct row, day)},
    {"count", WORD_COUNT, offsetof(struct row, count)},
    {"amount", WORD_AMOUNT, offsetof(struct row, amount)},
    {"number", WORD_NUMBER, offsetof(struct row, number)},
    {"currency", WORD_CURRENCY, offsetof(struct row, currency)},
    {"hours", WORD_HOURS, offsetof(struct row, hours)},
    {0},
};

static void row_done(struct row *r)
{
    free(r->text);
    free(r->date);
}

static void check_read(const char *text, struct row *r, unsigned want_seen)
{
    struct error err = ERROR_INIT;
    unsigned seen;

    *r = (struct row){0};
    if (words_read(text, words, r, &seen, &err) != ERR_NONE)
        fail_msg("'%s': %s", text, err.message);
    assert_int_equal(seen, want_seen);
}

static void every_type_is_read(void **state)
{
    struct row r;
    (void)state;

    check_read("hours 16:30-00:30, currency USD,number -52.4 ,amount 0.075,count 200000,\tday  2025-04-14,"
               "date 2024-02-29, text https://example.org/a b?c=d",
               &r, 0xff);
    assert_string_equal(r.text, "https://example.org/a b?c=d");
    assert_string_equal(r.date, "2024-02-29");
    assert_int_equal(r.day, INT64_C(1744588800000000));
    assert_int_equal(r.count, 200000);
    assert_int_equal(r.amount, 75000000);
    assert_true(r.number == -52.4);
    assert_string_equal(r.currency, "USD");
    assert_int_equal(r.hours[0], 16 * 60 + 30);
    assert_int_equal(r.hours[1], 30);
    row_done(&r);
}

static void no_text_is_no_words(void **state)
{
    struct row r;
    (void)state;

    check_read(NULL, &r, 0);
}

static void hours_end_at_midnight(void **state)
{
    struct row r;
    (void)state;

    check_read("hours 08:00-24:00", &r, 1u << 7);
    assert_int_equal(r.hours[0], 480);
    assert_int_equal(r.hours[1], 0);
}

static void slips_are_told(void **state)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"", "a word and its value are missing"},
        {"count 1,", "a word and its value are missing"},
        {"count 1,,amount 2", "a word and its value are missing"},
        {"counts 1", "no word 'counts'"},
        {"coun 1", "no word 'coun'"},
        {"count", "count must be a whole number"},
        {"text ", "text must be a text"},
        {"count 1, count 2", "'count' is given twice"},
        {"count 0", "count must be a whole number from 1, not '0'"},
        {"count 1.5", "whole number"},
        {"count 1e3", "whole number"},
        {"count -1", "whole number"},
        {"count 9223372036854775808", "whole number"},
        {"amount -1", "amount must be a number from 0"},
        {"amount 1 USD", "amount must be"},
        {"amount 9999999999999", "amount must be"},
        {"number high", "number must be a number"},
        {"currency usd", "currency must be"},
        {"currency US", "currency must be"},
        {"currency DOLLARSX", "currency must be"},
        {"day 2025-02-29", "day must be a day"},
        {"day 2025-13-01", "day must be a day"},
        {"day 2025-00-01", "day must be a day"},
        {"day 2025-01-00", "day must be a day"},
        {"day 2025-1-1", "day must be a day"},
        {"day 2025/01/01", "day must be a day"},
        {"day 1969-12-31", "day must be a day"},
        {"day 20a5-01-01", "day must be a day"},
        {"day 2025-01-011", "day must be a day"},
        {"date 2100-02-29", "date must be a day"},
        {"hours 16:30", "hours must be"},
        {"hours 16:30-16:30", "hours must be"},
        {"hours 00:00-24:00", "hours must be"},
        {"hours 24:00-08:00", "hours must be"},
        {"hours 08:00-24:01", "hours must be"},
        {"hours 08:60-09:00", "hours must be"},
        {"hours 8:00-10:000", "hours must be"},
        {"hours 08:00/10:00", "hours must be"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err = ERROR_INIT;
        struct row r = {0};
        unsigned seen;
        if (words_read(bad[i].text, words, &r, &seen, &err) != ERR_INVALID_REQUEST || !strstr(err.message, bad[i].part))
            fail_msg("'%s': wanted %s; got %s", bad[i].text, bad[i].part, err.message);
        row_done(&r);
    }
}

static void failed_row_can_be_freed(void **state)
{
    struct error err = ERROR_INIT;
    struct row r = {0};
    unsigned seen;
    (void)state;

    assert_int_equal(words_read("text kept, date 2025-01-01, date 2025-01-02", words, &r, &seen, &err),
                     ERR_INVALID_REQUEST);
    assert_string_equal(r.text, "kept");
    assert_string_equal(r.date, "2025-01-01");
    row_done(&r);
}

static void check_written(const struct row *r, size_t max, const char *want)
{
    struct buf out;

    buf_init(&out, max);
    words_write(&out, words, r);
    assert_string_equal(buf_cstr(&out), want);
    buf_done(&out);
}

static void every_type_is_written(void **state)
{
    struct row r;
    (void)state;

    check_read("hours 06:05-00:30, currency USD, number -52.4, amount 0.075, count 200000, day 2025-04-14, "
               "date 2024-02-29, text a b",
               &r, 0xff);
    check_written(&r, 1000,
                  "text a b, date 2024-02-29, day 2025-04-14, count 200000, amount 0.075, number -52.4, currency USD, "
                  "hours 06:05-00:30");
    row_done(&r);
}

static void what_is_not_told_is_not_written(void **state)
{
    (void)state;
    check_written(&(struct row){.amount = -1, .hours = {5, 5}}, 1000, "number 0");
    check_written(&(struct row){.text = (char *)" ", .date = (char *)""}, 1000, "amount 0, number 0");
}

static void text_is_written_as_a_row_can_hold_it(void **state)
{
    (void)state;
    check_written(&(struct row){.text = (char *)"\t a,b , "}, 1000, "text a%2Cb %2C, amount 0, number 0");
}

static void row_without_room_fails(void **state)
{
    const struct row r = {.text = (char *)"a b"};
    const char *whole = "text a b, amount 0, number 0";
    struct buf out;
    (void)state;

    for (size_t max = 0; max < strlen(whole); max++) {
        buf_init(&out, max);
        words_write(&out, words, &r);
        assert_true(out.failed);
        buf_done(&out);
    }
    buf_init(&out, strlen(whole));
    words_write(&out, words, &r);
    assert_true(out.failed == false && out.len == strlen(whole));
    buf_done(&out);
}

static void pieces_are_cut_at_commas(void **state)
{
    const char *text = " a b ,, c";
    size_t len;
    (void)state;

    const char *piece = words_piece(&text, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(piece, "a b", 3);
    words_piece(&text, &len);
    assert_int_equal(len, 0);
    piece = words_piece(&text, &len);
    assert_int_equal(len, 1);
    assert_memory_equal(piece, "c", 1);
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(no_text_is_no_words),
        cmocka_unit_test(hours_end_at_midnight),
        cmocka_unit_test(slips_are_told),
        cmocka_unit_test(failed_row_can_be_freed),
        cmocka_unit_test(pieces_are_cut_at_commas),
        cmocka_unit_test(every_type_is_written),
        cmocka_unit_test(what_is_not_told_is_not_written),
        cmocka_unit_test(text_is_written_as_a_row_can_hold_it),
        cmocka_unit_test(row_without_room_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
