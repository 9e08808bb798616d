/* Lists of models: where each API has its own, what is read of it, and the way to the next page. */
#include "daemon/provider/list.h"
#include "lib/base/decimal.h"
#include "tests/unit/provider/building.h"
#include <inttypes.h>

/* ------------------------------------------------------------------------------------------------ what is read */

static void put_name(void *data, const char *name)
{
    buf_printf(data, "%s,", name);
}

static void put_rate(struct buf *out, const char *name, int64_t rate)
{
    char text[32];

    if (rate == PRICE_UNKNOWN)
        return;
    decimal_print(rate, PRICE_PLACES, text);
    buf_printf(out, " %s=%s", name, text);
}

static void put_price(struct buf *out, const struct price *p)
{
    buf_printf(out, " [%s", p->currency);
    if (p->above_tokens)
        buf_printf(out, " >%" PRId64, p->above_tokens);
    if (p->from_minute || p->to_minute)
        buf_printf(out, " %d-%d", p->from_minute, p->to_minute);
    put_rate(out, "in", p->input);
    put_rate(out, "out", p->output);
    put_rate(out, "read", p->cached_input);
    put_rate(out, "write", p->cache_write);
    put_rate(out, "request", p->request);
    put_rate(out, "image", p->image);
    put_rate(out, "heard", p->input_audio);
    put_rate(out, "said", p->output_audio);
    buf_puts(out, "]");
}

static void put_model(void *data, const struct listed *l)
{
    struct buf *out = data;

    buf_printf(out, "%s", l->id);
    if (l->title)
        buf_printf(out, " '%s'", l->title);
    if (l->context_window || l->max_output)
        buf_printf(out, " %" PRId64 "/%" PRId64, l->context_window, l->max_output);
    if (l->input)
        modality_each(l->input, put_name, (buf_puts(out, " in:"), out));
    if (l->output)
        modality_each(l->output, put_name, (buf_puts(out, " out:"), out));
    if (l->tools != KNOWN_NOT)
        buf_printf(out, " tools:%d", l->tools);
    if (l->reasoning != KNOWN_NOT)
        buf_printf(out, " reasoning:%d", l->reasoning);
    for (size_t i = 0; i < l->n_prices; i++)
        put_price(out, &l->prices[i]);
    buf_puts(out, "\n");
}

/* dialect: NULL for an API that has none. next: what the following page is asked for by, NULL for the last. */
static void check_page(const char *api, const char *dialect, const char *body, const char *want, const char *next)
{
    struct provider_target t = {.base_url = "https://h", .dialect = dialect, .model = ""};
    struct error err = ERROR_INIT;
    struct buf out;
    char *told = NULL;

    buf_init(&out, 1u << 16);
    if (provider_read_list(provider_find(api), &t, (const uint8_t *)body, strlen(body), put_model, &out, &told, &err) !=
        ERR_NONE)
        fail_msg("%s", err.message);
    assert_string_equal(buf_cstr(&out), want);
    assert_string_equal(told ? told : "", next ? next : "");
    free(told);
    buf_done(&out);
}

static void check_list(const char *dialect, const char *body, const char *want)
{
    check_page("openai-chat", dialect, body, want, NULL);
}

