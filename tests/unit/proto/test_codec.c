#include "lib/proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf params;
static msgpack_zone zone;
static struct error err;
static struct chat_request *request;

static int set_up(void **state)
{
    (void)state;
    buf_init(&params, 1 << 20);
    request = NULL;
    return msgpack_zone_init(&zone, 4096) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    request = chat_request_free(request);
    buf_done(&params);
    msgpack_zone_destroy(&zone);
    return 0;
}

/* Params are written here as JSON with ' for "; {'$bin': 'x'} is binary data. */
static void put_json(const json_t *j)
{
    const char *key;
    json_t *v;
    size_t i;

    switch (json_typeof(j)) {
    case JSON_OBJECT:
        if ((v = json_object_get(j, "$bin")) != NULL) {
            mp_put_bin(&params, json_string_value(v), json_string_length(v));
            break;
        }
        mp_put_map(&params, (uint32_t)json_object_size(j));
        json_object_foreach((json_t *)j, key, v)
        {
            mp_put_cstr(&params, key);
            put_json(v);
        }
        break;
    case JSON_ARRAY:
        mp_put_array(&params, (uint32_t)json_array_size(j));
        json_array_foreach(j, i, v) put_json(v);
        break;
    case JSON_STRING: mp_put_str(&params, json_string_value(j), json_string_length(j)); break;
    case JSON_INTEGER: mp_put_int(&params, json_integer_value(j)); break;
    case JSON_REAL: mp_put_double(&params, json_real_value(j)); break;
    case JSON_TRUE:
    case JSON_FALSE: mp_put_bool(&params, json_is_true(j)); break;
    case JSON_NULL: mp_put_nil(&params); break;
    }
}

static enum error_code decode_params(void)
{
    msgpack_object o;

