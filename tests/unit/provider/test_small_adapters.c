/* Ollama, Cohere, DashScope. */
#include "tests/unit/provider/building.h"
#include "tests/unit/provider/parsing.h"

#define LINE(message, more)                                                                                            \
    "{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\"," message "}" more "}\n"
#define GOES_ON ",\"done\":false"
#define LAST(reason) ",\"done\":true,\"done_reason\":\"" reason "\",\"prompt_eval_count\":3,\"eval_count\":4"

static void ollama_streams(void **state)
{
    (void)state;
    check_answer(LINES_OF("ollama"),
                 LINE("\"content\":\"\",\"thinking\":\"hm\"", GOES_ON) LINE("\"content\":\"h\xC3\xA9\"", GOES_ON)
                     LINE("\"content\":\"\\u4f60\"", GOES_ON) LINE("\"content\":\"\"", LAST("stop")),
                 "reasoning:hm text:hé你 usage:3,4,-1,-1,-1 done:stop");
    check_answer(
        LINES_OF("ollama"),
        LINE("\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}},{\"function\":{"
             "\"name\":\"f\",\"arguments\":{\"a\":2}}}]",
             GOES_ON) LINE("\"content\":\"\"", LAST("stop")),
        "tool_call:0,call_3af751b7c447d495,f,{\"a\":1} tool_call:1,call_a68b8565e02c02d8,f,{\"a\":2} usa"
        "ge:3,4,-1,-1,-1 done:tool_calls");
    check_answer(LINES_OF("ollama"), LINE("\"content\":\"a\"", GOES_ON) "{\"error\":\"model not found\"}\n",
                 "text:a bad_response");
    check_answer(LINES_OF("ollama"), LINE("\"content\":\"a\"", GOES_ON), "text:a unavailable");
    check_answer(LINES_OF("ollama"), LINE("\"content\":\"a\"", GOES_ON) "{\"mess", "text:a unavailable");
    check_answer(LINES_OF("ollama"), LINE("\"content\":\"a\"", LAST("length")),
                 "text:a usage:3,4,-1,-1,-1 done:length");
    check_answer(LINES_OF("ollama"), "{\"done\":true,\"done_reason\":\"stop\"}", "done:stop"); /* no end of the line */
    check_answer(LINES_OF("ollama"), "no JSON\n", "bad_response");
    check_answer(WHOLE_OF("ollama"),
                 "{\n \"message\": {\"content\": \"a\"},\n \"done\": true, \"done_reason\": \"stop\"}",
                 "text:a done:stop");
    check_answer(WHOLE_OF("ollama"), LINE("\"content\":\"a\"", GOES_ON) LINE("\"content\":\"b\"", LAST("stop")),
                 "text:ab usage:3,4,-1,-1,-1 done:stop"); /* lines that call themselves JSON */
    check_answer(WHOLE_OF("ollama"), LINE("\"content\":\"a\"", GOES_ON) LINE("\"content\":\"b\"", GOES_ON),
                 "text:ab unavailable");
    check_answer(WHOLE_OF("ollama"), "{\"error\":\"it broke\"}", "bad_response");
    check_answer((struct answer){"ollama", 404, "application/json", NULL, false}, "{\"error\":\"model 'x' not found\"}",
                 "not_found");
}

#define EVENT(type, delta) "event: " type "\ndata: {\"type\":\"" type "\",\"index\":0,\"delta\":{" delta "}}\n\n"
#define TEXT(text) EVENT("content-delta", "\"message\":{\"content\":{\"text\":\"" text "\"}}")
#define END(reason)                                                                                                    \
    EVENT("message-end",                                                                                               \
          "\"finish_reason\":\"" reason "\",\"usage\":{\"tokens\":{\"input_tokens\":9,\"output_tokens\":4},"           \
          "\"cached_tokens\":2}")                                                                                      \
    "data: [DONE]\n\n"

