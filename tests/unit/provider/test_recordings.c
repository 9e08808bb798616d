/* Recorded exchanges beside the source tree, where there are any, but for those of questions, which go through the
 * whole daemon: what we read in an answer is what the recording's own reader found in it, and what we ask for vectors
 * is what was asked. */
#include "daemon/provider/list.h"
#include "tests/unit/provider/building.h"
#include "tests/unit/skip.h"
#include <glob.h>
#include <math.h>

/* Who answered, and whose adapter asks there. */
static const struct {
    const char *provider, *api, *dialect, *path; /* path: what is ours of a URL, or its beginning */
} askers[] = {
    {"azure", "openai-chat", "azure", "/embeddings"},
    {"cohere", "cohere", NULL, "/v2/embed"},
    {"gemini", "gemini", NULL, "/v1beta/models/"},
    {"local-compat", "openai-chat", NULL, "/embeddings"},
    {"mistral", "openai-chat", "mistral", "/embeddings"},
    {"openai-embeddings", "openai-responses", "openai", "/embeddings"},
    {"openai-models", "openai-chat", "openai", "/models"},
    {"openrouter", "openai-chat", "openrouter", "/embeddings"},
    {"perplexity", "openai-chat", "perplexity", "/v1/embeddings"},
    {"qwen", "openai-chat", "qwen", "/embeddings"},
};

struct recording {
    const char *file; /* its name, for who reads a failure */
    json_t *root;
    const char *api;
    const char *path;
    struct provider_target target;
};

static json_t *load(const char *path)
{
    json_error_t e;
    json_t *root = json_load_file(path, 0, &e);

    if (!root)
        fail_msg("%s: %s", path, e.text);
    return root;
}

static void find_asker(struct recording *r)
{
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        if (!jsonx_is(r->root, "provider", askers[i].provider))
            continue;
        r->api = askers[i].api;
        r->path = askers[i].path;
        r->target = (struct provider_target){.base_url = "https://h", .dialect = askers[i].dialect, .model = "m"};
        return;
    }
    fail_msg("%s: nobody is known to ask there", r->file);
}

/* Calls look with every recording of that API; what it counts must be something. False where there are none. */
static bool with_recordings(const char *api, size_t (*look)(struct recording *r))
{
    const char *source = getenv("ASKD_SRCDIR");
    char pattern[4096];
    glob_t found;
    size_t n = 0;

    snprintf(pattern, sizeof pattern, "%s/../shared/recordings/open/*%s*.json", source ? source : ".", api);
    if (glob(pattern, 0, NULL, &found) != 0 || !source)
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct recording r = {.file = strrchr(found.gl_pathv[i], '/') + 1, .root = load(found.gl_pathv[i])};
        if (jsonx_is(r.root, "api", api)) {
            find_asker(&r);
            n += look(&r);
        }
        json_decref(r.root);
    }
    globfree(&found);
    assert_true(n >= 2);
    return true;
}

#define NONE "there are no recordings beside the source tree"

static int64_t number_of(const json_t *obj, const char *key, int64_t otherwise)
{
    int64_t n;

    return jsonx_integer(obj, key, &n) ? n : otherwise;
}

/* ------------------------------------------------------------------------------------------------ lists of models */

struct models {
    size_t count, windows, prices;
    char first[LIST_NAME_MAX + 1], last[LIST_NAME_MAX + 1];
};

static void see_model(void *data, const struct listed *l)
{
    struct models *m = data;

    snprintf(m->last, sizeof m->last, "%s", l->id);
    if (m->count++ == 0)
        strcpy(m->first, m->last);
    m->windows += l->context_window > 0;
    m->prices += l->n_prices > 0;
}

static size_t check_list_of(struct recording *r)
{
    const json_t *body = jsonx_at(r->root, "response.body"), *expect = json_object_get(r->root, "expect");
    bool tells = strcmp(r->target.dialect, "openrouter") == 0;
    struct error err = ERROR_INIT;
    struct models m = {.count = 0};

    if (provider_read_list(provider_find(r->api), &r->target, (const uint8_t *)json_string_value(body),
                           json_string_length(body), see_model, &m, NULL, &err) != ERR_NONE)
        fail_msg("%s: %s", r->file, err.message);
    assert_int_equal(m.count, number_of(expect, "count", 0));
    assert_string_equal(m.first, jsonx_string(expect, "first", NULL));
    assert_string_equal(m.last, jsonx_string(expect, "last", NULL));
    assert_int_equal(m.windows, tells ? m.count : 0);
    assert_int_equal(m.prices, tells ? m.count : 0);
    return 1;
}

static void lists(void **state)
{
    (void)state;
    if (!with_recordings("models", check_list_of))
        SKIP(NONE);
}

/* ------------------------------------------------------------------------------------------------ answers */

struct seen {
    size_t count, dimension;
    double first[3];
};

static void see(void *data, size_t index, const double *vector, size_t n)
{
    struct seen *s = data;

    assert_int_equal(index, s->count++);
    s->dimension = n;
    for (size_t i = 0; i < 3 && index == 0; i++)
        s->first[i] = vector[i];
}

