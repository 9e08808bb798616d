/* The name of a price row. */
#include "daemon/ledger/price_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_known_names(void **state)
{
    char id[PRICE_ID_LEN + 1];
    (void)state;
    price_id("", id); /* FIPS 180-4's own examples */
    assert_string_equal(id, "e3b0c44298fc1c14");
    price_id("abc", id);
    assert_string_equal(id, "ba7816bf8f01cfea");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