static void forms_of_openai(void **state)
{
    (void)state;
    check_list("openai", "{\"data\":[{\"id\":\"a\",\"owned_by\":\"me\"},{\"x\":1},{\"id\":\"b\"}]}", "a\nb\n");
    check_list(NULL, "[{\"id\":\"c\"}]", "c\n");
    check_list(NULL, "{\"object\":\"list\",\"data\":null}", "");
    check_page("openai-responses", "azure", "{\"data\":[{\"id\":\"a\"}]}", "a\n", NULL);
    check_page("dashscope", NULL, "{\"data\":[{\"id\":\"qwen-plus\"}]}", "qwen-plus\n", NULL);
    check_list("groq", "{\"data\":[{\"id\":\"a\",\"context_window\":131072,\"max_completion_tokens\":32768}]}",
               "a 131072/32768\n");
    check_list("vllm", "{\"data\":[{\"id\":\"a\",\"max_model_len\":4096}]}", "a 4096/0\n");
    check_list("llama.cpp",
               "{\"models\":[{\"name\":\"b\"}],\"data\":[{\"id\":\"a\",\"meta\":{\"n_ctx_train\":8192,\"n_embd\":1}}]}",
               "a 8192/0\n");
    check_list(
        "mistral",
        "{\"data\":[{\"id\":\"a\",\"name\":\"a\",\"max_context_length\":32768,\"capabilities\":{\"completion_chat\":"
        "true,\"function_calling\":true,\"vision\":false}},{\"id\":\"e\",\"capabilities\":{\"completion_chat\":"
        "false,\"function_calling\":false,\"vision\":true}}]}",
        "a 32768/0 in:text, out:text, tools:1\ne in:text,image, tools:0\n");
    check_list(
        "moonshot",
        "{\"data\":[{\"id\":\"k\",\"context_length\":262144,\"supports_image_in\":true,\"supports_video_in\":true,"
        "\"supports_reasoning\":true}]}",
        "k 262144/0 in:text,image,video, reasoning:1\n");
}

static void prices_of_openai(void **state)
{
    (void)state;
    check_list(
        "together",
        "[{\"id\":\"a/b\",\"type\":\"chat\",\"display_name\":\"A b\",\"context_length\":131072,\"pricing\":{"
        "\"hourly\":0,\"input\":0.18,\"output\":0.18,\"base\":0}},{\"id\":\"e\",\"type\":\"embedding\",\"pricing\":"
        "{\"input\":0.008}}]",
        "a/b 'A b' 131072/0 out:text, [USD in=0.18 out=0.18]\ne out:embedding, [USD in=0.008]\n");
    check_list(
        "xai",
        "{\"models\":[{\"id\":\"g\",\"input_modalities\":[\"text\",\"image\"],\"output_modalities\":[\"text\"],"
        "\"prompt_text_token_price\":12500,\"cached_prompt_text_token_price\":2000,\"completion_text_token_price\":"
        "25000,\"long_context_threshold\":200000,\"prompt_text_token_price_long_context\":25000,"
        "\"completion_text_token_price_long_context\":0},{\"id\":\"h\",\"long_context_threshold\":0}]}",
        "g in:text,image, out:text, [USD in=1.25 out=2.5 read=0.2] [USD >200000 in=2.5 out=2.5 read=0.2]\nh\n");
}

#define ROUTED(pricing) "{\"data\":[{\"id\":\"a\",\"pricing\":{" pricing "}}]}"

static void openrouter(void **state)
{
    (void)state;
    check_list("openrouter",
               "{\"data\":[{\"id\":\"a/b\",\"name\":\"A: B\",\"context_length\":400000,\"architecture\":{"
               "\"input_modalities\":[\"text\",\"image\",\"file\",\"smell\"],\"output_modalities\":[\"text\","
               "\"embeddings\"]},\"top_provider\":{\"max_completion_tokens\":128000},\"supported_parameters\":["
               "\"reasoning\",\"stop\"],\"pricing\":{\"prompt\":\"0.00000005\",\"completion\":\"0.0000004\","
               "\"web_search\":\"0.01\",\"input_cache_read\":\"5e-9\",\"input_cache_write\":\"0.0000000625\","
               "\"request\":\"0\",\"image\":\"0.001\",\"audio\":\"0.00004\",\"audio_output\":\"0.00008\"}}]}",
               "a/b 'A: B' 400000/128000 in:text,image,file, out:text,embedding, tools:0 reasoning:1 [USD in=0.05 "
               "out=0.4 read=0.005 write=0.0625 request=0 image=0.001 heard=40 said=80]\n");
    check_list("openrouter", ROUTED("\"prompt\":\"-1\",\"completion\":\"-1\""), "a\n"); /* it varies */
    check_list("openrouter", ROUTED("\"prompt\":\"dear\",\"completion\":null,\"request\":true"), "a\n");
    check_list("generic", ROUTED("\"prompt\":\"0.1\""), "a\n"); /* of one token or a million? */
}

