#include "daemon/provider/openai_dialects.h"
#include "tests/unit/provider/building.h"

static void plain_question(void **state)
{
    struct fixture *f = *state;

    f->r->system = strdup("be brief");
    ask(f, "h\"é");
    check(f,
          "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},"
          "{\"role\":\"user\",\"content\":\"h\\\"é\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    assert_string_equal(f->x.method, "POST");
    f->t.dialect = "mistral";
    check_member(f, "stream_options", "");
    check_member(f, "stream", "true");
}

static void addresses(void **state)
{
    static const char *const rows[][2] = {
        {"https://h/v1", "https://h/v1/chat/completions"},
        {"https://h/v1/", "https://h/v1/chat/completions"},
        {"https://h/v1?api-version=1", "https://h/v1/chat/completions?api-version=1"},
        {"https://h/v1//?a=b/", "https://h/v1/chat/completions?a=b/"},
    };
    struct fixture *f = *state;

    ask(f, "q");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->t.base_url = rows[i][0];
        assert_int_equal(build(f), ERR_NONE);
        assert_string_equal(f->x.url, rows[i][1]);
    }
}

static void headers(void **state)
{
    static const char *const lines[] = {"X-Title: askd", "X-Empty:", NULL}, *const bad[] = {"no colon", NULL};
    struct fixture *f = *state;

    ask(f, "q");
    f->t.key = secret_new("sk-key", 6);
    f->t.headers = lines;
    assert_int_equal(build(f), ERR_NONE);
    assert_string_equal(header(&f->x, "Content-Type"), "application/json");
    assert_string_equal(header(&f->x, "Accept"), "text/event-stream, application/json");
    assert_string_equal(header(&f->x, "Authorization"), "Bearer ");
    assert_string_equal(header(&f->x, "X-Title"), "askd");
    assert_string_equal(header(&f->x, "X-Empty"), "");
    assert_null(memmem(f->x.body.data, f->x.body.len, "sk-key", 6));
    f->t.headers = bad;
    assert_int_equal(build(f), ERR_INVALID_REQUEST);
    f->t.headers = NULL;
    f->t.key = secret_unref(f->t.key);
    assert_int_equal(build(f), ERR_NONE);
    assert_null(header(&f->x, "Authorization"));
}

static struct part *add_data(struct fixture *f, enum part_kind kind, const char *mime)
{
    struct part *p = message_add_part(&f->r->messages[f->r->n_messages - 1], kind);

    p->mime = strdup(mime);
    p->data = (uint8_t *)strdup("abcd");
    p->data_len = 4;
    return p;
}

static void attachments(void **state)
{
    struct fixture *f = *state;

    ask(f, "see");
    add_data(f, PART_IMAGE, "image/jpeg");
    add_data(f, PART_AUDIO, "audio/mpeg");
    add_data(f, PART_FILE, "application/pdf")->name = strdup("a.pdf");
    message_add_part(&f->r->messages[0], PART_IMAGE)->url = strdup("https://x/y.png");
    check_member(
        f, "messages",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"see\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/jpeg;base64,YWJjZA==\"}},"
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"YWJjZA==\",\"format\":\"mp3\"}},"
        "{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,YWJjZA==\"}},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}}]}]");
    add_data(f, PART_AUDIO, "audio/flac");
    assert_int_equal(build(f), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.param, "messages");
}

static void too_large(void **state)
{
    struct fixture *f = *state;

    ask(f, "x");
    struct part *p = message_add_part(&f->r->messages[0], PART_IMAGE);
    p->data_len = 1u << 17;
    p->data = calloc(1, p->data_len);
    assert_int_equal(build(f), ERR_TOO_LARGE);
    p->kind = PART_TEXT;
    p->text = malloc(p->data_len + 1);
    p->text_len = p->data_len;
    memset(p->text, 'x', p->text_len + 1);
    assert_int_equal(build(f), ERR_TOO_LARGE);
}

