#include "lib/chat/request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void new_one_is_all_defaults(void **state)
{
    (void)state;
    struct chat_request *r = chat_request_new();
    assert_null(r->model);
    assert_int_equal(r->n_messages, 0);
    assert_int_equal(r->tool_choice, TOOL_CHOICE_DEFAULT);
    assert_int_equal(r->reasoning, REASONING_DEFAULT);
    assert_int_equal(r->cache, CACHE_USE);
    assert_false(r->has_temperature || r->has_top_p || r->has_seed || r->has_max_tokens || r->has_timeout);
    assert_false(r->stream || r->detach || r->retry_restart);
    assert_null(chat_request_free(r));
    assert_null(chat_request_free(NULL));
}

static void lists_grow_and_keep(void **state)
{
    (void)state;
    struct chat_request *r = chat_request_new();
    char name[] = "tool-?";
    for (size_t i = 0; i < 20; i++) {
        struct message *m = chat_request_add_message(r, i % 2 ? ROLE_ASSISTANT : ROLE_USER);
        assert_ptr_equal(m, &r->messages[i]);
        assert_int_equal(m->n_parts, 0);
        message_add_text(m, "text", i % 5);
        struct tool *t = chat_request_add_tool(r);
        assert_null(t->name);
        assert_null(t->description);
        assert_null(t->parameters);
        name[5] = (char)('a' + i);
        t->name = strdup(name);
        chat_request_add_stop(r, name, 6);
    }
    assert_int_equal(r->n_messages, 20);
    assert_int_equal(r->n_tools, 20);
    assert_int_equal(r->n_stop, 20);
    for (size_t i = 0; i < 20; i++) {
        name[5] = (char)('a' + i);
        assert_int_equal(r->messages[i].role, i % 2 ? ROLE_ASSISTANT : ROLE_USER);
        assert_int_equal(r->messages[i].parts[0].text_len, i % 5);
        assert_string_equal(r->tools[i].name, name);
        assert_string_equal(r->stop[i], name);
    }
    chat_request_free(r);
}

static void stop_needs_no_nul(void **state)
{
    (void)state;
    struct chat_request *r = chat_request_new();
    chat_request_add_stop(r, "ENDxxx", 3);
    chat_request_add_stop(r, "", 0);
    assert_string_equal(r->stop[0], "END");
    assert_string_equal(r->stop[1], "");
    chat_request_free(r);
}

static void free_frees_every_field(void **state)
{
    (void)state;
    msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
    struct value *shared = value_from_object(&nil);
    struct chat_request *r = chat_request_new();
    size_t len;
    r->model = strdup("m");
    r->system = strdup("s");
    r->tool_choice_name = strdup("t");
    r->schema = value_ref(shared);
    r->extra = value_ref(shared);
    struct tool *t = chat_request_add_tool(r);
    t->name = strdup("n");
    t->description = strdup("d");
    t->parameters = value_ref(shared);
    chat_request_free(r);                                      /* the leak checker tells of what is forgotten */
    assert_memory_equal(value_bytes(shared, &len), "\xc0", 1); /* ours is still ours */
    value_unref(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_one_is_all_defaults),
        cmocka_unit_test(lists_grow_and_keep),
        cmocka_unit_test(stop_needs_no_nul),
        cmocka_unit_test(free_frees_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
