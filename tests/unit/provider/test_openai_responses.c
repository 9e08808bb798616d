#include "tests/unit/provider/building.h"
#include "tests/unit/provider/parsing.h"

#define API "openai-responses"
#define EVENT(type, more) "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":1" more "}\n\n"
#define TEXT(index, text)                                                                                              \
    EVENT("response.output_text.delta",                                                                                \
          ",\"item_id\":\"m\",\"output_index\":" #index ",\"content_index\":0,\"delta\":"                              \
          "\"" text "\",\"logprobs\":[],\"obfuscation\":\"xx\"")
#define ADDED(index, item) EVENT("response.output_item.added", ",\"output_index\":" #index ",\"item\":{" item "}")
#define DONE(index, item) EVENT("response.output_item.done", ",\"output_index\":" #index ",\"item\":{" item "}")
#define ARGUMENTS(index, text)                                                                                         \
    EVENT("response.function_call_arguments.delta", ",\"output_index\":" #index ",\"delta\":\"" text "\"")
#define CALL(id, name, arguments)                                                                                      \
    "\"type\":\"function_call\",\"id\":\"fc\",\"call_id\":\"" id "\",\"name\":\"" name "\",\"arguments\":\"" arguments \
    "\""
#define MESSAGE(text) "\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"" text "\"}]"
#define END(status, more) EVENT("response." status, ",\"response\":{\"status\":\"" status "\"" more "}")

static void streams(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 EVENT("response.created", ",\"response\":{\"status\":\"in_progress\",\"error\":null}")
                     ADDED(0, "\"type\":\"message\",\"content\":[]") TEXT(0, "h\xC3\xA9") TEXT(0, "\\u4f60")
                         DONE(0, MESSAGE("h\xC3\xA9\\u4f60"))
                             END("completed",
                                 ",\"usage\":{\"input_tokens\":5,\"input_tokens_details\":{\"cached_tokens\":2},"
                                 "\"output_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":3}}"),
                 "text:hé你 usage:5,7,2,-1,3 done:stop");
    check_answer(SSE_OF(API), TEXT(0, "a"), "text:a unavailable");
    check_answer(SSE_OF(API),
                 TEXT(0, "a") END("incomplete", ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"),
                 "text:a done:length");
    check_answer(SSE_OF(API), END("incomplete", ",\"incomplete_details\":{\"reason\":\"content_filter\"}"),
                 "done:content_filter");
    check_answer(SSE_OF(API),
                 EVENT("response.refusal.delta", ",\"output_index\":0,\"delta\":\"no\"") END("completed", ""),
                 "text:no done:refusal");
}

/* Whoever does not tell how an item grows tells what it holds. */
static void whole_items(void **state)
{
    (void)state;
    check_answer(SSE_OF(API), DONE(0, MESSAGE("a")) DONE(1, CALL("c", "f", "{}")) END("completed", ""),
                 "text:a tool_call:0,c,f,{} done:tool_calls");
    check_answer(SSE_OF(API),
                 ADDED(0, CALL("c", "f", "")) ARGUMENTS(0, "{\\\"a\\\":") ARGUMENTS(0, "1}")
                     DONE(0, CALL("c", "f", "{\\\"a\\\":1}")) ADDED(1, CALL("d", "g", "")) DONE(1, CALL("d", "g", "{}"))
                         END("completed", ""),
                 "tool_call:0,c,f,{\"a\":1} tool_call:1,d,g,{} done:tool_calls");
    check_answer(SSE_OF(API),
                 ADDED(0, "\"type\":\"mcp_call\"") ARGUMENTS(0, "{}")
                     EVENT("response.function_call_arguments.delta", ",\"output_index\":0,\"d\\u0065lta\":\"{}\"")
                         DONE(0, "\"type\":\"mcp_call\"") END("completed", ""),
                 "done:stop");
}

static void many_items(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 DONE(70, CALL("c", "f", "{\\\"a\\\":1}")) DONE(71, CALL("d", "f", "{\\\"a\\\":2}"))
                     DONE(90, MESSAGE("a")) DONE(91, MESSAGE("b")) END("completed", ""),
                 "tool_call:0,c,f,{\"a\":1} tool_call:1,d,f,{\"a\":2} text:ab done:tool_calls");
    check_answer(SSE_OF(API),
                 ADDED(0, CALL("c", "f", ""))
                     EVENT("response.function_call_arguments.done", ",\"output_index\":0,\"arguments\":\"{}\"")
                         DONE(0, CALL("c", "f", "{}")) END("completed", ""),
                 "tool_call:0,c,f,{} done:tool_calls");
    check_answer(SSE_OF(API), END("completed", ",\"output\":[{" MESSAGE("a") "}]"), "text:a done:stop");
    check_answer(SSE_OF(API), TEXT(3, "a") END("completed", ",\"output\":[{" MESSAGE("a") "}]"), "text:a done:stop");
    check_answer(SSE_OF(API),
                 DONE(0, "\"type\":\"image_generation_call\",\"result\":\"aGk=\"")
                     END("completed", ",\"output\":[{\"type\":\"image_generation_call\",\"result\":\"aGk=\"}]"),
                 "image:image/png,hi done:stop");
    check_answer(SSE_OF(API), DONE(1023, MESSAGE("a")) DONE(1024, MESSAGE("b")) END("completed", ""),
                 "text:a too_large");
}