static void cohere_streams(void **state)
{
    (void)state;
    check_answer(SSE_OF("cohere"),
                 EVENT("message-start", "\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\"}")
                     EVENT("content-start", "\"message\":{\"content\":{\"type\":\"thinking\",\"thinking\":\"\"}}")
                         EVENT("content-delta", "\"message\":{\"content\":{\"thinking\":\"hm\"}}") TEXT("h\xC3\xA9")
                             TEXT("\\u4f60") END("COMPLETE"),
                 "reasoning:hm text:hé你 usage:9,4,2,-1,-1 done:stop");
    check_answer(
        SSE_OF("cohere"),
        EVENT("tool-plan-delta", "\"message\":{\"tool_plan\":\"I \"}") EVENT("tool-plan-delta",
                                                                             "\"message\":{\"tool_plan\":\"will\"}")
            EVENT("tool-call-start", "\"message\":{\"tool_calls\":{\"id\":\"c\",\"type\":\"function\",\"function\":{"
                                     "\"name\":\"f\",\"arguments\":\"\"}}}")
                EVENT("tool-call-delta", "\"message\":{\"tool_calls\":{\"function\":{\"arguments\":\"{}\"}}}")
                    END("TOOL_CALL"),
        "tool_call:0,c,f,{} reasoning:{\"host\":\"h\",\"tool_plan\":\"I will\"} usage:9,4,2,-1,-1 done:tool_calls");
    check_answer(SSE_OF("cohere"), TEXT("a") END("MAX_TOKENS"), "text:a usage:9,4,2,-1,-1 done:length");
    check_answer(SSE_OF("cohere"), TEXT("a") END("ERROR"), "text:a usage:9,4,2,-1,-1 done:other");
    check_answer(SSE_OF("cohere"), TEXT("a"), "text:a unavailable");
    check_answer(
        WHOLE_OF("cohere"),
        "{\"id\":\"x\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]},\"finish_reason\":\"COMPLETE\"}",
        "text:a done:stop");
    check_answer(WHOLE_OF("cohere"), "{\"id\":\"x\",\"message\":\"it broke\"}", "bad_response");
    check_answer((struct answer){"cohere", 401, "application/json", NULL, false}, "{\"message\":\"invalid api token\"}",
                 "unauthenticated");
}

#define CHUNK(output)                                                                                                  \
    "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{" output                                                  \
    "},\"usage\":{\"input_tokens\":5,\"output_tokens\":6,"                                                             \
    "\"prompt_tokens_details\":{\"cached_tokens\":1}},\"request_id\":\"r\"}\n\n"
#define CHOICE(message, reason)                                                                                        \
    CHUNK("\"choices\":[{\"message\":{" message ",\"role\":\"assistant\"},\"finish_reason\":\"" reason "\"}]")

static void dashscope_streams(void **state)
{
    (void)state;
    check_answer(SSE_OF("dashscope"),
                 CHOICE("\"content\":\"\",\"reasoning_content\":\"hm\"", "null")
                     CHOICE("\"content\":\"h\xC3\xA9\"", "null") CHOICE("\"content\":\"\\u4f60\"", "null")
                         CHOICE("\"content\":\"\"", "stop"),
                 "reasoning:hm text:hé你 usage:5,6,1,-1,-1 done:stop");
    check_answer(SSE_OF("dashscope"),
                 CHOICE("\"content\":[{\"text\":\"a\"}]", "null") CHOICE("\"content\":[]", "length"),
                 "text:a usage:5,6,1,-1,-1 done:length");
    check_answer(SSE_OF("dashscope"),
                 CHUNK("\"text\":\"a\",\"finish_reason\":\"null\"") CHUNK("\"text\":\"b\",\"finish_reason\":\"stop\""),
                 "text:ab usage:5,6,1,-1,-1 done:stop");
    check_answer(
        SSE_OF("dashscope"),
        CHOICE("\"content\":\"\",\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":"
               "\"{\\\"a\\\":\"}}]",
               "null")
            CHOICE("\"content\":\"\",\"tool_calls\":[{\"index\":0,\"id\":\"\",\"function\":{\"arguments\":\"1}\"}}]",
                   "tool_calls"),
        "tool_call:0,c,f,{\"a\":1} usage:5,6,1,-1,-1 done:tool_calls");
    check_answer(SSE_OF("dashscope"), CHOICE("\"content\":\"a\"", "null"), "text:a unavailable");
    check_answer(WHOLE_OF("dashscope"), "{\"output\":null,\"code\":\"InvalidParameter\",\"message\":\"m\"}",
                 "invalid_request");
    check_answer(SSE_OF("dashscope"),
                 "event:error\ndata:{\"code\":\"Throttling\",\"message\":\"m\",\"request_id\":\"r\"}\n\n",
                 "rate_limited");
    check_answer(WHOLE_OF("dashscope"), "{\"output\":{\"text\":\"a\",\"finish_reason\":\"stop\"}}", "text:a done:stop");
    check_answer(WHOLE_OF("dashscope"), "{\"code\":\"InvalidApiKey\",\"message\":\"m\"}", "unauthenticated");
}