    assert_false(params.failed);
    assert_int_equal(msgpack_unpack((const char *)params.data, params.len, NULL, &zone, &o), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(o.type, MSGPACK_OBJECT_MAP);
    request = chat_request_free(request);
    err = (struct error)ERROR_INIT;

    enum error_code e = codec_chat_request(&o.via.map, &request, &err);

    assert_true((e == ERR_NONE) == (request != NULL));
    assert_int_equal(err.code, e);
    return e;
}

static void pack(const char *text)
{
    char *json = strdup(text);

    assert_non_null(json);
    for (char *p = json; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';

    json_error_t at;
    json_t *j = json_loads(json, JSON_ALLOW_NUL | JSON_DECODE_ANY, &at);

    if (j == NULL)
        fail_msg("%s: %s", text, at.text);
    buf_clear(&params);
    put_json(j);
    json_decref(j);
    free(json);
}

static enum error_code decode(const char *text)
{
    pack(text);
    return decode_params();
}

static void take(const char *text)
{
    if (decode(text) != ERR_NONE)
        fail_msg("%s: %s", text, err.message);
}

/* Is refused, names the field, and says something about it in the message too. */
static void refuse(const char *text, const char *param)
{
    if (decode(text) != ERR_INVALID_REQUEST)
        fail_msg("accepted: %s", text);
    assert_string_equal(err.param, param);
    assert_true(strncmp(err.message, param, strlen(param)) == 0 && strlen(err.message) > strlen(param));
}

static const struct part *part(size_t m, size_t p)
{
    assert_true(m < request->n_messages && p < request->messages[m].n_parts);
    return &request->messages[m].parts[p];
}

static void test_a_prompt_alone(void **state)
{
    (void)state;
    take("{'prompt': 'hello'}");
    assert_null(request->model);
    assert_null(request->system);
    assert_int_equal(request->n_messages, 1);
    assert_int_equal(request->messages[0].role, ROLE_USER);
    assert_int_equal(request->messages[0].n_parts, 1);
    assert_int_equal(part(0, 0)->kind, PART_TEXT);
    assert_string_equal(part(0, 0)->text, "hello");
    assert_int_equal(part(0, 0)->text_len, 5);
    assert_false(request->has_temperature || request->has_top_p || request->has_seed || request->has_max_tokens);
    assert_false(request->has_timeout || request->stream || request->detach || request->retry_restart);
    assert_int_equal(request->cache, CACHE_USE);
    assert_int_equal(request->reasoning, REASONING_DEFAULT);
    assert_int_equal(request->tool_choice, TOOL_CHOICE_DEFAULT);
    assert_true(request->n_tools == 0 && request->n_stop == 0);
    assert_true(request->schema == NULL && request->extra == NULL);
}

static void test_every_field(void **state)
{
    (void)state;
    take("{'model': 'smart', 'system': 'be brief', 'prompt': 'x', 'temperature': 1, 'top_p': 0.25, 'max_tokens': 99.0,"
         " 'seed': -5, 'stop': ['a', 'b'], 'reasoning': 'high', 'cache': 'refresh', 'cache_ttl': 5, 'stream': true,"
         " 'timeout': 2.5, 'detach': true, 'retry': 'restart', 'extra': {'top_k': 5}, 'schema': {'type': 'object'},"
         " 'tools': [{'name': 'f', 'description': 'd', 'parameters': {'type': 'object'}}, {'name': 'g'}],"
         " 'tool_choice': 'g', 'unknown': {'a': [1]}, 'conversation': 'new', 'store': false}");
    assert_string_equal(request->model, "smart");
    assert_string_equal(request->system, "be brief");
    assert_true(request->has_temperature && request->temperature == 1.0);
    assert_true(request->has_top_p && request->top_p == 0.25);
    assert_true(request->has_max_tokens && request->max_tokens == 99);
    assert_true(request->has_seed && request->seed == -5);
    assert_true(request->has_timeout && request->timeout == 2.5);
    assert_int_equal(request->n_stop, 2);
    assert_string_equal(request->stop[1], "b");
    assert_int_equal(request->reasoning, REASONING_HIGH);
    assert_int_equal(request->cache, CACHE_REFRESH);
    assert_true(request->stream && request->detach && request->retry_restart);
    assert_int_equal(request->n_tools, 2);
    assert_string_equal(request->tools[0].name, "f");
    assert_string_equal(request->tools[0].description, "d");
    assert_true(value_equal(request->tools[0].parameters, request->schema));
    assert_true(request->tools[1].description == NULL && request->tools[1].parameters == NULL);
    assert_int_equal(request->tool_choice, TOOL_CHOICE_NAMED);
    assert_string_equal(request->tool_choice_name, "g");

    size_t len;
    const uint8_t *extra = value_bytes(request->extra, &len);

    assert_int_equal(len, 8);
    assert_memory_equal(extra, "\x81\xa5top_k\x05", 8);
}

static void test_words(void **state)
{
    (void)state;
    take("{'prompt': 'x', 'cache': 'use', 'reasoning': 'off', 'tool_choice': 'auto'}");
    assert_true(request->cache == CACHE_USE && request->reasoning == REASONING_OFF);
    assert_true(request->tool_choice == TOOL_CHOICE_AUTO && request->tool_choice_name == NULL);
    take("{'prompt': 'x', 'cache': 'only', 'reasoning': 'low', 'tool_choice': 'none'}");
    assert_true(request->cache == CACHE_ONLY && request->reasoning == REASONING_LOW);
    assert_int_equal(request->tool_choice, TOOL_CHOICE_NONE);
    take("{'prompt': 'x', 'cache': 'off', 'reasoning': 'medium', 'tool_choice': 'required'}");
    assert_true(request->cache == CACHE_OFF && request->reasoning == REASONING_MEDIUM);
    assert_int_equal(request->tool_choice, TOOL_CHOICE_REQUIRED);
    take("{'prompt': 'x', 'reasoning': 2048, 'stop': 'end'}");
    assert_true(request->reasoning == REASONING_BUDGET && request->reasoning_budget == 2048);
    assert_true(request->n_stop == 1 && strcmp(request->stop[0], "end") == 0);
    take("{'prompt': 'x', 'reasoning': 0}");
    assert_int_equal(request->reasoning, REASONING_OFF);
}

static void test_nil_is_absent(void **state)
{
    (void)state;
    take("{'prompt': 'x', 'messages': null, 'model': null, 'system': null, 'attachments': null, 'tools': null,"
         " 'tool_choice': null, 'schema': null, 'temperature': null, 'top_p': null, 'max_tokens': null, 'stop': null,"
         " 'seed': null, 'reasoning': null, 'cache': null, 'stream': null, 'timeout': null, 'detach': null,"
         " 'retry': null, 'extra': null}");
    assert_false(request->has_temperature || request->has_timeout || request->has_seed);
    refuse("{'prompt': null}", "prompt");
}

static void test_bin_text_and_empty_list_for_a_map(void **state)
{
    (void)state;
    take("{'prompt': {'$bin': 'gr\\u00fc\\u00df'}, 'extra': [], 'schema': [], 'tools': [{'name': 'f',"
         " 'parameters': []}]}");
    assert_string_equal(part(0, 0)->text, "gr\xc3\xbc\xc3\x9f");
    assert_true(value_equal(request->extra, request->schema));
    assert_true(value_equal(request->extra, request->tools[0].parameters));

    size_t len;

    assert_memory_equal(value_bytes(request->extra, &len), "\x80", 1);
}

static void test_messages(void **state)
{
    (void)state;
    take("{'messages': [{'role': 'system', 'content': 's'}, {'role': 'user', 'content': [{'type': 'text', 'text': 't'},"
         " {'type': 'image', 'mime': 'image/png', 'data': {'$bin': 'abc'}},"
         " {'type': 'audio', 'url': 'https://a.invalid/b', 'name': 'b.mp3', 'opaque': {'k': 1}}]},"
         " {'role': 'assistant', 'content': [{'type': 'reasoning', 'text': 'hm', 'signature': 'sig'},"
         " {'type': 'reasoning', 'opaque': 'secret'},"
         " {'type': 'tool_call', 'id': 'i', 'name': 'f', 'arguments': '{}'}]},"
         " {'role': 'tool', 'content': [{'type': 'tool_result', 'id': 'i', 'content': 'r', 'is_error': true}]}]}");
    assert_int_equal(request->n_messages, 4);
    assert_true(request->messages[0].role == ROLE_SYSTEM && request->messages[1].role == ROLE_USER);
    assert_true(request->messages[2].role == ROLE_ASSISTANT && request->messages[3].role == ROLE_TOOL);
    assert_string_equal(part(0, 0)->text, "s");
    assert_string_equal(part(1, 0)->text, "t");
    assert_int_equal(part(1, 1)->kind, PART_IMAGE);
    assert_string_equal(part(1, 1)->mime, "image/png");
    assert_int_equal(part(1, 1)->data_len, 3);
    assert_memory_equal(part(1, 1)->data, "abc", 3);
    assert_null(part(1, 1)->url);
    assert_int_equal(part(1, 2)->kind, PART_AUDIO);
    assert_string_equal(part(1, 2)->url, "https://a.invalid/b");
    assert_string_equal(part(1, 2)->name, "b.mp3");
    assert_true(part(1, 2)->data == NULL && part(1, 2)->opaque != NULL);
    assert_int_equal(part(2, 0)->kind, PART_REASONING);
    assert_string_equal(part(2, 0)->text, "hm");
    assert_string_equal(part(2, 0)->signature, "sig");
    assert_true(part(2, 1)->text == NULL && part(2, 1)->opaque != NULL);
    assert_int_equal(part(2, 2)->kind, PART_TOOL_CALL);
    assert_string_equal(part(2, 2)->id, "i");
    assert_string_equal(part(2, 2)->name, "f");
    assert_string_equal(part(2, 2)->text, "{}");
    assert_int_equal(part(3, 0)->kind, PART_TOOL_RESULT);
    assert_string_equal(part(3, 0)->text, "r");
    assert_true(part(3, 0)->is_error);
}

/* What is put is read back as it was: a message's content in the store. */
static void test_content_round_trips(void **state)
{
    (void)state;
    struct buf first, second;
    take("{'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 't', 'opaque': 3},"
         " {'type': 'image', 'mime': 'image/png', 'data': {'$bin': 'abc'}, 'name': 'n'},"
         " {'type': 'audio', 'url': 'https://a.invalid/b', 'opaque': {'k': [1, null]}}]},"
         " {'role': 'assistant', 'content': [{'type': 'reasoning', 'text': 'hm', 'signature': 'sig'},"
         " {'type': 'reasoning', 'opaque': 'secret'}, {'type': 'tool_call', 'id': 'i', 'name': 'f', 'arguments': "
         "'{}'}]},"
         " {'role': 'tool', 'content': [{'type': 'tool_result', 'id': 'i', 'content': 'r', 'is_error': true}]}]}");
    for (size_t i = 0; i < request->n_messages; i++) {
        struct message got = {.role = request->messages[i].role};

        buf_init(&first, 4096);
        buf_init(&second, 4096);
        codec_put_content(&first, &request->messages[i]);
        assert_int_equal(codec_get_content(first.data, first.len, &got, &err), ERR_NONE);
        assert_int_equal(got.n_parts, request->messages[i].n_parts);
        codec_put_content(&second, &got);
        assert_int_equal(first.len, second.len);
        assert_memory_equal(first.data, second.data, first.len);
        assert_true(value_equal(got.parts[0].opaque, request->messages[i].parts[0].opaque));
        message_done(&got);
        for (size_t cut = 0; cut < first.len; cut++) {
            got = (struct message){.role = request->messages[i].role};
            assert_int_not_equal(codec_get_content(first.data, cut, &got, &err), ERR_NONE);
            message_done(&got);
        }
        buf_done(&first);
        buf_done(&second);
    }
}

/* The kinds and texts of what is left of the packed parts, "text:a tool_call:{}". */
static void assert_left(enum role role, const char *json, const char *want)
{
    struct message got = {.role = role};
    char text[256] = "";

    pack(json);
    assert_int_equal(codec_get_content(params.data, params.len, &got, &err), ERR_NONE);
    for (size_t i = 0; i < got.n_parts; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof(text) - at, "%s%s:%s", i ? " " : "", part_kind_name(got.parts[i].kind),
                 got.parts[i].text ? got.parts[i].text : "");
    }
    assert_string_equal(text, want);
    message_done(&got);
}

/* One part that a client could not send does not make the others unreadable. */
static void test_unusable_parts_are_left_out(void **state)
{
    (void)state;
    assert_left(ROLE_ASSISTANT, "[]", "");
    assert_left(ROLE_ASSISTANT,
                "[{'type': 'text', 'text': 'a'}, {'type': 'tool_call', 'id': 'i', 'arguments': 'x'},"
                " {'type': 'tool_call', 'id': 'i', 'name': '', 'arguments': 'x'},"
                " {'type': 'tool_call', 'id': 'i', 'name': 'f', 'arguments': '{}'}]",
                "text:a tool_call:{}");
    assert_left(ROLE_ASSISTANT,
                "[{'type': 'image', 'mime': 'image/png', 'name': 'n', 'data': {'$bin': ''}},"
                " {'type': 'image', 'mime': 'image/png'}, {'type': 'text', 'text': 'b'}]",
                "text:b");
    assert_left(ROLE_USER, "[{'type': 'hologram', 'text': 'x'}, {'text': 'x'}, 7, {'type': 'text', 'text': 'c'}]",
                "text:c");
    assert_left(ROLE_TOOL,
                "[{'type': 'text', 'text': 'x'}, {'type': 'tool_result', 'id': 'i', 'content': 'r', 'opaque': [1]}]",
                "tool_result:r");
    assert_left(ROLE_USER, "[{'type': 'text', 'opaque': {'k': 1}}]", "");
}

static void test_what_is_no_content(void **state)
{
    (void)state;
    static const char *const rows[] = {"7", "'text'", "{'type': 'text', 'text': 'x'}", "[7, 'x']"};
    static const uint8_t bad[] = "\x92\x82\xa4type\xa4text\xa4text\xa1\xff\x82\xa4type\xa4text\xa4text\xa1k";
    struct message got = {.role = ROLE_USER};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pack(rows[i]);
        assert_int_equal(codec_get_content(params.data, params.len, &got, &err), ERR_BAD_RESPONSE);
        assert_int_equal(got.n_parts, 0);
    }
    /* A string that is no UTF-8 would spoil the JSON that it goes into. */
    assert_int_equal(codec_get_content(bad, sizeof(bad) - 1, &got, &err), ERR_NONE);
    assert_int_equal(got.n_parts, 1);
    assert_string_equal(got.parts[0].text, "k");
    message_done(&got);
}

