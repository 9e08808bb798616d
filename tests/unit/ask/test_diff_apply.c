/* What models write for a diff, and what becomes of it. */
#include "client/ask/diff_apply.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 20 };

#define HEAD "--- a/f\n+++ b/f\n"
#define ABC "a\nb\nc\nd\ne\nf\ng\n"

struct row {
    const char *text, *answer, *want; /* the new text, or what the error says */
};

/* All files of the answer are taken for the one. */
static enum error_code change(const char *text, const char *answer, struct buf *out, struct error *err)
{
    struct diff d;
    enum error_code code = diff_read(&d, answer, strlen(answer), err);
    (void)buf_puts(out, text);
    for (size_t i = 0; i < diff_n_files(&d) && code == ERR_NONE; i++) {
        struct buf next;
        buf_init(&next, ROOM);
        code = diff_apply(&d, diff_file(&d, i), (const char *)out->data, out->len, &next, err);
        buf_done(out);
        *out = next;
    }
    diff_done(&d);
    return code;
}

static void check_good(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error err = ERROR_INIT;
        struct buf out;
        buf_init(&out, ROOM);
        if (change(rows[i].text, rows[i].answer, &out, &err) != ERR_NONE)
            fail_msg("row %zu: %s", i, err.message);
        if (strcmp(buf_cstr(&out), rows[i].want) != 0)
            fail_msg("row %zu: got\n%s", i, buf_cstr(&out));
        buf_done(&out);
    }
}

static void check_bad(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error err = ERROR_INIT;
        struct buf out;
        buf_init(&out, ROOM);
        if (change(rows[i].text, rows[i].answer, &out, &err) == ERR_NONE)
            fail_msg("row %zu: was taken:\n%s", i, buf_cstr(&out));
        if (strstr(err.message, rows[i].want) == NULL)
            fail_msg("row %zu: says %s", i, err.message);
        buf_done(&out);
    }
}

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows[0])

static void what_models_write_is_read(void **state)
{
    static const struct row rows[] = {
        /* as diff -u makes it */
        {ABC, HEAD "@@ -2,3 +2,3 @@ main\n b\n-c\n+C\n d\n", "a\nb\nC\nd\ne\nf\ng\n"},
        /* wrong lines and counts, none, and no header at all */
        {ABC, HEAD "@@ -40,9 +41,1 @@\n b\n-c\n+C\n d\n", "a\nb\nC\nd\ne\nf\ng\n"},
        {ABC, HEAD "@@ ... @@\n b\n-c\n+C\n d\n", "a\nb\nC\nd\ne\nf\ng\n"},
        {ABC, HEAD "@@\n b\n-c\n+C\n", "a\nb\nC\nd\ne\nf\ng\n"},
        {ABC, HEAD " b\n-c\n+C\n", "a\nb\nC\nd\ne\nf\ng\n"},
        /* words and fences around it */
        {ABC, "Sure!\n\n```diff\n" HEAD "@@ -1 +1 @@\n-a\n+A\n```\n\n- a was changed\n", "A\nb\nc\nd\ne\nf\ng\n"},
        {ABC, HEAD "@@ -1 +1 @@\n-a\n+A\n b\n\nThis changes a.\nAnd no more.\n", "A\nb\nc\nd\ne\nf\ng\n"},
        {ABC, "````\n" HEAD "@@ -1 +1 @@\n-a\n+```\n b\n````\n", "```\nb\nc\nd\ne\nf\ng\n"},
        {ABC, "```diff\n" HEAD "```\nand\n```diff\n@@ -1 +1 @@\n-a\n+A\n```\n```diff\n@@ -5 +5 @@\n-e\n+E\n```\n",
         "A\nb\nc\nd\nE\nf\ng\n"},
        /* git's lines, and carriage returns */
        {ABC, "diff --git a/f b/f\nindex 12..34 100644\n" HEAD "@@ -1 +1 @@\n-a\n+A\n", "A\nb\nc\nd\ne\nf\ng\n"},
        {ABC, "--- a/f\r\n+++ b/f\r\n@@ -1,2 +1,2 @@\r\n-a\r\n+A\r\n b\r\n", "A\nb\nc\nd\ne\nf\ng\n"},
        /* empty lines and marks that got lost, blanks at ends of context */
        {"a\n\nb\n", HEAD "@@ -1,3 +1,3 @@\n a\n\n-b\n+B\n", "a\n\nB\n"},
        {"a\n\tx\nb\n", HEAD "@@ -1,3 +1,3 @@\n a\n\tx\n-b\n+B\n\n\n", "a\n\tx\nB\n"},
        {"a  \nb\t\nc\n", HEAD "@@ -1,3 +1,3 @@\n a\n b\n-c\n+C\n", "a  \nb\t\nC\n"},
        /* several hunks, one behind the other without a line between, and one file twice */
        {ABC, HEAD "@@ -1,2 +1,2 @@\n-a\n+A\n b\n@@ -6,2 +6,3 @@\n f\n+F\n g\n", "A\nb\nc\nd\ne\nf\nF\ng\n"},
        {ABC, HEAD "@@ -1,2 +1,2 @@\n-a\n+A\n b\n@@ -3,2 +3,2 @@\n-c\n+C\n d\n", "A\nb\nC\nd\ne\nf\ng\n"},
        {ABC, HEAD "@@ -6 +6 @@\n-f\n+F\n" HEAD "@@ -1 +1 @@\n-a\n+A\n", "A\nb\nc\nd\ne\nF\ng\n"},
        /* lines that look like the names of a file */
        {"-- x\ny\n", HEAD "@@ -1,2 +1,2 @@\n--- x\n+++ z\n y\n", "++ z\ny\n"},
        {"a\n@@ b\n", HEAD "@@ -1,2 +1,2 @@\n-a\n+A\n @@ b\n", "A\n@@ b\n"},
    };
    (void)state;
    check_good(ROWS(rows));
}

