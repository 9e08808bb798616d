#include "daemon/catalog/alias.h"
#include "daemon/core/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- the order -- */

#define N_MAX 6

/* f: of candidates called "a", "b", …; want: their names in order. */
static void check_order(enum alias_policy policy, const struct alias_figures *f, const char *want)
{
    size_t n = strlen(want), order[N_MAX];
    char got[N_MAX + 1] = "";
    assert_true(n <= N_MAX);
    alias_order(policy, f, n, order);
    for (size_t i = 0; i < n; i++)
        got[i] = (char)('a' + order[i]);
    assert_string_equal(got, want);
}

static void test_order_of_the_user(void **state)
{
    const struct alias_figures f[] = {
        {.able = false, .cost_nano = 9, .currency = "USD", .first_ms = 900, .score = 1},
        {.able = true, .cost_nano = 1, .currency = "USD", .first_ms = 100, .score = 9},
        {.able = true, .cost_nano = -1, .first_ms = -1, .score = -1},
    };
    (void)state;
    check_order(ALIAS_FALLBACK, f, "abc");
    check_order(ALIAS_RACE, f, "abc");
}

static void test_cheapest(void **state)
{
    static const struct alias_figures f[] = {
        {.able = true, .cost_nano = -1, .first_ms = 1, .score = 9}, {.able = true, .cost_nano = 30, .currency = "USD"},
        {.able = true, .cost_nano = 1, .currency = "CNY"},          {.able = true, .cost_nano = 20, .currency = "USD"},
        {.able = true, .cost_nano = 0, .currency = "USD"},          {.able = true, .cost_nano = -1},
    };
    (void)state;
    check_order(ALIAS_CHEAPEST, f, "edbcaf");
}

/* What the currencies are worth is not known: the first price tells by which one goes. Others stay as they stand. */
static void test_cheapest_by_the_first_currency(void **state)
{
    static const struct alias_figures f[] = {
        {.able = true, .cost_nano = 30, .currency = "CNY"}, {.able = true, .cost_nano = 9, .currency = "USD"},
        {.able = true, .cost_nano = 20, .currency = "CNY"}, {.able = true, .cost_nano = 1, .currency = "EUR"},
        {.able = true, .cost_nano = 2, .currency = "USD"},
    };
    (void)state;
    check_order(ALIAS_CHEAPEST, f, "cabde");
}

static void test_cheapest_without_any_price(void **state)
{
    static const struct alias_figures f[] = {{.able = true, .cost_nano = -1}, {.able = true, .cost_nano = -1}};
    (void)state;
    check_order(ALIAS_CHEAPEST, f, "ab");
}

static void test_fastest(void **state)
{
    static const struct alias_figures f[] = {
        {.able = true, .first_ms = 300}, {.able = true, .first_ms = -1},    {.able = true, .first_ms = 0},
        {.able = true, .first_ms = -1},  {.able = true, .first_ms = 299.5}, {.able = true, .first_ms = 1e9},
    };
    (void)state;
    check_order(ALIAS_FASTEST, f, "bdceaf");
}

static void test_best(void **state)
{
    static const struct alias_figures f[] = {
        {.able = true, .score = -1},   {.able = true, .score = 52.4}, {.able = true, .score = 0},
        {.able = true, .score = 1413}, {.able = true, .score = -1},
    };
    (void)state;
    check_order(ALIAS_BEST, f, "dbcae");
}

static void test_equals_stay_as_they_stand(void **state)
{
    static const struct alias_figures f[N_MAX] = {
        {.able = true, .cost_nano = 5, .currency = "USD", .first_ms = 5, .score = 5},
        {.able = true, .cost_nano = 5, .currency = "USD", .first_ms = 5, .score = 5},
        {.able = true, .cost_nano = 5, .currency = "USD", .first_ms = 5, .score = 5},
        {.able = true, .cost_nano = 5, .currency = "USD", .first_ms = 5, .score = 5},
        {.able = true, .cost_nano = 5, .currency = "USD", .first_ms = 5, .score = 5},
        {.able = true, .cost_nano = 5, .currency = "USD", .first_ms = 5, .score = 5},
    };
    (void)state;
    for (enum alias_policy p = ALIAS_FALLBACK; p <= ALIAS_RACE; p++)
        check_order(p, f, "abcdef");
}

/* Behind the worst of those that are able, and among themselves in the same order. */
static void test_who_cannot_comes_last(void **state)
{
    static const struct alias_figures f[] = {
        {.able = false, .cost_nano = 2, .currency = "USD", .first_ms = 200, .score = 90},
        {.able = true, .cost_nano = -1, .first_ms = 9000, .score = -1},
        {.able = false, .cost_nano = 1, .currency = "USD", .first_ms = -1, .score = 99},
        {.able = true, .cost_nano = 999, .currency = "USD", .first_ms = 300, .score = 1},
    };
    (void)state;
    check_order(ALIAS_CHEAPEST, f, "dbca");
    check_order(ALIAS_FASTEST, f, "dbca");
    check_order(ALIAS_BEST, f, "dbca");
}

static void test_nobody_and_one(void **state)
{
    static const struct alias_figures one = {.able = false, .cost_nano = -1};
    (void)state;
    check_order(ALIAS_CHEAPEST, &one, "");
    check_order(ALIAS_CHEAPEST, &one, "a");
}

/* -- the sections -- */

static char folder[] = "/tmp/askd-test-alias-XXXXXX";
static char file[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/askd.conf", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(file) || rmdir(folder);
}

