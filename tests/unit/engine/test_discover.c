#include "daemon/engine/discover.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000 100 0 0 "
    "10 0\n"
    "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 12346 1 0000 100 0 0 "
    "10 0\n"
    "   2: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 12347 1 0000 100 0 0 "
    "10 0\n"
    "  sl  local_address                         remote_address                        st tx_queue rx_queue tr ...\n"
    "   0: 00000000000000000000000001000000:22B8 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    "00:00000000 00000000     0        0 5 1\n";

static const char two[] =
    "  sl  local_address\n"
    "   0: 0501A8C0:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 1 1 0 100 0 0 10 0\n"
    "   1: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 100 0 0 10 0\n";

static void test_trusted(void **state)
{
    (void)state;
    assert_true(discover_trusted(table, 0x2CAA, 1000, 1000));  /* ours */
    assert_false(discover_trusted(table, 0x2CAA, 1001, 1000)); /* another user's */
    assert_true(discover_trusted(table, 0x1F90, 1001, 1000));  /* a system account's */
    assert_false(discover_trusted(table, 0x1F91, 0, 1000));    /* a connection, no listener */
    assert_true(discover_trusted(table, 0x22B8, 1000, 1000));  /* IPv6, root's */
    assert_false(discover_trusted(table, 1, 1000, 1000));
    assert_true(discover_trusted(two, 0x2CAA, 1001, 1000));
    assert_false(discover_trusted(two, 0x2CAA, 998, 998)); /* another user listens there too, on another address */
    assert_false(discover_trusted("", 1, 1000, 1000));
    assert_false(discover_trusted("header\n garbage\n\n", 1, 1000, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_trusted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
