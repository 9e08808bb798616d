#include "daemon/provider/jsonx.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/provider.h"
#include "lib/base/secret.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

struct fixture {
    struct chat_request *r;
    struct provider_target t;
    struct exchange x;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->r = chat_request_new();
    f->t = (struct provider_target){.base_url = "https://h/v1", .dialect = "openai", .model = "m"};
    f->err = (struct error)ERROR_INIT;
    exchange_init(&f->x, 1u << 16);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    chat_request_free(f->r);
    exchange_done(&f->x);
    secret_unref(f->t.key);
    free(f);
    return 0;
}

static enum error_code build(struct fixture *f)
{
    exchange_done(&f->x);
    exchange_init(&f->x, 1u << 16);
    return provider_find("openai-chat")->build(&f->t, f->r, &f->x, NULL, &f->err);
}

static void check(struct fixture *f, const char *want)
{
    assert_int_equal(build(f), ERR_NONE);
    assert_string_equal(buf_cstr(&f->x.body), want);
}

/* One member of the body, as text. */
static void check_member(struct fixture *f, const char *key, const char *want)
{
    enum jsonx_fault fault;
    struct buf out;

    assert_int_equal(build(f), ERR_NONE);
    json_t *body = jsonx_parse((const char *)f->x.body.data, f->x.body.len, &fault);
    json_t *member = json_object_get(body, key);
    buf_init(&out, 1u << 16);
    if (member)
        jsonx_dump(member, &out);
    assert_string_equal(buf_cstr(&out), want);
    buf_done(&out);
    json_decref(body);
}

static void ask(struct fixture *f, const char *text)
{
    message_add_text(chat_request_add_message(f->r, ROLE_USER), text, strlen(text));
}

static struct value *value_of(const char *bytes, size_t len)
{
    msgpack_unpacked u;

    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, bytes, len, NULL), MSGPACK_UNPACK_SUCCESS);
    struct value *v = value_from_object(&u.data);
    msgpack_unpacked_destroy(&u);
    return v;
}

static const char *header(const struct exchange *x, const char *name)
{
    for (unsigned i = 0; i < x->n_headers; i++) {
        if (strcmp(x->headers[i].name, name) == 0)
            return x->headers[i].value;
    }
    return NULL;
}

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

static void tool_loop(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    struct message *m = chat_request_add_message(f->r, ROLE_ASSISTANT);
    struct part *p = message_add_part(m, PART_REASONING);
    p->text = strdup("hm");
    p->text_len = 2;
    for (int i = 0; i < 2; i++) {
        p = message_add_part(m, PART_TOOL_CALL);
        p->id = strdup(i ? "b" : "a");
        p->name = strdup("f");
        p->text = strdup(i ? "" : "{\"x\":1}");
        p->text_len = strlen(p->text);
    }
    m = chat_request_add_message(f->r, ROLE_TOOL);
    for (int i = 0; i < 2; i++) {
        p = message_add_part(m, PART_TOOL_RESULT);
        p->id = strdup(i ? "b" : "a");
        p->text = strdup(i ? "two" : "one");
        p->text_len = 3;
    }
    const char *calls = "\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                        "\"arguments\":\"{\\\"x\\\":1}\"}},"
                        "{\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
                        "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"one\"},"
                        "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"two\"}]";
    char want[1024];
    snprintf(want, sizeof want, "[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,%s",
             calls);
    check_member(f, "messages", want);
    f->t.dialect = "deepseek";
    snprintf(want, sizeof want,
             "[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":"
             "\"hm\",%s",
             calls);
    check_member(f, "messages", want);
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
    tool->parameters = value_of("\x81\xA4type\xA6object", 13);
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
    f->r->schema = value_of("\x81\xA4type\xA6object", 13);
    check_member(f, "response_format",
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",\"schema\":{\"type\":\"object\"}}}");
    f->t.dialect = "deepseek";
    check_member(f, "response_format", "{\"type\":\"json_object\"}");
    assert_non_null(strstr(buf_cstr(&f->x.body), "JSON schema: {\\\"type\\\":\\\"object\\\"}"));
    value_unref(f->r->schema);
    f->r->schema = value_of("\x81\xB4"
                            "additionalProperties\xC2",
                            23);
    f->t.dialect = "openai";
    check_member(f, "response_format",
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",\"strict\":true,"
                 "\"schema\":{\"additionalProperties\":false}}}");
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
    f->t.dialect = "openrouter";
    check_member(f, "reasoning", "{\"max_tokens\":4096}");
    f->t.dialect = "qwen";
    check_member(f, "enable_thinking", "true");
    check_member(f, "thinking_budget", "4096");
    f->t.dialect = "mistral";
    check_member(f, "reasoning_effort", "\"high\"");
    f->t.dialect = "llama.cpp";
    check_member(f, "reasoning_effort", "");
}

