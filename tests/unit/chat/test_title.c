/* What a conversation is called before anybody has named it. */
#include "lib/base/utf8.h"
#include "lib/chat/title.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEN "1234567890"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void of_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *title;
    } rows[] = {
        {"", ""},
        {" \n\t\n", ""},
        {"one", "one"},
        {"  two  words\there \n", "two words here"},
        {"\n\nfirst line\nsecond", "first line"},
        {"bell\aand\x7f"
         "del\xc2\x85"
         "c1\xc2\xa0nbsp",
         "bell and del c1 nbsp"},
        {SIXTY, SIXTY},
        {SIXTY " ", SIXTY},
        {SIXTY "\nmore", SIXTY},
        {SIXTY "1", TEN TEN TEN TEN TEN "123456789…"},
        {SIXTY " more", TEN TEN TEN TEN TEN "123456789…"},
        {TEN TEN TEN TEN TEN " 12345678 more", TEN TEN TEN TEN TEN " 12345678…"},
        {TEN TEN TEN TEN TEN " 123456789 more", TEN TEN TEN TEN TEN "…"},
        {"word " SIXTY, "word…"},
        {"éééééééééé éééééééééé éééééééééé éééééééééé éééééééééé ééééé ééé",
         "éééééééééé éééééééééé éééééééééé éééééééééé éééééééééé…"},
        {"\xff"
         "a",
         "a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char title[TITLE_SIZE];
        assert_int_equal(title_of_text(rows[i].text, strlen(rows[i].text), title), rows[i].title[0] != '\0');
        assert_string_equal(title, rows[i].title);
    }
}

/* Four bytes a character, and none of it a word's end: what is largest fits. */
static void the_largest(void **state)
{
    (void)state;
    char text[4 * 200 + 1] = "", title[TITLE_SIZE];
    for (int i = 0; i < 200; i++)
        strcat(text, "👩");
    assert_true(title_of_text(text, strlen(text), title));
    assert_int_equal(strlen(title), 4 * (TITLE_WORDS - 1) + strlen("…"));
    assert_true(utf8_valid(title, strlen(title)));
}

static void of_messages(void **state)
{
    (void)state;
    char title[TITLE_SIZE];
    struct message messages[3] = {{.role = ROLE_SYSTEM}, {.role = ROLE_USER}, {.role = ROLE_USER}};
    assert_false(title_of_messages(messages, 3, title));
    message_add_text(&messages[0], "be brief", 8);
    assert_true(title_of_messages(messages, 3, title));
    assert_string_equal(title, "be brief");
    message_add_part(&messages[1], PART_IMAGE);
    message_add_text(&messages[2], "attached", 8);
    message_add_text(&messages[2], "the prompt", 10);
    assert_true(title_of_messages(messages, 3, title));
    assert_string_equal(title, "the prompt");
    for (int i = 0; i < 3; i++)
        message_done(&messages[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_text),
        cmocka_unit_test(the_largest),
        cmocka_unit_test(of_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
