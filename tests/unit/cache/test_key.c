/* What makes another key, and what does not. */
#include "tests/unit/cache/key_questions.h"

#include <cmocka.h>

static void drop_tools(struct chat_request *r)
{
    while (r->n_tools > 0) {
        struct tool *t = &r->tools[--r->n_tools];
        free(t->name);
        free(t->description);
        value_unref(t->parameters);
    }
}

/* What changes the key, and among themselves all differ. */

typedef void change(struct chat_request *r);

#define CHANGE(name, what)                                                                                             \
    static void name(struct chat_request *r)                                                                           \
    {                                                                                                                  \
        what;                                                                                                          \
    }
CHANGE(nothing, (void)r)
CHANGE(another_text, replace(&part_of(r, FIRST)->text, "what is in it?"))
CHANGE(another_role, r->messages[FIRST].role = ROLE_SYSTEM)
CHANGE(another_kind, part_of(r, FIRST)->kind = PART_REASONING)
CHANGE(one_more_part, message_add_text(&r->messages[FIRST], "", 0))
CHANGE(one_more_message, chat_request_add_message(r, ROLE_USER))
CHANGE(text_with_nul, part_of(r, FIRST)->text_len++)
CHANGE(another_mime, replace(&part_of(r, PICTURE)->mime, "image/webp"))
CHANGE(no_mime, replace(&part_of(r, PICTURE)->mime, NULL))
CHANGE(another_file_name, replace(&part_of(r, PICTURE)->name, "b.png"))
CHANGE(no_file_name, replace(&part_of(r, PICTURE)->name, NULL))
CHANGE(another_data, set_data(part_of(r, PICTURE), "PNH"))
CHANGE(longer_data, set_data(part_of(r, PICTURE), "PNG1"))
CHANGE(another_id, replace(&part_of(r, CALL)->id, "call-2"))
CHANGE(another_call, replace(&part_of(r, CALL)->name, "see"))
CHANGE(another_opaque, replace_value(&part_of(r, CALL)->opaque, VALUE("\x81\xa1s\xa1u")))
CHANGE(no_opaque, replace_value(&part_of(r, CALL)->opaque, NULL))
CHANGE(a_failed_result, part_of(r, RESULT)->is_error = true)
CHANGE(another_signature, replace(&part_of(r, THOUGHT)->signature, "gis"))
CHANGE(no_signature, replace(&part_of(r, THOUGHT)->signature, NULL))
CHANGE(another_tool, replace(&r->tools[0].name, "Look"))
CHANGE(another_description, replace(&r->tools[0].description, ""))
CHANGE(no_description, replace(&r->tools[0].description, NULL))
CHANGE(another_parameter, replace_value(&r->tools[0].parameters, VALUE("\x81\xa4type\xa5objec")))
CHANGE(no_parameters, replace_value(&r->tools[0].parameters, NULL))
CHANGE(one_more_tool, chat_request_add_tool(r)->name = xstrdup("see"))
CHANGE(no_tools, drop_tools(r))
CHANGE(another_choice, replace(&r->tool_choice_name, "see"))
CHANGE(choice_auto, r->tool_choice = TOOL_CHOICE_AUTO)
CHANGE(choice_none, r->tool_choice = TOOL_CHOICE_NONE)
CHANGE(choice_required, r->tool_choice = TOOL_CHOICE_REQUIRED)
CHANGE(choice_default, r->tool_choice = TOOL_CHOICE_DEFAULT)
CHANGE(choice_of_a_tool_named_auto, replace(&r->tool_choice_name, "auto"))
CHANGE(another_system, replace(&r->system, "Be long."))
CHANGE(no_system, replace(&r->system, NULL))
CHANGE(empty_system, replace(&r->system, ""))
CHANGE(another_schema, replace_value(&r->schema, VALUE("\x80")))
CHANGE(no_schema, replace_value(&r->schema, NULL))
CHANGE(another_extra, replace_value(&r->extra, VALUE("\x81\xa1k\x02")))
CHANGE(no_extra, replace_value(&r->extra, NULL))
CHANGE(another_stop, replace(&r->stop[0], "STOP"))
CHANGE(one_more_stop, chat_request_add_stop(r, "END", 3))
CHANGE(another_temperature, r->temperature = 0.51)
CHANGE(temperature_one, r->temperature = 1)
CHANGE(no_temperature, r->has_temperature = false)
CHANGE(another_top_p, r->top_p = 0.5)
CHANGE(no_top_p, r->has_top_p = false)
CHANGE(another_seed, r->seed = -7)
CHANGE(no_seed, r->has_seed = false)
CHANGE(a_gap, r->gap = chat_gap_new((struct gap_text){"x", 1}, (struct gap_text){"y", 1}, NULL))
CHANGE(a_gap_elsewhere, r->gap = chat_gap_new((struct gap_text){"xy", 2}, (struct gap_text){NULL, 0}, NULL))
CHANGE(another_max, r->max_tokens = 101)
CHANGE(no_max, r->has_max_tokens = false)
CHANGE(reasoning_off, r->reasoning = REASONING_OFF)
CHANGE(reasoning_medium, r->reasoning = REASONING_MEDIUM)
CHANGE(reasoning_high, r->reasoning = REASONING_HIGH)
CHANGE(reasoning_default, r->reasoning = REASONING_DEFAULT)
CHANGE(reasoning_budget, r->reasoning = REASONING_BUDGET; r->reasoning_budget = 1000)
CHANGE(another_budget, r->reasoning = REASONING_BUDGET; r->reasoning_budget = 1001)
CHANGE(schema_of_two, replace_value(&r->schema, VALUE("\x81\xaaproperties\x82\xa1"
                                                      "a\x80\xa1"
                                                      "b\x80")))
