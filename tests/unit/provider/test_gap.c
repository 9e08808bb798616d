/* How each API is asked for what goes into a gap, and what it answers. */
#include "daemon/provider/gap.h"
#include "tests/unit/provider/building.h"
#include "tests/unit/provider/parsing.h"

static const struct request {
    const char *api, *dialect, *model, *base;
    const char *suffix;
    const char *url;  /* NULL: it is asked in words */
    const char *body; /* up to the options */
} requests[] = {
    {"openai-chat", "deepseek", "deepseek-chat", "https://api.deepseek.com", "s",
     "https://api.deepseek.com/beta/completions",
     "{\"model\":\"deepseek-chat\",\"prompt\":\"pä\",\"suffix\":\"s\",\"stream\":true,\"stream_options\":"
     "{\"include_usage\":true},\"temperature\":0.0,\"max_tokens\":9}"},
    {"openai-chat", "deepseek", "d", "https://h/v1/?a=b", "s", "https://h/beta/completions?a=b", NULL},
    {"openai-chat", "deepseek", "d", "https://h/beta", "s", "https://h/beta/completions", NULL},
    {"openai-chat", "deepseek", "d", "https://h/x", "s", "https://h/x/beta/completions", NULL},
    {"openai-chat", "deepseek", "deepseek-reasoner", "https://h", "s", NULL, NULL},
    {"openai-chat", "mistral", "codestral-latest", "https://api.mistral.ai/v1", "",
     "https://api.mistral.ai/v1/fim/completions",
     "{\"model\":\"codestral-latest\",\"prompt\":\"pä\",\"suffix\":\"\",\"stream\":true,\"temperature\":0.0,"
     "\"max_tokens\":9}"},
    {"openai-chat", "mistral", "codestral-mamba-latest", "https://h/v1", "s", NULL, NULL},
    {"openai-chat", "mistral", "mistral-large", "https://h/v1", "s", NULL, NULL},
    {"openai-chat", "qwen", "qwen2.5-coder-7b-instruct", "https://h/compatible-mode/v1", "s",
     "https://h/compatible-mode/v1/completions",
     "{\"model\":\"qwen2.5-coder-7b-instruct\",\"prompt\":\"<|fim_prefix|>pä<|fim_suffix|>s<|fim_middle|>\","
     "\"stream\":true,\"stream_options\":{\"include_usage\":true},\"temperature\":0.0,\"max_tokens\":9}"},
    {"openai-chat", "qwen", "qwen3-max", "https://h/v1", "s", NULL, NULL},
    {"openai-chat", "vllm", "Qwen/Qwen3-Coder-30B-A3B-Instruct", "http://h/v1", "s", "http://h/v1/completions", NULL},
    {"openai-chat", "vllm", "bigcode/starcoder2-3b", "http://h/v1", "", "http://h/v1/completions",
     "{\"model\":\"bigcode/starcoder2-3b\",\"prompt\":\"<fim_prefix>pä<fim_suffix><fim_middle>\",\"stream\":true,"
     "\"stream_options\":{\"include_usage\":true},\"temperature\":0.0,\"max_tokens\":9}"},
    {"openai-chat", "vllm", "meta-llama/Llama-3.1-8B", "http://h/v1", "s", NULL, NULL},
    {"openai-chat", "openai", "gpt-3.5-turbo-instruct", "https://h/v1", "s", "https://h/v1/completions", NULL},
    {"openai-chat", "openai", "gpt-4o", "https://h/v1", "s", NULL, NULL},
    {"openai-chat", "llama.cpp", "any", "http://127.0.0.1:8080/v1", "s", "http://127.0.0.1:8080/infill",
     "{\"model\":\"any\",\"input_prefix\":\"pä\",\"input_suffix\":\"s\",\"stream\":true,\"temperature\":0.0,"
     "\"n_predict\":9}"},
    {"openai-chat", "llama.cpp", "any", "http://h/llama/v1/", "s", "http://h/llama/infill", NULL},
    {"openai-chat", "llama.cpp", "any", "http://h", "s", "http://h/infill", NULL},
    {"openai-chat", "generic", "any", "http://h/v1", "s", NULL, NULL},
    {"openai-chat", NULL, "any", "http://h/v1", "s", NULL, NULL},
    {"ollama", NULL, "qwen2.5-coder:7b", "http://127.0.0.1:11434", "s", "http://127.0.0.1:11434/api/generate",
     "{\"model\":\"qwen2.5-coder:7b\",\"prompt\":\"pä\",\"suffix\":\"s\",\"stream\":true,\"options\":{\"temperature\":"
     "0.0,\"num_predict\":9}}"},
    {"ollama", NULL, "m", "http://h", "", "http://h/api/generate",
     "{\"model\":\"m\",\"prompt\":\"pä\",\"suffix\":\"\\n\",\"stream\":true,\"options\":{\"temperature\":0.0,"
     "\"num_predict\":9}}"},
    {"openai-chat", "ollama", "m", "http://h/v1", "s", "http://h/v1/completions", NULL},
    {"anthropic", NULL, "claude", "https://h", "s", NULL, NULL},
    {"gemini", NULL, "gemini-flash", "https://h", "s", NULL, NULL},
};

