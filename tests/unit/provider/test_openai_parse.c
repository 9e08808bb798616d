#include "tests/unit/provider/parsing.h"

#define STREAM                                                                                                         \
    (struct answer)                                                                                                    \
    {                                                                                                                  \
        "openai-chat", 200, "text/event-stream", "openai", false                                                       \
    }
#define WHOLE                                                                                                          \
    (struct answer)                                                                                                    \
    {                                                                                                                  \
        "openai-chat", 200, "application/json", "openai", false                                                        \
    }
#define DELTA(members) "data: {\"choices\":[{\"index\":0,\"delta\":{" members "},\"finish_reason\":null}]}\n\n"
#define FINISH(reason) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n\n"
#define END "data: [DONE]\n\n"
#define MESSAGE(members, reason)                                                                                       \
    "{\"choices\":[{\"index\":0,\"message\":{" members "},\"finish_reason\":\"" reason "\"}]}"

static void streams(void **state)
{
    (void)state;
    check_answer(STREAM,
                 DELTA("\"role\":\"assistant\",\"content\":\"\"") DELTA("\"content\":\"h\xC3\xA9\"")
                     DELTA("\"content\":\"\\ud83d\\ude00\"") FINISH("stop") END,
                 "text:hé😀 done:stop");
    check_answer(STREAM,
                 "\xEF\xBB\xBF: hi\r\n\r\n"
                 "data: {\"choices\":[]}\r\n\r\n"
                 "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\r" FINISH("length") END,
                 "text:a done:length");
    check_answer(STREAM, DELTA("\"content\":\"a\\ud83d\"") FINISH("stop") END, "text:a\uFFFD done:stop");
    check_answer(STREAM,
                 "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"},\"finish_reason\":\"stop\"}]}\n\n" END,
                 "text:\uFFFD done:stop");
    check_answer(
        STREAM,
        "data: "
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}},{\"index\":0,\"delta\":{\"content\":\"yes\"}}]}"
        "\n\n" END,
        "text:yes done:stop");
    check_answer(STREAM,
                 DELTA("\"content\":\"a\"") FINISH("eos") "data: \n\n" END
                                                          "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n",
                 "text:a done:stop");
}

static void ends(void **state)
{
    struct answer torn = STREAM;
    (void)state;

    torn.torn = true;
    check_answer(STREAM, DELTA("\"content\":\"a\"") FINISH("stop"), "text:a done:stop");
    check_answer(STREAM, DELTA("\"content\":\"a\"") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
                 "text:a done:stop");
    check_answer(STREAM, DELTA("\"content\":\"a\"") "data: [DONE]", "text:a done:stop");
    check_answer(STREAM, DELTA("\"content\":\"a\""), "text:a unavailable");
    check_answer(STREAM, DELTA("\"content\":\"a\"") "data: {\"choi", "text:a unavailable");
    check_answer(STREAM, "", "unavailable");
    check_answer(torn, DELTA("\"content\":\"a\"") FINISH("stop"), "text:a unavailable");
    check_answer(torn, DELTA("\"content\":\"a\"") FINISH("stop") END, "text:a done:stop");
}

/* Of another API, or of none: nothing in it is an answer, whatever stands at its end. */
static void strange_streams(void **state)
{
    static const char *const apis[] = {"openai-responses", "anthropic", "gemini", "cohere", "dashscope"};
    (void)state;

    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
        check_answer(SSE_OF(apis[i]), DELTA("\"content\":\"a\"") FINISH("stop") END, "bad_response");
    check_answer(STREAM, DELTA("\"content\":\"\"") FINISH("stop") END, "done:stop");
    /* Nothing that came is of this API: another try would not help. */
    check_answer(STREAM, "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n", "bad_response");
    check_answer(STREAM, "data: {\"candidates\":[]}\n\n" DELTA("\"role\":\"assistant\""), "unavailable");
    check_answer(STREAM, DELTA("\"role\":\"assistant\""), "unavailable");
}

