/* Lines: sections, keys, comments, continuations, and the bounds of them all. */
#include "tests/unit/core/config_files.h"

static void test_unknown(void **state)
{
    struct folder *f = *state;

    refuse_text(f, "[provider \"x\"]\n\nretrys = 3\n", 3,
                "unknown key 'retrys' in [provider]; did you mean 'retries'?");
    refuse_text(f, "[daemon]\nmax_conections = 3\n", 2, "did you mean 'max_connections'?"); /* of the second room */
    refuse_text(f, "[daemon]\nkye = 3\n", 2, "unknown key 'kye' in [daemon]");
    refuse_text(f, "[provider \"x\"]\nkye = 3\n", 2, "unknown key 'kye' in [provider]");
    refuse_text(f, "[provider \"x\"]\nky = 3\n", 2, "did you mean 'key'?");
    refuse_text(f, "[providr \"x\"]\n", 1, "unknown section [providr]; did you mean [provider]?");
    refuse_text(f, "[store]\n", 1, "unknown section [store]");
    refuse_text(f, "quiet = yes\n", 1, "before the first [section]");
    refuse_text(f, "[Daemon]\n", 1, "did you mean [daemon]?");
}

/* A key that slid onto a line of its own is an unknown word with a '=' behind it. */
static void test_no_key_in_errors(void **state)
{
    struct folder *f = *state;
    struct error err = ERROR_INIT;
    struct config *c;

    put_text(f->files[0], "[provider \"x\"]\nsk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\n");
    assert_int_equal(config_load(rooms, (const char *[]){f->files[0], NULL}, true, &c, &err), ERR_INVALID_REQUEST);
    assert_null(strstr(err.message, "sk-a"));
    assert_non_null(strstr(err.message, ":2: unknown key in [provider]"));
    put_text(f->files[0], "[provider \"x\"]\nsk-aaaaaaaa\n");
    assert_int_equal(config_load(rooms, (const char *[]){f->files[0], NULL}, true, &c, &err), ERR_INVALID_REQUEST);
    assert_null(strstr(err.message, "sk-a"));
}

static void test_sections(void **state)
{
    struct folder *f = *state;

    refuse_text(f, "[daemon\nquiet = yes\n", 1, "']' is missing");
    refuse_text(f, "[daemon] quiet = yes\n", 1, "behind the section's ']'");
    refuse_text(f, "[]\n", 1, "a section is written");
    refuse_text(f, "[provider x]\n", 1, "a section is written");
    refuse_text(f, "[provider \"x]\n", 1, "a section is written");
    refuse_text(f, "[provider \"x\" y]\n", 1, "a section is written");
    refuse_text(f, "[provider]\n", 1, "needs a name: [provider \"name\"]");
    refuse_text(f, "[daemon \"x\"]\n", 1, "[daemon] takes no name");
    refuse_text(f, "[provider \"\"]\n", 1, "must be 1 to 40");
    refuse_text(f, "[provider \"a b\"]\n", 1, "must be 1 to 40");
    refuse_text(f, "[provider \"a/b\"]\n", 1, "must be 1 to 40");
    refuse_text(f, "[provider \"\xc3\xa9\"]\n", 1, "must be 1 to 40");

    struct config *c = load_text(f, "\xef\xbb\xbf[provider \"b\"] ; first\n[ provider\t\"A.b_c-9\" ]# second\r\n\n"
                                    "[provider \"b\"]\nretries = 4\n");
    assert_string_equal(config_name(c, &provider_room, 0), "b");
    assert_string_equal(config_name(c, &provider_room, 1), "A.b_c-9");
    assert_null(config_name(c, &provider_room, 2));
    assert_int_equal(provider_of(c, "b")->retries, 4);
    assert_int_equal(provider_of(c, "A.b_c-9")->retries, 2);
    assert_non_null(config_origin(c, &provider_room, "b", "retries", NULL));
    assert_null(config_origin(c, &provider_room, "A.b_c-9", "retries", NULL));
    config_free(c);
}

static void test_twice(void **state)
{
    struct folder *f = *state;

    refuse_text(f, "[daemon]\nwait = 1\nwait = 1\n", 3, "'wait' is given twice, in line 2 too");
    refuse_text(f, "[daemon]\nwait = 1\n[provider \"x\"]\n[daemon]\nwait = 2\n", 5, "'wait' is given twice");
    config_free(load_text(f, "[provider \"x\"]\nretries = 1\n[provider \"y\"]\nretries = 1\n"));
}

