#include "lib/chat/listed.h"
#include "lib/chat/price.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_US (86400 * INT64_C(1000000))
#define MINUTE_US (60 * INT64_C(1000000))
#define APRIL_14 INT64_C(1744588800000000) /* 2025 */

static struct price parse(const char *text)
{
    struct error err = ERROR_INIT;
    struct price p;

    if (price_parse(text, &p, &err) != ERR_NONE)
        fail_msg("'%s': %s", text, err.message);
    return p;
}

static void row_is_read(void **state)
{
    (void)state;
    struct price p = parse("since 2025-04-14, until 2026-01-01, at openrouter, above 200000, hours 16:30-00:30, "
                           "input 2.00, cached_input 0.50, cache_write 3.75, output 8.00, request 0.001, image 0.01, "
                           "input_audio 40, output_audio 80.5, currency USD, source https://example.org/p");
    assert_int_equal(p.since_us, APRIL_14);
    assert_int_equal(p.until_us, INT64_C(1767225600000000));
    assert_string_equal(p.at, "openrouter");
    assert_int_equal(p.above_tokens, 200000);
    assert_int_equal(p.from_minute, 990);
    assert_int_equal(p.to_minute, 30);
    assert_int_equal(p.input, 2000000000);
    assert_int_equal(p.cached_input, 500000000);
    assert_int_equal(p.cache_write, 3750000000);
    assert_int_equal(p.output, 8000000000);
    assert_int_equal(p.request, 1000000);
    assert_int_equal(p.image, 10000000);
    assert_int_equal(p.input_audio, 40000000000);
    assert_int_equal(p.output_audio, 80500000000);
    assert_string_equal(p.currency, "USD");
    assert_string_equal(p.source, "https://example.org/p");
    price_done(&p);
    price_done(&p); /* of nothing */
}

static void what_is_not_told_is_unknown(void **state)
{
    (void)state;
    struct price p = parse("currency CNY,output 0");
    assert_int_equal(p.output, 0);
    assert_int_equal(p.input, PRICE_UNKNOWN);
    assert_int_equal(p.cached_input, PRICE_UNKNOWN);
    assert_int_equal(p.cache_write, PRICE_UNKNOWN);
    assert_int_equal(p.request, PRICE_UNKNOWN);
    assert_int_equal(p.image, PRICE_UNKNOWN);
    assert_int_equal(p.input_audio, PRICE_UNKNOWN);
    assert_int_equal(p.output_audio, PRICE_UNKNOWN);
    assert_int_equal(p.since_us, 0);
    assert_int_equal(p.until_us, 0);
    assert_int_equal(p.above_tokens, 0);
    assert_null(p.at);
    assert_null(p.source);
    price_done(&p);
}

static void bad_rows_are_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"currency USD", "needs a rate"},
        {"since 2025-04-14, currency USD, source x", "needs a rate"},
        {"input 2.00", "needs its currency"},
        {"input 2.00, currency USD, until 2025-04-14, since 2025-04-14", "later than 'since'"},
        {"input 2.00 USD", "input must be"},
        {"input 2.00, currency USD, at x, at y", "'at' is given twice"},
        {"input 2.00; currency USD", "input must be"},
        {"$2.00, currency USD", "no word '$2.00'"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err = ERROR_INIT;
        struct price p = {.above_tokens = 77};
        if (price_parse(bad[i].text, &p, &err) != ERR_INVALID_REQUEST || !strstr(err.message, bad[i].part))
            fail_msg("'%s': wanted %s; got %s", bad[i].text, bad[i].part, err.message);
        assert_int_equal(p.above_tokens, 77);
    }
}

static void put(const struct price *p, char out[512])
{
    struct buf b;

    buf_init(&b, 511);
    price_put(&b, p);
    assert_false(b.failed);
    strcpy(out, buf_cstr(&b));
    buf_done(&b);
}

static void check_put(const char *text, const char *want)
{
    struct price p = parse(text), again;
    char got[512], twice[512];

    put(&p, got);
    assert_string_equal(got, want);
    again = parse(got);
    put(&again, twice);
    assert_string_equal(twice, want);
    price_done(&p);
    price_done(&again);
}

