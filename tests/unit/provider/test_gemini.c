#include "tests/unit/provider/building.h"
#include "tests/unit/provider/parsing.h"

#define API "gemini"
#define CHUNK(parts, more)                                                                                             \
    "data: {\"candidates\":[{\"content\":{\"parts\":[" parts "],\"role\":\"model\"}" more "}]}\r\n\r\n"
#define STOP ",\"finishReason\":\"STOP\""

static void streams(void **state)
{
    (void)state;
    check_answer(SSE_OF(API), CHUNK("{\"text\":\"h\xC3\xA9\"}", ",\"index\":0") CHUNK("{\"text\":\"\\u4f60\"}", STOP),
                 "text:hé你 done:stop");
    check_answer(SSE_OF(API),
                 CHUNK("{\"text\":\"hm\",\"thought\":true}", "") CHUNK("{\"text\":\"a\"},{\"text\":\"b\"}", "")
                     CHUNK("{\"text\":\"c\",\"thoughtSignature\":\"s\"}", "")
                         CHUNK("{\"text\":\"\",\"thoughtSignature\":\"t\"}", STOP),
                 "reasoning:hm text:abc{\"host\":\"h\",\"thoughtSignature\":\"s\"} "
                 "text:{\"host\":\"h\",\"thoughtSignature\":\"t\"} done:stop");
    check_answer(SSE_OF(API), CHUNK("{\"text\":\"a\"}", ""), "text:a unavailable");
    check_answer(SSE_OF(API), "data: {\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}\n\n", "done:length");
    check_answer(SSE_OF(API), "data: {\"candidates\":[{\"content\":{},\"finishReason\":\"SAFETY\"}]}\n\n",
                 "done:content_filter");
    check_answer(SSE_OF(API), "data: {\"promptFeedback\":{\"blockReason\":\"OTHER\"}}\n\n", "done:content_filter");
    check_answer(SSE_OF(API), CHUNK("", ",\"finishReason\":\"MALFORMED_FUNCTION_CALL\""), "done:other");
}

static void usage(void **state)
{
    (void)state;
    /* The last word on each figure counts, also where only an earlier chunk had it; what a count of 0 is is left out.
     */
    check_answer(SSE_OF(API),
                 "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}],\"usageMetadata\":{"
                 "\"promptTokenCount\":10,\"cachedContentTokenCount\":4,\"thoughtsTokenCount\":3}}\n\n"
                 "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":11,"
                 "\"candidatesTokenCount\":2,\"thoughtsTokenCount\":5,\"toolUsePromptTokenCount\":100}}\n\n",
                 "text:a usage:111,7,4,-1,5 done:stop");
    check_answer(SSE_OF(API),
                 "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1}}\n\n",
                 "usage:1,0,-1,-1,-1 done:stop");
}

static void calls(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 CHUNK("{\"functionCall\":{\"id\":\"x\",\"name\":\"f\",\"args\":{\"a\":1}},\"thoughtSignature\":\"s\"},"
                       "{\"functionCall\":{\"name\":\"g\"}},{\"executableCode\":{\"code\":\"1\"}}",
                       STOP),
                 "tool_call:0,x,f,{\"a\":1}{\"host\":\"h\",\"thoughtSignature\":\"s\"} tool_call:1,call_ac176ed5a"
                 "20e535f,g,{} done:tool_calls");
    /* Without its padding, in the other alphabet, in lines. */
    check_answer(SSE_OF(API), CHUNK("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"cG5nZw\"}}", STOP),
                 "image:image/png,pngg done:stop");
    check_answer(SSE_OF(API), CHUNK("{\"inlineData\":{\"mimeType\":\"image/x\",\"data\":\"Pj8_\\nPz4-\"}}", STOP),
                 "image:image/x,>?"
                 "?"
                 "?>> done:stop");
    check_answer(SSE_OF(API), CHUNK("{\"inlineData\":{\"mimeType\":\"image/x\",\"data\":\"!!\"}}", STOP), "done:stop");
    check_answer(SSE_OF(API), CHUNK("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"cG5n\"}}", STOP),
                 "image:image/png,png done:stop");
}