/* ------------------------------------------------------------------------------------------------ requests */

static void use(struct fixture *f, const char *api, const char *model)
{
    f->api = api;
    f->t = (struct provider_target){.base_url = "https://h", .model = model};
}

static void say_all(struct fixture *f)
{
    f->r->has_seed = f->r->has_top_p = f->r->has_temperature = f->r->has_max_tokens = true;
    f->r->temperature = 0.5;
    f->r->top_p = 0.25;
    f->r->max_tokens = 7;
    f->r->seed = 8;
    chat_request_add_stop(f->r, "END", 3);
    f->r->schema = value_of("{\"type\":\"object\"}");
    f->r->reasoning = REASONING_LOW;
    f->r->tool_choice = TOOL_CHOICE_REQUIRED;
}

static void ollama_asks(void **state)
{
    struct fixture *f = *state;

    use(f, "ollama", "qwen3");
    tool_loop(f);
    thought(&f->r->messages[1], "hm", NULL, NULL);
    say_all(f);
    check(f, "{\"model\":\"qwen3\",\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},{\"role\":\"u"
             "ser\",\"content\":\"what is this?\",\"images\":[\"cG5n\"]},{\"role\":\"assistant\",\"content\":"
             "\"I look.\",\"thinking\":\"hm\",\"tool_calls\":[{\"function\":{\"name\":\"weather\",\"arguments"
             "\":{\"city\":\"Zürich\"}}},{\"function\":{\"name\":\"time\",\"arguments\":{}}}]},{\"role\":\"to"
             "ol\",\"content\":\"{\\\"c\\\":20}\",\"tool_name\":\"weather\"},{\"role\":\"tool\",\"content\":"
             "\"no clock\",\"tool_name\":\"time\"},{\"role\":\"user\",\"content\":\"and?\"}],\"stream\":true,"
             "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"what it "
             "does\",\"parameters\":{\"properties\":{\"city\":{\"type\":\"string\"}},\"type\":\"object\"}}},{"
             "\"type\":\"function\",\"function\":{\"name\":\"time\"}}],\"format\":{\"type\":\"object\"},\"opt"
             "ions\":{\"temperature\":0.5,\"top_p\":0.25,\"num_predict\":7,\"seed\":8,\"stop\":[\"END\"]},\"t"
             "hink\":true}");
    check_left_out(f, "tool_choice");
    assert_string_equal(f->x.url, "https://h/api/chat");
    f->t.model = "gpt-oss:20b";
    check_member(f, "think", "\"low\"");
    message_add_part(say(f, ROLE_USER, "and this?"), PART_IMAGE)->url = strdup("https://x/a.png");
    check_refused(f, "messages");
}

