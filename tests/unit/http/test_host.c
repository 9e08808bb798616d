/* When a connection is worth opening ahead. */
#include "daemon/http/host.h"

#include "lib/base/alloc.h"
#include "tests/unit/http/http_server.h"
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define USED (1000 * SECOND)

static struct hosts hosts;
static int listener;
static unsigned port;

static int set_up(void **state)
{
    listener = listen_loopback(4, &port);
    struct http_host *host = host_get(&hosts, xstrdup("https://here:443"));
    host->used_us = USED;
    *state = host;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(listener);
    hosts_done(&hosts);
    assert_null(hosts.by_key);
    return 0;
}

/* A connection that curl keeps; the server's end in *peer. */
static CURL *connect_to(struct http_host *host, int *peer)
{
    char url[64];
    CURL *easy = curl_easy_init();
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    assert_int_equal(host_watch(&hosts, easy), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_URL, url), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L), CURLE_OK);
    assert_int_equal(curl_easy_perform(easy), CURLE_OK);
    curl_socket_t fd;
    assert_int_equal(curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd), CURLE_OK);
    host_keep(&hosts, host, fd);
    host_keep(&hosts, host, fd); /* as after each transfer on it */
    unsigned ms;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &(socklen_t){sizeof(ms)}), 0);
    assert_int_equal(ms, 30000);
    *peer = accept(listener, NULL, NULL);
    assert_true(*peer >= 0);
    return easy;
}

static void without_a_connection(void **state)
{
    struct http_host *host = *state;
    assert_false(host_is_cold(&hosts, host, USED + 29 * SECOND)); /* it keeps none, it seems */
    assert_true(host_is_cold(&hosts, host, USED + 31 * SECOND));
    host->active = 1;
    assert_false(host_is_cold(&hosts, host, USED + 31 * SECOND));
    host->active = 0;
    host->used_us = 0; /* new; the clock may have begun a moment ago too */
    assert_true(host_is_cold(&hosts, host, SECOND));
}

static void with_a_connection(void **state)
{
    struct http_host *host = *state;
    int peer;
    CURL *easy = connect_to(host, &peer);
    assert_false(host_is_cold(&hosts, host, USED + 31 * SECOND));
    assert_false(host_is_cold(&hosts, host, USED + (KEEP_IDLE_S - 1) * SECOND));
    assert_true(host_is_cold(&hosts, host, USED + KEEP_IDLE_S * SECOND)); /* curl would not use it */
    curl_easy_cleanup(easy);
    assert_true(host_is_cold(&hosts, host, USED + 31 * SECOND));
    close(peer);
}

static void with_one_that_has_ended(void **state)
{
    struct http_host *host = *state;
    int peer, other;
    CURL *ended = connect_to(host, &peer), *easy = connect_to(host, &other);
    close(peer);
    assert_false(host_is_cold(&hosts, host, USED + 31 * SECOND)); /* one is left */
    close(other);
    assert_true(host_is_cold(&hosts, host, USED + 31 * SECOND));
    curl_easy_cleanup(ended);
    assert_int_equal(host->kept, 1);
    curl_easy_cleanup(easy);
    assert_int_equal(host->kept, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_a_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_one_that_has_ended, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