static void whole_bodies(void **state)
{
    (void)state;
    check_answer(WHOLE, MESSAGE("\"content\":\"hi\"", "stop"), "text:hi done:stop");
    check_answer(WHOLE, "\n\n \r\n" MESSAGE("\"content\":\"hi\"", "stop") "\n", "text:hi done:stop");
    check_answer(WHOLE, "\xEF\xBB\xBF" MESSAGE("\"content\":\"hi\"", "stop"), "text:hi done:stop");
    check_answer(WHOLE, "{\"choices\":[{\"message\":{\"content\":\"h", "unavailable");
    check_answer(WHOLE, "", "unavailable");
    check_answer(WHOLE, "{\"choices\":[]}", "bad_response");
    check_answer(WHOLE, "hello", "bad_response");
    check_answer(WHOLE, "\"hello\"", "bad_response");
}

static void which_it_is(void **state)
{
    check_answer(STREAM, "{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}", "rate_limited");
    struct answer untold = {"openai-chat", 200, "", "openai", false};
    (void)state;

    check_answer(untold, "\n" MESSAGE("\"content\":\"hi\"", "stop"), "text:hi done:stop");
    check_answer(untold, "\xEF\xBB\xBF\n: c\n\n" DELTA("\"content\":\"a\"") END, "text:a done:stop");
    check_answer(WHOLE,
                 ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\r\n\r\n" MESSAGE("\"content\":\"hi\"", "stop"),
                 "text:hi done:stop");
    check_answer(WHOLE, ": c", "unavailable");
    check_answer(untold, "<html>", "bad_response");
    check_answer(untold, " \n", "unavailable");
    check_answer((struct answer){"openai-chat", 503, "text/html", "openai", false}, "<html>", "overloaded");
    check_answer((struct answer){"openai-chat", 302, "", "openai", false}, "", "bad_response");
    check_answer((struct answer){"openai-chat", 429, "text/event-stream", "openai", false},
                 "{\"error\":{\"code\":\"insufficient_quota\"}}", "budget_exceeded");
}

static void errors_inside(void **state)
{
    (void)state;
    check_answer(STREAM,
                 DELTA("\"content\":\"a\"") "data: {\"error\":{\"type\":\"server_error\",\"message\":\"m\"}}\n\n",
                 "text:a unavailable");
    check_answer(
        STREAM,
        "data: "
        "{\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502}}\n\n" END,
        "unavailable");
    check_answer(STREAM, "event: error\ndata: {\"error\":{\"status_code\":400}}\n\n", "invalid_request");
    check_answer(STREAM,
                 DELTA("\"content\":\"a\"") "data: {\"choices\":[{\"delta\":{},\"error\":{\"code\":502,\"message\":"
                                            "\"m\"},\"finish_reason\":null}]}\n\n" END,
                 "text:a unavailable");
    check_answer(STREAM, "event: error\ndata: {\"x\":1}\n\n", "bad_response");
    check_answer(STREAM,
                 DELTA("\"content\":\"a\"") "data: {\"choices\":[],\"x_groq\":{\"error\":\"over capacity\"}}\n\n" END,
                 "text:a bad_response");
    check_answer(STREAM, "data: {\"error\":{},\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n" END,
                 "text:a done:stop");
    check_answer(STREAM, "data: {\"error\":\"boom\"}\n\n", "bad_response");
    check_answer(STREAM, "data: [{\"error\":{\"code\":429}}]\n\n", "rate_limited");
    check_answer(STREAM, "data: {\"code\":\"InvalidApiKey\",\"message\":\"m\",\"request_id\":\"r\"}\n\n",
                 "unauthenticated");
    check_answer(STREAM, "data: {nonsense}\n\n", "bad_response");
    check_answer(STREAM, DELTA("\"content\":\"\xC3(\""), "bad_response");
    check_answer(STREAM, "data: 5\n\n", "bad_response");
    check_answer(WHOLE, "{\"error\":{\"code\":\"429\"}}", "rate_limited");
    check_answer(WHOLE, "{\"error\":null,\"choices\":[{\"message\":{\"content\":\"a\"}}]}", "text:a done:stop");
}