static void calls_and_results(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    struct message *m = say(f, ROLE_ASSISTANT, NULL);
    thought(m, "hm", NULL, "{\"host\":\"h\",\"reasoning_details\":[{\"data\":\"d\"}]}");
    call(m, "call-a", "f", "{\"x\":1}");
    call(m, "call-b", "f", "");
    m = say(f, ROLE_TOOL, NULL);
    result(m, "call-a", "one");
    result(m, "call-b", "two");
    check_member(f, "messages",
                 "[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":"
                 "[{\"id\":\"call-a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\"
                 "\":1}\"}},{\"id\":\"call-b\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
                 "\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call-a\",\"content\":\"one\"},{\"role\":\"tool"
                 "\",\"tool_call_id\":\"call-b\",\"content\":\"two\"}]");
    f->t.dialect = "deepseek";
    check_member(f, "messages.1.reasoning_content", "\"hm\"");
    f->r->messages[1].parts[0].text_len = 0; /* it told nothing of that */
    check_member(f, "messages.1.reasoning_content", "\"\"");
    f->r->messages[1].parts[0].text_len = 2;
    f->t.dialect = "ollama";
    check_member(f, "messages.1.reasoning", "\"hm\"");
    f->t.dialect = "openrouter";
    check_member(f, "messages.1.reasoning_details", "[{\"data\":\"d\"}]");
    f->t.base_url = "https://elsewhere";
    check_member(f, "messages.1.reasoning_details", "");
    f->t.dialect = "mistral"; /* ids of nine characters, the same for a call and its result */
    check_member(f, "messages",
                 "[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":"
                 "[{\"id\":\"Y5v1BiJG9\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\""
                 "x\\\":1}\"}},{\"id\":\"VnuXtHSdQ\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"argumen"
                 "ts\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"Y5v1BiJG9\",\"content\":\"one\"},{\"role"
                 "\":\"tool\",\"tool_call_id\":\"VnuXtHSdQ\",\"content\":\"two\"}]");
}