static void test_place(void **state)
{
    (void)state;
    take("{'prompt': 'p', 'conversation': 'last', 'store': false, 'context': {'cwd': '/tmp', 'terminal': 't', 'host': "
         "'far'}}");
    assert_string_equal(request->conversation, CONVERSATION_LAST);
    assert_true(request->no_store);
    assert_string_equal(request->place.directory, "/tmp");
    assert_string_equal(request->place.terminal, "t");
    assert_string_equal(request->place.host, "far");
    take("{'prompt': 'p', 'parent': 'x'}");
    assert_string_equal(request->conversation, CONVERSATION_OF_MESSAGE);
    take("{'prompt': 'p', 'parent': 'x', 'conversation': 'last'}");
    assert_string_equal(request->conversation, CONVERSATION_LAST);
    refuse("{'prompt': 'p', 'conversation': 'new', 'parent': 'x'}", "parent");
    refuse("{'prompt': 'p', 'conversation': ''}", "conversation");
    refuse("{'prompt': 'p', 'context': {'cwd': 3}}", "context.cwd");
}

static void test_attachments_stand_before_the_prompt(void **state)
{
    (void)state;
    take("{'prompt': 'what?', 'attachments': [{'type': 'file', 'name': 'f', 'data': {'$bin': 'x'}},"
         " {'type': 'text', 'text': 't'}]}");
    assert_int_equal(request->n_messages, 1);
    assert_int_equal(request->messages[0].n_parts, 3);
    assert_int_equal(part(0, 0)->kind, PART_FILE);
    assert_string_equal(part(0, 1)->text, "t");
    assert_string_equal(part(0, 2)->text, "what?");
    take("{'prompt': '', 'attachments': [{'type': 'text', 'text': 't'}]}");
    assert_int_equal(request->messages[0].n_parts, 1);
    take("{'prompt': 'x', 'attachments': []}");
    assert_int_equal(request->messages[0].n_parts, 1);
}

