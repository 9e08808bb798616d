#include "daemon/rpc/schema.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct schema_field fields[] = {
    {"name", SCHEMA_STR, true, NULL, ""},
    {"count", SCHEMA_INT, false, NULL, ""},
    {"stop", SCHEMA_STR | SCHEMA_ARRAY, false, NULL, ""},
    {"soon", SCHEMA_STR, false, "not yet", ""},
    {0},
};

static enum error_code check(const char *bytes, size_t len, struct error *err)
{
    msgpack_zone zone;
    msgpack_object o;
    size_t off = 0;
    msgpack_object_map m;
    msgpack_zone_init(&zone, 512);
    assert_int_equal(msgpack_unpack(bytes, len, &off, &zone, &o), MSGPACK_UNPACK_SUCCESS);
    assert_true(mp_map(&o, &m));
    *err = (struct error)ERROR_INIT;
    enum error_code code = schema_check(fields, &m, err);
    msgpack_zone_destroy(&zone);
    return code;
}
#define CHECK(bytes, err) check(bytes, sizeof bytes - 1, err)

static void test_schema(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(CHECK("\x81\xa4name\xa1x", &err), ERR_NONE);
    assert_int_equal(CHECK("\x81\xa4name\xc4\x01x", &err), ERR_NONE); /* bin that is UTF-8 */
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa5"
                           "count\xcb\x40\x00\0\0\0\0\0\0",
                           &err),
                     ERR_NONE); /* 2.0 */
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa5"
                           "count\xc0",
                           &err),
                     ERR_NONE);                                                /* nil is absent */
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa5other\x01", &err), ERR_NONE); /* unknown: ignored */
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa4soon\xc0", &err), ERR_NONE);
    assert_int_equal(CHECK("\x90", &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.param, "name");
    assert_int_equal(CHECK("\x81\xa4name\x01", &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.param, "name");
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa5"
                           "count\xcb\x40\x04\0\0\0\0\0\0",
                           &err),
                     ERR_INVALID_REQUEST); /* 2.5 */
    assert_string_equal(err.param, "count");
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa4stop\x01", &err), ERR_INVALID_REQUEST);
    assert_non_null(strstr(err.message, "a string or an array"));
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa4soon\xa1x", &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.param, "soon");
    assert_non_null(strstr(err.message, "not yet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_schema)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