static void overrides(void **state)
{
    (void)state;
    check_list(
        "openrouter",
        ROUTED("\"prompt\":\"0.000003\",\"completion\":\"0.000015\",\"overrides\":[{\"min_prompt_tokens\":200000,"
               "\"prompt\":\"0.000006\"},{\"min_prompt_tokens\":500000,\"completion\":\"0.00003\"}]"),
        "a [USD in=3 out=15] [USD >200000 in=6 out=15] [USD >500000 in=6 out=30]\n");
    check_list(
        "openrouter",
        ROUTED("\"prompt\":\"0.000002\",\"overrides\":[{\"utc_start\":1630,\"utc_end\":30,\"prompt\":\"0.000001\"},"
               "{\"utc_start\":100,\"utc_end\":400,\"prompt\":\"0.000004\"},{\"utc_start\":2200,\"utc_end\":2400,"
               "\"prompt\":\"0\"}]"),
        "a [USD in=2] [USD 990-30 in=1] [USD 60-240 in=4] [USD 1320-0 in=0]\n");
    check_list(
        "openrouter", /* both at once: a row for each pair */
        ROUTED("\"prompt\":\"0.000002\",\"request\":\"0.01\",\"overrides\":[{\"min_prompt_tokens\":1000,"
               "\"prompt\":\"0.000004\"},{\"utc_end\":400,\"prompt\":\"0.000001\",\"request\":\"0\"}]"),
        "a [USD in=2 request=0.01] [USD >1000 in=4 request=0.01] [USD 0-240 in=1 request=0] [USD >1000 0-240 in=1 "
        "request=0]\n");
    check_list(
        "openrouter", /* conditions that no row can say, and that nobody knows */
        ROUTED("\"prompt\":\"0.000002\",\"overrides\":[{\"utc_days\":[\"monday\"],\"prompt\":\"0\"},{\"min_tokens\":7,"
               "\"prompt\":\"0\"},{\"utc_start\":2460,\"prompt\":\"0\"},{\"utc_end\":\"4\",\"min_prompt_tokens\":-1},"
               "7,null]"),
        "a [USD in=2]\n");
}

static void overrides_are_bounded(void **state)
{
    struct buf body, want;
    (void)state;

    buf_init(&body, 4096);
    buf_init(&want, 4096);
    buf_puts(&body, "{\"data\":[{\"id\":\"a\",\"pricing\":{\"prompt\":\"0.000001\",\"overrides\":[");
    buf_puts(&want, "a [USD in=1]");
    for (int i = 1; i <= LIST_OVERRIDES_MAX + 1; i++) {
        buf_printf(&body, "%s{\"min_prompt_tokens\":%d,\"prompt\":\"0.00000%d\"}", i > 1 ? "," : "", i, i % 10);
        if (i <= LIST_OVERRIDES_MAX)
            buf_printf(&want, " [USD >%d in=%d]", i, i);
    }
    buf_puts(&body, "]}}]}");
    buf_puts(&want, "\n");
    check_list("openrouter", buf_cstr(&body), buf_cstr(&want));
    buf_done(&body);
    buf_done(&want);
}

