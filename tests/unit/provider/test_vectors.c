/* Texts to vectors: the request of each API, and its answer. */
#include "tests/unit/provider/building.h"

static int set_up_texts(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    f->t.base_url = "https://h";
    return 0;
}

static enum error_code build_embed(struct fixture *f, const struct embed_request *r)
{
    exchange_done(&f->x);
    return provider_build_embed(provider_find(f->api), &f->t, r, &f->x, &f->err);
}

/* ------------------------------------------------------------------------------------------------ asking */

static void check_request(struct fixture *f, const char *api, const char *url, const char *body)
{
    struct embed_request *r = embed_request_new();

    f->api = api;
    embed_request_add(r, "a", 1);
    embed_request_add(r, "\xC3\xA9\0b", 4);
    if (build_embed(f, r) != ERR_NONE)
        fail_msg("%s", f->err.message);
    assert_string_equal(f->x.method, "POST");
    assert_string_equal(f->x.url, url);
    assert_string_equal(header(&f->x, "Content-Type"), "application/json");
    assert_string_equal(buf_cstr(&f->x.body), body);
    embed_request_free(r);
}

#define TEXTS "[\"a\",\"\xC3\xA9\\u0000b\"]"

static void requests(void **state)
{
    struct fixture *f = *state;

    check_request(f, "openai-chat", "https://h/embeddings",
                  "{\"model\":\"m\",\"input\":" TEXTS ",\"encoding_format\":\"float\"}");
    check_request(f, "openai-responses", "https://h/embeddings",
                  "{\"model\":\"m\",\"input\":" TEXTS ",\"encoding_format\":\"float\"}");
    check_request(f, "gemini", "https://h/v1beta/models/m:batchEmbedContents",
                  "{\"requests\":[{\"model\":\"models/m\",\"content\":{\"parts\":[{\"text\":\"a\"}]}},{\"model\":"
                  "\"models/m\",\"content\":{\"parts\":[{\"text\":\"\xC3\xA9\\u0000b\"}]}}]}");
    check_request(f, "ollama", "https://h/api/embed", "{\"model\":\"m\",\"input\":" TEXTS "}");
    check_request(f, "cohere", "https://h/v2/embed",
                  "{\"model\":\"m\",\"texts\":" TEXTS
                  ",\"input_type\":\"search_document\",\"embedding_types\":[\"float\"]}");
    check_request(f, "dashscope", "https://h/compatible-mode/v1/embeddings",
                  "{\"model\":\"m\",\"input\":" TEXTS ",\"encoding_format\":\"float\"}");
}

static void requests_of_dialects(void **state)
{
    struct fixture *f = *state;

    f->t.dialect = "mistral"; /* refuses what it does not know */
    check_request(f, "openai-chat", "https://h/embeddings", "{\"model\":\"m\",\"input\":" TEXTS "}");
    f->t.dialect = "perplexity";
    check_request(f, "openai-chat", "https://h/v1/embeddings", "{\"model\":\"m\",\"input\":" TEXTS "}");
    f->t.dialect = "azure";
    f->t.key = secret_new("k", 1);
    f->t.base_url = "https://h/openai/deployments/d?api-version=1";
    check_request(f, "openai-chat", "https://h/openai/deployments/d/embeddings?api-version=1",
                  "{\"model\":\"m\",\"input\":" TEXTS ",\"encoding_format\":\"float\"}");
    assert_non_null(header(&f->x, "api-key"));
    f->t.base_url = "https://h/v1/projects/p/locations/l/publishers/google";
    check_request(f, "gemini", "https://h/v1/projects/p/locations/l/publishers/google/models/m:predict",
                  "{\"instances\":[{\"content\":\"a\"},{\"content\":\"\xC3\xA9\\u0000b\"}]}");
    assert_string_equal(header(&f->x, "Authorization"), "Bearer ");
}

static void refusals(void **state)
{
    struct fixture *f = *state;
    struct embed_request *r = embed_request_new();
    static char text[BODY_MAX];

    assert_int_equal(build_embed(f, r), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.param, "input");
    embed_request_add(r, "a", 1);
    embed_request_add(r, "\xFF", 1);
    assert_int_equal(build_embed(f, r), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.message, "input 1 is not UTF-8");
    r = embed_request_free(r);

    r = embed_request_new();
    memset(text, 'a', sizeof text);
    embed_request_add(r, text, sizeof text);
    assert_int_equal(build_embed(f, r), ERR_TOO_LARGE);
    f->api = "anthropic";
    assert_int_equal(build_embed(f, r), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.message, "API anthropic has no embeddings");
    f->api = "openai-chat";
    f->t.dialect = "none";
    assert_int_equal(build_embed(f, r), ERR_INVALID_REQUEST);
    embed_request_free(r);
}