static void reasoning(void **state)
{
    struct answer router = STREAM, think = STREAM;
    (void)state;

    router.dialect = "openrouter";
    think.dialect = "llama.cpp";
    check_answer(STREAM,
                 DELTA("\"content\":null,\"reasoning_content\":\"r1\"") DELTA("\"reasoning_content\":\"r2\"")
                     DELTA("\"content\":\"t\"") END,
                 "reasoning:r1r2 text:t done:stop");
    check_answer(
        router,
        DELTA(
            "\"content\":\"\",\"reasoning\":\"r\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"r\"}]")
            END,
        "reasoning:r{\"host\":\"h\",\"reasoning_details\":[{\"text\":\"r\",\"type\":\"reasoning.text\"}]} done:stop");
    check_answer(router,
                 DELTA("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"s\"},{\"data\":\"x\"}]")
                     END,
                 "reasoning:s{\"host\":\"h\",\"reasoning_details\":[{\"summary\":\"s\",\"type\":\"reasoning.summary\"},"
                 "{\"data\":\"x\"}]} done:stop");
    check_answer(
        STREAM,
        DELTA("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"r\"}]},{\"type\":"
              "\"text\",\"text\":\"t\"}]") END,
        "reasoning:r text:t done:stop");
    check_answer(think,
                 DELTA("\"content\":\"\\n<thi\"") DELTA("\"content\":\"nk>a<b</thin</think\"")
                     DELTA("\"content\":\">\\n\\nt <think>\"") END,
                 "reasoning:a<b</thin text:t <think> done:stop");
    check_answer(think, DELTA("\"content\":\" <tea\"") END, "text: <tea done:stop");
    check_answer(think, DELTA("\"content\":\" é\"") END, "text: é done:stop");
    check_answer(think, DELTA("\"content\":\"<think>a</th\"") END, "reasoning:a</th done:stop");
    check_answer(think, DELTA("\"content\":\"<th\"") END, "text:<th done:stop");
    check_answer(STREAM, DELTA("\"content\":\"<think>a</think>\"") END, "text:<think>a</think> done:stop");
}

static void details(void **state)
{
    struct answer a = STREAM;
    (void)state;

    a.dialect = "openrouter";
    check_answer(
        a,
        DELTA("\"reasoning\":\"a\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"a\","
              "\"index\":0,\"signature\":null}]")
            DELTA("\"reasoning\":\"b\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"b\","
                  "\"index\":0,\"signature\":\"s\"}]")
                DELTA("\"content\":\"c\",\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
                      "\"data\":\"d\",\"index\":1}]") "data: "
                                                      "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],"
                                                      "\"usage\":{\"prompt_tokens\":"
                                                      "1,\"cost\":0.00012}}\n\n" END,
        "reasoning:ab text:c reasoning:{\"host\":\"h\",\"reasoning_details\":[{\"index\":0,\"signature\":\"s\","
        "\"text\":\"ab\",\"type\":\"reasoning.text\"},{\"data\":\"d\",\"index\":1,\"type\":"
        "\"reasoning.encrypted\"}]} usage:1,-1,-1,-1,-1,120000 done:stop");
    check_answer(a,
                 DELTA("\"reasoning_details\":[{\"data\":\"a\\u0000b\"}]")
                     DELTA("\"reasoning_details\":[{\"data\":\"c\"}]") FINISH("stop") END,
                 "reasoning:{\"host\":\"h\",\"reasoning_details\":[{\"data\":\"a\\u0000bc\"}]} done:stop");
    a.dialect = "openai"; /* nobody wants them there */
    check_answer(a, DELTA("\"reasoning\":\"a\",\"reasoning_details\":[{\"text\":\"a\"}]") FINISH("stop") END,
                 "reasoning:a done:stop");
}

/* What is not shown is kept, but not without end; and adding a piece does not cost what came before it. */
static void details_are_bounded(void **state)
{
    static const char piece[] =
        "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\","
        "\"data\":\"0123456789abcdef0123456789abcdef\"}]}}]}\n\n";
    struct seen s = {.last = EVENT_KIND_COUNT};
    struct response_head head = {.status = 200, .content_type = "text/event-stream"};
    struct provider_target t = {.model = "m", .dialect = "openrouter"};
    struct error err = ERROR_INIT;
    unsigned n = 0;
    (void)state;

    buf_init(&s.out, 1u << 20);
    struct provider_parser *p = provider_parser_new(provider_find("openai-chat"), &t, &head, sink, &s);
    while (n < 1000000 && provider_feed(p, (const uint8_t *)piece, sizeof piece - 1, &err) == ERR_NONE)
        n++;
    assert_int_equal(err.code, ERR_TOO_LARGE);
    assert_true(n > 100000);
    provider_parser_free(p);
    buf_done(&s.out);
}