static void reasoning(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 EVENT("response.reasoning_summary_text.delta", ",\"output_index\":0,\"delta\":\"hm\"")
                     DONE(0, "\"type\":\"reasoning\",\"id\":\"rs\",\"encrypted_content\":\"xx\",\"summary\":[{\"type\":"
                             "\"summary_text\",\"text\":\"hm\"}]") DONE(1, MESSAGE("a")) END("completed", ""),
                 "reasoning:hm{\"encrypted_content\":\"xx\",\"host\":\"h\",\"id\":\"rs\",\"summary\":[{\"text\":"
                 "\"hm\",\"type\":\"summary_text\"}],\"type\":\"reasoning\"} text:a done:stop");
    check_answer(
        SSE_OF(API),
        EVENT("response.reasoning_text.delta", ",\"output_index\":0,\"delta\":\"r\"")
            DONE(0, "\"type\":\"reasoning\",\"content\":[{\"type\":\"reasoning_text\",\"text\":\"r\"}],\"summary\":["
                    "{\"text\":\"s\"}]") END("completed", ""),
        "reasoning:r{\"content\":[{\"text\":\"r\",\"type\":\"reasoning_text\"}],\"host\":\"h\",\"summary"
        "\":[{\"text\":\"s\"}],\"type\":\"reasoning\"} done:stop");
    /* One that can be of no use again. */
    check_answer(SSE_OF(API), DONE(0, "\"type\":\"reasoning\",\"id\":\"rs\",\"summary\":[]") END("completed", ""),
                 "done:stop");
}

static void errors(void **state)
{
    (void)state;
    check_answer(SSE_OF(API), TEXT(0, "a") END("failed", ",\"error\":{\"code\":\"server_error\",\"message\":\"m\"}"),
                 "text:a unavailable");
    check_answer(SSE_OF(API), END("failed", ""), "bad_response");
    check_answer(SSE_OF(API), EVENT("error", ",\"code\":\"rate_limit_exceeded\",\"message\":\"m\""), "rate_limited");
    check_answer(SSE_OF(API), EVENT("error", ",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}"),
                 "rate_limited");
}

static void whole(void **state)
{
    (void)state;
    check_answer(
        WHOLE_OF(API),
        "{\"status\":\"completed\",\"error\":null,\"output\":[{\"type\":\"reasoning\",\"summary\":[{\"text\":\"s\"}]},"
        "{" MESSAGE("a") "},{" CALL("c", "f", "{}") "},{\"type\":\"image_generation_call\",\"result\":\"cG5n\"}],"
                                                    "\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}",
        "reasoning:s text:a tool_call:0,c,f,{} image:image/png,png usage:1,2,-1,-1,-1 done:tool_calls");
    check_answer(WHOLE_OF(API), "{\"status\":\"failed\",\"error\":{\"code\":\"server_error\"},\"output\":[]}",
                 "unavailable");
    check_answer(WHOLE_OF(API), "{\"status\":\"completed\"}", "bad_response");
}

/* ------------------------------------------------------------------------------------------------ requests */

static int set_up_here(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    f->api = API;
    f->t = (struct provider_target){
        .base_url = "https://h/v1", .dialect = "openai", .model = "gpt-5", .conversation = "c"};
    return 0;
}

static void a_conversation(void **state)
{
    struct fixture *f = *state;

    tool_loop(f);
    check(f, "{\"model\":\"gpt-5\",\"instructions\":\"be brief\",\"input\":[{\"role\":\"user\",\"content\":[{"
             "\"type\":\"input_text\",\"text\":\"what is this?\"},{\"type\":\"input_image\",\"image_url\":\"d"
             "ata:image/png;base64,cG5n\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
             "\"text\":\"I look.\"}]},{\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"weather\""
             ",\"arguments\":\"{\\\"city\\\":\\\"Z\\\\u00fcrich\\\"}\"},{\"type\":\"function_call\",\"call_id"
             "\":\"call_2\",\"name\":\"time\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"call"
             "_id\":\"call_1\",\"output\":\"{\\\"c\\\":20}\"},{\"type\":\"function_call_output\",\"call_id\":"
             "\"call_2\",\"output\":\"no clock\"},{\"role\":\"user\",\"content\":\"and?\"}],\"stream\":true,"
             "\"store\":false,\"prompt_cache_key\":\"c\",\"tools\":[{\"name\":\"weather\",\"description\":\"w"
             "hat it does\",\"parameters\":{\"properties\":{\"city\":{\"type\":\"string\"}},\"type\":\"object"
             "\"},\"type\":\"function\",\"strict\":false},{\"name\":\"time\",\"type\":\"function\",\"strict\""
             ":false,\"parameters\":{\"type\":\"object\",\"properties\":{}}}],\"include\":[\"reasoning.encryp"
             "ted_content\"]}");
    assert_string_equal(f->x.url, "https://h/v1/responses");
}