static void test_nul_in_text_is_kept(void **state)
{
    (void)state;
    take("{'prompt': 'a\\u0000b'}");
    assert_int_equal(part(0, 0)->text_len, 3);
    assert_memory_equal(part(0, 0)->text, "a\0b", 4);
}

struct row {
    const char *params, *param;
};

#define REFUSE_EACH(rows)                                                                                              \
    for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)                                                      \
    refuse((rows)[i].params, (rows)[i].param)

static void test_refused_fields(void **state)
{
    static const struct row rows[] = {
        {"{}", "prompt"},
        {"{'prompt': 1}", "prompt"},
        {"{'prompt': 'x', 'messages': [{'role': 'user', 'content': 'x'}]}", "messages"},
        {"{'prompt': 'x', 'model': 1}", "model"},
        {"{'prompt': 'x', 'model': ''}", "model"},
        {"{'prompt': 'x', 'model': 'a\\u0000b'}", "model"},
        {"{'prompt': 'x', 'system': []}", "system"},
        {"{'prompt': 'x', 'system': 'a\\u0000b'}", "system"},
        {"{'prompt': 'x', 'temperature': 'warm'}", "temperature"},
        {"{'prompt': 'x', 'temperature': -0.01}", "temperature"},
        {"{'prompt': 'x', 'temperature': 2.01}", "temperature"},
        {"{'prompt': 'x', 'top_p': true}", "top_p"},
        {"{'prompt': 'x', 'top_p': -0.01}", "top_p"},
        {"{'prompt': 'x', 'top_p': 1.01}", "top_p"},
        {"{'prompt': 'x', 'max_tokens': 0}", "max_tokens"},
        {"{'prompt': 'x', 'max_tokens': 1.5}", "max_tokens"},
        {"{'prompt': 'x', 'seed': 'x'}", "seed"},
        {"{'prompt': 'x', 'seed': 0.5}", "seed"},
        {"{'prompt': 'x', 'timeout': 0}", "timeout"},
        {"{'prompt': 'x', 'timeout': -1}", "timeout"},
        {"{'prompt': 'x', 'timeout': 1e10}", "timeout"},
        {"{'prompt': 'x', 'timeout': '1'}", "timeout"},
        {"{'prompt': 'x', 'stop': 1}", "stop"},
        {"{'prompt': 'x', 'stop': ''}", "stop"},
        {"{'prompt': 'x', 'stop': ['a', 1]}", "stop[1]"},
        {"{'prompt': 'x', 'stop': ['a', '']}", "stop[1]"},
        {"{'prompt': 'x', 'stop': ['a\\u0000b']}", "stop[0]"},
        {"{'prompt': 'x', 'reasoning': 'much'}", "reasoning"},
        {"{'prompt': 'x', 'reasoning': -1}", "reasoning"},
        {"{'prompt': 'x', 'reasoning': true}", "reasoning"},
        {"{'prompt': 'x', 'cache': 'maybe'}", "cache"},
        {"{'prompt': 'x', 'cache': true}", "cache"},
        {"{'prompt': 'x', 'stream': 1}", "stream"},
        {"{'prompt': 'x', 'detach': 'yes'}", "detach"},
        {"{'prompt': 'x', 'retry': 'always'}", "retry"},
        {"{'prompt': 'x', 'schema': 'object'}", "schema"},
        {"{'prompt': 'x', 'extra': 'object'}", "extra"},
        {"{'prompt': 'x', 'extra': [1]}", "extra"},
        {"{'prompt': 'x', 'tools': {}}", "tools"},
        {"{'prompt': 'x', 'tools': [1]}", "tools[0]"},
        {"{'prompt': 'x', 'tools': [{'name': 'a'}, {}]}", "tools[1].name"},
        {"{'prompt': 'x', 'tools': [{'name': ''}]}", "tools[0].name"},
        {"{'prompt': 'x', 'tools': [{'name': 1}]}", "tools[0].name"},
        {"{'prompt': 'x', 'tools': [{'name': 'a', 'description': 1}]}", "tools[0].description"},
        {"{'prompt': 'x', 'tools': [{'name': 'a', 'parameters': 1}]}", "tools[0].parameters"},
        {"{'prompt': 'x', 'tool_choice': 1}", "tool_choice"},
        {"{'prompt': 'x', 'tool_choice': 'f', 'tools': [{'name': 'g'}]}", "tool_choice"},
    };

    (void)state;
    REFUSE_EACH(rows);
}

