#include "lib/base/alloc.h"
#include "lib/chat/ledger_row.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void copies_own_their_texts(void **state)
{
    struct ledger_row row = LEDGER_ROW_INIT, copy;
    (void)state;

    row.provider = xstrdup("openai");
    row.price = xstrdup("input 2, currency USD");
    row.cost_nano = 7;
    ledger_row_copy(&copy, &row);
    ledger_row_done(&row);
    assert_null(row.provider);
    assert_int_equal(row.cost_nano, -1);
    assert_string_equal(copy.provider, "openai");
    assert_string_equal(copy.price, "input 2, currency USD");
    assert_null(copy.client);
    assert_int_equal(copy.cost_nano, 7);
    ledger_row_done(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(copies_own_their_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