static void asking(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const struct request *r = &requests[i];
        const struct provider_ops *ops = provider_find(r->api);
        f->t = (struct provider_target){.base_url = r->base, .dialect = r->dialect, .model = r->model};
        f->t.gap = provider_gap_form(ops, r->dialect, r->model);
        assert_int_equal(f->t.gap == NULL, r->url == NULL);
        if (!r->url)
            continue;
        chat_gap_free(f->r->gap);
        f->r->gap =
            chat_gap_new((struct gap_text){"pä", strlen("pä")}, (struct gap_text){r->suffix, strlen(r->suffix)}, NULL);
        f->r->has_temperature = f->r->has_max_tokens = true;
        f->r->max_tokens = 9;
        exchange_done(&f->x);
        exchange_init(&f->x, BODY_MAX);
        if (provider_build_gap(ops, &f->t, f->r, &f->x, &f->err) != ERR_NONE)
            fail_msg("%s", f->err.message);
        assert_string_equal(f->x.method, "POST");
        assert_string_equal(f->x.url, r->url);
        if (r->body)
            assert_string_equal(buf_cstr(&f->x.body), r->body);
    }
}

static void key_and_headers(void **state)
{
    static const char *const lines[] = {"X-Title: askd", NULL};
    struct fixture *f = *state;

    f->t.dialect = "azure";
    f->t.headers = lines;
    f->t.key = secret_new("k", 1);
    f->t.gap = provider_gap_form(provider_find(f->api), "openai", "gpt-3.5-turbo-instruct");
    f->r->gap = chat_gap_new((struct gap_text){"p", 1}, (struct gap_text){NULL, 0}, NULL);
    assert_int_equal(provider_build_gap(provider_find(f->api), &f->t, f->r, &f->x, &f->err), ERR_NONE);
    assert_non_null(header(&f->x, "api-key"));
    assert_string_equal(header(&f->x, "X-Title"), "askd");
    assert_string_equal(header(&f->x, "Content-Type"), "application/json");
}

/* -- answers -- */

static void choices(void **state)
{
    (void)state;
    const struct answer a = {"openai-chat", 200, "text/event-stream", "deepseek", false};
    check_gap_answer(a, "d",
                     "data: {\"choices\":[{\"index\":0,\"text\":\"a\",\"finish_reason\":null}],\"usage\":null}\n\n"
                     "data: {\"choices\":[{\"index\":0,\"text\":\"<think>b\",\"finish_reason\":\"length\"}]}\n\n"
                     "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n"
                     "data: [DONE]\n\n",
                     "text:a<think>b usage:7,2,-1,-1,-1 done:length");
    const struct answer whole = {"openai-chat", 200, "application/json", "deepseek", false};
    check_gap_answer(whole, "d", "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}]}", "text:a done:stop");
    check_gap_answer(whole, "d", "{\"choices\":[]}", "bad_response");
    check_gap_answer(whole, "d", "{\"error\":{\"message\":\"no\",\"code\":\"model_not_found\"}}", "not_found");
    const struct answer torn = {"openai-chat", 200, "text/event-stream", "deepseek", .torn = true};
    check_gap_answer(torn, "d", "data: {\"choices\":[{\"text\":\"a\"}]}\n\n", "text:a unavailable");
}

static void like_a_chat(void **state)
{
    (void)state;
    const struct answer a = {"openai-chat", 200, "text/event-stream", "mistral", false};
    check_gap_answer(a, "codestral-latest",
                     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n"
                     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],"
                     "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
                     "text:a usage:7,2,-1,-1,-1 done:stop");
}

static void lines(void **state)
{
    (void)state;
    const struct answer a = {"ollama", 200, "application/x-ndjson", NULL, false};
    check_gap_answer(
        a, "m",
        "{\"model\":\"m\",\"response\":\"a\",\"done\":false}\n{\"response\":\"b\",\"done\":false}\n"
        "{\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}\n",
        "text:ab usage:7,2,-1,-1,-1 done:stop");
    check_gap_answer(a, "m", "{\"error\":\"out of memory\"}\n", "bad_response");
    const struct answer refused = {"ollama", 400, "application/json", NULL, false};
    check_gap_answer(refused, "m", "{\"error\":\"registry.ollama.ai/library/m does not support insert\"}",
                     "invalid_request");
}

static void infill(void **state)
{
    (void)state;
    const struct answer a = {"openai-chat", 200, "text/event-stream", "llama.cpp", false};
    check_gap_answer(a, "m",
                     "data: {\"content\":\"a\",\"stop\":false}\n\ndata: {\"content\":\"b\",\"stop\":true,\"stop_type\":"
                     "\"limit\",\"tokens_evaluated\":7,\"tokens_predicted\":2}\n\n",
                     "text:ab usage:7,2,-1,-1,-1 done:length");
    check_gap_answer(a, "m", "data: {\"content\":\"a\",\"stop\":true,\"stopped_limit\":true}\n\n",
                     "text:a done:length");
    check_gap_answer(a, "m", "data: {\"content\":\"a\",\"stop\":true,\"stopped_eos\":true}\n\n", "text:a done:stop");
    const struct answer refused = {"openai-chat", 501, "application/json", "llama.cpp", false};
    check_gap_answer(refused, "m",
                     "{\"error\":{\"code\":501,\"message\":\"Infill is not supported by this model\",\"type\":"
                     "\"not_supported_error\"}}",
                     "unavailable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(asking, set_up, tear_down),
        cmocka_unit_test_setup_teardown(key_and_headers, set_up, tear_down),
        cmocka_unit_test(choices),
        cmocka_unit_test(like_a_chat),
        cmocka_unit_test(lines),
        cmocka_unit_test(infill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
