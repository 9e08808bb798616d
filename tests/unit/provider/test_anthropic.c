#include "tests/unit/provider/building.h"
#include "tests/unit/provider/parsing.h"

#define API "anthropic"
#define EVENT(json) "event: x\ndata: " json "\n\n"
#define START(usage)                                                                                                   \
    EVENT("{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"content\":[],\"stop_reason\":null,\"usage\":"   \
          "{" usage "}}}")
#define BLOCK(index, block)                                                                                            \
    EVENT("{\"type\":\"content_block_start\",\"index\":" #index ",\"content_block\":{" block "}}")
#define DELTA(index, delta) EVENT("{\"type\":\"content_block_delta\",\"index\":" #index ",\"delta\":{" delta "}}")
#define TEXT(index, text) DELTA(index, "\"type\":\"text_delta\",\"text\":\"" text "\"")
#define JSON(index, text) DELTA(index, "\"type\":\"input_json_delta\",\"partial_json\":\"" text "\"")
#define STOP(index) EVENT("{\"type\":\"content_block_stop\",\"index\":" #index "}")
#define END(reason, usage)                                                                                             \
    EVENT("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" reason "\"},\"usage\":{" usage "}}")             \
    EVENT("{\"type\":\"message_stop\"}")

static void streams(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 START("\"input_tokens\":3,\"cache_read_input_tokens\":10,\"cache_creation_input_tokens\":5,"
                       "\"output_tokens\":1") BLOCK(0, "\"type\":\"text\",\"text\":\"\"") EVENT("{\"type\":\"ping\"}")
                     TEXT(0, "h\xC3\xA9") TEXT(0, "\\u4f60") STOP(0) END("end_turn", "\"output_tokens\":7"),
                 "text:hé你 usage:18,7,10,5,-1 done:stop");
    /* The later figure counts. */
    check_answer(SSE_OF(API),
                 START("\"input_tokens\":3,\"output_tokens\":1")
                     END("max_tokens", "\"input_tokens\":4,\"output_tokens\":7,"
                                       "\"output_tokens_details\":{\"thinking_tokens\":2}"),
                 "usage:4,7,-1,-1,2 done:length");
    check_answer(SSE_OF(API), START("") TEXT(0, "a"), "text:a unavailable");
    check_answer(SSE_OF(API), START("") EVENT("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}"),
                 "done:stop"); /* a clean end behind a reason */
}

static void thinking(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 START("") BLOCK(0, "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"")
                     DELTA(0, "\"type\":\"thinking_delta\",\"thinking\":\"hm\"")
                         DELTA(0, "\"type\":\"signature_delta\",\"signature\":\"sig\"") STOP(0)
                             BLOCK(1, "\"type\":\"redacted_thinking\",\"data\":\"xx\"") STOP(1)
                                 BLOCK(2, "\"type\":\"text\",\"text\":\"so\"") END("end_turn", ""),
                 "reasoning:hm[sig]{\"host\":\"h\"} "
                 "reasoning:{\"data\":\"xx\",\"host\":\"h\",\"type\":\"redacted_thinking\"} text:so done:stop");
}

static void tools(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 START("") BLOCK(0, "\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}") JSON(0, "")
                     JSON(0, "{\\\"a\\\":") JSON(0, "1}") STOP(0)
                         BLOCK(1, "\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}") STOP(1)
                             END("tool_use", ""),
                 "tool_call:0,t1,f,{\"a\":1} tool_call:1,t2,g, done:tool_calls");
    /* The input where the block begins: alone, and told again. */
    check_answer(SSE_OF(API),
                 START("") BLOCK(0, "\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"a\":1}") STOP(0)
                     BLOCK(1, "\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{\"b\":2}")
                         JSON(1, "{\\\"b\\\":2}") END("tool_use", ""),
                 "tool_call:0,t1,f, tool_call:1,t2,g,{\"b\":2} tool_call:0,,,{\"a\":1} done:tool_calls");
    /* A tool that the provider runs is not ours to call. */
    check_answer(SSE_OF(API),
                 START("") BLOCK(0, "\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}")
                     JSON(0, "{}") DELTA(0, "\"type\":\"input_json_delta\",\"partial\\u005fjson\":\"{}\"") STOP(0)
                         BLOCK(1, "\"type\":\"web_search_tool_result\",\"content\":[]")
                             BLOCK(2, "\"type\":\"unheard_of\"") TEXT(2, "a")
                                 DELTA(2, "\"type\":\"citations_delta\",\"citation\":{}") END("pause_turn", ""),
                 "text:a done:pause");
    check_answer(SSE_OF(API),
                 START("") BLOCK(0, "\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}") JSON(0, "{\\\"a")
                     END("tool_use", ""),
                 "tool_call:0,t,f,{\"a done:other");
}

