#include "daemon/engine/fault.h"
#include "lib/base/secret.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum fault_verdict judge(enum fault_cause cause, enum error_code code, int should_retry, bool shown)
{
    struct error err = {.code = code};
    struct response_head head = {.status = 500, .should_retry = should_retry};
    return fault_judge(cause, &err, &head, shown);
}

static void test_table(void **state)
{
    (void)state;
    static const struct {
        enum fault_cause cause;
        enum error_code code;
        enum fault_verdict verdict;
    } rows[] = {
        {FAULT_TRANSPORT, ERR_UNAVAILABLE, FAULT_AGAIN},
        {FAULT_TRANSPORT, ERR_TIMEOUT, FAULT_AGAIN},
        {FAULT_TRANSPORT, ERR_BAD_RESPONSE, FAULT_FAIL},
        {FAULT_FIRST_BYTE, ERR_TIMEOUT, FAULT_NEXT},
        {FAULT_IDLE, ERR_TIMEOUT, FAULT_NEXT},
        {FAULT_PROVIDER, ERR_TIMEOUT, FAULT_AGAIN},
        {FAULT_PROVIDER, ERR_RATE_LIMITED, FAULT_AGAIN},
        {FAULT_PROVIDER, ERR_OVERLOADED, FAULT_AGAIN},
        {FAULT_PROVIDER, ERR_UNAVAILABLE, FAULT_AGAIN},
        {FAULT_PROVIDER, ERR_UNAUTHENTICATED, FAULT_NEXT},
        {FAULT_PROVIDER, ERR_PERMISSION_DENIED, FAULT_NEXT},
        {FAULT_PROVIDER, ERR_NOT_FOUND, FAULT_NEXT},
        {FAULT_PROVIDER, ERR_BUDGET_EXCEEDED, FAULT_NEXT},
        {FAULT_PROVIDER, ERR_INVALID_REQUEST, FAULT_FAIL},
        {FAULT_PROVIDER, ERR_TOO_LARGE, FAULT_FAIL},
        {FAULT_PROVIDER, ERR_CONTENT_FILTERED, FAULT_FAIL},
        {FAULT_PROVIDER, ERR_CONTEXT_LENGTH_EXCEEDED, FAULT_FAIL},
        {FAULT_PROVIDER, ERR_BAD_RESPONSE, FAULT_FAIL},
        {FAULT_ABSENT, ERR_NOT_FOUND, FAULT_NEXT},
        {FAULT_ABSENT, ERR_UNAVAILABLE, FAULT_NEXT},
        {FAULT_BREAKER, ERR_BAD_RESPONSE, FAULT_NEXT},
        {FAULT_BREAKER, ERR_UNAVAILABLE, FAULT_NEXT},
        {FAULT_OWN, ERR_OVERLOADED, FAULT_NEXT},
        {FAULT_OWN, ERR_RATE_LIMITED, FAULT_NEXT},
        {FAULT_OWN, ERR_TOO_LARGE, FAULT_FAIL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(judge(rows[i].cause, rows[i].code, -1, false), rows[i].verdict);
        assert_int_equal(judge(rows[i].cause, rows[i].code, -1, true), FAULT_FAIL); /* never once something was shown */
    }
}

static void test_should_retry(void **state)
{
    (void)state;
    assert_int_equal(judge(FAULT_PROVIDER, ERR_INVALID_REQUEST, 1, false), FAULT_AGAIN);
    assert_int_equal(judge(FAULT_PROVIDER, ERR_UNAVAILABLE, 0, false), FAULT_NEXT);
    assert_int_equal(judge(FAULT_PROVIDER, ERR_INVALID_REQUEST, 1, true), FAULT_FAIL);
    struct error err = {.code = ERR_UNAVAILABLE};
    assert_int_equal(fault_judge(FAULT_TRANSPORT, &err, NULL, false), FAULT_AGAIN);
}

static void check_hidden(const char *key, const char *said, const char *want)
{
    struct error err = ERROR_INIT;
    struct secret *secret = secret_new(key, strlen(key));
    error_text(err.message, sizeof err.message, said, strlen(said));
    fault_hide_key(&err, secret);
    assert_string_equal(err.message, want);
    secret_unref(secret);
}

static void test_key_is_hidden(void **state)
{
    char cut[600], want[600];
    struct error err = ERROR_INIT;
    (void)state;
    check_hidden("hunter2hunter2", "no such key: hunter2hunter2, hunter2hunter2", "no such key: ..., ...");
    check_hidden("sk-1", "sk-1", "...");
    check_hidden("abc", "abc is no key", "abc is no key"); /* as short as that it is a word */
    check_hidden("my-secret-key", "my-secret- is another", "my-secret- is another");
    memset(cut, 'x', sizeof cut);
    memcpy(cut + sizeof err.message - 8, "my-secret-key", 14); /* its end does not fit */
    snprintf(want, sizeof want, "%.*s...", (int)sizeof err.message - 8, cut);
    check_hidden("my-secret-key", cut, want);
    error_text(err.message, sizeof err.message, "as it is", 8);
    fault_hide_key(&err, NULL);
    assert_string_equal(err.message, "as it is");
}

static void test_form(void **state)
{
    (void)state;
    const struct {
        enum fault_cause cause;
        enum error_code code;
        int status;
        bool known, of_form;
    } rows[] = {
        {FAULT_PROVIDER, ERR_INVALID_REQUEST, 400, false, true},
        {FAULT_PROVIDER, ERR_NOT_FOUND, 404, false, true},
        {FAULT_PROVIDER, ERR_INVALID_REQUEST, 405, false, true},
        {FAULT_PROVIDER, ERR_UNAVAILABLE, 501, false, true},
        {FAULT_PROVIDER, ERR_BAD_RESPONSE, 200, false, true},
        {FAULT_PROVIDER, ERR_UNAVAILABLE, 500, false, false},
        {FAULT_PROVIDER, ERR_UNAUTHENTICATED, 401, false, false},
        {FAULT_PROVIDER, ERR_RATE_LIMITED, 429, false, false},
        {FAULT_TRANSPORT, ERR_BAD_RESPONSE, 0, false, false},
        {FAULT_OWN, ERR_INVALID_REQUEST, 0, false, false},
        {FAULT_PROVIDER, ERR_CONTEXT_LENGTH_EXCEEDED, 400, false, false},
        {FAULT_PROVIDER, ERR_BAD_RESPONSE, 200, true, false},
        {FAULT_PROVIDER, ERR_NOT_FOUND, 404, true, true},
        {FAULT_PROVIDER, ERR_UNAVAILABLE, 501, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {.code = rows[i].code, .status = rows[i].status};
        assert_int_equal(fault_is_of_form(rows[i].cause, &err, rows[i].known), rows[i].of_form);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_should_retry),
                                       cmocka_unit_test(test_form), cmocka_unit_test(test_key_is_hidden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