static void tool_calls(void **state)
{
    (void)state;
    check_answer(STREAM,
                 DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                       "\"arguments\":\"\"}}]")
                     DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"\",\"function\":{\"arguments\":\"{\\\"x\"}}]")
                         DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\":1}\"}}]")
                             FINISH("tool_calls") END,
                 "tool_call:0,a,f,{\"x\":1} done:tool_calls");
    check_answer(
        STREAM,
        DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}},{\"index\":1,\"id\":\"b\","
              "\"function\":{\"name\":\"g\"}}]") DELTA("\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":"
                                                       "\"2\"}},{\"index\":0,\"function\":{\"arguments\":\"1\"}}]")
            FINISH("stop") END,
        "tool_call:0,a,f, tool_call:1,b,g,2 tool_call:0,,,1 done:tool_calls");
    check_answer(
        STREAM,
        DELTA("\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"b\","
              "\"function\":{\"name\":\"f\"}}]") DELTA("\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]") END,
        "tool_call:0,a,f,{} tool_call:1,b,f,{} done:tool_calls");
    check_answer(
        STREAM,
        DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}},{\"index\":0,\"id\":\"b\","
              "\"function\":{\"name\":\"g\"}}]") END,
        "tool_call:0,a,f, tool_call:1,b,g, done:tool_calls");
    check_answer(WHOLE, MESSAGE("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1]}}}]", "stop"),
                 "tool_call:0,,f,{\"x\":[1]} done:tool_calls");
    check_answer(STREAM,
                 DELTA("\"function_call\":{\"name\":\"f\",\"arguments\":\"{\"}")
                     DELTA("\"function_call\":{\"arguments\":\"}\"}") FINISH("function_call") END,
                 "tool_call:0,,f,{} done:tool_calls");
    check_answer(WHOLE,
                 MESSAGE("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{cut\"}}]", "tool_calls"),
                 "tool_call:0,,f,{cut done:other");
    check_answer(WHOLE, MESSAGE("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{cut\"}}]", "length"),
                 "tool_call:0,,f,{cut done:length");
    check_answer(WHOLE, MESSAGE("\"tool_calls\":[7]", "tool_calls"), "bad_response");
}

/* Each with the index 0 and no id, as Gemini's layer once had them. */
static void calls_without_any_id(void **state)
{
#define BARE(name, arguments)                                                                                          \
    DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"" name "\",\"arguments\":\"" arguments    \
          "\"}}]")
    (void)state;
    check_answer(STREAM, BARE("f", "{\\\"a\\\":1}") BARE("g", "{}") BARE("g", "{}") FINISH("stop") END,
                 "tool_call:0,,f,{\"a\":1} tool_call:1,,g,{} tool_call:2,,g,{} done:tool_calls");
    check_answer(STREAM, BARE("f", "{\\\"a\\\":") BARE("f", "{}}") FINISH("stop") END,
                 "tool_call:0,,f,{\"a\":{}} done:tool_calls");
}

static void too_many_calls(void **state)
{
    struct buf body;
    struct seen s = {.last = EVENT_KIND_COUNT};
    struct response_head head = {.status = 200, .content_type = "application/json"};
    struct provider_target t = {.model = "m"};
    const struct provider_ops *ops = provider_find("openai-chat");
    struct error err = ERROR_INIT;
    (void)state;

    buf_init(&body, 1u << 20);
    buf_init(&s.out, 1u << 20);
    buf_puts(&body, "{\"choices\":[{\"message\":{\"tool_calls\":[");
    for (int i = 0; i < 300; i++)
        buf_printf(&body, "%s{\"index\":%d,\"function\":{\"name\":\"f\"}}", i ? "," : "", i);
    buf_puts(&body, "]}}]}");
    struct provider_parser *p = provider_parser_new(ops, &t, &head, sink, &s);
    provider_feed(p, body.data, body.len, &err);
    assert_int_equal(provider_finish(p, true, &err), ERR_TOO_LARGE);
    provider_parser_free(p);
    buf_done(&body);
    buf_done(&s.out);
}

