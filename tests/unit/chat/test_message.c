#include "lib/chat/message.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void zeroed_one_can_be_done(void **state)
{
    (void)state;
    struct message m = {0};
    message_done(&m);
    message_done(&m);
    assert_int_equal(m.n_parts, 0);
}

static void text_is_copied_with_its_nuls(void **state)
{
    (void)state;
    struct message m = {0};
    char text[] = "a\0b";
    message_add_text(&m, text, 3);
    message_add_text(&m, NULL, 0);
    text[0] = '?';
    assert_int_equal(m.n_parts, 2);
    assert_int_equal(m.parts[0].kind, PART_TEXT);
    assert_int_equal(m.parts[0].text_len, 3);
    assert_memory_equal(m.parts[0].text, "a\0b", 4); /* with the NUL behind */
    assert_int_equal(m.parts[1].text_len, 0);
    assert_string_equal(m.parts[1].text, "");
    message_done(&m);
}

static void parts_start_empty_and_stay(void **state)
{
    (void)state;
    struct message m = {0};
    for (size_t i = 0; i < 100; i++) {
        struct part *p = message_add_part(&m, PART_TOOL_CALL);
        const struct part empty = {.kind = PART_TOOL_CALL};
        assert_ptr_equal(p, &m.parts[i]);
        assert_int_equal(p->kind, empty.kind);
        assert_null(p->text);
        assert_null(p->data);
        assert_null(p->opaque);
        assert_false(p->is_error);
        p->text_len = i;
    }
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(m.parts[i].text_len, i);
    message_done(&m);
    assert_null(m.parts);
}

static void done_frees_every_field(void **state)
{
    (void)state;
    struct message m = {0};
    msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
    struct part *p = message_add_part(&m, PART_FILE);
    p->text = strdup("text");
    p->mime = strdup("text/plain");
    p->data = malloc(3);
    p->url = strdup("https://example.org/");
    p->name = strdup("name");
    p->id = strdup("id");
    p->signature = strdup("signature");
    p->opaque = value_from_object(&nil);
    message_done(&m); /* the leak checker tells of what is forgotten */
    assert_int_equal(m.n_parts, 0);
}

static void names_go_both_ways(void **state)
{
    (void)state;
    enum role role;
    enum part_kind kind;
    for (int i = ROLE_SYSTEM; i <= ROLE_TOOL; i++) {
        const char *name = role_name((enum role)i);
        assert_true(role_from_name(name, strlen(name), &role));
        assert_int_equal(role, i);
    }
    for (int i = PART_TEXT; i <= PART_REASONING; i++) {
        const char *name = part_kind_name((enum part_kind)i);
        assert_true(part_kind_from_name(name, strlen(name), &kind));
        assert_int_equal(kind, i);
    }
    assert_string_equal(role_name(ROLE_ASSISTANT), "assistant");
    assert_string_equal(part_kind_name(PART_TOOL_RESULT), "tool_result");
}

static void unknown_names_leave_the_result_alone(void **state)
{
    (void)state;
    enum role role = ROLE_TOOL;
    enum part_kind kind = PART_AUDIO;
    assert_false(role_from_name("User", 4, &role));
    assert_false(role_from_name("use", 3, &role));
    assert_false(role_from_name("user\0", 5, &role));
    assert_true(role_from_name("user...", 4, &role)); /* only len bytes count */
    assert_int_equal(role, ROLE_USER);
    assert_false(part_kind_from_name("tool_", 5, &kind));
    assert_false(part_kind_from_name("", 0, &kind));
    assert_int_equal(kind, PART_AUDIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_one_can_be_done),     cmocka_unit_test(text_is_copied_with_its_nuls),
        cmocka_unit_test(parts_start_empty_and_stay), cmocka_unit_test(done_frees_every_field),
        cmocka_unit_test(names_go_both_ways),         cmocka_unit_test(unknown_names_leave_the_result_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
