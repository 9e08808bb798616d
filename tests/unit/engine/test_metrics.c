/* The text for Prometheus, from a snapshot. */
#include "daemon/engine/metrics.h"
#include "daemon/engine/metrics_text.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_sample(const char *expected, const struct metrics_label *labels, size_t n, double value)
{
    struct buf b;
    buf_init(&b, 4096);
    metrics_sample(&b, "x_total", "", labels, n, value);
    assert_string_equal(buf_cstr(&b), expected);
    buf_done(&b);
}

static void labels_are_escaped(void **state)
{
    (void)state;
    const struct metrics_label labels[] = {{"model", "a\"b\\c\nd"}, {"kind", "é"}};
    a_sample("x_total 3\n", NULL, 0, 3);
    a_sample("x_total{model=\"a\\\"b\\\\c\\nd\",kind=\"é\"} 0.25\n", labels, 2, 0.25);
}

static void figures_are_whole_where_they_are(void **state)
{
    (void)state;
    a_sample("x_total 9007199254740991\n", NULL, 0, 9007199254740991.0);
    a_sample("x_total 1.8e+19\n", NULL, 0, 1.8e19);
    a_sample("x_total -1\n", NULL, 0, -1);
    a_sample("x_total +Inf\n", NULL, 0, INFINITY);
    a_sample("x_total 1e-09\n", NULL, 0, 1e-9);
}

static void help_is_one_line(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    metrics_family(&b, "x", METRICS_GAUGE, "a \"word\"\nand \\");
    assert_string_equal(buf_cstr(&b), "# HELP x a \"word\"\\nand \\\\\n# TYPE x gauge\n");
    buf_done(&b);
}

static void steps_have_all_below_them(void **state)
{
    (void)state;
    static const double bounds[] = {0.5, 1};
    struct histogram h = {.bounds = bounds, .n = 2};
    struct buf b;
    histogram_add(&h, 0.25);
    histogram_add(&h, 0.75);
    histogram_add(&h, 5);
    buf_init(&b, 4096);
    metrics_histogram(&b, "t", &(const struct metrics_label){"p", "q"}, 1, &h);
    assert_string_equal(buf_cstr(&b), "t_bucket{p=\"q\",le=\"0.5\"} 1\nt_bucket{p=\"q\",le=\"1\"} 2\n"
                                      "t_bucket{p=\"q\",le=\"+Inf\"} 3\nt_sum{p=\"q\"} 6\nt_count{p=\"q\"} 3\n");
    buf_clear(&b);
    metrics_histogram(&b, "t", NULL, 0, &h);
    assert_string_equal(buf_cstr(&b), "t_bucket{le=\"0.5\"} 1\nt_bucket{le=\"1\"} 2\nt_bucket{le=\"+Inf\"} 3\n"
                                      "t_sum 6\nt_count 3\n");
    buf_done(&b);
}

static void has(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("no %s in:\n%s", line, text);
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct meter meter;
    struct metrics_provider provider = {.name = "fake", .gate = {2, 5}, .tripped = 1};
    meter_init(&meter);
    struct metrics_snapshot s = {
        .version = "1.2.3", .connections = 4, .meter = &meter, .providers = &provider, .n_providers = 1};
    struct buf b;
    s.cache.backend = "none";
    s.cache.tier.entries = s.cache.tier.bytes = -1;
    s.store.state = "failing";
    s.process.open_fds = -1;
    s.process.max_fds = 1024;
    buf_init(&b, 1 << 20);
    metrics_put(&b, &s);
    const char *text = buf_cstr(&b);
    has(text, "\naskd_build_info{version=\"1.2.3\"} 1\n");
    has(text, "\naskd_connections 4\n");
    has(text, "\naskd_provider_active{provider=\"fake\"} 2\n");
    has(text, "\naskd_provider_queue{provider=\"fake\"} 5\n");
    has(text, "\naskd_provider_tripped{provider=\"fake\"} 1\n");
    has(text, "\naskd_store_state{state=\"failing\"} 1\n");
    has(text, "\naskd_store_state{state=\"ok\"} 0\n");
    has(text, "\nprocess_max_fds 1024\n");
    assert_null(strstr(text, "process_open_fds"));
    assert_null(strstr(text, "tier=\"none\""));
    assert_null(strstr(text, "state=\"running\""));
    buf_done(&b);
    meter_done(&meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_escaped),
        cmocka_unit_test(figures_are_whole_where_they_are),
        cmocka_unit_test(help_is_one_line),
        cmocka_unit_test(steps_have_all_below_them),
        cmocka_unit_test(what_is_not_known_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
