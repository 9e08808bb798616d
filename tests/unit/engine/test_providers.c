#include "daemon/core/config.h"
#include "daemon/engine/providers.h"
#include "daemon/key/env_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct config_room *const rooms[] = {&provider_room, NULL};
static char folder[] = "/tmp/askd-test-providers-XXXXXX";
static char file[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || unsetenv("CREDENTIALS_DIRECTORY") || unsetenv("OPENAI_API_KEY"))
        return -1;
    snprintf(file, sizeof file, "%s/askd.conf", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(file) || rmdir(folder);
}

static enum error_code load(const char *text, const char *shared, struct providers **ret, struct error *err)
{
    FILE *f = fopen(file, "w");
    struct config *c;
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(config_load(rooms, (const char *[]){file, NULL}, true, &c, err), ERR_NONE);
    struct env_keys *keys = env_keys_new();
    const struct providers_source from = {.config = c, .env = keys, .shared = shared};
    enum error_code code = providers_load(&from, ret, err);
    env_keys_free(keys);
    config_free(c);
    return code;
}

/* A missing key is the error of whoever named it, and no concern of those who only read the file too. */
static void test_missing_key(void **state)
{
    static const char *const texts[] = {
        "[provider \"openai\"]\n\nkey_credential = none\n",
        "[provider \"openai\"]\n\nkey_credential = a/b\n",
        "[provider \"openai\"]\n\nkey_file = /nonexistent/key\n",
    };
    char where[80];
    (void)state;
    snprintf(where, sizeof where, "%s:3: ", file);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct error err = ERROR_INIT;
        struct providers *ps = NULL;
        assert_int_equal(load(texts[i], NULL, &ps, &err), ERR_INVALID_REQUEST);
        assert_memory_equal(err.message, where, strlen(where));
        assert_int_equal(load(texts[i], "/tmp/elsewhere", &ps, &err), ERR_INVALID_REQUEST);
        assert_int_equal(load(texts[i], folder, &ps, &err), ERR_NONE);
        const struct provider *p = providers_find(ps, "openai", 6);
        assert_memory_equal(p->key_missing, where, strlen(where));
        assert_null(p->keys);
        assert_false(provider_ready(p));
        providers_unref(ps);
    }
}

static void test_unset_variable(void **state)
{
    struct error err = ERROR_INIT;
    struct providers *ps = NULL;
    (void)state;
    assert_int_equal(load("[provider \"openai\"]\nkey_env = ASKD_TEST_NONE\n", NULL, &ps, &err), ERR_NONE);
    const struct provider *p = providers_find(ps, "openai", 6);
    assert_non_null(strstr(p->key_missing, "askd.conf:2: ASKD_TEST_NONE"));
    assert_false(provider_ready(p));
    providers_unref(ps);
    assert_int_equal(load("[provider \"openai\"]\n", NULL, &ps, &err), ERR_NONE);
    assert_null(providers_find(ps, "openai", 6)->key_missing); /* nobody said that there is one */
    providers_unref(ps);
}

static void test_base_url_with_the_path_in_it(void **state)
{
    static const struct {
        const char *api, *url, *given; /* what is told of it, NULL: nothing */
    } rows[] = {
        {"anthropic", "https://h/v1", "/v1"},
        {"anthropic", "https://h/v1/", "/v1"},
        {"anthropic", "https://h/proxy/v1/messages?x=/y", "/v1/messages"},
        {"anthropic", "https://h", NULL},
        {"anthropic", "https://v1", NULL},
        {"anthropic", "https://h/v1/proxy", NULL},
        {"anthropic", "https://h/xv1", NULL},
        {"openai-chat", "https://h/v1", NULL},
        {"openai-chat", "https://h/v1/chat/completions", "/chat/completions"},
        {"openai-responses", "https://h/v1/responses", "/responses"},
        {"gemini", "https://h/v1beta", "/v1beta"},
        {"gemini", "https://h/v1beta/models", "/v1beta/models"},
        {"gemini", "https://h/v1/publishers/google", NULL},
        {"ollama", "http://127.0.0.1:1/api", "/api"},
        {"cohere", "https://h/v2", "/v2"},
        {"dashscope", "https://h/api/v1", "/api/v1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = ERROR_INIT;
        struct providers *ps = NULL;
        char text[256], want[256];
        snprintf(text, sizeof text, "[provider \"x\"]\napi = %s\nbase_url = %s\n", rows[i].api, rows[i].url);
        assert_int_equal(load(text, NULL, &ps, &err), ERR_NONE);
        const char *doubt = providers_find(ps, "x", 1)->url_doubt;
        snprintf(want, sizeof want, "%s:3: base_url should not end with %s, ", file,
                 rows[i].given ? rows[i].given : "");
        if (rows[i].given && doubt)
            assert_memory_equal(doubt, want, strlen(want));
        else
            assert_true(!rows[i].given && !doubt);
        providers_unref(ps);
    }
}

static void test_who_speaks_what(void **state)
{
    static const char *const rows[][2] = {
        {"api = openai_chat\n", "api = openai_chat is none of openai-chat, openai-responses, anthropic, "},
        {"api = anthropic\ndialect = openai\n", "anthropic has no dialects, not openai"},
        {"api = openai-chat\ndialect = nobody\n", "openai-chat has no dialect nobody"},
        {"api = openai-chat\n", "[provider \"x\"] has no base_url; "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = ERROR_INIT;
        struct providers *ps = NULL;
        char text[256];
        snprintf(text, sizeof text, "[provider \"x\"]\n%s", rows[i][0]);
        assert_int_equal(load(text, NULL, &ps, &err), ERR_INVALID_REQUEST);
        assert_non_null(strstr(err.message, rows[i][1]));
    }
}

/* Under which name the catalogue knows a section whose own name and address tell nothing. */
static void test_kinds(void **state)
{
    static const struct {
        const char *lines, *kind;
    } rows[] = {
        {"", "mine"},
        {"api = anthropic\n", "anthropic"},
        {"api = dashscope\n", "dashscope"},
        {"dialect = qwen\n", "dashscope"},
        {"api = openai-responses\ndialect = openai\n", "openai"},
        {"api = ollama\n", "mine"}, /* each server has models of its own */
        {"dialect = llama.cpp\n", "llama.cpp"},
        {"dialect = azure\n", "azure"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = ERROR_INIT;
        struct providers *ps = NULL;
        char text[256];
        snprintf(text, sizeof text, "[provider \"mine\"]\nbase_url = http://127.0.0.1:1\n%s", rows[i].lines);
        if (load(text, NULL, &ps, &err) != ERR_NONE)
            fail_msg("row %zu: %s", i, err.message);
        assert_string_equal(providers_find(ps, "mine", 4)->kind, rows[i].kind);
        providers_unref(ps);
    }
}

static void test_other_faults_of_a_shared_file(void **state)
{
    struct error err = ERROR_INIT;
    struct providers *ps = NULL;
    char where[80];
    (void)state;
    snprintf(where, sizeof where, "%s:1: ", file);
    assert_int_equal(load("[provider \"x\"]\n", folder, &ps, &err), ERR_INVALID_REQUEST);
    assert_memory_equal(err.message, where, strlen(where));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_key),
        cmocka_unit_test(test_unset_variable),
        cmocka_unit_test(test_base_url_with_the_path_in_it),
        cmocka_unit_test(test_who_speaks_what),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_other_faults_of_a_shared_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
