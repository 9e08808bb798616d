#include "lib/base/secret.h"
#include "tests/unit/skip.h"
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define LARGEST (64u << 10)

static void holds_a_copy(void **state)
{
    (void)state;
    char key[] = "sk-very-secret";
    struct secret *s = secret_new(key, strlen(key));
    assert_non_null(s);
    secret_wipe(key, sizeof(key));
    assert_string_equal(secret_reveal(s), "sk-very-secret");
    assert_int_equal(secret_len(s), 14);
    assert_null(secret_unref(s));
}

static void empty_is_a_secret_too(void **state)
{
    (void)state;
    struct secret *s = secret_new(NULL, 0);
    assert_string_equal(secret_reveal(s), "");
    assert_int_equal(secret_len(s), 0);
    assert_null(secret_unref(s));
}

static void limit_is_exact(void **state)
{
    (void)state;
    char *big = malloc(LARGEST + 1);
    memset(big, 'k', LARGEST + 1);
    struct secret *s = secret_new(big, LARGEST);
    assert_non_null(s);
    assert_int_equal(strlen(secret_reveal(s)), LARGEST);
    assert_null(secret_unref(s));
    assert_null(secret_new(big, LARGEST + 1));
    free(big);
}

/* Whether the page of p is mapped. */
static bool mapped(const void *p)
{
    uintptr_t page = (uintptr_t)p & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    unsigned char in_core;
    return mincore((void *)page, 1, &in_core) == 0 || errno != ENOMEM;
}

static void goes_with_the_last_reference(void **state)
{
    (void)state;
    struct secret *s = secret_new("key", 3);
    const char *where = secret_reveal(s);
    assert_ptr_equal(secret_ref(s), s);
    assert_null(secret_unref(s));
    assert_true(mapped(where));
    assert_string_equal(secret_reveal(s), "key");
    assert_null(secret_unref(s));
    assert_false(mapped(where));
    assert_null(secret_ref(NULL));
    assert_null(secret_unref(NULL));
}

/* The "dd" among the VmFlags of its mapping says that a core dump leaves it out. */
static void stays_out_of_core_dumps(void **state)
{
    (void)state;
    struct secret *s = secret_new("key", 3);
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    uintptr_t from, to, at = (uintptr_t)secret_reveal(s);
    bool here = false, left_out = false;
    if (!maps)
        SKIP("/proc/self/smaps cannot be read");
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
            here = from <= at && at < to;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            left_out = strstr(line, " dd") != NULL;
    }
    fclose(maps);
    assert_true(left_out);
    secret_unref(s);
}

static void wipe_wipes(void **state)
{
    (void)state;
    char text[8] = "abcdefg";
    secret_wipe(text + 1, 5);
    assert_memory_equal(text, "a\0\0\0\0\0g", 8);
    secret_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_a_copy),
        cmocka_unit_test(empty_is_a_secret_too),
        cmocka_unit_test(limit_is_exact),
        cmocka_unit_test(goes_with_the_last_reference),
        cmocka_unit_test(stays_out_of_core_dumps),
        cmocka_unit_test(wipe_wipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
