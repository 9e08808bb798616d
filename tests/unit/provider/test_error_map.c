#include "daemon/provider/error_map.h"
#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

static struct error map(int status, const char *body)
{
    struct response_head head = {.status = status, .retry_after = 2.5, .should_retry = -1};
    struct error err = ERROR_INIT;

    enum error_code code = provider_map_error(&head, (const uint8_t *)body, strlen(body), &err);
    assert_int_equal(code, err.code);
    assert_int_equal(err.status, status);
    assert_true(err.retry_after == 2.5);
    return err;
}

static void check(int status, const char *body, enum error_code want, const char *words)
{
    struct error err = map(status, body);

    assert_string_equal(error_name(err.code), error_name(want));
    assert_non_null(strstr(err.message, words));
}

static void by_status(void **state)
{
    static const struct {
        int status;
        enum error_code code;
    } rows[] = {{400, ERR_INVALID_REQUEST},   {401, ERR_UNAUTHENTICATED}, {402, ERR_BUDGET_EXCEEDED},
                {403, ERR_PERMISSION_DENIED}, {404, ERR_NOT_FOUND},       {408, ERR_TIMEOUT},
                {409, ERR_UNAVAILABLE},       {413, ERR_TOO_LARGE},       {418, ERR_INVALID_REQUEST},
                {422, ERR_INVALID_REQUEST},   {429, ERR_RATE_LIMITED},    {500, ERR_UNAVAILABLE},
                {502, ERR_UNAVAILABLE},       {503, ERR_OVERLOADED},      {529, ERR_OVERLOADED},
                {302, ERR_BAD_RESPONSE}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i].status, "", rows[i].code, "no reason");
}

static void by_body(void **state)
{
    (void)state;
    check(429, "{\"error\":{\"message\":\"quota\",\"code\":\"insufficient_quota\"}}", ERR_BUDGET_EXCEEDED, "quota");
    check(400,
          "{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\"}}",
          ERR_CONTEXT_LENGTH_EXCEEDED, "m");
    check(400, "{\"error\":{\"message\":\"This model's maximum context length is 9\"}}", ERR_CONTEXT_LENGTH_EXCEEDED,
          "9");
    check(400, "{\"error\":{\"code\":\"content_filter\",\"message\":\"m\"}}", ERR_CONTENT_FILTERED, "m");
    check(400, "{\"error\":{\"message\":\"Output blocked by content filtering policy\"}}", ERR_CONTENT_FILTERED, "");
    check(429, "{\"error\":{\"type\":\"exceeded_current_quota_error\",\"message\":\"m\"}}", ERR_BUDGET_EXCEEDED, "m");
    check(429, "{\"error\":{\"code\":\"1113\",\"message\":\"m\"}}", ERR_BUDGET_EXCEEDED, "m");
    check(400, "{\"error\":{\"message\":\"API key expired. Please renew the API key.\"}}", ERR_UNAUTHENTICATED, "");
    check(400, "{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"m\"}}", ERR_UNAUTHENTICATED, "m");
    check(400, "{\"error\":{\"code\":\"model_not_found\",\"message\":\"m\"}}", ERR_NOT_FOUND, "m");
    check(403, "{\"error\":{\"type\":\"authentication_error\",\"message\":\"m\"}}", ERR_UNAUTHENTICATED, "m");
    check(404, "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"m\"}}", ERR_NOT_FOUND, "m");
    check(400, "{\"code\":\"x\",\"error\":\"Incorrect API key provided\"}", ERR_UNAUTHENTICATED, "Incorrect");
    check(400, "{\"code\":\"Arrearage\",\"message\":\"m\"}", ERR_BUDGET_EXCEEDED, "m");
    check(429, "{\"error\":{\"code\":429,\"message\":\"Your prepayment credits are depleted.\"}}", ERR_BUDGET_EXCEEDED,
          "depleted");
}

/* As each API says it. */
static void prompt_too_long(void **state)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"Your input exceeds the context window of this model.\"}}",
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 9 "
        "tokens\"}}",
        "{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\",\"message\":\"The input token count (9) exceeds the "
        "maximum "
        "number of tokens allowed (8).\"}}",
        "{\"error\":\"the input length exceeds the context length\"}",
        "{\"message\":\"too many tokens: total number of tokens in the prompt cannot exceed 8 - received 9.\"}",
        "{\"code\":\"InvalidParameter\",\"message\":\"Range of input length should be [1, 8]\"}",
        "{\"error\":{\"message\":\"input length and `max_tokens` exceed context limit: 7 + 2 > 8\"}}",
        "{\"error\":{\"message\":\"Invalid request: Your request exceeded model token limit: 8\"}}",
        "{\"error\":[\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8\"]}",
        "{\"error\":{\"code\":\"1261\",\"message\":\"m\"}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        check(400, bodies[i], ERR_CONTEXT_LENGTH_EXCEEDED, "");
    check(400, "{\"message\":\"too many tokens: max tokens must be less than or equal to 8\"}", ERR_INVALID_REQUEST,
          "");
}

static void when_to_come_again(void **state)
{
    static const char body[] =
        "{\"error\":{\"code\":429,\"message\":\"m\",\"details\":[{\"reason\":\"r\"},{\"retryDelay\":\"%s\"}]}}";
    static const struct {
        const char *delay;
        double seconds;
    } rows[] = {{"34.5s", 34.5}, {"0s", 0}, {"5", -1}, {"-5s", -1}, {"inf", -1}, {"", -1}};
    char text[256];
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, body, rows[i].delay);
        struct response_head head = {.status = 429, .retry_after = -1, .should_retry = -1};
        struct error err = ERROR_INIT;
        provider_map_error(&head, (const uint8_t *)text, strlen(text), &err);
        assert_true(err.retry_after == rows[i].seconds);
        assert_true(map(429, text).retry_after == 2.5); /* the header's word counts more */
    }
}

