/* The source itself: it is part of a module, which hands out nothing but the tier. */
#include "daemon/cache/redis/url.c" /* NOLINT */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_text(const char *got, const char *wanted)
{
    if (!wanted)
        assert_null(got);
    else
        assert_string_equal(got, wanted);
}

static void urls_are_read(void **state)
{
    static const struct {
        const char *text, *path, *host, *port, *user, *password;
        int db;
        const char *place;
    } rows[] = {
        {"redis://localhost", NULL, "localhost", "6379", NULL, NULL, 0, "localhost:6379"},
        {"REDIS://h:1/", NULL, "h", "1", NULL, NULL, 0, "h:1"},
        {"redis://h:65535/15", NULL, "h", "65535", NULL, NULL, 15, "h:65535"},
        {"redis://127.0.0.1/999999999", NULL, "127.0.0.1", "6379", NULL, NULL, 999999999, "127.0.0.1:6379"},
        {"redis://[::1]", NULL, "::1", "6379", NULL, NULL, 0, "[::1]:6379"},
        {"redis://[fe80::1%eth0]:7/2", NULL, "fe80::1%eth0", "7", NULL, NULL, 2, "[fe80::1%eth0]:7"},
        {"redis://:pass@h", NULL, "h", "6379", NULL, "pass", 0, "h:6379"},
        {"redis://me:pass@h:5", NULL, "h", "5", "me", "pass", 0, "h:5"},
        {"redis://m%40e:p%2fa%3As%25@h", NULL, "h", "6379", "m@e", "p/a:s%", 0, "h:6379"},
        {"redis://me:a:b@c@h", NULL, "h", "6379", "me", "a:b@c", 0, "h:6379"},
        {"unix:///run/r.sock", "/run/r.sock", NULL, "", NULL, NULL, 0, "/run/r.sock"},
        {"redis+unix:///r?db=4", "/r", NULL, "", NULL, NULL, 4, "/r"},
        {"unix://:pass@/run/a%20b%3F", "/run/a b?", NULL, "", NULL, "pass", 0, "/run/a b?"},
        {"unix://me:pass@/r?db=1", "/r", NULL, "", "me", "pass", 1, "/r"},
        {"/run/100%?db=1", "/run/100%?db=1", NULL, "", NULL, NULL, 0, "/run/100%?db=1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct redis_url u;
        struct error err = ERROR_INIT;
        char place[64];
        if (redis_url_parse(&u, rows[i].text, &err) != ERR_NONE)
            fail_msg("%s: %s", rows[i].text, err.message);
        check_text(u.path, rows[i].path);
        check_text(u.host, rows[i].host);
        assert_string_equal(u.port, rows[i].port);
        check_text(u.user, rows[i].user);
        check_text(u.password ? secret_reveal(u.password) : NULL, rows[i].password);
        assert_int_equal(u.db, rows[i].db);
        redis_url_place(&u, place, sizeof place);
        assert_string_equal(place, rows[i].place);
        redis_url_done(&u);
    }
}

/* "hunter2" stands in some of them, and in no message. */
static void others_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "begins with none of"},
        {"localhost:6379", "begins with none of"},
        {"http://h", "begins with none of"},
        {"rediss://:hunter2@h", "TLS to Redis is not offered"},
        {"redis://", "names no host"},
        {"redis://:6379", "names no host"},
        {"redis:///1", "names no host"},
        {"redis://[::1", "names no host"},
        {"redis://[::1]x", "names no host"},
        {"redis://h:", "port"},
        {"redis://h:0", "port"},
        {"redis://h:65536", "port"},
        {"redis://h:1x", "port"},
        {"redis://h/x", "database"},
        {"redis://h/1/2", "database"},
        {"redis://h/-1", "database"},
        {"redis://h/1000000000", "database"},
        {"redis://h/1?db=2", "no parameters"},
        {"redis://h#1", "no parameters"},
        {"redis://hunter2@h", "without a password"},
        {"redis://:hunter2%@h", "percent-encoded"},
        {"redis://:hunter2%4@h", "percent-encoded"},
        {"redis://:hunter2%4g@h", "percent-encoded"},
        {"redis://:hunter2%00@h", "percent-encoded"},
        {"redis://a%:hunter2@h", "percent-encoded"},
        {"unix://run/r.sock", "slashes are missing"},
        {"unix://", "no socket"},
        {"unix:///r?password=hunter2", "no parameter but"},
        {"unix:///r?db=", "database"},
        {"unix:///r%", "no socket"},
        {"/12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
         "longer than 107 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct redis_url u;
        struct error err = ERROR_INIT;
        assert_int_equal(redis_url_parse(&u, rows[i].text, &err), ERR_INVALID_REQUEST);
        if (!strstr(err.message, rows[i].says) || strstr(err.message, "hunter2"))
            fail_msg("%s: %s", rows[i].text, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_read),
        cmocka_unit_test(others_are_refused_with_a_reason),
    };
    return cmocka_run_group_tests_name("redis_url", tests, NULL, NULL);
}