static void test_refused_messages(void **state)
{
    static const struct row rows[] = {
        {"{'messages': 'x'}", "messages"},
        {"{'messages': []}", "messages"},
        {"{'messages': [1]}", "messages[0]"},
        {"{'messages': [{'content': 'x'}]}", "messages[0].role"},
        {"{'messages': [{'role': 'boss', 'content': 'x'}]}", "messages[0].role"},
        {"{'messages': [{'role': 1, 'content': 'x'}]}", "messages[0].role"},
        {"{'messages': [{'role': 'user'}]}", "messages[0].content"},
        {"{'messages': [{'role': 'user', 'content': 1}]}", "messages[0].content"},
        {"{'messages': [{'role': 'user', 'content': []}]}", "messages[0].content"},
        {"{'messages': [{'role': 'user', 'content': 'x'}, {'role': 'user', 'content': [1]}]}",
         "messages[1].content[0]"},
        {"{'messages': [{'role': 'user', 'content': 'x'}], 'attachments': []}", "attachments"},
    };

    (void)state;
    REFUSE_EACH(rows);
}

static void test_refused_parts(void **state)
{
    static const struct row rows[] = {
        {"{}", "type"},
        {"{'type': 'video'}", "type"},
        {"{'type': 1}", "type"},
        {"{'type': 'text'}", "text"},
        {"{'type': 'text', 'text': 1}", "text"},
        {"{'type': 'text', 'text': 'x', 'path': '/etc/passwd'}", "path"},
        {"{'type': 'file', 'path': '/etc/passwd'}", "path"},
        {"{'type': 'image'}", "data"},
        {"{'type': 'image', 'data': {'$bin': 'x'}, 'url': 'https://a.invalid'}", "data"},
        {"{'type': 'image', 'data': 'aGVsbG8='}", "data"},
        {"{'type': 'image', 'data': [1]}", "data"},
        {"{'type': 'image', 'data': {'$bin': ''}}", "data"},
        {"{'type': 'image', 'url': ''}", "url"},
        {"{'type': 'image', 'url': {}}", "url"},
        {"{'type': 'image', 'data': {'$bin': 'x'}, 'mime': 1}", "mime"},
        {"{'type': 'file', 'data': {'$bin': 'x'}, 'name': 'a\\u0000b'}", "name"},
        {"{'type': 'tool_call', 'name': 'f', 'arguments': ''}", "id"},
        {"{'type': 'tool_call', 'id': 'i', 'arguments': ''}", "name"},
        {"{'type': 'tool_call', 'id': 'i', 'name': 'f'}", "arguments"},
        {"{'type': 'tool_call', 'id': 'i', 'name': 'f', 'arguments': {}}", "arguments"},
        {"{'type': 'tool_result', 'content': 'x'}", "id"},
        {"{'type': 'tool_result', 'id': 'i'}", "content"},
        {"{'type': 'tool_result', 'id': 'i', 'content': 'x', 'is_error': 1}", "is_error"},
        {"{'type': 'reasoning'}", "text"},
        {"{'type': 'reasoning', 'text': 'x', 'signature': 1}", "signature"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512], param[64];

        snprintf(text, sizeof(text),
                 "{'messages': [{'role': 'user', 'content': 'x'},"
                 " {'role': 'user', 'content': [{'type': 'text', 'text': ''}, %s]}]}",
                 rows[i].params);
        snprintf(param, sizeof(param), "messages[1].content[1].%s", rows[i].param);
        refuse(text, param);
    }
    refuse("{'prompt': 'x', 'attachments': [{'type': 'file', 'path': '/etc/passwd'}]}", "attachments[0].path");
    refuse("{'prompt': 'x', 'attachments': [{'type': 'file', 'data': 'x'}]}", "attachments[0].data");
    refuse("{'prompt': 'x', 'attachments': {}}", "attachments");
    refuse("{'prompt': 'x', 'attachments': [1]}", "attachments[0]");
    refuse("{'prompt': 'x', 'attachments': [{'type': 'tool_call', 'id': 'i', 'name': 'f', 'arguments': ''}]}",
           "attachments[0].type");
    refuse("{'messages': [{'role': 'tool', 'content': 'x'}]}", "messages[0].content");
    refuse("{'messages': [{'role': 'tool', 'content': [{'type': 'text', 'text': 'x'}]}]}",
           "messages[0].content[0].type");
}

