#include "daemon/rpc/dispatch.h"
#include "daemon/rpc/shapes.h"
#include "lib/chat/event.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct schema_field fields[] = {
    {"name", SCHEMA_STR | SCHEMA_REQUIRED, NULL, ""},
    {"count", SCHEMA_INT, NULL, ""},
    {"stop", SCHEMA_STR | SCHEMA_LIST(SCHEMA_STR), NULL, ""},
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
}

/* What lies inside is for whoever reads it. */
static void test_inside(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(CHECK("\x82\xa4name\xa1x\xa4stop\x91\x01", &err), ERR_NONE);
}

/* -- the rows -- */

static bool is_one_of(const struct schema_field *rows, const struct schema_field *end, const char *name)
{
    for (; rows < end; rows++)
        if (strcmp(rows->name, name) == 0)
            return true;
    return false;
}

static void check_fields(const struct schema_field *rows)
{
    for (const struct schema_field *f = rows; f->name; f++) {
        unsigned items = f->types >> SCHEMA_ITEMS_SHIFT;
        assert_false(is_one_of(rows, f, f->name));
        assert_true(f->types & SCHEMA_ANY);
        assert_non_null(f->text);
        assert_null(strchr(f->text, '|')); /* it stands in a table */
        if (items)
            assert_true(f->types & SCHEMA_ARRAY);
        if (f->fields) {
            assert_true((f->types | items) & SCHEMA_MAP);
            check_fields(f->fields);
        }
    }
}

static void test_methods(void **state)
{
    (void)state;
    for (const struct method *m = methods; m->name; m++) {
        assert_non_null(m->text);
        check_fields(m->params);
        assert_non_null(m->result[0].name);
        for (const struct schema_field *r = m->result; r->name; r++) {
            assert_true((r->types | r->types >> SCHEMA_ITEMS_SHIFT) & SCHEMA_MAP);
            check_fields(r->fields);
        }
        for (const struct method *other = methods; other < m; other++)
            assert_string_not_equal(other->name, m->name);
    }
}

static void test_events(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
        assert_string_equal(event_rows[kind].name, event_kind_name((enum event_kind)kind));
    assert_null(event_rows[EVENT_KIND_COUNT].name);
    check_fields(event_rows);
    check_fields(shape_rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_schema), cmocka_unit_test(test_inside),
                                       cmocka_unit_test(test_methods), cmocka_unit_test(test_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