static void ends_of_lines_are_the_texts(void **state)
{
    static const struct row rows[] = {
        {"a\r\nb\r\n", HEAD "@@ -1,2 +1,3 @@\n a\n+x\n-b\n+B\n", "a\r\nx\r\nB\r\n"},
        {"a\r\nb\r\n", HEAD "@@ -1,2 +1,3 @@\n+x\n a\n b\n", "x\r\na\r\nb\r\n"},
        {"a\nb\r\nc\n", HEAD "@@ -1,3 +1,4 @@\n a\n b\n+x\n-c\n+C\n", "a\nb\r\nx\r\nC\n"},
        {"a\nb", HEAD "@@ -1,2 +1,2 @@\n a\n-b\n+B\n", "a\nB"},
        {"a\nb", HEAD "@@ -1,2 +1,3 @@\n a\n b\n+c\n", "a\nb\nc"},
        {"a\nb", HEAD "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n", "a\nB\n"},
        {"a\nb\n", HEAD "@@ -1,2 +1,2 @@\n a\n-b\n+B\n\\ No newline at end of file\n", "a\nB"},
        {"a\nb", HEAD "@@ -1,2 +1,1 @@\n a\n-b\n", "a\n"},
        {"a\nb", HEAD "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", "A\nb"},
        {"a\r\nb", HEAD "@@ -1,2 +1,3 @@\n a\n b\n+c\n", "a\r\nb\r\nc"},
        {"\xef\xbb\xbf"
         "a\nb\n",
         HEAD "@@ -1,2 +1,2 @@\n-a\n+A\n b\n",
         "\xef\xbb\xbf"
         "A\nb\n"},
        {"", "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n", "a\nb\n"},
        {"", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n", "a"},
        {"a\nb\n", HEAD "@@ -1,2 +0,0 @@\n-a\n-b\n", ""},
        {"a", HEAD "@@ -1 +0,0 @@\n-a\n\\ No newline at end of file\n", ""},
        {"\n\n", HEAD "@@ -1,2 +1,1 @@\n-\n \n", "\n"},
    };
    (void)state;
    check_good(ROWS(rows));
}

#define TWICE "{\n  x;\n}\n1\n2\n3\n4\n5\n{\n  x;\n}\n"

static void a_place_is_found_or_refused(void **state)
{
    static const struct row good[] = {
        {TWICE, HEAD "@@ -1,3 +1,3 @@\n {\n-  x;\n+  y;\n }\n", "{\n  y;\n}\n1\n2\n3\n4\n5\n{\n  x;\n}\n"},
        {TWICE, HEAD "@@ -9,3 +9,3 @@\n {\n-  x;\n+  y;\n }\n", "{\n  x;\n}\n1\n2\n3\n4\n5\n{\n  y;\n}\n"},
        {TWICE, HEAD "@@ -2,3 +2,3 @@\n {\n-  x;\n+  y;\n }\n", "{\n  y;\n}\n1\n2\n3\n4\n5\n{\n  x;\n}\n"},
        {TWICE, HEAD "@@ -11,3 +11,3 @@\n {\n-  x;\n+  y;\n }\n", "{\n  x;\n}\n1\n2\n3\n4\n5\n{\n  y;\n}\n"},
        /* behind the hunk before it there is one place alone */
        {TWICE, HEAD "@@ -4 +4 @@\n-1\n+I\n@@ -4 +4 @@\n {\n-  x;\n+  y;\n", "{\n  x;\n}\nI\n2\n3\n4\n5\n{\n  y;\n}\n"},
    };
    static const struct row bad[] = {
        {TWICE, HEAD "@@ -5,3 +5,3 @@\n {\n-  x;\n+  y;\n }\n", "hunk 1 fits at 2 places of the file"},
        {TWICE, HEAD "@@ -4,3 +4,3 @@\n {\n-  x;\n+  y;\n }\n", "hunk 1 fits at 2 places of the file"},
        {TWICE, HEAD "@@ ... @@\n {\n-  x;\n+  y;\n }\n", "hunk 1 fits at 2 places of the file"},
        {ABC, HEAD "@@ -1,2 +1,2 @@\n a\n-B\n+x\n", "hunk 1 does not fit: line 2 is `b`, where the hunk has `B`"},
        {ABC, HEAD "@@ -1 +1 @@\n-a\n+A\n@@ -3,2 +3,2 @@\n c\n d\n-E\n+x\n",
         "hunk 2 does not fit: line 5 is `e`, where the hunk has `E`"},
        {ABC, HEAD "@@ -1 +1 @@\n-x\n+A\n", "hunk 1 does not fit: no line behind line 0 is `x`"},
        {ABC, HEAD "@@ -4 +4 @@\n-d\n+D\n@@ -1 +1 @@\n-a\n+A\n", "hunk 2 does not fit: no line behind line 4 is `a`"},
        {ABC, HEAD "@@ -6,3 +6,3 @@\n f\n g\n-h\n+H\n", "the file ends with line 7, where the hunk has `h`"},
        {"", HEAD "@@ -1 +1 @@\n-a\n+A\n", "no line behind line 0 is `a`"},
        {ABC, HEAD "@@ -3,0 +4 @@\n+x\n", "has no line of the file, and so no place in it"},
        /* blanks that are lost in what is removed, or invented anywhere */
        {"a \nb\n", HEAD "@@ -1 +1 @@\n-a\n+A\n", "line behind line 0 is `a`"},
        {"a\nb\n", HEAD "@@ -1,2 +1,2 @@\n a \n-b\n+B\n", "no line behind line 0 is `a `"},
        {"\ta\n", HEAD "@@ -1 +1 @@\n-    a\n+b\n", "no line behind line 0 is `    a`"},
        {"x\n\ta\n", HEAD "@@ -1 +1 @@\n x\n- a\n+b\n", "line 2 is `\\x09a`, where the hunk has ` a`"},
        /* a line that was cut out of the hunk */
        {ABC, HEAD "@@ -1,4 +1,4 @@\n a\n...\n-d\n+D\n", "line 2 is `b`, where the hunk has `...`"},
    };
    (void)state;
    check_good(ROWS(good));
    check_bad(ROWS(bad));
}

static void what_is_no_change_of_text_is_refused(void **state)
{
    static const struct row rows[] = {
        {ABC, "I cannot do that.", "there is no unified diff in it"},
        {ABC, "", "there is no unified diff in it"},
        {ABC, "---\ntitle: x\n---\n", "there is no unified diff in it"},
        {ABC, "@@ -1 +1 @@\n-a\n+A\n", "line 1 of it begins a change before the lines --- and +++"},
        {ABC, "Sure!\n\n```diff\n" HEAD "@@ -1 +1 @@\n-a\n+A\n```\n\n- a was changed\n+1 for that",
         "outside of a hunk"},
        {ABC, "--- a/f\n+++ b/f\n\nNothing.\n", "names b/f, and no change of it"},
        {ABC, "diff --git a/f b/g\nsimilarity index 90%\nrename from f\nrename to g\n", "another name"},
        {ABC, "diff --git a/f b/g\ncopy from f\n", "copies a file"},
        {ABC, "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n", "file's mode"},
        {ABC, "diff --git a/f b/f\nnew file mode 100755\n", "makes a program"},
        {ABC, "diff --git a/f b/f\nnew file mode 120000\n", "symbolic link"},
        {ABC, "diff --git a/f b/f\ndeleted file mode 100644\n", "removes a file"},
        {ABC, "diff --git a/f b/f\nGIT binary patch\n", "binary"},
        {ABC, "diff --git a/f b/f\nBinary files a/f and b/f differ\n", "binary"},
    };
    (void)state;
    check_bad(ROWS(rows));
}

/* -- bounds -- */

static char *repeat(const char *head, const char *piece, size_t n)
{
    size_t head_len = strlen(head), len = strlen(piece);
    char *s = malloc(head_len + n * len + 1);
    assert_non_null(s);
    memcpy(s, head, head_len);
    for (size_t i = 0; i < n; i++)
        memcpy(s + head_len + i * len, piece, len);
    s[head_len + n * len] = '\0';
    return s;
}

static void check_bound(const char *head, const char *piece, size_t max, const char *says)
{
    for (size_t over = 0; over <= 1; over++) {
        struct error err = ERROR_INIT;
        struct diff d;
        char *text = repeat(head, piece, max + over);
        enum error_code code = diff_read(&d, text, strlen(text), &err);
        assert_int_equal(code, over > 0 ? ERR_TOO_LARGE : ERR_NONE);
        if (over > 0)
            assert_non_null(strstr(err.message, says));
        diff_done(&d);
        free(text);
    }
}

static void a_diff_has_bounds(void **state)
{
    (void)state;
    check_bound("", HEAD "@@ -1 +1 @@\n-a\n", DIFF_FILES_MAX, "files");
    check_bound(HEAD, "@@ -1 +1 @@\n-a\n", DIFF_HUNKS_MAX, "hunks");
    check_bound(HEAD "@@ -1 +1 @@\n", "-a\n", DIFF_LINES_MAX, "lines");
    struct error err = ERROR_INIT;
    struct diff d;
    char *text = repeat(HEAD "@@ -1 +1 @@\n-", "x", DIFF_BYTES_MAX);
    assert_int_equal(diff_read(&d, text, DIFF_BYTES_MAX, &err), ERR_NONE);
    diff_done(&d);
    assert_int_equal(diff_read(&d, text, DIFF_BYTES_MAX + 1, &err), ERR_TOO_LARGE);
    diff_done(&d);
    free(text);
    text = repeat(HEAD "@@ -1 +1 @@\n", "\n", DIFF_LINES_MAX + 1); /* empty lines are taken off a hunk's end */
    assert_int_equal(diff_read(&d, text, strlen(text), &err), ERR_TOO_LARGE);
    assert_int_equal(diff_hunk(&d, diff_file(&d, 0), 0)->n_lines, 0);
    diff_done(&d);
    free(text);
}

static void so_has_what_becomes_of_it(void **state)
{
    struct error err = ERROR_INIT;
    struct diff d;
    struct buf out;
    const char answer[] = HEAD "@@ -1 +1 @@\n-a\n+bc\n";
    (void)state;
    assert_int_equal(diff_read(&d, answer, strlen(answer), &err), ERR_NONE);
    buf_init(&out, 3);
    assert_int_equal(diff_apply(&d, diff_file(&d, 0), "a\n", 2, &out, &err), ERR_NONE);
    buf_done(&out);
    buf_init(&out, 2);
    assert_int_equal(diff_apply(&d, diff_file(&d, 0), "a\n", 2, &out, &err), ERR_TOO_LARGE);
    buf_done(&out);
    diff_done(&d);
}

/* Lines that are all alike, so that each place has to be looked at to its end. */
static void and_the_search(void **state)
{
    enum { LINES = 60000, WANTED = 20000 };
    struct error err = ERROR_INIT;
    struct diff d;
    struct buf out;
    char *text = repeat("", "\n", LINES), *same = repeat(HEAD "@@ -1 +1 @@\n", "-\n", WANTED);
    char *answer = repeat(same, "-x\n", 1);
    (void)state;
    assert_int_equal(diff_read(&d, answer, strlen(answer), &err), ERR_NONE);
    buf_init(&out, ROOM);
    assert_int_equal(diff_apply(&d, diff_file(&d, 0), text, LINES, &out, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.message, "takes too long"));
    buf_done(&out);
    diff_done(&d);
    free(answer);
    free(same);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_models_write_is_read),
        cmocka_unit_test(ends_of_lines_are_the_texts),
        cmocka_unit_test(a_place_is_found_or_refused),
        cmocka_unit_test(what_is_no_change_of_text_is_refused),
        cmocka_unit_test(a_diff_has_bounds),
        cmocka_unit_test(so_has_what_becomes_of_it),
        cmocka_unit_test(and_the_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
