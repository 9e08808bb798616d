#include "daemon/key/key_sources.h"
#include "lib/base/alloc.h"
#include "lib/base/key_folder.h"

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

static char folder[] = "/tmp/askd-test-sources-XXXXXX";
static struct env_keys *env;

static int setup(void **state)
{
    (void)state;
    env = env_keys_new();
    return mkdtemp(folder) ? setenv("CREDENTIALS_DIRECTORY", folder, 1) : -1;
}

static int teardown(void **state)
{
    (void)state;
    char *line = xasprintf("rm -r %s", folder);
    int status = system(line);
    free(line);
    env_keys_free(env);
    return status;
}

static const char *in_folder(char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text, mode_t mode)
{
    char path[128];
    FILE *f = fopen(in_folder(path, name), "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    chmod(path, mode);
}

static void expect(struct keys *k, size_t i, const char *key, const char *source)
{
    struct key_use use;
    assert_true(keys_at(k, i, &use));
    assert_string_equal(secret_reveal(use.secret), key);
    assert_string_equal(use.source, source);
    key_use_done(&use);
}

static void files(void **state)
{
    struct keys *k = NULL;
    struct error err = ERROR_INIT;
    char list[512], a[128], b[128], source[256];
    (void)state;
    put("a", "sk-a\n", 0600);
    put("b", "sk-b \r\n\n", 0400);
    put("open", "sk-open\n", 0640);
    put("empty", "\n", 0600);
    snprintf(list, sizeof list, "%s , %s", in_folder(a, "a"), in_folder(b, "b"));
    assert_int_equal(keys_of_files(list, &k, &err), ERR_NONE);
    snprintf(source, sizeof source, "file %s", a);
    expect(k, 0, "sk-a", source);
    snprintf(source, sizeof source, "file %s", b);
    expect(k, 1, "sk-b", source);
    k = keys_unref(k);

    snprintf(list, sizeof list, "%s,%s", a, in_folder(b, "open"));
    assert_int_equal(keys_of_files(list, &k, &err), ERR_PERMISSION_DENIED);
    assert_non_null(strstr(err.message, b));
    assert_int_equal(keys_of_files(in_folder(b, "empty"), &k, &err), ERR_INVALID_REQUEST);
    assert_int_equal(keys_of_files(in_folder(b, "none"), &k, &err), ERR_NOT_FOUND);
    snprintf(list, sizeof list, "%s,", a);
    assert_int_equal(keys_of_files(list, &k, &err), ERR_INVALID_REQUEST);
    assert_null(k);
}

static void variables(void **state)
{
    struct keys *k = NULL;
    struct error err = ERROR_INIT;
    (void)state;
    setenv("ASKD_TEST_A", "sk-a", 1);
    setenv("ASKD_TEST_C", "sk-c", 1);
    assert_int_equal(keys_of_environment(env, "ASKD_TEST_A,ASKD_TEST_B, ASKD_TEST_C", &k, &err), ERR_NONE);
    assert_string_equal(keys_source(k), "environment ASKD_TEST_A, environment ASKD_TEST_C");
    expect(k, 1, "sk-c", "environment ASKD_TEST_C");
    assert_null(getenv("ASKD_TEST_C"));
    k = keys_unref(k);
    assert_int_equal(keys_of_environment(env, "ASKD_TEST_B", &k, &err), ERR_NOT_FOUND);
    assert_string_equal(err.message, "ASKD_TEST_B is not set in the environment");
    assert_null(k);
}

static void credentials(void **state)
{
    struct keys *k = NULL;
    struct error err = ERROR_INIT;
    (void)state;
    put("cred_a", "sk-a\n", 0440);
    put("cred_b", "sk-b\n", 0400);
    assert_int_equal(keys_of_credentials("cred_a, cred_b", &k, &err), ERR_NONE);
    expect(k, 1, "sk-b", "credential cred_b");
    k = keys_unref(k);
    assert_int_equal(keys_of_credentials("cred_a, ../cred_b", &k, &err), ERR_NOT_FOUND);
    assert_int_equal(keys_of_credentials("none", &k, &err), ERR_NOT_FOUND);
    assert_null(k);
}

/* Its arguments may hold what is nobody's business. */
static void commands(void **state)
{
    static const char *const rows[][2] = {
        {"pass show deepseek", "command pass"},
        {"  /usr/bin/gpg2 -d x", "command /usr/bin/gpg2"},
        {"KEY=sk-a; echo $KEY", "command"},
        {"'my program' sk-a", "command"},
        {"(echo sk-a)", "command"},
        {"true", "command true"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct keys *k = keys_of_command(rows[i][0]);
        assert_true(keys_ready(k));
        assert_string_equal(keys_source(k), rows[i][1]);
        keys_unref(k);
    }
}

static void imported(void **state)
{
    struct keys *k = NULL;
    struct error err = ERROR_INIT;
    char keys[128], source[256];
    (void)state;
    in_folder(keys, "keys,folder"); /* a comma in it separates nothing */
    assert_int_equal(keys_of_folder(NULL, "x", &k, &err), ERR_NONE);
    assert_int_equal(keys_of_folder(keys, "x", &k, &err), ERR_NONE);
    assert_null(k);
    assert_int_equal(mkdir(keys, 0700), 0);
    assert_int_equal(keys_of_folder(keys, "x", &k, &err), ERR_NONE);
    assert_null(k);

    put("keys,folder/x", "sk-x\n", 0600);
    put("keys,folder/x.secret-service", "", 0600);
    assert_int_equal(keys_of_folder(keys, "x", &k, &err), ERR_NONE);
    snprintf(source, sizeof source, "file %s/x", keys);
    expect(k, 0, "sk-x", source);
    k = keys_unref(k);

    put("keys,folder/x", "sk-x\n", 0604);
    assert_int_equal(keys_of_folder(keys, "x", &k, &err), ERR_PERMISSION_DENIED);
    assert_non_null(strstr(err.message, "keys,folder/x can be read by others"));

    put("keys,folder/y.secret-service", "", 0600);
    assert_int_equal(keys_of_folder(keys, "y", &k, &err), ERR_NONE);
    assert_string_equal(keys_source(k), "secret service, y");
    k = keys_unref(k);
    assert_int_equal(keys_of_folder(keys, "../keys,folder/x", &k, &err), ERR_NONE);
    assert_null(k);

    chmod(keys, 0722);
    assert_int_equal(keys_of_folder(keys, "y", &k, &err), ERR_PERMISSION_DENIED);
    assert_non_null(strstr(err.message, "is open to others"));
    assert_null(k);
}

static void names_of_files(void **state)
{
    static const char *const good[] = {"openai", "my lan", "llama.cpp"};
    static const char *const bad[] = {"", ".hidden", "..", "a/b", "a\nb", "-x", "openai.secret-service"};
    char longest[KEY_FOLDER_NAME_MAX + 2] = "";
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(key_folder_name_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(key_folder_name_valid(bad[i]));
    memset(longest, 'x', KEY_FOLDER_NAME_MAX);
    assert_true(key_folder_name_valid(longest));
    longest[KEY_FOLDER_NAME_MAX] = 'x';
    assert_false(key_folder_name_valid(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),    cmocka_unit_test(variables), cmocka_unit_test(credentials),
        cmocka_unit_test(commands), cmocka_unit_test(imported),  cmocka_unit_test(names_of_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