static void candidates(void **state)
{
    (void)state;
    check_answer(SSE_OF(API),
                 "data: {\"candidates\":[{\"index\":1,\"content\":{\"parts\":[{\"text\":\"no\"}]}}]}\n\n"
                 "data: {\"candidates\":[{\"index\":1,\"finishReason\":\"MAX_TOKENS\"},{\"index\":0,\"content\":"
                 "{\"parts\":[{\"text\":\"yes\"}]},\"finishReason\":\"STOP\"}]}\n\n",
                 "text:yes done:stop");
}

static void whole(void **state)
{
    (void)state;
    check_answer(WHOLE_OF(API),
                 "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}]}",
                 "text:a done:stop");
    check_answer(WHOLE_OF(API),
                 "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n,\r\n"
                 "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"b\"}]},\"finishReason\":\"STOP\"}]}]",
                 "text:ab done:stop");
    check_answer(WHOLE_OF(API),
                 "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]},{\"error\":{\"code\":503}}]",
                 "text:a overloaded");
    check_answer(WHOLE_OF(API), "{}", "bad_response");
    check_answer((struct answer){API, 400, "application/json", NULL, false},
                 "[{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\"status\":\"INVALID_ARGUMENT\"}}]",
                 "unauthenticated");
}

/* ------------------------------------------------------------------------------------------------ requests */

static int set_up_here(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    f->api = API;
    f->t = (struct provider_target){.base_url = "https://h", .model = "gemini-2.5-flash"};
    f->t.key = secret_new("k", 1);
    return 0;
}