static void refusals_and_images(void **state)
{
    (void)state;
    check_answer(STREAM, DELTA("\"refusal\":\"I \"") DELTA("\"refusal\":\"won't\"") FINISH("stop") END,
                 "text:I won't done:refusal");
    check_answer(WHOLE,
                 MESSAGE("\"content\":\"\",\"images\":[{\"image_url\":{\"url\":\"data:image/"
                         "png;base64,YWJjZA==\"}},{\"image_url\":{\"url\":\"https://x\"}}]",
                         "stop"),
                 "image:image/png,abcd done:stop");
    check_answer(STREAM, DELTA("\"images\":[{\"image_url\":{\"url\":\"data:image/png;base64,YWJj\"}}]") END,
                 "image:image/png,abc done:stop");
    check_answer(STREAM, DELTA("\"images\":[{\"image_url\":{\"url\":\"data:image/png;base64,!!\"}}]") END, "done:stop");
}

static void usage(void **state)
{
    (void)state;
    check_answer(
        STREAM,
        FINISH(
            "stop") "data: "
                    "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"prompt_tokens_details\":"
                    "{\"cached_tokens\":4,\"cache_write_tokens\":2},\"completion_tokens_details\":{\"reasoning_"
                    "tokens\":1}}}\n\n" END,
        "usage:9,3,4,2,1 done:stop");
    /* 2^40 tokens are the most that is believed. */
    check_answer(STREAM,
                 FINISH("stop") "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1099511627776,"
                                "\"completion_tokens\":1099511627781}}\n\n" END,
                 "usage:1099511627776,1099511627776,-1,-1,-1 done:stop");
    check_answer(STREAM,
                 FINISH("stop") "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1099511627783,"
                                "\"completion_tokens\":1099511627775}}\n\n" END,
                 "usage:1099511627776,1099511627775,-1,-1,-1 done:stop");
    check_answer(STREAM,
                 "data: "
                 "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_"
                 "tokens\":3,"
                 "\"prompt_cache_hit_tokens\":12}}\n\n" END,
                 "usage:9,3,9,-1,-1 done:stop");
    check_answer(STREAM,
                 "data: "
                 "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"x_groq\":{\"usage\":{\"prompt_tokens\":1,"
                 "\"completion_tokens\":2}}}\n\n" END,
                 "usage:1,2,-1,-1,-1 done:stop");
    check_answer(
        STREAM,
        FINISH(
            "stop") "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":22,"
                    "\"completion_tokens_details\":{\"reasoning_tokens\":7}}}\n\n" END,
        "usage:10,12,-1,-1,7 done:stop");
    check_answer(STREAM,
                 "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n"
                 "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":-5}}\n\n" END,
                 "usage:1,1,-1,-1,-1 done:stop");
}

static void rare_fields(void **state)
{
    (void)state;
    check_answer(STREAM,
                 "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":1,"
                 "\"cache_creation_input_tokens\":4}}}\n\n" END,
                 "usage:9,-1,1,4,-1 done:stop");
    check_answer(STREAM,
                 DELTA("\"content\":[{\"type\":\"image_url\",\"image_url\":\"data:image/png;base64,aGk=\"}]") END,
                 "image:image/png,hi done:stop");
}

static void finish_reasons(void **state)
{
    (void)state;
    check_answer(STREAM, FINISH("content_filter") END, "done:content_filter");
    check_answer(STREAM, FINISH("model_length") END, "done:length");
    check_answer(STREAM, FINISH("insufficient_system_resource") END, "done:other");
    check_answer(STREAM, FINISH("sensitive") END, "done:content_filter");
    check_answer(STREAM, FINISH("eos_token") END, "done:stop");
    check_answer(STREAM, FINISH("") END, "done:stop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),
        cmocka_unit_test(ends),
        cmocka_unit_test(strange_streams),
        cmocka_unit_test(whole_bodies),
        cmocka_unit_test(which_it_is),
        cmocka_unit_test(errors_inside),
        cmocka_unit_test(reasoning),
        cmocka_unit_test(details),
        cmocka_unit_test(tool_calls),
        cmocka_unit_test(too_many_calls),
        cmocka_unit_test(refusals_and_images),
        cmocka_unit_test(usage),
        cmocka_unit_test(finish_reasons),
        cmocka_unit_test(details_are_bounded),
        cmocka_unit_test(rare_fields),
        cmocka_unit_test(calls_without_any_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
