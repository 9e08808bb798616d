#include "daemon/engine/titling.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_clean(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"A short title", "A short title"},
        {"\n\n  \"A title.\"\nand more", "A title"},
        {"# **Eine Überschrift**", "Eine Überschrift"},
        {"„Ein Titel“", "Ein Titel"},
        {"« Un titre »", "Un titre"},
        {"C'est `x`", "C'est `x"},
        {"Version 1.2.", "Version 1.2"},
        {"\"\"", ""},
        {" \n\t\n", ""},
        {"", ""},
        {"...", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char title[TITLE_SIZE] = "";
        assert_int_equal(titling_clean(rows[i][0], title), rows[i][1][0] != 0);
        assert_string_equal(title, rows[i][1]);
    }
}

static void test_long(void **state)
{
    (void)state;
    char said[2000], title[TITLE_SIZE];
    memset(said, 'x', sizeof said);
    said[sizeof said - 1] = 0;
    assert_true(titling_clean(said, title));
    assert_true(strlen(title) < TITLE_SIZE);
}

/* The last text of the user's, cut between characters. */
static void test_question(void **state)
{
    (void)state;
    struct chat_request *r = chat_request_new();
    message_add_text(chat_request_add_message(r, ROLE_SYSTEM), "rules", 5);
    assert_null(titling_question(r));
    char text[TITLING_OF_MAX + 1];
    memset(text, 'x', sizeof text);
    memcpy(text + TITLING_OF_MAX - 1, "\xc3\xa9", 2);
    message_add_text(chat_request_add_message(r, ROLE_USER), text, sizeof text);
    message_add_part(chat_request_add_message(r, ROLE_USER), PART_IMAGE);
    char *question = titling_question(r);
    assert_int_equal(strlen(question), TITLING_OF_MAX - 1);
    free(question);
    chat_request_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_clean), cmocka_unit_test(test_long),
                                       cmocka_unit_test(test_question)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
