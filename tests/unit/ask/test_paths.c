#include "lib/base/paths.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY ((uid_t)4242424) /* has neither an account nor a folder under /run/user */

static char folder[] = "/tmp/askd-test-paths-XXXXXX";
static const char *xdg, *home;

static const char *env(const char *name)
{
    return strncmp(name, "XDG_", 4) == 0 ? xdg : strcmp(name, "HOME") == 0 ? home : NULL;
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void private_runtime_dir_is_taken(void **state)
{
    (void)state;
    char got[4096], want[4096];
    xdg = folder;
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(paths_runtime_dir_for(geteuid(), env, got, sizeof(got), NULL), ERR_NONE);
    (void)snprintf(want, sizeof(want), "%s/askd", folder);
    assert_string_equal(got, want);
}

static void unfit_runtime_dirs_are_passed_over(void **state)
{
    (void)state;
    char got[4096];
    const char *unfit[] = {folder, folder + 1, "", "/nonexistent",
                           NULL}; /* another's, relative, empty, missing, unset */
    for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
        xdg = unfit[i];
        assert_int_equal(paths_runtime_dir_for(NOBODY, env, got, sizeof(got), NULL), ERR_NONE);
        assert_string_equal(got, "/tmp/askd-4242424");
    }
    xdg = folder;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(paths_runtime_dir_for(geteuid(), env, got, sizeof(got), NULL), ERR_NONE);
    assert_null(strstr(got, folder));
    assert_int_equal(chmod(folder, 0700), 0);
}

static void xdg_dirs(void **state)
{
    (void)state;
    char got[4096];
    xdg = "/x";
    home = "/h";
    assert_int_equal(paths_xdg_dir_for(NOBODY, env, "XDG_STATE_HOME", ".local/state", got, sizeof(got), NULL),
                     ERR_NONE);
    assert_string_equal(got, "/x/askd");
    xdg = "relative";
    assert_int_equal(paths_xdg_dir_for(NOBODY, env, "XDG_STATE_HOME", ".local/state", got, sizeof(got), NULL),
                     ERR_NONE);
    assert_string_equal(got, "/h/.local/state/askd");
}

static void no_home_is_told(void **state)
{
    (void)state;
    char got[4096];
    struct error err = ERROR_INIT;
    xdg = "";
    home = NULL;
    assert_int_equal(paths_xdg_dir_for(NOBODY, env, "XDG_CACHE_HOME", ".cache", got, sizeof(got), &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "HOME"));
}

static void bound_is_exact(void **state)
{
    (void)state;
    char got[16];
    xdg = "/0123456789"; /* with /askd: 16 bytes, and the NUL */
    assert_int_equal(paths_xdg_dir_for(NOBODY, env, "XDG_CACHE_HOME", "", got, sizeof(got), NULL), ERR_INVALID_REQUEST);
    xdg = "/012345678";
    assert_int_equal(paths_xdg_dir_for(NOBODY, env, "XDG_CACHE_HOME", "", got, sizeof(got), NULL), ERR_NONE);
    assert_string_equal(got, "/012345678/askd");
}

static void sockets(void **state)
{
    (void)state;
    char got[4096];
    assert_int_equal(setenv("XDG_RUNTIME_DIR", folder, 1), 0);
    assert_int_equal(paths_user_socket(got, sizeof(got), NULL), ERR_NONE);
    assert_int_equal(strncmp(got, folder, strlen(folder)), 0);
    assert_string_equal(got + strlen(folder), "/askd/askd.sock");
    assert_int_equal(paths_user_socket(got, strlen(folder) + strlen("/askd/askd.sock"), NULL), ERR_INVALID_REQUEST);
    assert_int_equal(paths_system_socket(got, sizeof(got), NULL), ERR_NONE);
    assert_string_equal(got, "/run/askd/askd.sock");
}

static void helpers_are_where_they_are_told_to_be(void **state)
{
    (void)state;
    char got[64];
    assert_int_equal(setenv("ASKD_LIBEXEC", "/somewhere", 1), 0);
    assert_int_equal(paths_helper("ask-x", got, sizeof(got), NULL), ERR_NONE);
    assert_string_equal(got, "/somewhere/ask-x");
    assert_int_equal(paths_helper("ask-x", got, strlen("/somewhere/ask-x"), NULL), ERR_INVALID_REQUEST);
    assert_int_equal(setenv("ASKD_LIBEXEC", "somewhere", 1), 0); /* of no use to a program that may be anywhere */
    assert_int_equal(paths_helper("ask-x", got, sizeof(got), NULL), ERR_NONE);
    assert_string_equal(got, ASKD_LIBEXECDIR "/ask-x");
    assert_int_equal(unsetenv("ASKD_LIBEXEC"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_runtime_dir_is_taken),
        cmocka_unit_test(unfit_runtime_dirs_are_passed_over),
        cmocka_unit_test(xdg_dirs),
        cmocka_unit_test(no_home_is_told),
        cmocka_unit_test(bound_is_exact),
        cmocka_unit_test(sockets),
        cmocka_unit_test(helpers_are_where_they_are_told_to_be),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