/* ------------------------------------------------------------------------------------------------ reading */

static void put_vector(void *data, size_t index, const double *vector, size_t n)
{
    buf_printf(data, "%zu:", index);
    for (size_t i = 0; i < n; i++)
        buf_printf(data, "%s%g", i ? "," : "", vector[i]);
    buf_puts(data, " ");
}

struct answered {
    const char *api, *dialect, *body;
    size_t n;
};

static void check_vectors(struct answered a, const char *want, int64_t tokens)
{
    struct provider_target t = {.base_url = "https://h", .dialect = a.dialect, .model = "m"};
    struct usage u;
    struct error err = ERROR_INIT;
    struct buf out;

    buf_init(&out, 1u << 16);
    if (provider_read_vectors(provider_find(a.api), &t, (const uint8_t *)a.body, strlen(a.body), a.n, put_vector, &out,
                              &u, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    assert_string_equal(buf_cstr(&out), want);
    assert_int_equal(u.input_tokens, tokens);
    buf_done(&out);
}

static void answers(void **state)
{
    (void)state;
    check_vectors((struct answered){"openai-chat", NULL,
                                    "{\"data\":[{\"index\":1,\"embedding\":[0.5,2]},{\"index\":0,\"embedding\":[-1e-3,"
                                    "3e-60]}],\"usage\":{\"prompt_tokens\":7}}",
                                    2},
                  "0:-0.001,3e-60 1:0.5,2 ", 7);
    check_vectors((struct answered){"openai-chat", NULL, /* without indices; base64 though it was not asked for */
                                    "{\"data\":[{\"embedding\":\"AACAPwAAAMA=\"},{\"embedding\":\"AAAAAAAAgL8\"}]}", 2},
                  "0:1,-2 1:0,-1 ", -1);
    check_vectors((struct answered){"openai-responses", "azure", "{\"data\":[{\"embedding\":[1]}],\"error\":null}", 1},
                  "0:1 ", -1);
    check_vectors((struct answered){"openai-chat", "perplexity", "{\"data\":[{\"embedding\":\"gP8Afw==\"}]}", 1},
                  "0:-128,-1,0,127 ", -1);
    check_vectors((struct answered){"gemini", NULL,
                                    "{\"embeddings\":[{\"values\":[1,2]},{\"values\":[3,4]}],\"usageMetadata\":{"
                                    "\"promptTokenCount\":8}}",
                                    2},
                  "0:1,2 1:3,4 ", 8);
    check_vectors(
        (struct answered){"gemini", NULL,
                          "{\"predictions\":[{\"embeddings\":{\"values\":[1],\"statistics\":{\"token_count\":3}}}"
                          ",{\"embeddings\":{\"values\":[2],\"statistics\":{\"token_count\":4}}}]}",
                          2},
        "0:1 1:2 ", 7);
    check_vectors((struct answered){"ollama", NULL, "{\"embeddings\":[[1,2]],\"prompt_eval_count\":2}", 1}, "0:1,2 ",
                  2);
    check_vectors((struct answered){"cohere", NULL,
                                    "{\"id\":\"i\",\"texts\":[\"a\"],\"embeddings\":{\"float\":[[1,2]]},\"meta\":{"
                                    "\"billed_units\":{\"input_tokens\":10}}}",
                                    1},
                  "0:1,2 ", 10);
    check_vectors((struct answered){"dashscope", NULL,
                                    "{\"data\":[{\"index\":0,\"embedding\":[1]}],\"usage\":{\"prompt_tokens\":1}}", 1},
                  "0:1 ", 1);
}

static void costs(void **state)
{
    struct fixture *f = *state;
    static const char body[] = "{\"data\":[{\"embedding\":[1]}],\"usage\":{\"prompt_tokens\":1e15,\"cost\":1.4e-7}}";
    struct usage u;
    struct buf out;

    buf_init(&out, 64);
    f->t.dialect = "openrouter";
    assert_int_equal(provider_read_vectors(provider_find("openai-chat"), &f->t, (const uint8_t *)body, strlen(body), 1,
                                           put_vector, &out, &u, &f->err),
                     ERR_NONE);
    assert_int_equal(u.cost_nano, 140);
    assert_int_equal(u.input_tokens, INT64_C(1) << 40); /* the most that is believed */
    assert_int_equal(u.output_tokens, -1);
    buf_done(&out);
}

static enum error_code read_for(struct fixture *f, const char *body, size_t n)
{
    struct buf out;

    buf_init(&out, 1024);
    enum error_code code = provider_read_vectors(provider_find(f->api), &f->t, (const uint8_t *)body, strlen(body), n,
                                                 put_vector, &out, NULL, &f->err);
    buf_done(&out);
    return code;
}

#define DATA(elements) "{\"data\":[" elements "]}"

static void bad_answers(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body;
        size_t n;
        const char *why;
    } rows[] = {
        {"", 1, "the provider's vectors are no JSON"},
        {"<html>", 1, "the provider's vectors are no JSON"},
        {"[]", 1, "the provider sent no list of vectors"},
        {"{\"data\":{}}", 1, "the provider sent no list of vectors"},
        {DATA(""), 1, "the provider sent 0 vectors for 1 texts"},
        {DATA("{\"embedding\":[1]},{\"embedding\":[1]}"), 1, "the provider sent 2 vectors for 1 texts"},
        {DATA("{\"embedding\":[1]},{\"embedding\":[1,2]}"), 2, "the provider's vector 1 has 2 numbers, the first 1"},
        {DATA("{\"embedding\":[]}"), 1, "the provider's vector 0 is empty"},
        {DATA("7"), 1, "the provider's vector 0 is not there"},
        {DATA("{\"embedding\":null}"), 1, "the provider's vector 0 is not there"},
        {DATA("{\"embedding\":[1,\"2\"]}"), 1, "the provider's vector 0 holds what is no finite number"},
        {DATA("{\"embedding\":\"AADAfw==\"}"), 1, "the provider's vector 0 holds what is no finite number"},
        {DATA("{\"embedding\":\"AACAPwA=\"}"), 1, "the provider's vector 0 is not of whole numbers"},
        {DATA("{\"embedding\":\"%%\"}"), 1, "the provider's vector 0 is no base64"},
        {DATA("{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}"), 2,
         "the provider's vector 1 is for none of the texts"},
        {DATA("{\"index\":1,\"embedding\":[1]}"), 1, "the provider's vector 0 is for none of the texts"},
        {DATA("{\"index\":-1,\"embedding\":[1]}"), 1, "the provider's vector 0 is for none of the texts"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_for(f, rows[i].body, rows[i].n), ERR_BAD_RESPONSE);
        assert_string_equal(f->err.message, rows[i].why);
    }
    f->api = "anthropic";
    assert_int_equal(read_for(f, DATA(""), 0), ERR_INVALID_REQUEST);
}

static void errors_inside(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_for(f, "{\"error\":{\"code\":429,\"message\":\"slow down\"}}", 1), ERR_RATE_LIMITED);
    f->api = "cohere";
    assert_int_equal(read_for(f, "{\"id\":\"i\",\"message\":\"no\"}", 1), ERR_BAD_RESPONSE);
    assert_string_equal(f->err.message, "the provider reported an error: no");
    f->api = "ollama";
    assert_int_equal(read_for(f, "{\"error\":\"no\"}", 1), ERR_BAD_RESPONSE);
    assert_string_equal(f->err.message, "the provider reported an error: no");
}

static void count_numbers(void *data, size_t index, const double *vector, size_t n)
{
    (void)index, (void)vector;
    *(size_t *)data = n;
}

static void dimensions_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct buf body;
    size_t n = 0;

    for (size_t over = 0; over < 2; over++) {
        buf_init(&body, 1u << 20);
        buf_puts(&body, "{\"embeddings\":[[0");
        for (size_t i = 1; i < PROVIDER_DIMENSION_MAX + over; i++)
            buf_puts(&body, ",0");
        buf_puts(&body, "]]}");
        assert_int_equal(provider_read_vectors(provider_find("ollama"), &f->t, body.data, body.len, 1, count_numbers,
                                               &n, NULL, &f->err),
                         over ? ERR_BAD_RESPONSE : ERR_NONE);
        assert_int_equal(n, PROVIDER_DIMENSION_MAX);
        buf_done(&body);
    }
    assert_string_equal(f->err.message, "the provider's vector 0 has over 65536 numbers");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up_texts, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(requests), WITH(requests_of_dialects), WITH(refusals),      cmocka_unit_test(answers),
        WITH(costs),    WITH(bad_answers),          WITH(errors_inside), WITH(dimensions_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