static void row_is_put_in_one_form(void **state)
{
    (void)state;
    check_put("source https://example.org/p, output_audio 80.0, currency USD, image 0.010, input_audio 40, request "
              "0.001, output 8.00, cache_write 3.75, "
              "cached_input 0.50, input 2.00, hours 16:30-00:30, above 0200000, at openrouter, until 2026-01-01, "
              "since 2025-04-14",
              "input 2, cached_input 0.5, cache_write 3.75, output 8, request 0.001, image 0.01, "
              "input_audio 40, output_audio 80, currency USD, since 2025-04-14, until 2026-01-01, at openrouter, above "
              "200000, hours 16:30-00:30, "
              "source https://example.org/p");
    check_put("input 0,currency CNY", "input 0, currency CNY");
    check_put("output 1e-9, currency USD", "output 0.000000001, currency USD");
    check_put("output 1, currency USD, hours 08:00-24:00", "output 1, currency USD, hours 08:00-00:00");
    check_put("output 1, currency USD, hours 00:00-08:05", "output 1, currency USD, hours 00:00-08:05");
}

/* What a row of the file cannot hold: its texts as they can stand there, of a moment the day. */
static void row_of_another_source_is_put(void **state)
{
    (void)state;
    struct price p = PRICE_INIT, again;
    char got[512];
    p.input = 5;
    strcpy(p.currency, "USD");
    p.at = (char *)" ";
    p.source = (char *)" https://example.org/a,b?c ";
    p.since_us = APRIL_14 + DAY_US - 1;
    put(&p, got);
    assert_string_equal(got, "input 0.000000005, currency USD, since 2025-04-14, source https://example.org/a%2Cb?c");
    again = parse(got);
    assert_null(again.at);
    price_done(&again);
}

/* Of every field each value that it can have, in turn. */
static void what_is_put_is_read_back(void **state)
{
    static const int64_t rates[] = {PRICE_UNKNOWN, 0, 1, 999999999, 1000000000, INT64_MAX};
    (void)state;
    for (unsigned seed = 0; seed < 6 * 6 * 6; seed++) {
        struct price p = PRICE_INIT, again;
        char text[512];
        p.input = rates[seed % 6];
        p.cached_input = rates[seed / 6 % 6];
        p.output = rates[seed / 36 % 6];
        p.image = 1;
        strcpy(p.currency, seed % 2 ? "USD" : "CREDITS");
        p.since_us = seed % 3 ? APRIL_14 + seed * DAY_US : 0;
        p.until_us = seed % 5 ? APRIL_14 + 999 * DAY_US : 0;
        p.above_tokens = seed % 7 ? (int64_t)seed * seed : 0;
        p.from_minute = (int)(seed * 7 % 1440);
        p.to_minute = (int)(seed * 131 % 1440);
        p.at = seed % 11 ? (char *)"a b" : NULL;
        put(&p, text);
        again = parse(text);
        assert_int_equal(again.input, p.input);
        assert_int_equal(again.cached_input, p.cached_input);
        assert_int_equal(again.cache_write, p.cache_write);
        assert_int_equal(again.output, p.output);
        assert_int_equal(again.request, p.request);
        assert_int_equal(again.image, p.image);
        assert_int_equal(again.since_us, p.since_us);
        assert_int_equal(again.until_us, p.until_us);
        assert_int_equal(again.above_tokens, p.above_tokens);
        if (p.from_minute != p.to_minute) { /* else it is all day, however it is written */
            assert_int_equal(again.from_minute, p.from_minute);
            assert_int_equal(again.to_minute, p.to_minute);
        }
        assert_string_equal(again.currency, p.currency);
        assert_string_equal(again.at ? again.at : "", p.at ? p.at : "");
        price_done(&again);
    }
}

static void copy_owns_its_texts(void **state)
{
    (void)state;
    struct price p = parse("input 1, currency USD, at a, source b"), copy;
    price_copy(&copy, &p);
    price_done(&p);
    assert_string_equal(copy.at, "a");
    assert_string_equal(copy.source, "b");
    assert_int_equal(copy.input, 1000000000);
    price_done(&copy);
}