static void forms_of_others(void **state)
{
    (void)state;
    check_page(
        "anthropic", NULL,
        "{\"data\":[{\"type\":\"model\",\"id\":\"c\",\"display_name\":\"C\",\"max_input_tokens\":200000,"
        "\"max_tokens\":64000,\"capabilities\":{\"image_input\":{\"supported\":true},\"pdf_input\":{\"supported\":"
        "false},\"thinking\":{\"supported\":true}}},{\"id\":\"d\",\"capabilities\":null}],\"has_more\":false,"
        "\"last_id\":\"d\"}",
        "c 'C' 200000/64000 in:text,image, reasoning:1\nd\n", NULL);
    check_page(
        "gemini", NULL,
        "{\"models\":[{\"name\":\"models/g\",\"displayName\":\"G\",\"inputTokenLimit\":1048576,\"outputTokenLimit\":"
        "65536,\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\"],\"thinking\":true},{\"name\":"
        "\"models/e\",\"supportedGenerationMethods\":[\"embedContent\"]},{\"name\":\"tunedModels/t\"}]}",
        "g 'G' 1048576/65536 out:text, reasoning:1\ne out:embedding,\ntunedModels/t\n", NULL);
    check_page("ollama", NULL,
               "{\"models\":[{\"name\":\"l:1b\",\"model\":\"l:1b\",\"details\":{\"family\":\"l\"}},{\"name\":\"v\","
               "\"capabilities\":[\"completion\",\"vision\",\"tools\"]}]}",
               "l:1b\nv in:text,image, out:text, tools:1 reasoning:0\n", NULL);
    check_page(
        "cohere", NULL,
        "{\"models\":[{\"name\":\"c\",\"endpoints\":[\"chat\",\"generate\"],\"context_length\":256000.0,\"features\":"
        "[\"tools\"]},{\"name\":\"e\",\"endpoints\":[\"embed\"],\"supports_vision\":true}]}",
        "c 256000/0 out:text, tools:1 reasoning:0\ne in:text,image, out:embedding,\n", NULL);
}

/* ------------------------------------------------------------------------------------------------ what is passed over
 */

static void wrong_types(void **state)
{
    (void)state;
    check_list("openrouter",
               "{\"data\":[7,null,[],{\"id\":7},{\"id\":\"\"},{\"id\":\"a\\u0000b\"},{\"id\":\"a\\nb\"},{\"id\":\"a\","
               "\"name\":7,\"context_length\":\"4096\",\"top_provider\":[1],\"architecture\":{\"input_modalities\":"
               "\"text\",\"output_modalities\":[7]},\"supported_parameters\":{},\"pricing\":[]}]}",
               "a\n");
    check_list("mistral", "{\"data\":[{\"id\":\"a\",\"max_context_length\":-1,\"capabilities\":{\"vision\":\"yes\"}}]}",
               "a\n");
    check_list("vllm", "{\"data\":[{\"id\":\"a\",\"context_length\":null,\"max_model_len\":1e300}]}", "a\n");
}

static void names_are_bounded(void **state)
{
    char body[1024], want[1024], name[LIST_NAME_MAX + 2];
    (void)state;

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(body, sizeof body, "{\"data\":[{\"id\":\"%s\"},{\"id\":\"%s\",\"name\":\"%s\"}]}", name, name + 1, name);
    snprintf(want, sizeof want, "%s '%s'\n", name + 1, name + 1);
    check_list("openai", body, want);
    check_list("openai", "{\"data\":[{\"id\":\"a\",\"name\":\"b\\u001bc\"}]}", "a 'b c'\n");
}

static void no_list(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body;
        enum error_code code;
    } rows[] = {{"{}", ERR_BAD_RESPONSE},
                {"", ERR_BAD_RESPONSE},
                {"<html>", ERR_BAD_RESPONSE},
                {"{\"data\":{}}", ERR_BAD_RESPONSE},
                {"{\"data\":[{\"id\":\"a\"}", ERR_BAD_RESPONSE},
                {"{\"error\":{\"code\":429,\"message\":\"slow down\"}}", ERR_RATE_LIMITED}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *next = (char *)"";
        assert_int_equal(provider_read_list(provider_find(f->api), &f->t, (const uint8_t *)rows[i].body,
                                            strlen(rows[i].body), put_model, NULL, &next, &f->err),
                         rows[i].code);
        assert_null(next);
    }
}