static enum error_code load(const char *text, struct aliases **ret, struct error *err)
{
    static const struct config_room *const rooms[] = {&alias_room, NULL};
    FILE *f = fopen(file, "w");
    struct config *c;
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    enum error_code code = config_load(rooms, (const char *[]){file, NULL}, true, &c, err);
    if (code != ERR_NONE)
        return code;
    code = aliases_load(c, ret, err);
    config_free(c);
    return code;
}

static struct aliases *loaded(const char *text)
{
    struct error err = ERROR_INIT;
    struct aliases *as = NULL;
    if (load(text, &as, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    return as;
}

static void refuse(const char *text, unsigned line, const char *part)
{
    struct error err = ERROR_INIT;
    struct aliases *as = NULL;
    char where[80];
    assert_int_equal(load(text, &as, &err), ERR_INVALID_REQUEST);
    snprintf(where, sizeof where, "%s:%u: ", file, line);
    if (strncmp(err.message, where, strlen(where)) != 0 || !strstr(err.message, part))
        fail_msg("wanted line %u: %s; got %s", line, part, err.message);
    assert_null(as);
}

static void test_none(void **state)
{
    (void)state;
    struct aliases *as = loaded("");
    assert_int_equal(aliases_count(as), 0);
    assert_null(aliases_find(as, "fast"));
    assert_null(aliases_unref(as));
    assert_null(aliases_unref(NULL));
}

static void test_sections(void **state)
{
    (void)state;
    struct aliases *as = loaded("[alias \"plain\"]\nmodels = gpt-4.1\n"
                                "[alias \"quick\"]\nmodels = a/b/c , d,e f\n  , g\npolicy = race\nrace_delay = 20 ms\n"
                                "board = aider\n");
    assert_int_equal(aliases_count(as), 2);
    const struct alias *a = aliases_at(as, 0), *q = aliases_find(as, "quick");
    assert_string_equal(a->name, "plain");
    assert_int_equal(a->n_models, 1);
    assert_string_equal(a->models[0], "gpt-4.1");
    assert_int_equal(a->policy, ALIAS_FALLBACK);
    assert_int_equal(a->race_delay_ms, 700);
    assert_string_equal(a->board, "lmarena");
    assert_ptr_equal(q, aliases_at(as, 1));
    assert_int_equal(q->n_models, 4);
    static const char *const models[] = {"a/b/c", "d", "e f", "g"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(q->models[i], models[i]);
    assert_int_equal(q->policy, ALIAS_RACE);
    assert_int_equal(q->race_delay_ms, 20);
    assert_string_equal(q->board, "aider");
    assert_null(aliases_find(as, "plai"));
    assert_null(aliases_find(as, "Plain"));
    aliases_unref(as);
}

static void test_counted(void **state)
{
    (void)state;
    struct aliases *as = loaded("[alias \"a\"]\nmodels = m\n"), *other = aliases_ref(as);
    aliases_unref(as);
    assert_string_equal(aliases_find(other, "a")->models[0], "m");
    aliases_unref(other);
}

static void test_policies(void **state)
{
    static const char *const names[] = {"fallback", "cheapest", "fastest", "best", "race"};
    char text[128];
    (void)state;
    for (enum alias_policy p = ALIAS_FALLBACK; p <= ALIAS_RACE; p++) {
        snprintf(text, sizeof text, "[alias \"a\"]\nmodels = m\npolicy = %s\n", names[p]);
        struct aliases *as = loaded(text);
        assert_int_equal(aliases_at(as, 0)->policy, p);
        aliases_unref(as);
    }
    refuse("[alias \"a\"]\nmodels = m\npolicy = slowest\n", 3, "cheapest");
}

static void test_faults(void **state)
{
    static const char *const lists[] = {"a,,b", "a,", ",a", ",", "a, ,b"};
    static const char says[] = "models must be 1 to 64 models with commas between";
    char text[128];
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        snprintf(text, sizeof text, "[alias \"x\"]\npolicy = race\nmodels = %s\n", lists[i]);
        refuse(text, 3, says);
    }
    refuse("\n[alias \"x\"]\npolicy = race\n", 3, says);
    refuse("\n[alias \"x\"]\n", 2, says);
    refuse("[alias \"x\"]\nmodels =\n", 2, says);
    refuse("[alias \"x\"]\nmodels = m\nrace_delay = 61 min\n", 3, "race_delay");
    refuse("[alias \"x\"]\nmodel = m\n", 2, "model");
}

/* models = m0, m1, …: n of them. */
static void write_many(char *text, size_t size, int n)
{
    int len = snprintf(text, size, "[alias \"x\"]\nmodels = m0");
    for (int i = 1; i < n; i++)
        len += snprintf(text + len, size - (size_t)len, "%sm%d", i % 20 ? ", " : "\n  , ", i);
    snprintf(text + len, size - (size_t)len, "\n");
}

static void test_as_many_as_there_may_be(void **state)
{
    char text[1024];
    (void)state;
    write_many(text, sizeof text, ALIAS_MODELS_MAX);
    struct aliases *as = loaded(text);
    assert_int_equal(aliases_at(as, 0)->n_models, 64);
    assert_string_equal(aliases_at(as, 0)->models[63], "m63");
    aliases_unref(as);
    write_many(text, sizeof text, ALIAS_MODELS_MAX + 1);
    refuse(text, 2, "1 to 64 models");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_the_user),
        cmocka_unit_test(test_cheapest),
        cmocka_unit_test(test_cheapest_by_the_first_currency),
        cmocka_unit_test(test_cheapest_without_any_price),
        cmocka_unit_test(test_fastest),
        cmocka_unit_test(test_best),
        cmocka_unit_test(test_equals_stay_as_they_stand),
        cmocka_unit_test(test_who_cannot_comes_last),
        cmocka_unit_test(test_nobody_and_one),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_counted),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_as_many_as_there_may_be),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