static void test_syntax(void **state)
{
    struct folder *f = *state;

    refuse_text(f, "[daemon]\nquiet = yes\nnonsense\n\nwait = 1\n", 3, "neither a [section] nor a key = value");
    refuse_text(f, "[daemon]\nnonsense", 2, "neither a [section] nor a key = value");
    refuse_text(f, "[daemon]\nquiet ; = yes\n", 2, "neither a [section] nor a key = value");
    refuse_text(f, "[daemon]\n= yes\n", 2, "unknown key");
    refuse(f, "[daemon]\ndefault_model = a\0b\n", 29, 2, "control character 0x00");
    refuse_text(f, "[daemon]\ndefault_model = a\x1b[31m\n", 2, "control character 0x1b");
    refuse_text(f, "[daemon]\ndefault_model = a\rb\n", 2, "control character 0x0d");
    refuse_text(f, "[daemon]\ndefault_model = \xff\n", 2, "not UTF-8");
    config_free(load_text(f, "[daemon]\r\nquiet = yes\r\n"));
}

/* Writes [daemon], then a line of n bytes that sets default_model. */
static size_t long_line(char *out, size_t n)
{
    size_t head = (size_t)sprintf(out, "[daemon]\ndefault_model = ");
    size_t len = strlen("[daemon]\n") + n;
    memset(out + head, 'm', len - head);
    return len;
}

static void test_line_bound(void **state)
{
    struct folder *f = *state;
    char text[512];

    for (int newline = 0; newline < 2; newline++) {
        size_t len = long_line(text, 198);
        text[len] = '\n';
        put(f->files[0], text, len + (size_t)newline);
        struct config *c = load((const char *[]){f->files[0], NULL});
        assert_int_equal(strlen(base_of(c)->default_model), 198 - strlen("default_model = "));
        config_free(c);

        len = long_line(text, 199);
        text[len] = '\n';
        refuse(f, text, len + (size_t)newline, 2, "at most 198 bytes");
    }
    /* A comment is a line too, and the lines behind a long one are not reached. */
    memset(text, '#', 199);
    refuse(f, text, 199, 1, "at most 198 bytes");
}

static void test_word_bounds(void **state)
{
    struct folder *f = *state;
    char text[256], name[64];

    memset(name, 'n', sizeof(name));
    snprintf(text, sizeof(text), "[daemon]\n%.49s = 1\n", name);
    refuse_text(f, text, 2, "unknown key in [daemon]");
    snprintf(text, sizeof(text), "[daemon]\n%.50s = 1\n", name);
    refuse_text(f, text, 2, "a key has at most 49 bytes, this one has 50");
    snprintf(text, sizeof(text), "[provider \"%.38s\"]\n", name);
    struct config *c = load_text(f, text);
    assert_int_equal(strlen(config_name(c, &provider_room, 0)), 38);
    config_free(c);
    snprintf(text, sizeof(text), "[provider \"%.39s\"]\n", name);
    refuse_text(f, text, 1, "at most 49 bytes, here are 50");
}

