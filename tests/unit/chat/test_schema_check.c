#include "daemon/provider/jsonx.h"
#include "lib/chat/schema_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct value *value_of(const char *json)
{
    enum jsonx_fault fault;
    json_t *parsed = jsonx_parse(json, strlen(json), &fault);
    assert_non_null(parsed);
    struct value *v = jsonx_to_value(parsed);
    assert_non_null(v);
    json_decref(parsed);
    return v;
}

/* why: NULL where it is to fit. */
static void check(const char *schema, const char *answer, const char *why)
{
    char told[SCHEMA_WHY_SIZE];
    struct value *s = value_of(schema), *a = value_of(answer);
    bool fits = schema_fits(s, a, told);
    if (fits != (why == NULL) || (why && strcmp(told, why) != 0))
        fail_msg("%s against %s: %s, not %s", answer, schema, fits ? "fits" : told, why ? why : "fits");
    value_unref(s);
    value_unref(a);
}

struct row {
    const char *schema, *answer, *why;
};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(rows[i].schema, rows[i].answer, rows[i].why);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void any_value(void **state)
{
    static const struct row rows[] = {
        {"{}", "1", NULL},
        {"true", "[]", NULL},
        {"false", "1", "$: nothing may stand here"},
        {"{\"type\":\"string\"}", "\"x\"", NULL},
        {"{\"type\":\"string\"}", "1", "$: is an integer, not a string"},
        {"{\"type\":\"integer\"}", "1.5", "$: is a number with a fraction, not an integer"},
        {"{\"type\":\"integer\"}", "1.0", NULL},
        {"{\"type\":\"integer\"}", "1e300", NULL},
        {"{\"type\":\"integer\"}", "18446744073709551616", NULL},
        {"{\"type\":\"number\"}", "1", NULL},
        {"{\"type\":\"number\"}", "\"1\"", "$: is a string, not a number"},
        {"{\"type\":\"null\"}", "false", "$: is a boolean, not null"},
        {"{\"type\":\"object\"}", "[]", "$: is an array, not an object"},
        {"{\"type\":\"array\"}", "{}", "$: is an object, not an array"},
        {"{\"type\":\"word\"}", "1", "$: is an integer, not of the type asked for"},
        {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
        {"{\"type\":[\"string\",\"null\"]}", "1", "$: is an integer, which is none of the types allowed"},
        {"{\"enum\":[1,\"a\",null,{\"x\":[1.0]}]}", "{\"x\":[1]}", NULL},
        {"{\"enum\":[\"good\",\"bad\"]}", "\"Good\"", "$: \"Good\" is none of the 2 values allowed"},
        {"{\"enum\":[]}", "0", "$: is none of the 0 values allowed"},
        {"{\"const\":1.0}", "1", NULL},
        {"{\"const\":false}", "0", "$: is not the one value allowed"},
        {"{\"format\":\"date\",\"title\":1,\"x-ours\":{}}", "\"no date\"", NULL},
        {"{\"type\":7,\"enum\":7}", "1", "$: is an integer, not of the type asked for"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void numbers_and_texts(void **state)
{
    static const struct row rows[] = {
        {"{\"minimum\":2}", "2", NULL},
        {"{\"minimum\":2}", "1.5", "$: is 1.5, less than 2"},
        {"{\"maximum\":2}", "2.5", "$: is 2.5, more than 2"},
        {"{\"exclusiveMinimum\":2}", "2", "$: is 2, not more than 2"},
        {"{\"exclusiveMaximum\":2}", "2", "$: is 2, not less than 2"},
        {"{\"exclusiveMaximum\":2}", "-9223372036854775808", NULL},
        {"{\"minimum\":9007199254740993}", "9007199254740992",
         "$: is 9.00719925474099e+15, less than 9.00719925474099e+15"},
        {"{\"minimum\":\"2\"}", "1", NULL},
        {"{\"minimum\":2}", "\"1\"", NULL},
        {"{\"multipleOf\":0.1}", "0.3", NULL},
        {"{\"multipleOf\":0.1}", "0.35", "$: is 0.35, no multiple of 0.1"},
        {"{\"multipleOf\":3}", "9", NULL},
        {"{\"multipleOf\":3}", "-10", "$: is -10, no multiple of 3"},
        {"{\"multipleOf\":0}", "1", NULL},
        {"{\"minLength\":3}", "\"\xc3\xa4\xc3\xb6\xf0\x9f\x90\x98\"", NULL},
        {"{\"minLength\":4}", "\"\xc3\xa4\xc3\xb6\xf0\x9f\x90\x98\"", "$: has 3 characters, fewer than 4"},
        {"{\"maxLength\":2}", "\"abc\"", "$: has 3 characters, more than 2"},
        {"{\"maxLength\":2}", "123", NULL},
        {"{\"pattern\":\"^a\"}", "\"b\"", NULL},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void arrays(void **state)
{
    static const struct row rows[] = {
        {"{\"items\":{\"type\":\"string\"}}", "[\"a\",\"b\"]", NULL},
        {"{\"items\":{\"type\":\"string\"}}", "[\"a\",2]", "$[1]: is an integer, not a string"},
        {"{\"items\":false}", "[]", NULL},
        {"{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}", "[\"a\"]", NULL},
        {"{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}", "[\"a\",\"b\"]",
         "$[1]: is a string, not an integer"},
        {"{\"prefixItems\":[{}],\"items\":false}", "[1,2]", "$[1]: nothing may stand here"},
        {"{\"minItems\":1}", "[]", "$: has 0 elements, fewer than 1"},
        {"{\"maxItems\":1}", "[1,2]", "$: has 2 elements, more than 1"},
        {"{\"uniqueItems\":true}", "[1,2,{\"a\":1}]", NULL},
        {"{\"uniqueItems\":true}", "[1,{\"a\":1.0},{\"a\":1}]",
         "$: has the same at 1 and 2, where no two may be equal"},
        {"{\"uniqueItems\":false}", "[1,1]", NULL},
        {"{\"contains\":{\"type\":\"string\"}}", "[1,\"a\"]", NULL},
        {"{\"contains\":{\"type\":\"string\"}}", "[1]",
         "$: has 0 elements of those that it is to contain, which are too few"},
        {"{\"contains\":{\"type\":\"string\"},\"minContains\":0}", "[1]", NULL},
        {"{\"contains\":{\"type\":\"integer\"},\"maxContains\":1}", "[1,2]",
         "$: has 2 elements of those that it is to contain, which are too many"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void objects(void **state)
{
    static const char person[] =
        "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"}},"
        "\"required\":[\"name\",\"age\"],\"additionalProperties\":false}";
    static const struct row rows[] = {
        {person, "{\"name\":\"Ada\",\"age\":36}", NULL},
        {person, "{\"name\":\"Ada\",\"age\":\"36\"}", "$.age: is a string, not an integer"},
        {person, "{\"name\":\"Ada\"}", "$: lacks the member \"age\""},
        {person, "{\"name\":\"Ada\",\"age\":36,\"e-mail\":1}", "$: has the member \"e-mail\", which is not allowed"},
        {"{\"additionalProperties\":{\"type\":\"null\"}}", "{\"a b\":1}", "$[\"a b\"]: is an integer, not null"},
        {"{\"additionalProperties\":{\"type\":\"null\"}}", "{\"\":1}", "$[\"\"]: is an integer, not null"},
        {"{\"patternProperties\":{\"^x\":{}},\"additionalProperties\":false}", "{\"x\":1}", NULL},
        {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}", "$.ab: has 2 characters, more than 1"},
        {"{\"minProperties\":1}", "{}", "$: has 0 members, fewer than 1"},
        {"{\"maxProperties\":0}", "{\"a\":1}", "$: has 1 members, more than 0"},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", "$: lacks the member \"b\""},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"c\":1}", NULL},
        {"{\"properties\":{\"people\":{\"items\":{\"properties\":{\"age\":{\"type\":\"integer\"}}}}}}",
         "{\"people\":[{},{},{\"age\":\"x\"}]}", "$.people[2].age: is a string, not an integer"},
        {"{\"\":{},\"additionalProperties\":{\"enum\":[\"\"]}}", "{\"\":\"\"}", NULL},
        {"{\"required\":\"a\",\"properties\":[]}", "{}", NULL},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void alternatives(void **state)
{
    static const char either[] = "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}";
    static const char shapes[] = "{\"oneOf\":[{\"properties\":{\"r\":{\"type\":\"number\"}},\"required\":[\"r\"]},"
                                 "{\"required\":[\"side\"]}]}";
    static const struct row rows[] = {
        {either, "null", NULL},
        {either, "1", "$: fits none of the 2 alternatives"},
        {shapes, "{\"r\":1}", NULL},
        {shapes, "{\"r\":\"1\"}", "$.r: is a string, not a number"},
        {shapes, "{\"r\":1,\"side\":1}", "$: fits more than one of the alternatives, of which it is to fit one alone"},
        {shapes, "{}", "$: fits none of the 2 alternatives"},
        {"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3", "$: is 3, more than 2"},
        {"{\"not\":{\"type\":\"string\"}}", "\"a\"", "$: is what it must not be"},
        {"{\"not\":{\"not\":{\"type\":\"string\"}}}", "1", "$: is what it must not be"},
        {"{\"not\":{\"not\":{\"type\":\"string\"}}}", "\"a\"", NULL},
        {"{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":1},\"else\":{\"minimum\":1}}", "\"\"",
         "$: has 0 characters, fewer than 1"},
        {"{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":1},\"else\":{\"minimum\":1}}", "0",
         "$: is 0, less than 1"},
        {"{\"if\":{\"type\":\"string\"}}", "0", NULL},
        {"{\"then\":false,\"else\":false}", "0", NULL},
        /* a misfit of an alternative that was not taken is forgotten */
        {"{\"allOf\":[{\"anyOf\":[{\"properties\":{\"a\":false}},true]},{\"required\":[\"b\"]}]}", "{\"a\":1}",
         "$: lacks the member \"b\""},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void references(void **state)
{
    static const char tree[] =
        "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{\"kids\":"
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/node\"}}}}}}";
    static const struct row rows[] = {
        {tree, "{\"kids\":[{\"kids\":[]},{}]}", NULL},
        {tree, "{\"kids\":[{\"kids\":[1]}]}", "$.kids[0].kids[0]: is an integer, not an object"},
        {"{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"additionalProperties\":false}", "{\"a\":{\"a\":{\"b\":1}}}",
         "$.a.a: has the member \"b\", which is not allowed"},
        {"{\"$ref\":\"#/$defs/a~1b~0c\",\"$defs\":{\"a/b~c\":{\"type\":\"null\"}}}", "1", "$: is an integer, not null"},
        {"{\"$ref\":\"#/allOf/1\",\"allOf\":[true,{\"type\":\"null\"}]}", "1", "$: is an integer, not null"},
        {"{\"$ref\":\"#/$defs/\",\"$defs\":{\"\":{\"type\":\"null\"}}}", "1", "$: is an integer, not null"},
        {"{\"$ref\":\"#/$defs/no\"}", "1",
         "$: cannot be checked: the schema refers to \"#/$defs/no\", which is not in it"},
        {"{\"$ref\":\"#/allOf/2\",\"allOf\":[true]}", "1",
         "$: cannot be checked: the schema refers to \"#/allOf/2\", which is not in it"},
        {"{\"$ref\":\"other.json\"}", "1",
         "$: cannot be checked: the schema refers to \"other.json\", which is not in it"},
        /* what cannot be told is no answer to anything */
        {"{\"not\":{\"$ref\":\"#/no\"}}", "1",
         "$: cannot be checked: the schema refers to \"#/no\", which is not in it"},
        {"{\"anyOf\":[{\"$ref\":\"#/no\"},true]}", "1",
         "$: cannot be checked: the schema refers to \"#/no\", which is not in it"},
        {"{\"$ref\":\"#\"}", "1", "$: cannot be checked: the schema's references are nested over 256 deep"},
        {"{\"not\":{\"$ref\":\"#\"}}", "1", "$: cannot be checked: the schema's references are nested over 256 deep"},
    };
    (void)state;
    CHECK_ROWS(rows);
}

/* A chain of references with so many schemas in it. */
static char *chain(unsigned n)
{
    char *s = malloc(64 + n * 64), *p = s;
    p += sprintf(p, "{\"$ref\":\"#/$defs/1\",\"$defs\":{");
    for (unsigned i = 1; i < n; i++)
        p += i + 1 < n ? sprintf(p, "\"%u\":{\"$ref\":\"#/$defs/%u\"},", i, i + 1) : sprintf(p, "\"%u\":true}}", i);
    return s;
}

static void depth_has_an_edge(void **state)
{
    (void)state;
    char *last = chain(SCHEMA_DEPTH_MAX), *over = chain(SCHEMA_DEPTH_MAX + 1);
    check(last, "1", NULL);
    check(over, "1", "$: cannot be checked: the schema's references are nested over 256 deep");
    free(last);
    free(over);
}

/* [0,1,2,…] */
static char *row_of(unsigned n)
{
    char *s = malloc(16 + n * 8), *p = s;
    *p++ = '[';
    for (unsigned i = 0; i < n; i++)
        p += sprintf(p, "%s%u", i ? "," : "", i);
    strcpy(p, "]");
    return s;
}

/* n distinct elements are n (n - 1) / 2 comparisons; the schema and its keyword are two steps more. */
static void steps_have_an_edge(void **state)
{
    (void)state;
    enum { LAST = 632 };
    static_assert(LAST * (LAST - 1) / 2 + 2 <= SCHEMA_STEPS_MAX, "the last one that is checked");
    static_assert((LAST + 1) * LAST / 2 + 2 > SCHEMA_STEPS_MAX, "the first one that is not");
    char *last = row_of(LAST), *over = row_of(LAST + 1);
    check("{\"uniqueItems\":true}", last, NULL);
    check("{\"uniqueItems\":true}", over, "$: cannot be checked: that would take more than 200000 steps");
    free(last);
    free(over);
}

static void long_paths_are_cut(void **state)
{
    char why[SCHEMA_WHY_SIZE], name[200];
    (void)state;
    memset(name, 'n', sizeof name);
    char schema[] = "{\"type\":\"null\",\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"additionalProperties\":"
                    "{\"$ref\":\"#/$defs/a\"},\"type\":\"object\"}}}";
    char answer[1024];
    snprintf(answer, sizeof answer, "{\"%.199s\":{\"%.199s\":{\"%.199s\":1}}}", name, name, name);
    struct value *s = value_of(schema), *a = value_of(answer);
    assert_false(schema_fits(s, a, why));
    assert_non_null(strstr(why, "…: is an integer, not an object"));
    assert_true(strlen(why) < 300);
    value_unref(s);
    value_unref(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_value),         cmocka_unit_test(numbers_and_texts),  cmocka_unit_test(arrays),
        cmocka_unit_test(objects),           cmocka_unit_test(alternatives),       cmocka_unit_test(references),
        cmocka_unit_test(depth_has_an_edge), cmocka_unit_test(steps_have_an_edge), cmocka_unit_test(long_paths_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