static void a_cache_that_wants_marks(void **state)
{
    struct fixture *f = *state;

    tool_loop(f);
    f->t.dialect = "openrouter";
    f->t.model = "anthropic/claude-sonnet-4.5";
    check_member(f, "messages",
                 "[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"be brief\",\"cache_control\":{"
                 "\"type\":\"ephemeral\"}}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"what i"
                 "s this?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,cG5n\"}}]},{"
                 "\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"I look.\",\"cache_control\":{"
                 "\"type\":\"ephemeral\"}}],\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\""
                 ":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Z\\\\u00fcrich\\\"}\"}},{\"id\":\"call"
                 "_2\",\"type\":\"function\",\"function\":{\"name\":\"time\",\"arguments\":\"{}\"}}]},{\"role\":"
                 "\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"{\\\"c\\\":20}\"},{\"role\":\"tool\",\"tool_"
                 "call_id\":\"call_2\",\"content\":\"no clock\"},{\"role\":\"user\",\"content\":\"and?\"}]");
    f->t.model = "openai/gpt-4o";
    check_member(f, "messages.0.content", "\"be brief\"");
}

static void a_signature_of_gemini(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    call(say(f, ROLE_ASSISTANT, NULL), "c", "f", "{}")->opaque =
        value_of("{\"host\":\"h\",\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}}}");
    f->t.dialect = "gemini";
    check_member(f, "messages.1.tool_calls.0.extra_content", "{\"google\":{\"thought_signature\":\"s\"}}");
}

/* While they think, Qwen and DeepSeek can be held neither to JSON nor to a tool. */
static void thoughts_that_are_plain(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->schema = value_of("{\"type\":\"object\"}");
    add_tool(f, "f", NULL);
    f->r->tool_choice = TOOL_CHOICE_REQUIRED;
    f->t.dialect = "qwen";
    check_member(f, "response_format", "{\"type\":\"json_object\"}");
    check_member(f, "tool_choice", "\"required\"");
    f->r->reasoning = REASONING_LOW;
    check_member(f, "response_format", "");
    check_left_out(f, "tool_choice");
    assert_non_null(strstr(buf_cstr(&f->x.body), "JSON schema"));
}

static void what_a_dialect_does_not_take(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    add_tool(f, "f", NULL);
    f->r->has_seed = f->r->has_temperature = true;
    f->r->temperature = 0.5;
    f->r->tool_choice = TOOL_CHOICE_REQUIRED;
    f->r->reasoning = REASONING_HIGH;
    for (int i = 0; i < 5; i++)
        chat_request_add_stop(f->r, (char[]){(char)('a' + i)}, 1);
    f->t.dialect = "zhipu";
    check_left_out(f, "tool_choice, seed, stop");
    check_member(f, "stop", "[\"a\"]");
    check_member(f, "thinking", "{\"type\":\"enabled\"}");
    check_member(f, "reasoning_effort", "");
    f->t.dialect = "baichuan";
    check_left_out(f, "tool_choice, seed, stop, reasoning");
    f->t.dialect = "openai";
    f->t.model = "gpt-4o";
    check_left_out(f, "stop, reasoning");
    f->t.model = "o3-mini";
    check_left_out(f, "temperature, stop");
    check_member(f, "reasoning_effort", "\"high\"");
    f->t.model = "gpt-5-nano";
    f->r->reasoning = REASONING_OFF;
    check_member(f, "reasoning_effort", "\"minimal\"");
    check_left_out(f, "temperature, stop");
    f->t.model = "gpt-5.1"; /* can do without, and then takes it */
    check_member(f, "reasoning_effort", "\"none\"");
    check_member(f, "temperature", "0.5");
    f->r->reasoning = REASONING_HIGH;
    f->t.dialect = "xai";
    f->t.model = "grok-4-fast-reasoning";
    check_left_out(f, "stop, reasoning");
    f->t.model = "grok-4-fast-non-reasoning";
    check_left_out(f, "stop, reasoning");
    check_member(f, "stop", "[\"a\",\"b\",\"c\",\"d\"]");
    f->t.model = "grok-4.3";
    check_member(f, "reasoning_effort", "\"high\"");
    f->t.dialect = "groq";
    f->t.model = "moonshotai/kimi-k2-instruct";
    check_left_out(f, "stop, reasoning");
    f->t.model = "gpt-5-nano";
    f->r->reasoning = REASONING_OFF;
    f->t.dialect = "azure";
    f->r->has_max_tokens = true;
    check_member(f, "max_completion_tokens", "0");
    f->t.model = "gpt-4o";
    check_member(f, "max_tokens", "0");
    f->t.dialect = NULL; /* also where nobody says whose dialect it is */
    check_member(f, "max_tokens", "0");
    f->t.model = "o3";
    check_member(f, "max_completion_tokens", "0");
    f->t.model = "gpt-4o";
    f->t.dialect = "deepseek";
    attach(say(f, ROLE_USER, NULL), PART_IMAGE, "image/png", "png");
    check_refused(f, "messages");
    say(f, ROLE_ASSISTANT, "a");
    ask(f, "and?");
    check_left_out(f, "image, seed");
    check_member(f, "messages.1.content", "\"(there was an attachment here: image)\"");
}

static void a_call_that_was_cut(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    call(say(f, ROLE_ASSISTANT, NULL), "a", "f", "{\"x\":");
    call(&f->r->messages[1], "b", "f", "{ \"x\": 1.0 }");
    check_member(f, "messages.1.tool_calls.0.function.arguments", "\"{}\"");
    check_member(f, "messages.1.tool_calls.1.function.arguments", "\"{ \\\"x\\\": 1.0 }\"");
    f->api = "openai-responses";
    check_member(f, "input.1.arguments", "\"{}\"");
}

static void a_conversations_cache(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    check_member(f, "prompt_cache_key", "");
    f->t.conversation = "c";
    check_member(f, "prompt_cache_key", "\"c\"");
    f->t.dialect = "groq";
    check_member(f, "prompt_cache_key", "");
}

static void audio_and_files(void **state)
{
    struct fixture *f = *state;
    struct message *m = say(f, ROLE_USER, NULL);

    attach(m, PART_AUDIO, "audio/wav", "wav");
    attach(m, PART_FILE, "application/pdf", "%PDF")->name = strdup("a.pdf");
    check_member(f, "messages.0.content",
                 "[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"d2F2\",\"format\":\"wav\"}},{\"type\":\""
                 "file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,JVBERg==\"}"
                 "}]");
    f->t.dialect = "mistral";
    check_member(f, "messages.0.content",
                 "[{\"type\":\"input_audio\",\"input_audio\":\"d2F2\"},{\"type\":\"document_url\",\"document_url"
                 "\":\"data:application/pdf;base64,JVBERg==\"}]");
    f->t.dialect = "qwen";
    check_refused(f, "messages");
}

static void tools_and_choice(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->tool_choice = TOOL_CHOICE_REQUIRED;
    check_member(f, "tool_choice", "");
    struct tool *tool = chat_request_add_tool(f->r);
    tool->name = strdup("f");
    tool->description = strdup("d");
    tool->parameters = value_of("{\"type\":\"object\"}");
    check_member(f, "tools",
                 "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
                 "\"parameters\":{\"type\":\"object\"}}}]");
    check_member(f, "tool_choice", "\"required\"");
    f->t.dialect = "mistral";
    check_member(f, "tool_choice", "\"any\"");
    f->r->tool_choice = TOOL_CHOICE_NONE;
    check_member(f, "tool_choice", "\"none\"");
    f->r->tool_choice = TOOL_CHOICE_NAMED;
    f->r->tool_choice_name = strdup("f");
    check_member(f, "tool_choice", "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}");
}

static void schema(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->schema = value_of("{\"type\":\"object\"}");
    check_member(f, "response_format",
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",\"schema\":{\"type\":\"object\"}}}");
    f->t.dialect = "deepseek";
    check_member(f, "response_format", "{\"type\":\"json_object\"}");
    assert_non_null(strstr(buf_cstr(&f->x.body), "JSON schema: {\\\"type\\\":\\\"object\\\"}"));
    value_unref(f->r->schema);
#define LOOSE "{\"additionalProperties\":false,\"properties\":{\"a\":{\"type\":\"string\"}},\"type\":\"object\"}"
#define STRICT                                                                                                         \
    "{\"additionalProperties\":false,\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"],\"type\":"      \
    "\"object\"}"
    f->r->schema = value_of(STRICT);
    f->t.dialect = "openai";
    check_member(f, "response_format",
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",\"strict\":true,\"schema\":" STRICT
                 "}}");
    value_unref(f->r->schema);
    f->r->schema = value_of(LOOSE); /* strict it would be refused */
    check_member(f, "response_format",
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",\"schema\":" LOOSE "}}");
    value_unref(f->r->schema);
    f->r->schema =
        value_of("{\"additionalProperties\":false,\"properties\":{\"a\":{\"type\":\"object\"}},\"required\":[\"a\"],"
                 "\"type\":\"object\"}");
    check_member(f, "response_format.json_schema.strict", "");
}