static void ends(void **state)
{
    (void)state;
    check_answer(SSE_OF(API), START("") END("refusal", ""), "done:refusal");
    check_answer(SSE_OF(API), START("") END("stop_sequence", ""), "done:stop");
    check_answer(SSE_OF(API), START("") END("model_context_window_exceeded", ""), "done:length");
    check_answer(SSE_OF(API), START("") END("something_new", ""), "done:other");
    check_answer(SSE_OF(API),
                 START("") TEXT(0, "a") "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
                                        "\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
                 "text:a overloaded");
    check_answer((struct answer){API, 529, "application/json", NULL, false},
                 "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
                 "overloaded");
}

static void whole(void **state)
{
    (void)state;
    check_answer(
        WHOLE_OF(API),
        "{\"type\":\"message\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"
        "{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"x\":1}}],"
        "\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}",
        "reasoning:hm[s]{\"host\":\"h\"} text:a tool_call:0,t,f,{\"x\":1} usage:1,2,-1,-1,-1 done:tool_calls");
    check_answer(WHOLE_OF(API), "{\"type\":\"message\"}", "bad_response");
}

/* ------------------------------------------------------------------------------------------------ requests */

static int set_up_here(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    f->api = API;
    f->t = (struct provider_target){.base_url = "https://h", .model = "claude-sonnet-4-5", .conversation = "c"};
    return 0;
}

static void a_conversation(void **state)
{
    struct fixture *f = *state;

    tool_loop(f);
    check(f, "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":64000,\"stream\":true,\"system\":[{\"type\":\"t"
             "ext\",\"text\":\"be brief\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role"
             "\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"what is this?\"},{\"type\":\"image\",\"s"
             "ource\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"cG5n\"}}]},{\"role\":\"ass"
             "istant\",\"content\":[{\"type\":\"text\",\"text\":\"I look.\"},{\"type\":\"tool_use\",\"id\":\""
             "call_1\",\"name\":\"weather\",\"input\":{\"city\":\"Zürich\"}},{\"type\":\"tool_use\",\"id\":\""
             "call_2\",\"name\":\"time\",\"input\":{},\"cache_control\":{\"type\":\"ephemeral\"}}]},{\"role\""
             ":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"call_1\",\"content\":\"{\\\""
             "c\\\":20}\"},{\"type\":\"tool_result\",\"tool_use_id\":\"call_2\",\"content\":\"no clock\",\"is"
             "_error\":true},{\"type\":\"text\",\"text\":\"and?\"}]}],\"tools\":[{\"name\":\"weather\",\"desc"
             "ription\":\"what it does\",\"input_schema\":{\"properties\":{\"city\":{\"type\":\"string\"}},\""
             "type\":\"object\"}},{\"name\":\"time\",\"input_schema\":{\"type\":\"object\"},\"cache_control\""
             ":{\"type\":\"ephemeral\"}}]}");
    assert_string_equal(f->x.url, "https://h/v1/messages");
    assert_string_equal(header(&f->x, "anthropic-version"), "2023-06-01");
}

static void calls_without_tools(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    struct message *m = say(f, ROLE_ASSISTANT, NULL);
    call(m, "c1", "f", "{}");
    call(m, "c2", "g", "{}");
    call(m, "c3", "f", "{}");
    m = say(f, ROLE_TOOL, NULL);
    result(m, "c1", "1");
    result(m, "c2", "2");
    result(m, "c3", "3");
    check_member(f, "tools",
                 "[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}},{\"name\":\"g\",\"input_schema\":{\"type\":"
                 "\"object\"}}]");
    check_member(f, "tool_choice", "{\"type\":\"none\"}");
}