/* ------------------------------------------------------------------------------------------------ pages */

static void check_url(struct fixture *f, const char *api, const char *base_url, const char *page, const char *want)
{
    f->t.base_url = base_url;
    exchange_done(&f->x);
    if (provider_build_list(provider_find(api), &f->t, page, &f->x, &f->err) != ERR_NONE)
        fail_msg("%s", f->err.message);
    assert_string_equal(f->x.method, "GET");
    assert_string_equal(f->x.url, want);
}

static void pages_are_asked_for(void **state)
{
    struct fixture *f = *state;

    check_url(f, "openai-chat", "https://h/v1", NULL, "https://h/v1/models");
    check_url(f, "openai-chat", "https://h/v1", "x", "https://h/v1/models"); /* there is one page only */
    check_url(f, "anthropic", "https://h", NULL, "https://h/v1/models?limit=1000");
    check_url(f, "anthropic", "https://h?a=b", "m 1", "https://h/v1/models?limit=1000&after_id=m%201&a=b");
    check_url(f, "gemini", "https://h", "a+/=&\xC3\xA9#",
              "https://h/v1beta/models?pageSize=1000&pageToken=a%2B%2F%3D%26%C3%A9%23");
    check_url(f, "cohere", "https://h", "A-z_0.~", "https://h/v1/models?page_size=1000&page_token=A-z_0.~");
    f->t.dialect = "xai";
    check_url(f, "openai-responses", "https://h/v1", NULL, "https://h/v1/language-models");
}

static void pages_are_told(void **state)
{
    (void)state;
    check_page("anthropic", NULL, "{\"data\":[],\"has_more\":true,\"last_id\":\"m\"}", "", "m");
    check_page("anthropic", NULL, "{\"data\":[],\"last_id\":\"m\"}", "", NULL);
    check_page("gemini", NULL, "{\"models\":[],\"nextPageToken\":\"t\"}", "", "t");
    check_page("gemini", NULL, "{\"models\":[],\"nextPageToken\":\"\"}", "", NULL);
    check_page("gemini", NULL, "{\"models\":[],\"nextPageToken\":7}", "", NULL);
    check_page("gemini", NULL, "{\"models\":[],\"nextPageToken\":\"a\\u0000b\"}", "", NULL);
    check_page("cohere", NULL, "{\"models\":[],\"next_page_token\":\"t\"}", "", "t");
    check_list("openai", "{\"data\":[],\"has_more\":true,\"last_id\":\"m\"}", "");
}

static void pages_are_bounded(void **state)
{
    struct fixture *f = *state;
    char token[LIST_PAGE_MAX + 2], body[LIST_PAGE_MAX + 64];

    memset(token, '&', sizeof token - 1);
    token[sizeof token - 1] = '\0';
    snprintf(body, sizeof body, "{\"models\":[],\"nextPageToken\":\"%s\"}", token + 1);
    check_page("gemini", NULL, body, "", token + 1);
    assert_int_equal(provider_build_list(provider_find("gemini"), &f->t, token + 1, &f->x, &f->err), ERR_NONE);
    snprintf(body, sizeof body, "{\"models\":[],\"nextPageToken\":\"%s\"}", token);
    check_page("gemini", NULL, body, "", NULL);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_openai), cmocka_unit_test(prices_of_openai),      cmocka_unit_test(openrouter),
        cmocka_unit_test(overrides),       cmocka_unit_test(overrides_are_bounded), cmocka_unit_test(forms_of_others),
        cmocka_unit_test(wrong_types),     cmocka_unit_test(names_are_bounded),     WITH(no_list),
        WITH(pages_are_asked_for),         cmocka_unit_test(pages_are_told),        WITH(pages_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