CHANGE(schema_of_two_turned, replace_value(&r->schema, VALUE("\x81\xaaproperties\x82\xa1"
                                                             "b\x80\xa1"
                                                             "a\x80")))

static change *const changes[] = {nothing,
                                  another_text,
                                  another_role,
                                  another_kind,
                                  one_more_part,
                                  one_more_message,
                                  text_with_nul,
                                  another_mime,
                                  no_mime,
                                  another_file_name,
                                  no_file_name,
                                  another_data,
                                  longer_data,
                                  another_id,
                                  another_call,
                                  another_opaque,
                                  no_opaque,
                                  a_failed_result,
                                  another_signature,
                                  no_signature,
                                  another_tool,
                                  another_description,
                                  no_description,
                                  another_parameter,
                                  no_parameters,
                                  one_more_tool,
                                  no_tools,
                                  another_choice,
                                  choice_auto,
                                  choice_none,
                                  choice_required,
                                  choice_default,
                                  choice_of_a_tool_named_auto,
                                  another_system,
                                  no_system,
                                  empty_system,
                                  another_schema,
                                  no_schema,
                                  another_extra,
                                  no_extra,
                                  another_stop,
                                  one_more_stop,
                                  another_temperature,
                                  temperature_one,
                                  no_temperature,
                                  another_top_p,
                                  no_top_p,
                                  another_seed,
                                  no_seed,
                                  a_gap,
                                  a_gap_elsewhere,
                                  another_max,
                                  no_max,
                                  reasoning_off,
                                  reasoning_medium,
                                  reasoning_high,
                                  reasoning_default,
                                  reasoning_budget,
                                  another_budget,
                                  schema_of_two,
                                  schema_of_two_turned};

static void each_field_counts(void **state)
{
    (void)state;
    struct cache_key keys[COUNT(changes)];

    for (size_t i = 0; i < COUNT(changes); i++) {
        struct chat_request *r = full_question();
        changes[i](r);
        keys[i] = key_of(r, SCOPE, &some_target);
        chat_request_free(r);
    }
    check_all_differ(keys, COUNT(keys));
}

static void each_field_of_a_target_counts(void **state)
{
    (void)state;
    static const char *const more[] = {"X-Team: blue", "x-app: askd", "X-App: askd", NULL};
    static const char *const other[] = {"X-Team: Blue", "x-app: askd", NULL};
    static const char *const fewer[] = {"X-Team: blue", NULL};
    struct key_target t[] = {some_target, some_target, some_target, some_target, some_target, some_target,
                             some_target, some_target, some_target, some_target, some_target, some_target};
    struct chat_request *r = full_question();
    struct cache_key keys[COUNT(t) + 1];

    t[1].provider = "home";
    t[2].base_url = "https://api.example/v2";
    t[3].base_url = NULL;
    t[4].api = "ollama";
    t[5].dialect = "xai";
    t[6].dialect = NULL;
    t[7].model = "small";
    t[8].headers = more;
    t[9].headers = other;
    t[10].headers = fewer;
    t[11].headers = NULL;
    assert_true(key_question(maker, SCOPE, r));
    for (size_t i = 0; i < COUNT(t); i++)
        key_for(maker, &t[i], &keys[i]);
    keys[COUNT(t)] = key_of(r, "uid:1001", &t[0]);
    check_all_differ(keys, COUNT(keys));
    chat_request_free(r);
}

/* What does not change it */

CHANGE(policy, r->cache = CACHE_REFRESH)
CHANGE(stream, r->stream = true)
CHANGE(timeout, r->has_timeout = true; r->timeout = 3)
CHANGE(conversation, r->conversation = xstrdup("new"); r->parent = xstrdup("x"))
CHANGE(store, r->no_store = true)
CHANGE(detach, r->detach = true)
CHANGE(place, r->place.directory = xstrdup("/tmp"); r->place.host = xstrdup("far"))
CHANGE(retry, r->retry_restart = true)
CHANGE(name_of_the_model, r->model = xstrdup("fast"))
CHANGE(url_of_fetched_data, replace(&part_of(r, PICTURE)->url, "http://127.0.0.1/a.png"))
CHANGE(budget_without_use, r->reasoning_budget = 5)

