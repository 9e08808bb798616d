#include "daemon/prompt/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *or_none(const char *s)
{
    return s ? s : "(none)";
}

/* want: "description|model|temperature|reasoning|budget|text", or the error's message. */
static void check(const char *file, const char *want)
{
    struct front f;
    struct error err = ERROR_INIT;
    size_t body = 0;
    char got[2048], temperature[32] = "(none)";
    enum error_code code = front_read(file, strlen(file), &f, &body, &err);
    if (f.has_temperature)
        snprintf(temperature, sizeof temperature, "%g", f.temperature);
    if (code == ERR_NONE)
        snprintf(got, sizeof got, "%s|%s|%s|%s|%d|%s", or_none(f.description), or_none(f.model), temperature,
                 or_none(f.reasoning), (int)f.reasoning_budget, file + body);
    else
        snprintf(got, sizeof got, "%s", err.message);
    if (code != err.code || strcmp(got, want) != 0)
        fail_msg("'%s' gave '%s', not '%s'", file, got, want);
    front_done(&f);
}

#define NOTHING "(none)|(none)|(none)|(none)|0|"

static void test_without_block(void **state)
{
    (void)state;
    check("", NOTHING);
    check("text", NOTHING "text");
    check("\n\n  \ntext\n", NOTHING "text\n");
    check(" ---\nmodel: x\n---\n", NOTHING " ---\nmodel: x\n---\n"); /* indented, it is none */
    check("\n---\nmodel: x\n---\n", NOTHING "---\nmodel: x\n---\n"); /* nor below the first line */
    check("----\ntext", NOTHING "----\ntext");
    check("\xef\xbb\xbftext", NOTHING "text");
}

static void test_keys(void **state)
{
    (void)state;
    check("---\n---\n", NOTHING);
    check("---\n---", NOTHING);
    check("---\n---\n\n\ntext", NOTHING "text");
    check("---\nmodel: a/b\ntemperature: 0.5\nreasoning: high\ndescription: Says it\n---\nt",
          "Says it|a/b|0.5|high|0|t");
    check("---\nreasoning: 2000\n---\nt", "(none)|(none)|(none)|(none)|2000|t");
    check("---\nreasoning: off\ntemperature: 2\n---\nt", "(none)|(none)|2|off|0|t");
    check("---\r\nmodel: a\r\n---\r\nt\r\n", "(none)|a|(none)|(none)|0|t\r\n");
    check("\xef\xbb\xbf---\nmodel: a\n---\nt", "(none)|a|(none)|(none)|0|t");
    check("--- \nmodel:a\n---\t\nt", "line 2: neither `key: value` nor ---, which ends the front block");
    check("---\nmodel: \"a\"\ndescription: 'it''s'\n---\n", "'it''s'|a|(none)|(none)|0|");
    check("---\nmodel: a # the best\ndescription: \"# 1\" # so\n---\n", "# 1|a|(none)|(none)|0|");
    check("---\ndescription: a: b, c#d # e\n---\n", "a: b, c#d|(none)|(none)|(none)|0|");
    check("---\ndescription:\n---\n", NOTHING);
    check("---\n# model: x\n\n  # y\n---\nt", NOTHING "t");
}

/* As other tools write them. */
static void test_other_keys(void **state)
{
    (void)state;
    check("---\ntitle: x\ntags:\n  - a\n  - b\n- c\nargument-hint: [x]\nnested:\n  model: not ours\nmodel: m\n---\nt",
          "(none)|m|(none)|(none)|0|t");
    check("---\ndescription: >-\n  Begins here\n  and goes on.\nmode: agent\n  more: x\n---\nt",
          "Begins here and goes on.|(none)|(none)|(none)|0|t");
    check("---\ndescription: one\n  two\n---\n", "one two|(none)|(none)|(none)|0|");
    check("---\ndescription: |\n\n  one\n\n  two\n---\n", "one two|(none)|(none)|(none)|0|");
}

static void test_errors(void **state)
{
    (void)state;
    check("---\nmodel: a\ntext", "line 3: neither `key: value` nor ---, which ends the front block");
    check("---\nmodel: a\n", "line 1: the front block has no end, a line ---");
    check("---", "line 1: the front block has no end, a line ---");
    check("---\n\n\nmodel\n---\n", "line 4: neither `key: value` nor ---, which ends the front block");
    check("---\nmodel: a\nmodel: b\n---\n", "line 3: model stands here a second time");
    check("---\nmodel:\n---\n", "line 2: model must name a model, in at most 256 bytes");
    check("---\nmodel: a\n  b\n---\n", "line 3: model takes one line");
    check("---\ntemperature: warm\n---\n", "line 2: temperature must be a number between 0 and 2");
    check("---\ntemperature: 2.1\n---\n", "line 2: temperature must be a number between 0 and 2");
    check("---\ntemperature: -1\n---\n", "line 2: temperature must be a number between 0 and 2");
    check("---\ntemperature: nan\n---\n", "line 2: temperature must be a number between 0 and 2");
    check("---\nreasoning: a lot\n---\n", "line 2: reasoning must be off, low, medium, high or a number of tokens");
    check("---\nreasoning: 0\n---\n", "line 2: reasoning must be off, low, medium, high or a number of tokens");
    check("---\nreasoning: 1.5x\n---\n", "line 2: reasoning must be off, low, medium, high or a number of tokens");
}

/* -- bounds -- */

/* A block of so many bytes in all. */
static enum error_code block_of(size_t size, struct error *err)
{
    char *file = malloc(size + 1);
    struct front f;
    size_t body;
    assert_non_null(file);
    int at = snprintf(file, size + 1, "---\nx: ");
    memset(file + at, 'a', size - (size_t)at);
    memcpy(file + size - 5, "\n---\n", 6);
    enum error_code code = front_read(file, size, &f, &body, err);
    front_done(&f);
    free(file);
    return code;
}

static void test_size(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(block_of(FRONT_SIZE_MAX, &err), ERR_NONE);
    assert_int_equal(block_of(FRONT_SIZE_MAX + 5, &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.message, "line 2: the front block is larger than 16384 bytes");
}

static void test_description_size(void **state)
{
    char file[2 * FRONT_DESCRIPTION_MAX + 64];
    struct front f;
    size_t body;
    (void)state;
    for (int over = 0; over < 2; over++) {
        snprintf(file, sizeof file, "---\ndescription: %0*d\n---\n", FRONT_DESCRIPTION_MAX + over, 0);
        assert_int_equal(front_read(file, strlen(file), &f, &body, NULL), ERR_NONE);
        assert_int_equal(strlen(f.description), FRONT_DESCRIPTION_MAX);
        assert_int_equal(strstr(f.description, "…") != NULL, over);
        front_done(&f);
    }
}

static void test_model_size(void **state)
{
    char file[FRONT_MODEL_MAX + 64];
    struct front f;
    size_t body;
    (void)state;
    for (int over = 0; over < 2; over++) {
        snprintf(file, sizeof file, "---\nmodel: %0*d\n---\n", FRONT_MODEL_MAX + over, 0);
        assert_int_equal(front_read(file, strlen(file), &f, &body, NULL), over ? ERR_INVALID_REQUEST : ERR_NONE);
        front_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_block), cmocka_unit_test(test_keys), cmocka_unit_test(test_other_keys),
        cmocka_unit_test(test_errors),        cmocka_unit_test(test_size), cmocka_unit_test(test_description_size),
        cmocka_unit_test(test_model_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