static void sampling(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->has_temperature = f->r->has_top_p = f->r->has_seed = f->r->has_max_tokens = true;
    f->r->temperature = 0.7;
    f->r->top_p = 0.95;
    f->r->seed = 42;
    f->r->max_tokens = 100;
    chat_request_add_stop(f->r, "END", 3);
    check_member(f, "temperature", "0.7");
    check_member(f, "top_p", "0.95");
    check_member(f, "seed", "42");
    check_member(f, "max_completion_tokens", "100");
    check_member(f, "stop", "[\"END\"]");
    f->t.dialect = "mistral";
    check_member(f, "random_seed", "42");
    check_member(f, "max_tokens", "100");
}

static void reasoning(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    check_member(f, "reasoning_effort", "");
    f->r->reasoning = REASONING_OFF;
    check_member(f, "reasoning_effort", "\"none\"");
    f->t.dialect = "deepseek";
    check_member(f, "thinking", "{\"type\":\"disabled\"}");
    f->r->reasoning = REASONING_BUDGET;
    f->r->reasoning_budget = 4096;
    check_member(f, "reasoning_effort", "\"medium\"");
    f->t.dialect = "zhipu";
    check_member(f, "reasoning_effort", "");
    f->t.model = "glm-5.2";
    check_member(f, "thinking", "{\"type\":\"enabled\"}");
    check_member(f, "reasoning_effort", "\"medium\"");
    f->t.dialect = "openrouter";
    check_member(f, "reasoning", "{\"max_tokens\":4096}");
    f->t.dialect = "qwen";
    check_member(f, "enable_thinking", "true");
    check_member(f, "thinking_budget", "4096");
    f->t.dialect = "mistral";
    check_member(f, "reasoning_effort", "\"high\"");
    f->t.dialect = "llama.cpp";
    check_member(f, "reasoning_effort", "");
    check_member(f, "chat_template_kwargs", "{\"enable_thinking\":true}");
}

static void extra(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->extra = value_of("{\"top_k\":5}");
    check_member(f, "top_k", "5");
    value_unref(f->r->extra);
    f->r->extra = value_of("{\"stream\":false}");
    assert_int_equal(build(f), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.param, "extra.stream");
    value_unref(f->r->extra);
    f->r->extra = value_of("{\"reasoning_effort\":\"low\"}");
    check_member(f, "reasoning_effort", "\"low\"");
    f->r->reasoning = REASONING_HIGH;
    assert_int_equal(build(f), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.param, "extra.reasoning_effort");
}

/* Every row that is ready without configuration can be asked. */
static void builtins(void **state)
{
    (void)state;
    for (const struct provider_builtin *b = provider_builtins; b->name; b++) {
        assert_non_null(provider_find(b->api));
        assert_true(!b->dialect || provider_dialect_known(b->api, b->dialect));
        assert_true(b->dialect || !provider_find(b->api)->dialects);
        assert_ptr_equal(provider_builtin_find(b->name, strlen(b->name)), b);
        assert_null(provider_builtin_find(b->name, strlen(b->name) - 1)); /* no name begins another */
        assert_int_equal(b->env == NULL, b->port != 0);
    }
    assert_null(provider_builtin_find("nobody", strlen("nobody")));
    assert_null(provider_find("nothing"));
    assert_false(provider_dialect_known("openai-chat", "klingon"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(plain_question),
        WITH(addresses),
        WITH(headers),
        WITH(attachments),
        WITH(too_large),
        WITH(calls_and_results),
        WITH(what_a_dialect_does_not_take),
        WITH(a_call_that_was_cut),
        WITH(a_conversations_cache),
        WITH(audio_and_files),
        WITH(thoughts_that_are_plain),
        WITH(a_cache_that_wants_marks),
        WITH(a_signature_of_gemini),
        WITH(tools_and_choice),
        WITH(schema),
        WITH(sampling),
        WITH(reasoning),
        WITH(extra),
        cmocka_unit_test(builtins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