static void shapes(void **state)
{
    (void)state;
    check(400, "{\"error\":\"text\"}", ERR_INVALID_REQUEST, "text");
    check(400, "[{\"error\":{\"code\":400,\"message\":\"in a list\"}}]", ERR_INVALID_REQUEST, "in a list");
    check(422, "{\"detail\":\"why\"}", ERR_INVALID_REQUEST, "why");
    check(422, "{\"detail\":[{\"loc\":[\"a\"],\"msg\":\"field required\"}]}", ERR_INVALID_REQUEST, "field required");
    check(422,
          "{\"object\":\"error\",\"message\":{\"detail\":[{\"loc\":[\"a\"],\"msg\":\"not permitted\"}]},\"code\":null}",
          ERR_INVALID_REQUEST, "not permitted");
    check(400, "\"a string\"", ERR_INVALID_REQUEST, "a string");
    check(400, "{\"message\":\"flat\",\"code\":\"1\"}", ERR_INVALID_REQUEST, "flat");
    check(503, " <html><body>busy</body></html>", ERR_OVERLOADED, "web page");
    check(500, "plain words\n", ERR_UNAVAILABLE, "plain words");
    check(500, "{\"error\":", ERR_UNAVAILABLE, "{");
    check(502, "{\"error\":{\"message\":\"Provider returned error\",\"metadata\":{\"raw\":\"the cause\"}}}",
          ERR_UNAVAILABLE, "Provider returned error: the cause");
    struct error err = map(400, "{\"error\":{\"message\":\"m\",\"param\":\"max_tokens\"}}");
    assert_string_equal(err.param, "max_tokens");
}

static void keys_are_masked(void **state)
{
    static const char *const keys[] = {"sk-abcdef", "sk-proj-A1*****xyz", "gsk_1234567", "AIzaSyA-1234",
                                       "0123456789abcdef0123456789abcdef"};
    char body[256];
    (void)state;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        snprintf(body, sizeof body, "{\"error\":{\"message\":\"Incorrect API key provided: %s, sorry\"}}", keys[i]);
        struct error err = map(401, body);
        assert_null(strstr(err.message, keys[i]));
        assert_non_null(strstr(err.message, "provided: [key], sorry"));
        snprintf(body, sizeof body, "no '%s'", keys[i]);
        err = map(500, body);
        assert_non_null(strstr(err.message, "no '[key]'"));
    }
    struct error err = map(401, "bad header: Bearer abcdefgh");
    assert_null(strstr(err.message, "abcdefgh"));
    check(404, "The model `gpt-4o-mini` does not exist", ERR_NOT_FOUND, "The model `gpt-4o-mini` does not exist");
}

static void long_reasons_are_cut(void **state)
{
    char body[5000];
    (void)state;

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    for (size_t i = 10; i < sizeof body - 1; i += 10)
        body[i] = ' ';
    struct error err = map(400, body);
    assert_in_range(strlen(err.message), 100, sizeof err.message - 1);
}

static enum error_code inside(const char *body, struct error *err)
{
    enum jsonx_fault fault;
    json_t *json = jsonx_parse(body, strlen(body), &fault);

    assert_non_null(json);
    *err = (struct error)ERROR_INIT;
    enum error_code code = error_map_inside(json, err);
    json_decref(json);
    return code;
}

static void inside_a_200(void **state)
{
    struct error err;
    (void)state;

    assert_int_equal(inside("{\"error\":{\"code\":502,\"message\":\"m\"}}", &err), ERR_UNAVAILABLE);
    assert_int_equal(err.status, 502);
    assert_int_equal(inside("{\"error\":{\"code\":\"429\",\"message\":\"m\"}}", &err), ERR_RATE_LIMITED);
    assert_int_equal(inside("{\"error\":{\"status_code\":400,\"code\":\"tool_use_failed\"}}", &err),
                     ERR_INVALID_REQUEST);
    assert_int_equal(inside("{\"error\":{\"type\":\"server_error\",\"code\":null}}", &err), ERR_UNAVAILABLE);
    assert_int_equal(err.status, 0);
    assert_int_equal(inside("{\"error\":{\"type\":\"overloaded_error\"}}", &err), ERR_OVERLOADED);
    assert_int_equal(inside("{\"code\":\"Throttling.RateQuota\",\"message\":\"m\"}", &err), ERR_RATE_LIMITED);
    assert_int_equal(inside("{\"code\":\"InternalError.Algo\",\"message\":\"m\"}", &err), ERR_UNAVAILABLE);
    assert_int_equal(inside("{\"code\":\"InternalError.Timeout\",\"message\":\"m\"}", &err), ERR_TIMEOUT);
    assert_int_equal(inside("{\"code\":\"InternalErrors\",\"message\":\"m\"}", &err), ERR_BAD_RESPONSE);
    assert_int_equal(inside("{\"error\":\"boom\"}", &err), ERR_BAD_RESPONSE);
    assert_non_null(strstr(err.message, "boom"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_status),
        cmocka_unit_test(by_body),
        cmocka_unit_test(prompt_too_long),
        cmocka_unit_test(when_to_come_again),
        cmocka_unit_test(shapes),
        cmocka_unit_test(keys_are_masked),
        cmocka_unit_test(long_reasons_are_cut),
        cmocka_unit_test(inside_a_200),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