static void test_extra_must_not_set_what_the_builder_writes(void **state)
{
    static const char *const names[] = {
        "model",
        "messages",
        "input",
        "contents",
        "prompt",
        "system",
        "n",
        "stream",
        "store",
        "background",
        "service_tier",
        "stream_options",
        "tools",
        "top_p",
        "tool_choice",
        "max_tokens",
        "stop",
        "seed",
        "temperature",
        "max_completion_tokens",
        "max_output_tokens",
        "response_format",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[128], param[64];

        snprintf(text, sizeof(text), "{'prompt': 'x', 'extra': {'ok': 1, '%s': null}}", names[i]);
        snprintf(param, sizeof(param), "extra.%s", names[i]);
        refuse(text, param);
    }
    take("{'prompt': 'x', 'extra': {'models': 1, 'mode': {'model': 1}}}");
}

static void test_ranges_at_their_edges(void **state)
{
    (void)state;
    take("{'prompt': 'x', 'temperature': 0, 'top_p': 0, 'max_tokens': 1, 'timeout': 0.001}");
    take("{'prompt': 'x', 'temperature': 2, 'top_p': 1, 'max_tokens': 9223372036854775807, 'timeout': 1e9}");
}

/* params {prompt, KEY: [n times VALUE]} */
static enum error_code decode_list(const char *key, uint32_t n, bool tools)
{
    buf_clear(&params);
    mp_put_map(&params, 2);
    mp_put_cstr(&params, "prompt");
    mp_put_cstr(&params, "x");
    mp_put_cstr(&params, key);
    mp_put_array(&params, n);
    for (uint32_t i = 0; i < n; i++) {
        if (tools) {
            mp_put_map(&params, 1);
            mp_put_cstr(&params, "name");
        }
        mp_put_cstr(&params, "f");
    }
    return decode_params();
}