static void items_go_back(void **state)
{
    struct fixture *f = *state;
    struct message *m;

    ask(f, "q");
    m = say(f, ROLE_ASSISTANT, NULL);
    thought(m, "hm", NULL,
            "{\"host\":\"h\",\"type\":\"reasoning\",\"id\":\"r1\",\"encrypted_content\":\"x\",\"summary\":[]}");
    call(m, "c1", "f", "");
    thought(m, "hm", NULL, "{\"host\":\"elsewhere\",\"type\":\"reasoning\",\"id\":\"r2\"}");
    thought(m, "hm", NULL,
            "{\"host\":\"h\",\"type\":\"reasoning\",\"id\":\"r4\",\"summary\":[]}"); /* stored there alone */
    thought(m, "hm", "another API's", NULL);
    add_part(m, PART_TEXT, "a");
    thought(m, "hm", NULL, "{\"host\":\"h\",\"type\":\"reasoning\",\"id\":\"r3\"}"); /* nothing follows it */
    result(say(f, ROLE_TOOL, NULL), "c1", "one");
    check_member(f, "input",
                 "[{\"role\":\"user\",\"content\":\"q\"},{\"type\":\"reasoning\",\"encrypted_content\":\"x\",\"su"
                 "mmary\":[]},{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"}"
                 ",{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"a\"}]},{\"type\":\"f"
                 "unction_call_output\",\"call_id\":\"c1\",\"output\":\"one\"}]");
}

/* A model answers in the order of the schema. */
static void order_of_a_schema(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->schema = value_of("{\"type\":\"object\",\"properties\":{\"why\":{},\"answer\":{}}}");
    check_member(f, "text.format.schema", "{\"type\":\"object\",\"properties\":{\"why\":{},\"answer\":{}}}");
}

static void options(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->has_seed = f->r->has_top_p = f->r->has_temperature = f->r->has_max_tokens = true;
    f->r->temperature = 0.5;
    f->r->max_tokens = 7;
    chat_request_add_stop(f->r, "END", 3);
    check_member(f, "max_output_tokens", "7");
    check_member(f, "include", "[\"reasoning.encrypted_content\"]");
    check_left_out(f, "temperature, top_p, seed, stop");
    f->t.model = "gpt-4o";
    check_member(f, "temperature", "0.5");
    check_member(f, "include", "");
    check_left_out(f, "seed, stop");
    f->r->reasoning = REASONING_HIGH;
    check_member(f, "reasoning", "");
    check_left_out(f, "seed, stop, reasoning");
    f->t.model = "gpt-5";
    check_member(f, "reasoning", "{\"effort\":\"high\"}");
    f->r->extra = value_of("{\"reasoning\":{\"summary\":\"auto\"}}");
    check_member(f, "reasoning", "{\"effort\":\"high\",\"summary\":\"auto\"}");
    f->r->schema = value_of("{\"additionalProperties\":false,\"properties\":{},\"type\":\"object\"}");
    check_member(f, "text",
                 "{\"format\":{\"type\":\"json_schema\",\"name\":\"answer\",\"strict\":true,\"schema\":{\"additio"
                 "nalProperties\":false,\"properties\":{},\"type\":\"object\"}}}");
    add_tool(f, "f", NULL);
    f->r->tool_choice = TOOL_CHOICE_NAMED;
    f->r->tool_choice_name = strdup("f");
    check_member(f, "tools",
                 "[{\"name\":\"f\",\"type\":\"function\",\"strict\":false,\"parameters\":{\"type\":\"object\",\"p"
                 "roperties\":{}}}]");
    check_member(f, "tool_choice", "{\"type\":\"function\",\"name\":\"f\"}");
    value_unref(f->r->extra);
    f->r->extra = value_of("{\"previous_response_id\":\"r\"}");
    check_refused(f, "extra.previous_response_id");
}

static void attachments(void **state)
{
    struct fixture *f = *state;
    struct message *m = say(f, ROLE_USER, NULL);

    attach(m, PART_IMAGE, "image/png", "png");
    attach(m, PART_FILE, "application/pdf", "%PDF")->name = strdup("a.pdf");
    message_add_part(m, PART_FILE)->url = strdup("https://x/a.pdf");
    check_member(f, "input.0.content",
                 "[{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,cG5n\"},{\"type\":\"input_file"
                 "\",\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,JVBERg==\"},{\"type\":\"i"
                 "nput_file\",\"file_url\":\"https://x/a.pdf\"}]");
    attach(m, PART_AUDIO, "audio/wav", "wav");
    check_refused(f, "messages");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up_here, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),    cmocka_unit_test(whole_items),
        cmocka_unit_test(reasoning),  cmocka_unit_test(errors),
        cmocka_unit_test(whole),      WITH(a_conversation),
        WITH(items_go_back),          WITH(options),
        WITH(order_of_a_schema),      WITH(attachments),
        cmocka_unit_test(many_items),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
