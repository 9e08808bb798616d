#include "client/tty/highlight.h"
#include "client/tty/highlight_languages.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* A letter for what a character is: k eyword, s tring, c omment, n umber, f ield, + added, - removed, @ hunk, ! strong,
 * . nothing. */
static char letter(style_set set)
{
    static const struct {
        enum style style;
        char letter;
    } letters[] = {{STYLE_KEYWORD, 'k'}, {STYLE_STRING, 's'}, {STYLE_COMMENT, 'c'},
                   {STYLE_NUMBER, 'n'},  {STYLE_NAME, 'f'},   {STYLE_ADDED, '+'},
                   {STYLE_REMOVED, '-'}, {STYLE_HUNK, '@'},   {STYLE_STRONG, '!'}};
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (set == STYLE_SET(letters[i].style))
            return letters[i].letter;
    return set == 0 ? '.' : '?';
}

static void shows(const char *language, const char *code, const char *letters)
{
    char shown[256];
    size_t n = 0;
    struct highlight h;
    highlight_init(&h, language, strlen(language));
    for (const char *line = code; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        highlight_line(&h);
        for (size_t at = 0, taken; at < len; at += taken) {
            style_set set;
            taken = highlight_next(&h, line + at, len - at, &set);
            assert_in_range(taken, 1, len - at);
            memset(shown + n, letter(set), taken);
            n += taken;
        }
        line += len + (line[len] == '\n');
        if (*line != '\0')
            shown[n++] = '\n';
    }
    shown[n] = '\0';
    assert_string_equal(shown, letters);
}

static void languages_have_their_parts(void **state)
{
    (void)state;
    shows("c", "#include <a>\nint x1 = 0x1f; // y", "kkkkkkkk....\nkkk......nnnn..cccc");
    shows("C++ x", "auto s = \"a\\\"b\" + 'c';", "kkkk.....ssssss...sss.");
    shows("{.python}", "def f(): # x\n  return 'a'", "kkk......ccc\n..kkkkkk.sss");
    shows("py", "x = \"\"\"a\nb\"\"\" + 1", "....ssss\nssss...n");
    shows("sh", "echo a#b $# # c\nif [ \"$x\" ]", "kkkk........ccc\nkk...ssss..");
    shows("js", "let a = `b\n${c}` /* d\ne */ f", "kkk.....ss\nsssss.cccc\ncccc..");
    shows("typescript", "interface A { b: number }", "kkkkkkkkk........kkkkkk..");
    shows("go", "func f() { return nil }", "kkkk.......kkkkkk.kkk..");
    shows("rust", "fn f<'a>(x: &'a str) {}", "kk..............kkk....");
    shows("java", "final int x = 1_000;", "kkkkk.kkk.....nnnnn.");
    shows("sql", "SELECT 'it''s' FROM t -- c", "kkkkkk.sssssss.kkkk...cccc");
    shows("json", "{\"a\": \"b\", \"c\": [1.5, true]}", ".fff..sss..fff...nnn..kkkk..");
    shows("yaml", "a-b: true # c\n- 'd'", "fff..kkkk.ccc\n..sss");
    shows("toml", "a = \"b\" # c", "f...sss.ccc");
    shows("html", "<a href=\"x\">t</a> &amp; <!-- c\nd -->", "kk.ffff.sssk.kkkk.nnnnn.cccccc\nccccc");
    shows("lua", "local x = 1 --[[ a\nb ]] -- c", "kkkkk.....n.cccccc\ncccc.cccc");
    shows("ruby", "def a? # b\nend", "kkk....ccc\nkkk");
    shows("make", "ifeq (a,b) # c", "kkkk.......ccc");
    shows("diff", "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z", "!!!!!\n!!!!!\n@@@@@@@@@@@\n--\n++\n..");
}

static void what_is_unknown_is_plain(void **state)
{
    (void)state;
    shows("", "int 'a' 1", ".........");
    shows("klingon", "int 'a' 1 # b", ".............");
    shows("c\0x", "int", "kkk");
}

static void what_is_open_ends_with_its_line(void **state)
{
    (void)state;
    shows("c", "\"open\nint", "sssss\nkkk");
    shows("c", "\"open\\", "ssssss");
    shows("py", "'''open\\", "ssssssss");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages_have_their_parts),
        cmocka_unit_test(what_is_unknown_is_plain),
        cmocka_unit_test(what_is_open_ends_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