static void test_counts_at_their_edges(void **state)
{
    (void)state;
    assert_int_equal(decode_list("stop", 16, false), ERR_NONE);
    assert_int_equal(request->n_stop, 16);
    assert_int_equal(decode_list("stop", 17, false), ERR_INVALID_REQUEST);
    assert_string_equal(err.param, "stop");
    assert_int_equal(decode_list("tools", 512, true), ERR_NONE);
    assert_int_equal(request->n_tools, 512);
    assert_int_equal(decode_list("tools", 513, true), ERR_INVALID_REQUEST);
    assert_string_equal(err.param, "tools");
}

/* What JSON cannot say: NaN, a key that is no string, a key given twice, bin that is no text, an ext. */
static void test_what_has_no_canonical_form(void **state)
{
    static const struct {
        const char *key, *param, *value;
        size_t len;
    } rows[] = {
        {"temperature", "temperature", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 9},
        {"top_p", "top_p", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 9},
        {"timeout", "timeout", "\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", 9},
        {"max_tokens", "max_tokens", "\xcf\x80\x00\x00\x00\x00\x00\x00\x00", 9},
        {"model", "model", "\xc4\x01\xff", 3},
        {"schema", "schema", "\x81\x01\x02", 3},
        {"extra", "extra", "\x81\x01\x02", 3},
        {"extra", "extra",
         "\x82\xa1"
         "a\x01\xa1"
         "a\x02",
         7},
        {"extra", "extra",
         "\x81\xa1"
         "a\xd4\x01\x00",
         6},
        {"attachments", "attachments[0].opaque", "\x91\x82\xa4type\xa4text\xa6opaque\x81\x01\x02", 22},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_clear(&params);
        mp_put_map(&params, 2);
        mp_put_cstr(&params, "prompt");
        mp_put_cstr(&params, "x");
        mp_put_cstr(&params, rows[i].key);
        buf_append(&params, rows[i].value, rows[i].len);
        assert_int_equal(decode_params(), ERR_INVALID_REQUEST);
        assert_string_equal(err.param, rows[i].param);
    }
}