static void thinking_goes_back(void **state)
{
    struct fixture *f = *state;
    struct message *m;

    ask(f, "q");
    m = say(f, ROLE_ASSISTANT, NULL);
    thought(m, "mine", "sig", "{\"host\":\"h\"}");
    thought(m, "another's", "sig", "{\"host\":\"elsewhere\"}");
    thought(m, "unsigned", NULL, NULL);
    thought(m, "", NULL, "{\"host\":\"h\",\"type\":\"redacted_thinking\",\"data\":\"xx\"}");
    thought(m, "a client's", "own", NULL);
    message_add_text(m, "a", 1);
    ask(f, "r");
    check_member(f, "messages.1.content",
                 "[{\"type\":\"thinking\",\"thinking\":\"mine\",\"signature\":\"sig\"},{\"type\":\"redacted_think"
                 "ing\",\"data\":\"xx\"},{\"type\":\"thinking\",\"thinking\":\"a client's\",\"signature\":\"own\""
                 "},{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}}]");
}

static void how_much_to_think(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->reasoning = REASONING_LOW;
    check_member(f, "thinking", "{\"type\":\"enabled\",\"budget_tokens\":2048}");
    check_member(f, "max_tokens", "64000");
    f->r->has_max_tokens = true;
    f->r->max_tokens = 1500;
    check_member(f, "thinking", "{\"type\":\"enabled\",\"budget_tokens\":1499}");
    f->r->max_tokens = 1000;
    check_member(f, "thinking", "");
    check_left_out(f, "reasoning");
    f->r->has_max_tokens = false;
    f->r->reasoning = REASONING_BUDGET;
    f->r->reasoning_budget = 5000;
    f->r->has_temperature = true;
    check_member(f, "thinking.budget_tokens", "5000");
    check_member(f, "temperature", "");
    check_left_out(f, "temperature");
    f->r->reasoning = REASONING_OFF;
    check_member(f, "thinking", "{\"type\":\"disabled\"}");
    check_member(f, "temperature", "0.0");
    f->t.model = "claude-opus-4-6";
    f->r->reasoning = REASONING_HIGH;
    check_member(f, "thinking", "{\"type\":\"adaptive\"}");
    check_member(f, "output_config", "{\"effort\":\"high\"}");
    f->r->reasoning = REASONING_BUDGET;
    check_member(f, "thinking", "{\"type\":\"enabled\",\"budget_tokens\":5000}");
    f->t.model = "claude-opus-4-7"; /* which knows words only */
    check_member(f, "output_config", "{\"effort\":\"medium\"}");
    f->r->reasoning = REASONING_HIGH;
    f->t.model = "claude-3-5-haiku-20241022";
    check_member(f, "thinking", "");
    check_member(f, "max_tokens", "8192");
    /* Another's calls are under way: without their thinking it may not think now. */
    f->t.model = "claude-sonnet-4-5";
    struct message *m = say(f, ROLE_ASSISTANT, NULL);
    call(m, "c", "f", "{}");
    result(say(f, ROLE_TOOL, NULL), "c", "1");
    check_member(f, "thinking", "");
    check_left_out(f, "reasoning");
}

static void options(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->has_seed = f->r->has_top_p = true;
    f->r->top_p = 0.5;
    chat_request_add_stop(f->r, "END", 3);
    f->r->schema = value_of("{\"type\":\"object\"}");
    check_member(f, "stop_sequences", "[\"END\"]");
    check_member(f, "top_p", "0.5");
    check_left_out(f, "seed");
    add_tool(f, "f", NULL);
    static const struct {
        enum tool_choice choice;
        const char *want;
    } choices[] = {{TOOL_CHOICE_DEFAULT, ""},
                   {TOOL_CHOICE_AUTO, "{\"type\":\"auto\"}"},
                   {TOOL_CHOICE_NONE, "{\"type\":\"none\"}"},
                   {TOOL_CHOICE_REQUIRED, "{\"type\":\"any\"}"},
                   {TOOL_CHOICE_NAMED, "{\"type\":\"tool\",\"name\":\"f\"}"}};
    f->r->tool_choice_name = strdup("f");
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        f->r->tool_choice = choices[i].choice;
        check_member(f, "tool_choice", choices[i].want);
    }
    f->r->reasoning = REASONING_LOW; /* a forced call and thinking exclude each other */
    check_member(f, "tool_choice", "");
    check_left_out(f, "tool_choice, top_p, seed");
}