/* -- which row holds -- */

#define ROWS_MAX 8

/* What the picked row's input rate is, in whole units; -1: none is picked. */
static int64_t pick(const char *const *texts, const char *at, int64_t now_us, int64_t tokens)
{
    struct price rows[ROWS_MAX] = {0};
    size_t n = 0;

    for (; texts[n]; n++)
        rows[n] = parse(texts[n]);
    const struct price *p = price_pick(rows, n, at, "openai", now_us, tokens);
    int64_t rate = p ? p->input / 1000000000 : -1;
    for (size_t i = 0; i < n; i++)
        price_done(&rows[i]);
    return rate;
}

static void days_bound_a_row(void **state)
{
    const char *const rows[] = {"input 1, currency USD, until 2025-04-14",
                                "input 2, currency USD, since 2025-04-14, until 2025-04-16", NULL};
    (void)state;

    assert_int_equal(pick(rows, "openai", 0, 1), 1);
    assert_int_equal(pick(rows, "openai", APRIL_14 - 1, 1), 1);
    assert_int_equal(pick(rows, "openai", APRIL_14, 1), 2);
    assert_int_equal(pick(rows, "openai", APRIL_14 + 2 * DAY_US - 1, 1), 2);
    assert_int_equal(pick(rows, "openai", APRIL_14 + 2 * DAY_US, 1), -1);
}

static void latest_since_goes_first(void **state)
{
    const char *const rows[] = {"input 1, currency USD", "input 3, currency USD, since 2025-04-14",
                                "input 2, currency USD, since 2025-04-13", "input 4, currency USD, since 2025-04-14",
                                NULL};
    (void)state;

    assert_int_equal(pick(rows, "openai", APRIL_14 - 2 * DAY_US, 1), 1);
    assert_int_equal(pick(rows, "openai", APRIL_14 - 1, 1), 2);
    assert_int_equal(pick(rows, "openai", APRIL_14, 1), 3); /* of equals the first */
}

static void prompt_is_above(void **state)
{
    const char *const rows[] = {"input 1, currency USD, since 2025-04-14", "input 3, currency USD, above 200000",
                                "input 2, currency USD, above 100000", NULL};
    (void)state;

    assert_int_equal(pick(rows, "openai", APRIL_14, 100000), 1);
    assert_int_equal(pick(rows, "openai", APRIL_14, 100001), 2);
    assert_int_equal(pick(rows, "openai", APRIL_14, 200000), 2);
    assert_int_equal(pick(rows, "openai", APRIL_14, 200001), 3); /* before the later since */
}

static void hours_of_the_day(void **state)
{
    const char *const rows[] = {"input 1, currency USD, above 10", "input 2, currency USD, hours 16:30-00:30",
                                "input 3, currency USD, hours 08:00-09:00", NULL};
    static const struct {
        int minute;
        int64_t rate;
    } times[] = {{0, 2},   {29, 2},  {30, 1},  {479, 1},  {480, 3}, {539, 3},
                 {540, 1}, {989, 1}, {990, 2}, {1439, 2}, {1440, 2}};
    (void)state;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        assert_int_equal(pick(rows, "openai", APRIL_14 + times[i].minute * MINUTE_US, 11), times[i].rate);
}

static void row_holds_at_its_provider(void **state)
{
    const char *const rows[] = {"input 1, currency USD", "input 2, currency USD, at openrouter",
                                "input 3, currency USD, at openai, above 5", NULL};
    (void)state;

    assert_int_equal(pick(rows, "openai", APRIL_14, 1), 1);
    assert_int_equal(pick(rows, "openai", APRIL_14, 6), 3);
    assert_int_equal(pick(rows, "openrouter", APRIL_14, 6), 2);
    assert_int_equal(pick(rows, "azure", APRIL_14, 6), -1);
    assert_null(price_pick(NULL, 0, "openai", "openai", APRIL_14, 1));
}

static void rows_of_nobody(void **state)
{
    (void)state;
    struct price p = parse("input 1, currency USD");
    assert_null(price_pick(&p, 1, "openai", NULL, APRIL_14, 1));
    price_done(&p);
}

