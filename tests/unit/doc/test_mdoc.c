#include "doc/mdoc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void check(void (*make)(const char *text, FILE *out), const char *text, const char *wanted)
{
    char *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    assert_non_null(out);
    make(text, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(got, wanted);
    free(got);
}

static void sentences_begin_lines(void **state)
{
    (void)state;
    check(mdoc_text, "One is here. Another is there, e.g. below.", "One is here.\nAnother is there, e.g. below.\n");
    check(mdoc_text, "One.\n\nTwo.", "One.\n.Pp\nTwo.\n");
    check(mdoc_text, "", "");
}

/* What roff would take for a request or an escape does nothing. */
static void nothing_is_taken_for_roff(void **state)
{
    (void)state;
    check(mdoc_text, ".so /etc/passwd", "\\&.so /etc/passwd\n");
    check(mdoc_text, "'ft B", "\\&'ft B\n");
    check(mdoc_text, "a \\fB ^ ~ → b", "a \\efB \\(ha \\(ti \\(-> b\n");
    check(mdoc_text, "`Ar .x \"q\" '`", ".So \\&Ar \\&.x \\&\\(dqq\\(dq \\&\\(aq Sc\n");
}

static void code_is_what_it_looks_like(void **state)
{
    (void)state;
    check(mdoc_text, "see `--json`, `-m`.", "see\n.Fl -json ,\n.Fl m .\n");
    check(mdoc_text, "`$HOME` `EDITOR` `/etc/askd` `~/x` `NAME.md`",
          ".Ev HOME\n.Ev EDITOR\n.Pa \\&/etc/askd\n.Pa \\&\\(ti/x\n.Pa NAME.md\n");
    check(mdoc_text, "`chat.x[].y?` `a b`", ".Cm chat.x[].y?\n.So a b Sc\n");
    check(mdoc_text, "askd.conf(5), or (`x`).", ".Xr askd.conf 5 ,\nor\n.No \\&( Ns Cm x ) .\n");
    check(mdoc_text, "*name* of **SHELL** 2*3", ".Ar name\nof\n.Sx SHELL\n2*3\n");
    check(mdoc_text, "an `open one", "an \\(gaopen one\n");
}

static void arguments_are_words(void **state)
{
    (void)state;
    check(mdoc_arguments, "METHOD [JSON]", " Ar method Op Ar json");
    check(mdoc_arguments, "[PROVIDER]... FILE...", " Op Ar provider ... Ar file ...");
    check(mdoc_arguments, "NAME=VALUE", " Ar name Ns No \\&= Ns Ar value");
    check(mdoc_arguments, "", "");
}

static void blocks(void **state)
{
    (void)state;
    check(mdoc_more, "- one\n  more\n- two\n\ntext", ".Bl -bullet -compact\n.It\none more\n.It\ntwo\n.El\n.Pp\ntext\n");
    check(mdoc_more, "```\n.x \\n\n```\n", ".Bd -literal -offset indent\n\\&.x \\en\n.Ed\n");
    check(mdoc_more, "## The `end`\n### `a.b`\nsee [a](b.md)", ".Sh THE END\n.Ss a.b\nsee a\n");
    check(mdoc_more, "| param | type | |\n| --- | --- | --- |\n| `x?` | str | a \\| b |\n",
          "Parameters:\n.Bl -tag -width Ds -compact\n.It Cm x? Pq str\na | b\n.El\n");
    check(mdoc_more, "| code | means |\n| --- | --- |\n| `a` | b |\n",
          ".Bl -tag -width Ds -compact\n.It Cm a\nb\n.El\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_begin_lines),
        cmocka_unit_test(nothing_is_taken_for_roff),
        cmocka_unit_test(code_is_what_it_looks_like),
        cmocka_unit_test(arguments_are_words),
        cmocka_unit_test(blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
