/* Which addresses are public: both families, at the edges of each range, and in odd spellings. */
#include "daemon/http/address.h"
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *text;
    bool is_public;
};

static const struct row rows[] = {
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.254.169.254", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"192.0.0.8", false},
    {"192.0.2.1", false},
    {"192.0.3.0", true},
    {"192.88.99.1", false},
    {"192.167.255.255", true},
    {"192.168.0.1", false},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.100.7", false},
    {"203.0.113.7", false},
    {"223.255.255.255", true},
    {"224.0.0.1", false},
    {"239.255.255.255", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"93.184.216.34", true},
    {"::", false},
    {"::1", false},
    {"::127.0.0.1", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:8.8.8.8", false},
    {"64:ff9b::8.8.8.8", false},
    {"64:ff9b:1::1", false},
    {"100::1", false},
    {"1fff:ffff::1", false},
    {"2000::1", true},
    {"2001::1", false},
    {"2001:1ff::1", false},
    {"2001:200::1", true},
    {"2001:db8::1", false},
    {"2001:db9::1", true},
    {"2002:7f00:1::1", false},
    {"2003::1", true},
    {"2606:2800:220:1:248:1893:25c8:1946", true},
    {"3fff:fff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"fc00::1", false},
    {"fd12:3456::1", false},
    {"fe80::1", false},
    {"febf::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
    /* what the resolver makes of these is an address like any other */
    {"127.1", false},
    {"2130706433", false},
    {"0x7f.1", false},
    {"0177.0.0.1", false},
    {"0", false},
    {"0xa9fea9fe", false},
    {"::ffff:7f00:1", false},
};

static void ranges_have_their_edges(void **state)
{
    (void)state;
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct addrinfo *found = NULL;
        assert_int_equal(getaddrinfo(rows[i].text, NULL, &hints, &found), 0);
        if (address_is_public(found->ai_addr, found->ai_addrlen) != rows[i].is_public)
            fail_msg("%s is %s", rows[i].text, rows[i].is_public ? "public" : "not public");
        freeaddrinfo(found);
    }
}

static void what_is_neither_is_not_public(void **state)
{
    (void)state;
    struct sockaddr_storage a = {.ss_family = AF_UNIX};
    char text[ADDRESS_TEXT];
    assert_false(address_is_public((struct sockaddr *)&a, sizeof(a)));
    address_text((struct sockaddr *)&a, sizeof(a), text);
    assert_string_equal(text, "?");
    a.ss_family = AF_INET; /* cut short */
    assert_false(address_is_public((struct sockaddr *)&a, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_have_their_edges),
        cmocka_unit_test(what_is_neither_is_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