/* Every cut-off or mistaken value in place of each field is either taken or refused, with nothing lost: the sanitizer
 * looks. */
static void test_any_value_in_any_field(void **state)
{
    static const char *const fields[] = {"model",      "system",      "prompt",  "messages",    "attachments",
                                         "tools",      "tool_choice", "schema",  "temperature", "top_p",
                                         "stop",       "reasoning",   "cache",   "stream",      "extra",
                                         "max_tokens", "seed",        "timeout", "detach",      "retry"};
    static const char *const values[] = {"null",
                                         "true",
                                         "-1",
                                         "1.5",
                                         "''",
                                         "'x'",
                                         "[]",
                                         "[[]]",
                                         "{}",
                                         "[{}]",
                                         "{'a': {}}",
                                         "[null]",
                                         "{'$bin': 'x'}",
                                         "[{'type': 'text', 'text': 'x', 'role': 'user'}]"};

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            char text[128];

            snprintf(text, sizeof(text), "{'%s': %s, '%s': 'x'}", fields[i], values[k],
                     strcmp(fields[i], "prompt") == 0 ? "system" : "prompt");
            if (decode(text) != ERR_NONE)
                assert_true(strncmp(err.param, fields[i], strlen(fields[i])) == 0);
        }
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_prompt_alone),
        TEST(test_every_field),
        TEST(test_words),
        TEST(test_nil_is_absent),
        TEST(test_bin_text_and_empty_list_for_a_map),
        TEST(test_messages),
        TEST(test_content_round_trips),
        TEST(test_unusable_parts_are_left_out),
        TEST(test_what_is_no_content),
        TEST(test_place),
        TEST(test_attachments_stand_before_the_prompt),
        TEST(test_nul_in_text_is_kept),
        TEST(test_refused_fields),
        TEST(test_refused_messages),
        TEST(test_refused_parts),
        TEST(test_extra_must_not_set_what_the_builder_writes),
        TEST(test_ranges_at_their_edges),
        TEST(test_counts_at_their_edges),
        TEST(test_what_has_no_canonical_form),
        TEST(test_any_value_in_any_field),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