/* The bound on a name is met only in a section whose own word is short. */
static void test_name_bound(void **state)
{
    static const struct config_room shorter = {"p", true, sizeof(struct provider_options), provider_rows};
    static const struct config_room *const only[] = {&shorter, NULL};
    struct error err = ERROR_INIT;
    struct config *c;
    char text[64];

    (void)state;
    for (int len = 40; len <= 41; len++) {
        snprintf(text, sizeof(text), "[p \"%.*s\"]", len, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
        FILE *in = fmemopen(text, strlen(text), "r");
        assert_int_equal(config_load_stream(only, in, "mem", &c, &err), len == 40 ? ERR_NONE : ERR_INVALID_REQUEST);
        fclose(in);
        config_free(c);
    }
    assert_string_equal(err.message, "mem:1: the name in [p \"...\"] must be 1 to 40 of A-Z a-z 0-9 . _ -");
}

static void test_big_bounds(void **state)
{
    struct folder *f = *state;
    struct error err = ERROR_INIT;
    struct config *c;
    char *text;
    size_t len;

    /* 16384 = 128 pieces of 127 bytes with 127 spaces between, and one byte in front */
    for (int extra = 0; extra < 2; extra++) {
        FILE *out = open_memstream(&text, &len);
        fprintf(out, "[daemon]\ndefault_model = %s\n", extra ? "xx" : "x");
        for (int i = 0; i < 127; i++)
            fprintf(out, " %0127d\n", i);
        fprintf(out, " %0126d\n", 0);
        fclose(out);
        put(f->files[0], text, len);
        free(text);
        if (extra) {
            expect_error((const char *[]){f->files[0], NULL}, f->files[0], 130, "at most 16384 bytes");
        } else {
            c = load((const char *[]){f->files[0], NULL});
            assert_int_equal(strlen(base_of(c)->default_model), 16384);
            config_free(c);
        }
    }

    for (int extra = 0; extra < 2; extra++) { /* a file: 16384 lines of 64 bytes */
        FILE *out = open_memstream(&text, &len);
        for (int i = 0; i < 16384; i++)
            fprintf(out, "#%062d\n", i);
        if (extra)
            fputc('\n', out);
        fclose(out);
        put(f->files[0], text, len);
        free(text);
        if (extra)
            expect_error((const char *[]){f->files[0], NULL}, f->files[0], 16385, "at most 1048576 bytes");
        else
            config_free(load((const char *[]){f->files[0], NULL}));
    }

    for (int extra = 0; extra < 2; extra++) { /* 1024 sections, of which [daemon] is one */
        FILE *out = open_memstream(&text, &len);
        for (int i = 0; i < 1023 + extra; i++)
            fprintf(out, "[provider \"%d\"]\n", i);
        fclose(out);
        FILE *in = fmemopen(text, len, "r");
        assert_int_equal(config_load_stream(rooms, in, "mem", &c, &err), extra ? ERR_INVALID_REQUEST : ERR_NONE);
        fclose(in);
        free(text);
        config_free(c);
    }
    assert_string_equal(err.message, "mem:1024: there are at most 1024 sections");
}

static void test_continuation(void **state)
{
    struct folder *f = *state;
    struct config *c = load_text(f, "[daemon]\n"
                                    "default_model = a,\n"
                                    "  b, ; the second\n"
                                    "\n"
                                    "  ; a comment\n"
                                    "\tc=d ;e\n"
                                    "unset =\n"
                                    "  first\n"
                                    "  [second]\n"
                                    "  #no\n"
                                    "  wait 7 ;b\n"
                                    "log_level =\n"
                                    "   debug\n");
    assert_string_equal(base_of(c)->default_model, "a, b, c=d");
    assert_string_equal(base_of(c)->unset, "first [second] wait 7");
    assert_int_equal(base_of(c)->level, 2);
    config_free(c);

    refuse_text(f, "[daemon]\nquiet = yes\n wait = 7\n", 3, "'wait' is indented");
    refuse_text(f, "[daemon]\nquiet = yes\n\n\tmax_connections=7\n", 4, "'max_connections' is indented");
    refuse_text(f, "[daemon]\nquiet = yes\n [provider \"x\"]\n", 3, "must not be indented");
    refuse_text(f, "[daemon]\nquiet = yes\n and no\n", 2, "quiet must be yes or no, not 'yes and no'");
    /* Where there is no value above, indenting changes nothing. */
    c = load_text(f, "  [daemon]\n  wait = 7\n[daemon]\n  quiet = yes\n");
    assert_int_equal(base_of(c)->wait_ms, 7000);
    assert_true(base_of(c)->quiet);
    config_free(c);
}

static void test_comments(void **state)
{
    struct config *c = load_text(*state, "[daemon] ; x\n"
                                         "default_model = a;b ;c ;d\n"
                                         "unset = # not a comment\n"
                                         "# wait = 1\n"
                                         ";wait = 1\n"
                                         "quiet = yes ; no\n");
    assert_string_equal(base_of(c)->default_model, "a;b");
    assert_string_equal(base_of(c)->unset, "# not a comment");
    assert_int_equal(base_of(c)->wait_ms, 30000);
    assert_true(base_of(c)->quiet);
    config_free(c);
}

/* The reason must not be lost behind a path that is longer than an error's message. */
static void test_long_path(void **state)
{
    char path[1024], text[] = "[daemon]\nwait = 0\n";
    struct error err = ERROR_INIT;
    struct config *c;

    (void)state;
    memset(path, 'p', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    FILE *in = fmemopen(text, strlen(text), "r");
    assert_int_equal(config_load_stream(rooms, in, path, &c, &err), ERR_INVALID_REQUEST);
    fclose(in);
    assert_non_null(strstr(err.message, "pp:2: wait must be 10 ms to 1 h"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unknown),    TEST(test_no_key_in_errors), TEST(test_sections),    TEST(test_twice),
        TEST(test_syntax),     TEST(test_line_bound),       TEST(test_word_bounds), TEST(test_name_bound),
        TEST(test_big_bounds), TEST(test_continuation),     TEST(test_comments),    TEST(test_long_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
