#include "client/ctl/conf_edit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* default_model set to m/new: what the file is then. A second time changes nothing. */
static void becomes(const char *before, const char *wanted)
{
    struct buf file, after, again;
    struct error err = ERROR_INIT;
    buf_init(&file, 4096);
    buf_init(&after, 4096);
    buf_init(&again, 4096);
    (void)buf_puts(&file, before);
    assert_int_equal(conf_set(&file, "daemon", "default_model", "m/new", &after, &err), ERR_NONE);
    assert_string_equal(buf_cstr(&after), wanted);
    assert_int_equal(conf_set(&after, "daemon", "default_model", "m/new", &again, &err), ERR_NONE);
    assert_string_equal(buf_cstr(&again), wanted);
    buf_done(&file);
    buf_done(&after);
    buf_done(&again);
}

static void a_section_is_made_where_there_is_none(void **state)
{
    (void)state;
    becomes("", "[daemon]\ndefault_model = m/new\n");
    becomes("; mine\n", "; mine\n\n[daemon]\ndefault_model = m/new\n");
    becomes("[cache]\nmemory = 1", "[cache]\nmemory = 1\n\n[daemon]\ndefault_model = m/new\n");
    becomes("[provider \"daemon\"]\ndefault_model = x\n",
            "[provider \"daemon\"]\ndefault_model = x\n\n[daemon]\ndefault_model = m/new\n");
}

static void a_key_stands_first_in_its_section(void **state)
{
    (void)state;
    becomes("[daemon]", "[daemon]\ndefault_model = m/new\n");
    becomes("# a\n[daemon] ; b\n; c\nlog_level = info\n[cache]\n",
            "# a\n[daemon] ; b\ndefault_model = m/new\n; c\nlog_level = info\n[cache]\n");
    becomes("[daemon]\n; default_model = old\n", "[daemon]\ndefault_model = m/new\n; default_model = old\n");
    becomes("[daemon]\r\nlog_level = info\r\n", "[daemon]\r\ndefault_model = m/new\r\nlog_level = info\r\n");
    becomes("\xef\xbb\xbf[daemon]\n", "\xef\xbb\xbf[daemon]\ndefault_model = m/new\n");
    becomes("[daemon]\ndefault_model_x = 1\n", "[daemon]\ndefault_model = m/new\ndefault_model_x = 1\n");
}

static void a_key_that_is_there_gets_the_value(void **state)
{
    (void)state;
    becomes("[daemon]\ndefault_model = old\nx = 1\n", "[daemon]\ndefault_model = m/new\nx = 1\n");
    becomes("[daemon]\ndefault_model=old", "[daemon]\ndefault_model= m/new");
    becomes("[daemon]\n  default_model  =  old  ; why\n", "[daemon]\n  default_model  =  m/new  ; why\n");
    becomes("[daemon]\ndefault_model : old\r\n", "[daemon]\ndefault_model : m/new\r\n");
    becomes("[daemon]\ndefault_model =\n  old\n  ; kept\n  more\nx = 1\n",
            "[daemon]\ndefault_model = m/new\n  ; kept\nx = 1\n");
    becomes("[daemon]\na = 1\n[cache]\nmemory = 2\n[ daemon ]\ndefault_model = old\n",
            "[daemon]\na = 1\n[cache]\nmemory = 2\n[ daemon ]\ndefault_model = m/new\n");
}

static void what_cannot_stand_there_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {"", " a", "a ", "a ; b", ";a", "a\nb", "a\tb", "\xff", "a\x7f"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct buf file, after;
        struct error err = ERROR_INIT;
        buf_init(&file, 64);
        buf_init(&after, 64);
        assert_int_equal(conf_set(&file, "daemon", "default_model", values[i], &after, &err), ERR_INVALID_REQUEST);
        assert_int_equal(after.len, 0);
        buf_done(&file);
        buf_done(&after);
    }
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct buf file, after;
    struct error err = ERROR_INIT;
    buf_init(&file, 64);
    buf_init(&after, 20);
    assert_int_equal(conf_set(&file, "daemon", "default_model", "m/new", &after, &err), ERR_TOO_LARGE);
    buf_done(&file);
    buf_done(&after);
}

static void a_value_is_found(void **state)
{
    (void)state;
    struct buf file, value;
    buf_init(&file, 4096);
    buf_init(&value, 64);
    (void)buf_puts(&file, "[cache]\nk = other\n[daemon]\nk =  a b  ; c\n");
    assert_true(conf_get(&file, "daemon", "k", &value));
    assert_string_equal(buf_cstr(&value), "a b");
    assert_false(conf_get(&file, "daemon", "c", &value));
    buf_done(&file);
    buf_done(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_is_made_where_there_is_none),
        cmocka_unit_test(a_key_stands_first_in_its_section),
        cmocka_unit_test(a_key_that_is_there_gets_the_value),
        cmocka_unit_test(what_cannot_stand_there_is_refused),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(a_value_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