static change *const no_changes[] = {policy,
                                     stream,
                                     timeout,
                                     conversation,
                                     store,
                                     detach,
                                     place,
                                     retry,
                                     name_of_the_model,
                                     url_of_fetched_data,
                                     budget_without_use};

static void what_is_not_sent_does_not_count(void **state)
{
    (void)state;
    struct chat_request *plain = full_question();
    struct cache_key want = key_of(plain, SCOPE, &some_target);

    for (size_t i = 0; i < COUNT(no_changes); i++) {
        struct chat_request *r = full_question();
        no_changes[i](r);
        struct cache_key key = key_of(r, SCOPE, &some_target);
        if (!key_equal(&key, &want))
            fail_msg("row %zu has another key", i);
        chat_request_free(r);
    }
    chat_request_free(plain);
}

/* Schemas: {"type", "properties": {"a", "b"}} with the keys of one map or the other turned. */

#define TYPE "\xa4type\xa6object"
#define A_FIRST                                                                                                        \
    "\xaaproperties\x82\xa1"                                                                                           \
    "a\x80\xa1"                                                                                                        \
    "b\x80"
#define B_FIRST                                                                                                        \
    "\xaaproperties\x82\xa1"                                                                                           \
    "b\x80\xa1"                                                                                                        \
    "a\x80"

static struct cache_key key_of_schema(struct value *schema)
{
    struct chat_request *r = full_question();

    replace_value(&r->schema, value_ref(schema));
    replace_value(&r->tools[0].parameters, schema);
    struct cache_key key = key_of(r, SCOPE, &bare_target);
    chat_request_free(r);
    return key;
}

static void only_the_order_of_properties_counts(void **state)
{
    (void)state;
    struct cache_key sorted = key_of_schema(VALUE("\x82" A_FIRST TYPE)),
                     same = key_of_schema(VALUE("\x82" TYPE A_FIRST));
    struct cache_key turned = key_of_schema(VALUE("\x82" B_FIRST TYPE));
    struct cache_key both = key_of_schema(VALUE("\x82" TYPE B_FIRST));

    assert_true(key_equal(&sorted, &same));
    assert_true(key_equal(&turned, &both));
    assert_false(key_equal(&sorted, &turned));
}

static void numbers_have_one_form(void **state)
{
    (void)state;
    struct key_target t = bare_target;
    struct chat_request *r = chat_request_new();
    struct cache_key one, other;

    r->has_temperature = true;
    r->temperature = 0.0;
    one = key_of(r, SCOPE, &t);
    r->temperature = -0.0;
    other = key_of(r, SCOPE, &t);
    assert_true(key_equal(&one, &other));
    r->extra = VALUE("\x81\xa1k\xcb\x3f\xf0\0\0\0\0\0\0");
    one = key_of(r, SCOPE, &t);
    replace_value(&r->extra, VALUE("\x81\xa1k\xcd\0\1"));
    other = key_of(r, SCOPE, &t);
    assert_true(key_equal(&one, &other));
    chat_request_free(r);
}

static void headers_have_no_order(void **state)
{
    (void)state;
    static const char *const alike[][6] = {
        {"X-App: askd", "X-Team: blue", NULL},
        {"x-team:blue", "x-app:   askd ", NULL},
        {"X-Api-Key: sk-1", "X-TEAM: blue", "Authorization: Bearer x", "X-APP: askd", NULL},
        {"X-Team: blue\t", "Cookie: a=b", "x-App: askd", NULL},
    };
    static const char *const none[] = {"Authorization: Bearer x", NULL};
    struct chat_request *r = full_question();
    struct key_target t = some_target;
    struct cache_key want = key_of(r, SCOPE, &some_target), key;

    for (size_t i = 0; i < COUNT(alike); i++) {
        t.headers = alike[i];
        key_for(maker, &t, &key);
        assert_memory_equal(key.bytes, want.bytes, KEY_LEN);
    }
    t.headers = NULL;
    key_for(maker, &t, &want);
    t.headers = none;
    key_for(maker, &t, &key);
    assert_memory_equal(key.bytes, want.bytes, KEY_LEN);
    chat_request_free(r);
}

static void data_by_url_has_no_key(void **state)
{
    (void)state;
    struct chat_request *r = full_question();
    struct part *p = part_of(r, PICTURE);

    free(p->data);
    p->data = NULL;
    p->url = xstrdup("https://example.org/a.png");
    assert_false(key_question(maker, SCOPE, r));
    chat_request_free(r);

    r = full_question(); /* the maker is as good as before */
    key_of(r, SCOPE, &some_target);
    chat_request_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_counts),
        cmocka_unit_test(each_field_of_a_target_counts),
        cmocka_unit_test(what_is_not_sent_does_not_count),
        cmocka_unit_test(only_the_order_of_properties_counts),
        cmocka_unit_test(numbers_have_one_form),
        cmocka_unit_test(headers_have_no_order),
        cmocka_unit_test(data_by_url_has_no_key),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