static void attachments(void **state)
{
    struct fixture *f = *state;
    struct message *m = say(f, ROLE_USER, NULL);

    attach(m, PART_FILE, "application/pdf", "%PDF")->name = strdup("a.pdf");
    message_add_part(m, PART_FILE)->url = strdup("https://x/a.pdf");
    message_add_part(m, PART_IMAGE)->url = strdup("https://x/a.png");
    check_member(f, "messages.0.content",
                 "[{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"da"
                 "ta\":\"JVBERg==\"},\"title\":\"a.pdf\"},{\"type\":\"document\",\"source\":{\"type\":\""
                 "url\",\"url\":\"https://x/a.pdf\"}},{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\""
                 "https://x/a.png\"}}]");
    attach(m, PART_AUDIO, "audio/wav", "wav");
    check_refused(f, "messages");
    say(f, ROLE_ASSISTANT, "a");
    ask(f, "and?"); /* what was said before is left out */
    check_left_out(f, "audio");
}

static void empty_turns(void **state)
{
    struct fixture *f = *state;

    attach(say(f, ROLE_USER, NULL), PART_AUDIO, "audio/wav", "wav");
    say(f, ROLE_ASSISTANT, "");
    ask(f, "one");
    ask(f, "two");
    check_member(f, "messages",
                 "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"(there was an attachment here: a"
                 "udio)\"},{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}]}]");
}

static void schemas(void **state)
{
#define ONE "{\"properties\":{\"a\":{\"type\":\"string\"}},\"type\":\"object\""
    struct fixture *f = *state;

    ask(f, "q");
    f->r->system = strdup("s");
    f->r->schema = value_of("{\"items\":" ONE "},\"type\":\"array\"}");
    check_member(f, "output_config.format",
                 "{\"type\":\"json_schema\",\"schema\":{\"items\":" ONE
                 ",\"additionalProperties\":false},\"type\":\"array\"}}");
    f->t.model = "claude-sonnet-4-0"; /* cannot be held to one */
    check_member(f, "output_config", "");
    check_member(f, "system.1.cache_control", "{\"type\":\"ephemeral\"}");
    check_member(f, "system.0", "{\"type\":\"text\",\"text\":\"s\"}");
    f->t.model = "claude-sonnet-4-5";
    value_unref(f->r->schema);
    f->r->schema = value_of("{\"type\":\"object\"}"); /* closed it would be empty */
    check_member(f, "output_config", "");
    check_member(f, "system.1.text", "\"Answer with JSON only, by this JSON schema: {\\\"type\\\":\\\"object\\\"}\"");
}

static void which_sampling(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->has_top_p = true;
    f->r->top_p = 0.5;
    check_member(f, "top_p", "0.5");
    f->r->has_temperature = true;
    f->r->temperature = 0.5;
    check_left_out(f, "top_p");
    check_member(f, "temperature", "0.5");
    f->t.model = "claude-opus-4-7";
    check_left_out(f, "temperature, top_p");
    f->t.model = "claude-3-5-haiku-latest";
    check_left_out(f, "");
}

/* Also where a person spoke before the tool did. */
static void results_come_first(void **state)
{
    struct fixture *f = *state;
    struct message *m;

    ask(f, "q");
    m = say(f, ROLE_ASSISTANT, NULL);
    call(m, "a", "f", "");
    call(m, "b", "f", "");
    m = say(f, ROLE_USER, "wait");
    result(m, "a", "1");
    result(m, "b", "2");
    check_member(f, "messages.2.content",
                 "[{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":\"1\"},"
                 "{\"type\":\"tool_result\",\"tool_use_id\":\"b\",\"content\":\"2\"},"
                 "{\"type\":\"text\",\"text\":\"wait\"}]");
}

static void what_is_refused_there(void **state)
{
    struct fixture *f = *state;
    struct message *m;

    ask(f, "q");
    m = say(f, ROLE_ASSISTANT, "\n\n");
    call(m, "a", "f", "");
    call(m, "b", "f", "");
    result(say(f, ROLE_TOOL, NULL), "a", "1");
    result(say(f, ROLE_TOOL, NULL), "b", "2");
    check_member(f, "messages.1.content.0.type", "\"tool_use\"");
    check_member(f, "messages.2.content",
                 "[{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":\"1\"},"
                 "{\"type\":\"tool_result\",\"tool_use_id\":\"b\",\"content\":\"2\"}]");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up_here, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),   cmocka_unit_test(thinking),
        cmocka_unit_test(tools),     cmocka_unit_test(ends),
        cmocka_unit_test(whole),     WITH(a_conversation),
        WITH(thinking_goes_back),    WITH(calls_without_tools),
        WITH(how_much_to_think),     WITH(options),
        WITH(attachments),           WITH(empty_turns),
        WITH(which_sampling),        WITH(results_come_first),
        WITH(what_is_refused_there), WITH(schemas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
