#include "lib/ask/internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A connection whose other end is the test. */
struct pair {
    char folder[40];
    struct sockaddr_un addr;
    struct ask *ask;
    int peer;
};

static int setup(void **state)
{
    static struct pair p;
    char hello[512];
    strcpy(p.folder, "/tmp/askd-test-call-XXXXXX");
    if (mkdtemp(p.folder) == NULL)
        return -1;
    p.addr.sun_family = AF_UNIX;
    (void)snprintf(p.addr.sun_path, sizeof(p.addr.sun_path), "%s/s", p.folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (const struct sockaddr *)&p.addr, sizeof(p.addr)) != 0 || listen(fd, 1) != 0)
        return -1;
    const struct ask_options options = {.socket = p.addr.sun_path};
    p.ask = ask_open(&options, NULL);
    p.peer = accept(fd, NULL, NULL);
    (void)close(fd);
    *state = &p;
    if (read(p.peer, hello, sizeof(hello)) < 8 || memcmp(hello, "\x94\x00\xce\xff\xff\xff\xff\xa5hello", 13) != 0)
        return -1;
    return p.ask != NULL && p.peer >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    ask_close(p->ask);
    (void)close(p->peer);
    return unlink(p->addr.sun_path) == 0 && rmdir(p->folder) == 0 ? 0 : -1;
}

static void feed(struct pair *p, const char *bytes, size_t len)
{
    assert_int_equal(write(p->peer, bytes, len), len);
}

#define FEED(p, text) feed((p), (text), sizeof(text) - 1)

static void requests_are_frames(void **state)
{
    struct pair *p = *state;
    char got[64];
    uint32_t first, second;
    assert_int_equal(ask_send(p->ask, "status", NULL, 0, &first, NULL), ASK_OK);
    assert_int_equal(read(p->peer, got, sizeof(got)), 11);
    assert_memory_equal(got, "\x94\x00\x00\xa6status\x90", 11);
    assert_int_equal(ask_send(p->ask, "chat", "\x80", 1, &second, NULL), ASK_OK);
    assert_int_equal(read(p->peer, got, sizeof(got)), 10);
    assert_memory_equal(got,
                        "\x94\x00\x01\xa4"
                        "chat\x91\x80",
                        10);
    assert_int_equal(second, first + 1);
}

/* Who we are is told to the daemon, and its response is nobody's. */
static void the_response_to_hello_is_passed_over(void **state)
{
    struct pair *p = *state;
    struct ask_message m;
    uint32_t msgid;
    assert_int_equal(ask_send(p->ask, "status", NULL, 0, &msgid, NULL), ASK_OK);
    FEED(p, "\x94\x01\xce\xff\xff\xff\xff\xc0\x80"
            "\x94\x01\x00\xc0\x07");
    assert_int_equal(ask_receive(p->ask, 1000, &m, NULL), ASK_OK);
    assert_int_equal(m.msgid, msgid);
    assert_memory_equal(m.body, "\x07", 1);
    FEED(p, "\x94\x01\xce\xff\xff\xff\xff\xc0\x80"); /* once */
    assert_int_equal(ask_receive(p->ask, 1000, &m, NULL), ASK_OK);
    assert_int_equal(m.msgid, UINT32_MAX);
}

static void messages_are_split(void **state)
{
    struct pair *p = *state;
    struct ask_message m;
    FEED(p, "\x93\x02\xa1n\x92\x01\xc4\x01x" /* [2, "n", [1, bin x]] */
            "\x94\x01\xcd\x01\x00\x81\xa1"
            "c\xcb\0\0\0\0\0\0\0\0\xc0"                           /* [1, 256, {"c": 0.0}, nil] */
            "\x94\x01\x07\xc0\xdc\x00\x02\xd9\x01y\xd1\x01\x02"); /* [1, 7, nil, ["y", 258]] */
    assert_int_equal(ask_receive(p->ask, 0, &m, NULL), ASK_OK);
    assert_int_equal(m.kind, ASK_NOTIFICATION);
    assert_int_equal(m.method_len, 1);
    assert_memory_equal(m.method, "n", 1);
    assert_int_equal(m.body_len, 5);
    assert_memory_equal(m.body, "\x92\x01\xc4\x01x", 5);

    assert_int_equal(ask_receive(p->ask, 0, &m, NULL), ASK_OK);
    assert_int_equal(m.kind, ASK_RESPONSE);
    assert_int_equal(m.msgid, 256);
    assert_int_equal(m.error_len, 12);
    assert_memory_equal(m.error,
                        "\x81\xa1"
                        "c\xcb",
                        4);
    assert_int_equal(m.body_len, 1);

    assert_int_equal(ask_receive(p->ask, 0, &m, NULL), ASK_OK);
    assert_int_equal(m.msgid, 7);
    assert_null(m.error);
    assert_int_equal(m.body_len, 9);
    assert_memory_equal(m.body, "\xdc\x00\x02\xd9\x01y\xd1\x01\x02", 9);
    assert_int_equal(ask_receive(p->ask, 0, &m, NULL), ASK_TIMEOUT);
}