static void a_conversation(void **state)
{
    struct fixture *f = *state;

    tool_loop(f);
    check(f, "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"what is this?\"},{\"inlineData\":{\"mi"
             "meType\":\"image/png\",\"data\":\"cG5n\"}}]},{\"role\":\"model\",\"parts\":[{\"text\":\"I look."
             "\"},{\"functionCall\":{\"id\":\"call_1\",\"name\":\"weather\",\"args\":{\"city\":\"Zürich\"}}},"
             "{\"functionCall\":{\"id\":\"call_2\",\"name\":\"time\",\"args\":{}}}]},{\"role\":\"user\",\"par"
             "ts\":[{\"functionResponse\":{\"id\":\"call_1\",\"name\":\"weather\",\"response\":{\"c\":20}}},{"
             "\"functionResponse\":{\"id\":\"call_2\",\"name\":\"time\",\"response\":{\"error\":\"no clock\"}"
             "}},{\"text\":\"and?\"}]}],\"systemInstruction\":{\"parts\":[{\"text\":\"be brief\"}]},\"tools\""
             ":[{\"functionDeclarations\":[{\"name\":\"weather\",\"description\":\"what it does\",\"parameter"
             "sJsonSchema\":{\"properties\":{\"city\":{\"type\":\"string\"}},\"type\":\"object\"}},{\"name\":"
             "\"time\"}]}]}");
    assert_string_equal(f->x.url, "https://h/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_string_equal(header(&f->x, "x-goog-api-key"), "");
}

static void addresses(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->t.base_url = "https://r-aiplatform.googleapis.com/v1/projects/p/locations/r/publishers/google";
    assert_int_equal(build(f), ERR_NONE);
    assert_string_equal(f->x.url,
                        "https://r-aiplatform.googleapis.com/v1/projects/p/locations/r/publishers/google/models/"
                        "gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_null(header(&f->x, "x-goog-api-key"));
    assert_string_equal(header(&f->x, "Authorization"), "Bearer ");
    f->t.base_url = "https://h/?a=b";
    f->t.model = "models/x?y#z w";
    assert_int_equal(build(f), ERR_NONE);
    assert_string_equal(f->x.url, "https://h/v1beta/models/x%3Fy%23z%20w:streamGenerateContent?alt=sse&a=b");
}

static void signatures_go_back(void **state)
{
    struct fixture *f = *state;
    struct message *m;

    ask(f, "q");
    m = say(f, ROLE_ASSISTANT, NULL);
    add_part(m, PART_TEXT, "a");
    add_part(m, PART_TEXT, "")->opaque = value_of("{\"host\":\"h\",\"thoughtSignature\":\"s\"}");
    add_part(m, PART_TEXT, "b")->opaque = value_of("{\"host\":\"elsewhere\",\"thoughtSignature\":\"t\"}");
    call(m, "c1", "f", "[1]")->opaque = value_of("{\"thoughtSignature\":\"u\"}");
    thought(m, "hm", "sig", NULL);
    result(say(f, ROLE_TOOL, NULL), "c1", "plain");
    check_member(f, "contents",
                 "[{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]},{\"role\":\"model\",\"parts\":[{\"text\":\"a"
                 "\"},{\"text\":\"\",\"thoughtSignature\":\"s\"},{\"text\":\"b\"},{\"functionCall\":{\"id\":\"c1"
                 "\",\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"u\"}]},{\"role\":\"user\",\"parts\":[{\"f"
                 "unctionResponse\":{\"id\":\"c1\",\"name\":\"f\",\"response\":{\"result\":\"plain\"}}}]}]");
    f->t.base_url = "https://h/publishers/google"; /* which knows no ids */
    check_member(f, "contents.2",
                 "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{\"result\":\""
                 "plain\"}}}]}");
}

/* A call may not come first. */
/* Each of one message: they are known by their order alone at Vertex. */
static void results_keep_their_order(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    struct message *m = say(f, ROLE_ASSISTANT, NULL);
    call(m, "a", "f", "");
    call(m, "b", "f", "");
    result(say(f, ROLE_TOOL, NULL), "a", "1");
    result(say(f, ROLE_TOOL, NULL), "b", "2");
    check_member(f, "contents.2.parts.0.functionResponse.response", "{\"result\":\"1\"}");
    check_member(f, "contents.2.parts.1.functionResponse.response", "{\"result\":\"2\"}");
}

static void nothing_but_instructions(void **state)
{
    struct fixture *f = *state;
    struct message *m;

    ask(f, "");
    check_member(f, "contents", "[{\"role\":\"user\",\"parts\":[{\"text\":\"\"}]}]");
    m = say(f, ROLE_ASSISTANT, NULL);
    call(m, "c1", "f", "");
    result(say(f, ROLE_TOOL, NULL), "c1", "plain");
    check_member(f, "contents.0", "{\"role\":\"user\",\"parts\":[{\"text\":\"\"}]}");
    check_member(f, "contents.1.role", "\"model\"");
}

static void calls_of_another_model(void **state)
{
    struct fixture *f = *state;

    tool_loop(f);
    f->t.model = "gemini-3-flash-preview"; /* refuses a turn whose first call is not signed */
    check_member(f, "contents.1.parts",
                 "[{\"text\":\"I look.\"},{\"functionCall\":{\"id\":\"call_1\",\"name\":\"weather\",\"args\":{\"c"
                 "ity\":\"Zürich\"}},\"thoughtSignature\":\"skip_thought_signature_validator\"},{\"functionCall\""
                 ":{\"id\":\"call_2\",\"name\":\"time\",\"args\":{}}}]");
}

static void how_much_to_think(void **state)
{
    static const struct {
        const char *model;
        enum reasoning_mode mode;
        const char *want;
    } rows[] = {
        {"gemini-2.5-flash", REASONING_DEFAULT, ""},
        {"gemini-2.5-flash", REASONING_OFF, "{\"thinkingBudget\":0}"},
        {"gemini-2.5-pro", REASONING_OFF, "{\"thinkingBudget\":128}"},
        {"gemini-2.5-flash", REASONING_LOW, "{\"includeThoughts\":true,\"thinkingBudget\":2048}"},
        {"gemini-3.1-pro-preview", REASONING_MEDIUM, "{\"includeThoughts\":true,\"thinkingLevel\":\"medium\"}"},
        {"gemini-3-flash-preview", REASONING_OFF, "{\"thinkingLevel\":\"minimal\"}"},
        {"gemini-3-flash-preview", REASONING_BUDGET, "{\"includeThoughts\":true,\"thinkingBudget\":700}"},
        {"gemini-2.0-flash", REASONING_HIGH, ""},
    };
    struct fixture *f = *state;

    ask(f, "q");
    f->r->reasoning_budget = 700;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->t.model = rows[i].model;
        f->r->reasoning = rows[i].mode;
        check_member(f, "generationConfig.thinkingConfig", rows[i].want);
    }
    check_left_out(f, "reasoning");
}

static void instructions_of_gemma(void **state)
{
    struct fixture *f = *state;

    f->r->system = strdup("be brief");
    ask(f, "q");
    f->t.model = "gemma-3-27b-it";
    check(f, "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"be brief\"},{\"text\":\"q\"}]}]}");
    f->t.model = "tunedModels/mine";
    assert_int_equal(build(f), ERR_NONE);
    assert_string_equal(f->x.url, "https://h/v1beta/tunedModels/mine:streamGenerateContent?alt=sse");
}

static void options(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->has_seed = f->r->has_top_p = f->r->has_temperature = f->r->has_max_tokens = true;
    f->r->top_p = 0.5;
    f->r->max_tokens = 7;
    for (int i = 0; i < 6; i++)
        chat_request_add_stop(f->r, (char[]){(char)('a' + i)}, 1);
    f->r->schema = value_of("{\"type\":\"object\"}");
    f->r->extra = value_of("{\"safetySettings\":[],\"generationConfig\":{\"topK\":3}}");
    check_member(f, "generationConfig",
                 "{\"temperature\":0.0,\"topP\":0.5,\"maxOutputTokens\":7,\"seed\":0,\"stopSequences\":[\"a\",\"b"
                 "\",\"c\",\"d\",\"e\"],\"responseMimeType\":\"application/json\",\"responseJsonSchema\":{\"type"
                 "\":\"object\"},\"topK\":3}");
    check_left_out(f, "stop");
    value_unref(f->r->extra);
    f->r->extra = value_of("{\"generationConfig\":{\"candidateCount\":3}}");
    check_refused(f, "extra.generationConfig");
    value_unref(f->r->extra);
    f->r->extra = NULL;
    f->t.model = "gemini-2.5-flash-image";
    check_member(f, "generationConfig.responseModalities", "[\"TEXT\",\"IMAGE\"]");
    add_tool(f, "f", NULL);
    f->r->tool_choice = TOOL_CHOICE_NAMED;
    f->r->tool_choice_name = strdup("f");
    check_member(f, "toolConfig", "{\"functionCallingConfig\":{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"f\"]}}");
    f->r->tool_choice = TOOL_CHOICE_NONE;
    check_member(f, "toolConfig", "{\"functionCallingConfig\":{\"mode\":\"NONE\"}}");
}

static void attachments(void **state)
{
    struct fixture *f = *state;
    struct message *m = say(f, ROLE_USER, NULL);

    attach(m, PART_FILE, NULL, "%PDF");
    attach(m, PART_AUDIO, "audio/mp3", "mp3");
    message_add_part(m, PART_FILE)->url = strdup("https://x/a.pdf");
    check_member(f, "contents.0.parts",
                 "[{\"inlineData\":{\"mimeType\":\"application/pdf\",\"data\":\"JVBERg==\"}},{\"inlineData\":{\"m"
                 "imeType\":\"audio/mp3\",\"data\":\"bXAz\"}},{\"fileData\":{\"mimeType\":\"application/pdf\",\"f"
                 "ileUri\":\"https://x/a.pdf\"}}]");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up_here, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),
        cmocka_unit_test(usage),
        cmocka_unit_test(calls),
        cmocka_unit_test(candidates),
        cmocka_unit_test(whole),
        WITH(a_conversation),
        WITH(addresses),
        WITH(signatures_go_back),
        WITH(results_keep_their_order),
        WITH(nothing_but_instructions),
        WITH(calls_of_another_model),
        WITH(how_much_to_think),
        WITH(options),
        WITH(instructions_of_gemma),
        WITH(attachments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