/* -- what it comes to -- */

static int64_t cost(const char *text, struct usage u)
{
    struct price p = parse(text);
    int64_t nano = 77;

    if (!price_cost(&p, &u, &nano)) {
        assert_int_equal(nano, 77);
        nano = -1;
    }
    price_done(&p);
    return nano;
}

static struct usage tokens(int64_t input, int64_t output, int64_t cached, int64_t written)
{
    struct usage u = USAGE_INIT;

    u.input_tokens = input;
    u.output_tokens = output;
    u.cached_input_tokens = cached;
    u.cache_write_tokens = written;
    return u;
}

#define FULL "input 2.00, cached_input 0.50, cache_write 3.75, output 8.00, currency USD"

static void all_kinds_of_tokens_cost(void **state)
{
    (void)state;
    /* 1000 - 300 - 200 = 500 at 2.00, 300 at 0.50, 200 at 3.75, 100 at 8.00: 1000 + 150 + 750 + 800 millionths */
    assert_int_equal(cost(FULL, tokens(1000, 100, 300, 200)), 2700000);
    assert_int_equal(cost(FULL, tokens(1000, 100, -1, -1)), 2800000);
    assert_int_equal(cost(FULL, (struct usage)USAGE_INIT), 0);
    assert_int_equal(cost(FULL, tokens(0, 0, 0, 0)), 0);
}

static void parts_over_the_whole_do_not_give_back(void **state)
{
    (void)state;
    assert_int_equal(cost(FULL, tokens(100, 0, 90, 20)), 90 * 500 + 20 * 3750);
    assert_int_equal(cost(FULL, tokens(-1, 0, 10, -1)), 10 * 500);
}

static void missing_rates_fall_back_to_input(void **state)
{
    (void)state;
    assert_int_equal(cost("input 2, output 8, currency USD", tokens(1000, 0, 300, 200)), 2000000);
    assert_int_equal(cost("output 8, currency USD", tokens(1, 1, -1, -1)), -1);
    assert_int_equal(cost("input 2, currency USD", tokens(1, 1, -1, -1)), -1);
    assert_int_equal(cost("output 8, currency USD", tokens(5, 1, 5, -1)), -1);
    assert_int_equal(cost("input 2, currency USD", tokens(1, 0, -1, -1)), 2000);
    assert_int_equal(cost("input 2, currency USD", tokens(1, -1, -1, -1)), 2000);
}

static void fractions_are_rounded_up_once(void **state)
{
    (void)state;
    /* 0.0001 a million is a tenth of a billionth for a token */
    assert_int_equal(cost("input 0.0001, output 0.0001, currency USD", tokens(1, 0, -1, -1)), 1);
    assert_int_equal(cost("input 0.0001, output 0.0001, currency USD", tokens(4, 6, -1, -1)), 1);
    assert_int_equal(cost("input 0.0001, output 0.0001, currency USD", tokens(5, 6, -1, -1)), 2);
}

static void request_costs_too(void **state)
{
    (void)state;
    assert_int_equal(cost("input 2, request 0.001, currency USD", tokens(1, 0, -1, -1)), 1002000);
}

/* Of 1000 tokens out of 300 cached ones and 200 written ones, and of 100 that come out. */
static int64_t sound_cost(const char *text, int64_t input, int64_t output)
{
    struct usage u = tokens(1000, 100, 300, 200);

    u.input_audio_tokens = input;
    u.output_audio_tokens = output;
    return cost(text, u);
}

#define SOUND ", input_audio 40.00, output_audio 80.00"