static void compare(const struct recording *r, const struct seen *s, const struct usage *u)
{
    const json_t *expect = json_object_get(r->root, "expect"), *first = json_object_get(expect, "first3");

    assert_int_equal(s->count, json_integer_value(json_object_get(expect, "count")));
    assert_int_equal(u->input_tokens, number_of(expect, "input_tokens", u->input_tokens));
    if (r->target.dialect && strcmp(r->target.dialect, "perplexity") == 0) { /* taken for floats there */
        assert_int_equal(s->dimension, 256);
        assert_true(s->first[0] == -41);
        return;
    }
    assert_int_equal(s->dimension, json_integer_value(json_object_get(expect, "dim")));
    for (size_t i = 0; i < 3; i++)
        if (fabs(json_number_value(json_array_get(first, i)) - s->first[i]) > 1e-6)
            fail_msg("%s: number %zu is %g", r->file, i, s->first[i]);
}

static size_t check_answer_of(struct recording *r)
{
    const json_t *response = json_object_get(r->root, "response"), *expect = json_object_get(r->root, "expect");
    const json_t *body = json_object_get(response, "body");
    const uint8_t *bytes = (const uint8_t *)json_string_value(body);
    const struct provider_ops *ops = provider_find(r->api);
    struct response_head head = {
        .status = (int)number_of(response, "status", 0), .retry_after = -1, .should_retry = -1};
    struct error err = ERROR_INIT;
    struct seen s = {.count = 0};
    struct usage u;

    if (head.status >= 400) {
        assert_int_equal(provider_map_error(&head, bytes, json_string_length(body), &err),
                         head.status == 401 ? ERR_UNAUTHENTICATED : ERR_NOT_FOUND);
        return 0;
    }
    size_t count = (size_t)number_of(expect, "count", 0);
    if (provider_read_vectors(ops, &r->target, bytes, json_string_length(body), count, see, &s, &u, &err) != ERR_NONE)
        fail_msg("%s: %s", r->file, err.message);
    compare(r, &s, &u);
    return 1;
}

static void answers(void **state)
{
    (void)state;
    if (!with_recordings("embeddings", check_answer_of))
        SKIP(NONE);
}

/* ------------------------------------------------------------------------------------------------ requests */

static void add_text(struct embed_request *to, const json_t *text)
{
    embed_request_add(to, json_string_value(text), json_string_length(text));
}

/* The texts, whatever the API calls them. */
static void add_texts(struct embed_request *to, const json_t *body)
{
    static const char *const keys[] = {"input", "texts", "requests"};
    const json_t *told = NULL;
    size_t i;
    json_t *one;

    for (i = 0; i < 3 && !told; i++)
        told = json_object_get(body, keys[i]);
    if (json_is_string(told))
        add_text(to, told);
    json_array_foreach(told, i, one)
    {
        const json_t *parts = jsonx_at(one, "content.parts");
        add_text(to, parts ? json_object_get(json_array_get(parts, 0), "text") : one);
    }
}

/* A list though there is one text, and fields that we have no wish for, or say where others leave them to be guessed.
 */
static void make_alike(json_t *body)
{
    static const char *const fields[] = {"encoding_format", "embedding_types", "dimensions", "outputDimensionality"};
    json_t *input = json_object_get(body, "input"), *one;
    size_t i;

    if (json_is_string(input))
        json_object_set_new(body, "input", json_pack("[O]", input));
    for (i = 0; i < sizeof fields / sizeof *fields; i++)
        json_object_del(body, fields[i]);
    json_array_foreach(json_object_get(body, "requests"), i, one) json_object_del(one, "outputDimensionality");
}

/* Of the recorded URL what stands before our path, and behind it. */
static void find_target(struct recording *r, const char *url, const json_t *body, char *base, char *model, size_t size)
{
    const char *path = strstr(url, r->path), *query = strchr(url, '?');
    const char *named = strstr(url, "/models/"), *verb = named ? strchr(named + 8, ':') : NULL;

    assert_non_null(path);
    snprintf(base, size, "%.*s%s", (int)(path - url), url, query ? query : "");
    if (verb)
        snprintf(model, size, "%.*s", (int)(verb - named - 8), named + 8);
    else
        snprintf(model, size, "%s", json_string_value(json_object_get(body, "model")));
    r->target.base_url = base;
    r->target.model = model;
}

static void compare_bodies(const struct recording *r, const struct exchange *x, json_t *recorded)
{
    enum jsonx_fault fault;
    json_t *ours = jsonx_parse((const char *)x->body.data, x->body.len, &fault);

    make_alike(ours);
    make_alike(recorded);
    if (!json_equal(ours, recorded))
        fail_msg("%s: another body than %s", r->file, (const char *)x->body.data);
    json_decref(ours);
}

static size_t check_request_of(struct recording *r)
{
    const json_t *request = json_object_get(r->root, "request");
    json_t *body = jsonx_object(request, "body");
    const char *url = jsonx_string(request, "url", NULL);
    struct embed_request *texts;
    struct error err = ERROR_INIT;
    struct exchange x;
    char base[512], model[512];

    if (!body)
        return 0;
    texts = embed_request_new();
    exchange_init(&x, 1u << 20);
    add_texts(texts, body);
    find_target(r, url, body, base, model, sizeof base);
    if (provider_build_embed(provider_find(r->api), &r->target, texts, &x, &err) != ERR_NONE)
        fail_msg("%s: %s", r->file, err.message);
    assert_string_equal(x.method, jsonx_string(request, "method", NULL));
    assert_string_equal(x.url, url);
    compare_bodies(r, &x, body);
    embed_request_free(texts);
    exchange_done(&x);
    return 1;
}

static void requests(void **state)
{
    (void)state;
    if (!with_recordings("embeddings", check_request_of))
        SKIP(NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(answers), cmocka_unit_test(requests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