static void cohere_asks(void **state)
{
    struct fixture *f = *state;

    use(f, "cohere", "command-a-reasoning-08-2025");
    tool_loop(f);
    thought(&f->r->messages[1], "", NULL, "{\"host\":\"h\",\"tool_plan\":\"I will\"}");
    say_all(f);
    check(f, "{\"model\":\"command-a-reasoning-08-2025\",\"messages\":[{\"role\":\"system\",\"content\":\"be "
             "brief\\n\\nAnswer with JSON only, by this JSON schema: {\\\"type\\\":\\\"object\\\"}\"},{\"role"
             "\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"what is this?\"},{\"type\":\"image_url\""
             ",\"image_url\":{\"url\":\"data:image/png;base64,cG5n\"}}]},{\"role\":\"assistant\",\"content\":"
             "\"I look.\",\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"w"
             "eather\",\"arguments\":\"{\\\"city\\\":\\\"Z\\\\u00fcrich\\\"}\"}},{\"id\":\"call_2\",\"type\":"
             "\"function\",\"function\":{\"name\":\"time\",\"arguments\":\"{}\"}}],\"tool_plan\":\"I will\"},"
             "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"{\\\"c\\\":20}\"},{\"role\":\"tool"
             "\",\"tool_call_id\":\"call_2\",\"content\":\"no clock\"},{\"role\":\"user\",\"content\":\"and?"
             "\"}],\"stream\":true,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"des"
             "cription\":\"what it does\",\"parameters\":{\"properties\":{\"city\":{\"type\":\"string\"}},\"t"
             "ype\":\"object\"}}},{\"type\":\"function\",\"function\":{\"name\":\"time\"}}],\"tool_choice\":"
             "\"REQUIRED\",\"temperature\":0.5,\"p\":0.25,\"max_tokens\":7,\"seed\":8,\"stop_sequences\":[\"E"
             "ND\"],\"thinking\":{\"type\":\"enabled\",\"token_budget\":2048}}");
    assert_string_equal(f->x.url, "https://h/v2/chat");
    f->t.model = "command-a-03-2025";
    check_member(f, "thinking", "");
    check_left_out(f, "reasoning");
    f->r->tool_choice = TOOL_CHOICE_NAMED;
    check_member(f, "tool_choice", "");
    check_left_out(f, "tool_choice, reasoning");
}

static void dashscope_asks(void **state)
{
    struct fixture *f = *state;

    use(f, "dashscope", "qwen-vl-max");
    tool_loop(f);
    say_all(f);
    check(f, "{\"model\":\"qwen-vl-max\",\"input\":{\"messages\":[{\"role\":\"system\",\"content\":[{\"text\""
             ":\"be brief\\n\\nAnswer with JSON only, by this JSON schema: {\\\"type\\\":\\\"object\\\"}\"}]}"
             ",{\"role\":\"user\",\"content\":[{\"text\":\"what is this?\"},{\"image\":\"data:image/png;base6"
             "4,cG5n\"}]},{\"role\":\"assistant\",\"content\":[{\"text\":\"I look.\"}],\"tool_calls\":[{\"id"
             "\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"cit"
             "y\\\":\\\"Z\\\\u00fcrich\\\"}\"}},{\"id\":\"call_2\",\"type\":\"function\",\"function\":{\"name"
             "\":\"time\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"name\":\""
             "weather\",\"content\":[{\"text\":\"{\\\"c\\\":20}\"}]},{\"role\":\"tool\",\"tool_call_id\":\"ca"
             "ll_2\",\"name\":\"time\",\"content\":[{\"text\":\"no clock\"}]},{\"role\":\"user\",\"content\":"
             "[{\"text\":\"and?\"}]}]},\"parameters\":{\"result_format\":\"message\",\"incremental_output\":t"
             "rue,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"what"
             " it does\",\"parameters\":{\"properties\":{\"city\":{\"type\":\"string\"}},\"type\":\"object\"}"
             "}},{\"type\":\"function\",\"function\":{\"name\":\"time\"}}],\"temperature\":0.5,\"top_p\":0.25"
             ",\"max_tokens\":7,\"seed\":8,\"stop\":[\"END\"],\"enable_thinking\":true}}");
    assert_string_equal(f->x.url, "https://h/api/v1/services/aigc/multimodal-generation/generation");
    assert_string_equal(header(&f->x, "X-DashScope-SSE"), "enable");
    f->r->reasoning = REASONING_DEFAULT;
    check_member(f, "parameters.response_format", "{\"type\":\"json_object\"}");
    f->t.model = "qwen-plus";
    check_member(f, "input.messages.1.content", "\"what is this?\"");
    assert_string_equal(f->x.url, "https://h/api/v1/services/aigc/text-generation/generation");
    check_left_out(f, "image, tool_choice");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ollama_streams),
        cmocka_unit_test(cohere_streams),
        cmocka_unit_test(dashscope_streams),
        WITH(ollama_asks),
        WITH(cohere_asks),
        WITH(dashscope_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