static void sound_has_rates_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(sound_cost(FULL SOUND, -1, -1), 2700000);
    assert_int_equal(sound_cost(FULL SOUND, 0, 0), 2700000);
    assert_int_equal(sound_cost(FULL SOUND, 10, 0), 2700000 + 10 * (40000 - 2000));
    assert_int_equal(sound_cost(FULL SOUND, 0, 10), 2700000 + 10 * (80000 - 8000));
    assert_int_equal(sound_cost(FULL SOUND, 500, 100), 2700000 + 500 * 38000 + 100 * 72000);
    /* more than there is that was neither cached nor written, or at all */
    assert_int_equal(sound_cost(FULL SOUND, 501, 101), 2700000 + 500 * 38000 + 100 * 72000);
    assert_int_equal(sound_cost(FULL, 500, 100), 2700000); /* without one: as text */
    assert_int_equal(sound_cost("input 2, input_audio 40, output_audio 80, currency USD", 10, 100),
                     10 * 40000 + 990 * 2000 + 100 * 80000);
    assert_int_equal(sound_cost("input 2, output_audio 80, currency USD", 0, 99), -1); /* a word of it is text */
}

static void images_cost_each(void **state)
{
    (void)state;
    struct usage u = tokens(1, 0, -1, -1);
    u.images = 3;
    assert_int_equal(cost("input 2, image 0.01, currency USD", u), 2000 + 3 * 10000000);
    assert_int_equal(cost("input 2, currency USD", u), 2000); /* the tokens are all that it costs */
    u.images = INT64_MAX;
    assert_int_equal(cost("input 2, image 0.01, currency USD", u), INT64_MAX);
}

static void what_does_not_fit_is_the_most(void **state)
{
    (void)state;
    assert_int_equal(
        cost("input 9000000000, output 9000000000, currency USD", tokens(INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX)),
        INT64_MAX);
}

/* -- listed -- */

static void modalities_have_names(void **state)
{
    (void)state;
    assert_int_equal(modality_from_name("text", 4), MODALITY_TEXT);
    assert_int_equal(modality_from_name("embedding", 9), MODALITY_EMBEDDING);
    assert_int_equal(modality_from_name("images", 5), MODALITY_IMAGE);
    assert_int_equal(modality_from_name("images", 6), 0);
    assert_int_equal(modality_from_name("", 0), 0);
}

static void join(void *data, const char *name)
{
    strcat(strcat(data, name), " ");
}

static void modalities_are_told_in_order(void **state)
{
    char names[64] = "";
    (void)state;

    modality_each(MODALITY_FILE | MODALITY_TEXT | MODALITY_VIDEO, join, names);
    assert_string_equal(names, "text video file ");
    modality_each(0, join, names);
    assert_string_equal(names, "text video file ");
}

static void listed_is_freed(void **state)
{
    (void)state;
    struct listed l = {.id = strdup("m"), .title = strdup("M"), .prices = malloc(sizeof(struct price)), .n_prices = 1};
    l.prices[0] = parse("input 1, currency USD, source s");
    listed_done(&l);
    assert_null(l.id);
    assert_null(l.prices);
    assert_int_equal(l.n_prices, 0);
    assert_int_equal(l.tools, KNOWN_NOT);
    listed_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_is_read),
        cmocka_unit_test(what_is_not_told_is_unknown),
        cmocka_unit_test(bad_rows_are_refused),
        cmocka_unit_test(row_is_put_in_one_form),
        cmocka_unit_test(row_of_another_source_is_put),
        cmocka_unit_test(what_is_put_is_read_back),
        cmocka_unit_test(copy_owns_its_texts),
        cmocka_unit_test(days_bound_a_row),
        cmocka_unit_test(latest_since_goes_first),
        cmocka_unit_test(prompt_is_above),
        cmocka_unit_test(hours_of_the_day),
        cmocka_unit_test(row_holds_at_its_provider),
        cmocka_unit_test(rows_of_nobody),
        cmocka_unit_test(all_kinds_of_tokens_cost),
        cmocka_unit_test(parts_over_the_whole_do_not_give_back),
        cmocka_unit_test(missing_rates_fall_back_to_input),
        cmocka_unit_test(fractions_are_rounded_up_once),
        cmocka_unit_test(request_costs_too),
        cmocka_unit_test(sound_has_rates_of_its_own),
        cmocka_unit_test(images_cost_each),
        cmocka_unit_test(what_does_not_fit_is_the_most),
        cmocka_unit_test(modalities_have_names),
        cmocka_unit_test(modalities_are_told_in_order),
        cmocka_unit_test(listed_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
