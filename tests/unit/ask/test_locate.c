#include "lib/ask/internal.h"
#include "tests/unit/skip.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char base[] = "/tmp/askd-test-locate-XXXXXX";
static char folder[64], path[80];

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(base) == NULL || setenv("XDG_RUNTIME_DIR", base, 1) != 0 || unsetenv("ASKD_SOCKET") != 0)
        return -1;
    (void)snprintf(folder, sizeof(folder), "%s/askd", base);
    (void)snprintf(path, sizeof(path), "%s/askd.sock", folder);
    return mkdir(folder, 0700);
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder) == 0 && rmdir(base) == 0 ? 0 : -1;
}

static int listen_at(const char *where)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    (void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", where);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static enum ask_status try_connect(enum place_kind kind, const char *where)
{
    static struct place place;
    struct ask_error err = {0};
    int fd = -1;
    place.kind = kind;
    (void)snprintf(place.path, sizeof(place.path), "%s", where);
    enum ask_status status = locate_connect(&place, &fd, &err);
    assert_int_equal(status, err.status); /* a failure is always explained */
    if (status == ASK_OK)
        assert_int_equal(close(fd), 0);
    else
        assert_true(strlen(err.message) > 0);
    return status;
}

static void option_then_environment_then_user(void **state)
{
    (void)state;
    char got[256];
    const struct ask_options named = {.socket = "/named/sock"};
    assert_int_equal(setenv("ASKD_SOCKET", "/env/sock", 1), 0);
    assert_int_equal(ask_locate(&named, got, sizeof(got), NULL), ASK_OK);
    assert_string_equal(got, "/named/sock");
    assert_int_equal(ask_locate(NULL, got, sizeof(got), NULL), ASK_OK);
    assert_string_equal(got, "/env/sock");
    assert_int_equal(setenv("ASKD_SOCKET", "", 1), 0);
    int fd = listen_at(path);
    assert_int_equal(ask_locate(NULL, got, sizeof(got), NULL), ASK_OK);
    assert_string_equal(got, path);
    assert_int_equal(unsetenv("ASKD_SOCKET"), 0);
    assert_int_equal(ask_locate(NULL, got, strlen(path), NULL), ASK_SYSTEM);
    (void)close(fd);
    assert_int_equal(unlink(path), 0);
}

static void names_that_are_no_file(void **state)
{
    (void)state;
    char got[256];
    const char *bad[] = {"", "/tmp/"};
    for (size_t i = 0; i < 2; i++) {
        const struct ask_options named = {.socket = bad[i]};
        assert_int_equal(ask_locate(&named, got, sizeof(got), NULL), ASK_NO_DAEMON);
    }
}

static void a_daemon_of_ours_is_taken(void **state)
{
    (void)state;
    int fd = listen_at(path);
    assert_int_equal(try_connect(PLACE_USER, path), ASK_OK);
    assert_int_equal(try_connect(PLACE_NAMED, path), ASK_OK);
    (void)close(fd);
    assert_int_equal(try_connect(PLACE_USER, path), ASK_NO_DAEMON); /* the socket is stale */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(try_connect(PLACE_USER, path), ASK_NO_DAEMON);
    assert_int_equal(try_connect(PLACE_USER, "/nonexistent/askd/askd.sock"), ASK_NO_DAEMON);
}

static void open_folders_are_refused(void **state)
{
    (void)state;
    int fd = listen_at(path);
    assert_int_equal(chmod(folder, 0750), 0);
    assert_int_equal(try_connect(PLACE_USER, path), ASK_UNSAFE);
    assert_int_equal(try_connect(PLACE_NAMED, path), ASK_OK);
    assert_int_equal(chmod(folder, 0770), 0);
    assert_int_equal(try_connect(PLACE_NAMED, path), ASK_UNSAFE);
    assert_int_equal(chmod(folder, 01777), 0); /* as /tmp: the peer is what counts */
    assert_int_equal(try_connect(PLACE_NAMED, path), ASK_OK);
    assert_int_equal(try_connect(PLACE_USER, path), ASK_UNSAFE);
    assert_int_equal(chmod(folder, 0700), 0);
    (void)close(fd);
    assert_int_equal(unlink(path), 0);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    char link_path[128], through[160];
    (void)snprintf(link_path, sizeof(link_path), "%s/link", base);
    (void)snprintf(through, sizeof(through), "%s/askd.sock", link_path);
    assert_int_equal(symlink(folder, link_path), 0);
    int fd = listen_at(path);
    assert_int_equal(try_connect(PLACE_USER, through), ASK_UNSAFE);
    assert_int_equal(try_connect(PLACE_NAMED, through), ASK_UNSAFE);
    (void)close(fd);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(link_path), 0);
}

static void another_owner_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        SKIP("only root can give a folder away");
    int fd = listen_at(path);
    assert_int_equal(chown(folder, 4242424, (gid_t)-1), 0);
    assert_int_equal(try_connect(PLACE_USER, path), ASK_UNSAFE);
    assert_int_equal(try_connect(PLACE_NAMED, path), ASK_UNSAFE);
    assert_int_equal(try_connect(PLACE_SYSTEM, path), ASK_UNSAFE);
    assert_int_equal(chown(folder, 0, (gid_t)-1), 0);
    assert_int_equal(try_connect(PLACE_SYSTEM, path), ASK_OK);
    (void)close(fd);
    assert_int_equal(unlink(path), 0);
}

static void longer_than_sun_path(void **state)
{
    (void)state;
    char deep[256], sock[300];
    (void)snprintf(deep, sizeof(deep), "%s/%0120d", base, 0);
    (void)snprintf(sock, sizeof(sock), "%s/s", deep);
    assert_int_equal(mkdir(deep, 0700), 0);
    int fd = listen_at(path);
    assert_int_equal(rename(path, sock), 0);
    assert_int_equal(try_connect(PLACE_USER, sock), ASK_OK);
    (void)close(fd);
    assert_int_equal(unlink(sock), 0);
    assert_int_equal(rmdir(deep), 0);
}

static void no_autostart_says_so(void **state)
{
    (void)state;
    struct ask_error err;
    const struct ask_options options = {.no_autostart = 1};
    char got[256];
    assert_int_equal(ask_locate(&options, got, sizeof(got), NULL), ASK_OK);
    if (strcmp(got, path) != 0)
        SKIP("this machine has a daemon for all its users");
    assert_null(ask_open(&options, &err));
    assert_int_equal(err.status, ASK_NO_DAEMON);
    assert_non_null(strstr(err.message, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_then_environment_then_user),
        cmocka_unit_test(names_that_are_no_file),
        cmocka_unit_test(a_daemon_of_ours_is_taken),
        cmocka_unit_test(open_folders_are_refused),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(another_owner_is_refused),
        cmocka_unit_test(longer_than_sun_path),
        cmocka_unit_test(no_autostart_says_so),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
