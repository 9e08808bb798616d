#include "daemon/http/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct range {
    uint8_t prefix[16];
    unsigned bits;
};

/* https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast. */
static const struct range closed_v4[] = {
    {{0}, 8},            /* this network */
    {{10}, 8},           /* private */
    {{100, 64}, 10},     /* shared, behind a carrier's translation */
    {{127}, 8},          /* loopback */
    {{169, 254}, 16},    /* link-local, where clouds keep their metadata */
    {{172, 16}, 12},     /* private */
    {{192, 0, 0}, 24},   /* protocol assignments */
    {{192, 0, 2}, 24},   /* documentation */
    {{192, 88, 99}, 24}, /* 6to4 relays */
    {{192, 168}, 16},    /* private */
    {{198, 18}, 15},     /* benchmarks */
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4}, /* multicast */
    {{240}, 4}, /* reserved, broadcast */
};

/* Only 2000::/3 is given out at all: that leaves out loopback, mapped and translated addresses (64:ff9b::/96), unique
 * local, link-local, site-local and multicast ones. Of it: */
static const struct range open_v6 = {{0x20}, 3};
static const struct range closed_v6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocol assignments, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static bool lies_in(const uint8_t *address, const struct range *r)
{
    unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(address, r->prefix, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ r->prefix[whole]) >> (8 - rest)) == 0;
}

static bool lies_in_one(const uint8_t *address, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lies_in(address, &ranges[i]))
            return true;
    return false;
}

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

bool address_is_public(const struct sockaddr *address, socklen_t len)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address->sa_family == AF_INET && len >= sizeof(v4)) {
        memcpy(&v4, address, sizeof(v4));
        return !lies_in_one((const uint8_t *)&v4.sin_addr, closed_v4, COUNT(closed_v4));
    }
    if (address->sa_family == AF_INET6 && len >= sizeof(v6)) {
        memcpy(&v6, address, sizeof(v6));
        return lies_in(v6.sin6_addr.s6_addr, &open_v6) &&
               !lies_in_one(v6.sin6_addr.s6_addr, closed_v6, COUNT(closed_v6));
    }
    return false;
}

void address_text(const struct sockaddr *address, socklen_t len, char text[ADDRESS_TEXT])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    const char *shown = NULL;
    if (address->sa_family == AF_INET && len >= sizeof(v4)) {
        memcpy(&v4, address, sizeof(v4));
        shown = inet_ntop(AF_INET, &v4.sin_addr, text, ADDRESS_TEXT);
    } else if (address->sa_family == AF_INET6 && len >= sizeof(v6)) {
        memcpy(&v6, address, sizeof(v6));
        shown = inet_ntop(AF_INET6, &v6.sin6_addr, text, ADDRESS_TEXT);
    }
    if (!shown)
        snprintf(text, ADDRESS_TEXT, "?");
}