static void extra(void **state)
{
    struct fixture *f = *state;

    ask(f, "q");
    f->r->extra = value_of("\x81\xA5top_k\x05", 8);
    check_member(f, "top_k", "5");
    value_unref(f->r->extra);
    f->r->extra = value_of("\x81\xA6stream\xC2", 9);
    assert_int_equal(build(f), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.param, "extra.stream");
    value_unref(f->r->extra);
    f->r->extra = value_of("\x81\xB0reasoning_effort\xA3low", 22);
    check_member(f, "reasoning_effort", "\"low\"");
    f->r->reasoning = REASONING_HIGH;
    assert_int_equal(build(f), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.param, "extra.reasoning_effort");
}

static void collect(void *data, const char *id)
{
    struct buf *out = data;

    buf_puts(out, id);
    buf_putc(out, ' ');
}

static void lists(void **state)
{
    struct fixture *f = *state;
    const struct provider_ops *ops = provider_find("openai-chat");
    static const char *const rows[][2] = {{"{\"data\":[{\"id\":\"a\"},{\"x\":1},{\"id\":\"b\"}]}", "a b "},
                                          {"[{\"id\":\"c\"}]", "c "},
                                          {"{\"object\":\"list\",\"data\":null}", ""}};

    assert_int_equal(provider_build_list(ops, &f->t, &f->x, &f->err), ERR_NONE);
    assert_string_equal(f->x.method, "GET");
    assert_string_equal(f->x.url, "https://h/v1/models");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 256);
        assert_int_equal(
            provider_read_list(ops, (const uint8_t *)rows[i][0], strlen(rows[i][0]), collect, &out, &f->err), ERR_NONE);
        assert_string_equal(buf_cstr(&out), rows[i][1]);
        buf_done(&out);
    }
    assert_int_equal(provider_read_list(ops, (const uint8_t *)"{}", 2, collect, NULL, &f->err), ERR_BAD_RESPONSE);
}

/* Every row that is ready without configuration can be asked. */
static void builtins(void **state)
{
    (void)state;
    for (const struct provider_builtin *b = provider_builtins; b->name; b++) {
        assert_non_null(provider_find(b->api));
        assert_true(provider_dialect_known(b->api, b->dialect));
        assert_ptr_equal(provider_builtin_find(b->name, strlen(b->name)), b);
        assert_null(provider_builtin_find(b->name, strlen(b->name) - 1)); /* no name begins another */
        assert_int_equal(b->env == NULL, b->port != 0);
        assert_int_equal(b->env == NULL, b->default_model == NULL);
    }
    assert_null(provider_builtin_find("nobody", strlen("nobody")));
    assert_null(provider_find("nothing"));
    assert_false(provider_dialect_known("openai-chat", "klingon"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(plain_question),
        WITH(addresses),
        WITH(headers),
        WITH(attachments),
        WITH(too_large),
        WITH(tool_loop),
        WITH(tools_and_choice),
        WITH(schema),
        WITH(sampling),
        WITH(reasoning),
        WITH(extra),
        WITH(lists),
        cmocka_unit_test(builtins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