static void a_frame_may_come_in_bytes(void **state)
{
    struct pair *p = *state;
    struct ask_message m;
    static const char frame[] = "\x94\x01\x05\xc0\x81\xa1k\xa3val";
    for (size_t i = 0; i < sizeof(frame) - 1; i++) {
        assert_int_equal(ask_receive(p->ask, i % 2 == 0 ? 0 : 1, &m, NULL), ASK_TIMEOUT);
        feed(p, frame + i, 1);
    }
    assert_int_equal(ask_receive(p->ask, -1, &m, NULL), ASK_OK);
    assert_int_equal(m.msgid, 5);
    assert_int_equal(m.body_len, 7);
}

static void call_waits_for_its_response(void **state)
{
    struct pair *p = *state;
    struct ask_message m;
    FEED(p, "\x93\x02\xa1n\x90"
            "\x94\x01\x63\xc0\x01" /* of some other request */
            "\x94\x01\x00\xc0\x2a");
    assert_int_equal(ask_call(p->ask, "m", NULL, 0, &m, NULL), ASK_OK);
    assert_int_equal(m.body_len, 1);
    assert_int_equal(m.body[0], 42);
}

static void assert_refused(struct pair *p)
{
    struct ask_message m;
    struct ask_error err;
    assert_int_equal(ask_receive(p->ask, 0, &m, &err), ASK_PROTOCOL);
    assert_true(strlen(err.message) > 0);
}

static void garbage_is_refused(void **state)
{
    FEED((struct pair *)*state, "HTTP/1.1 200 OK\r\n");
    assert_refused(*state);
}

static void a_request_is_refused(void **state)
{
    FEED((struct pair *)*state, "\x94\x00\x01\xa1m\x90");
    assert_refused(*state);
}

static void an_announced_size_is_refused(void **state)
{
    FEED((struct pair *)*state, "\x94\x01\x01\xc0\xc6\xff\xff\xff\xff");
    assert_refused(*state);
}

/* What refuses the connection is said to the first request, and libask's own is not that. */
static void a_refusal_is_left_to_the_first_request(void **state)
{
    struct pair *p = *state;
    struct ask_message m;
    struct ask_error err;
    uint32_t msgid = 7;
    FEED(p, "\x93\x02\xa1n\x90\x94\x01\x00\xa2no\xc0");
    assert_int_equal(shutdown(p->peer, SHUT_RDWR), 0);
    assert_int_equal(connection_call(p->ask, "hello", NULL, 0, 1000, &m, &err), ASK_OK);
    assert_int_equal(m.kind, 0);
    assert_int_equal(ask_send(p->ask, "m", NULL, 0, &msgid, &err), ASK_OK);
    assert_int_equal(msgid, 0);
    assert_int_equal(ask_receive(p->ask, -1, &m, &err), ASK_OK);
    assert_int_equal(m.kind, ASK_RESPONSE);
    assert_int_equal(m.msgid, 0);
    assert_int_equal(m.error_len, 3);
    assert_memory_equal(m.error, "\xa2no", 3);
    assert_int_equal(ask_receive(p->ask, -1, &m, &err), ASK_CLOSED);
    assert_int_equal(ask_send(p->ask, "m", NULL, 0, &msgid, &err), ASK_CLOSED);
}

static void the_end_is_told(void **state)
{
    struct pair *p = *state;
    struct ask_message m;
    struct ask_error err;
    FEED(p, "\x93\x02\xa1n\x90\x94\x01");
    assert_int_equal(shutdown(p->peer, SHUT_RDWR), 0);
    assert_int_equal(ask_receive(p->ask, -1, &m, &err), ASK_OK); /* what came before still counts */
    assert_int_equal(ask_receive(p->ask, -1, &m, &err), ASK_CLOSED);
    assert_int_equal(ask_send(p->ask, "m", NULL, 0, NULL, &err), ASK_CLOSED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_are_frames),
        TEST(the_response_to_hello_is_passed_over),
        TEST(messages_are_split),
        TEST(a_frame_may_come_in_bytes),
        TEST(call_waits_for_its_response),
        TEST(garbage_is_refused),
        TEST(a_request_is_refused),
        TEST(an_announced_size_is_refused),
        TEST(the_end_is_told),
        TEST(a_refusal_is_left_to_the_first_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
