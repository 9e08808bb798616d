#include "daemon/core/config.h"
#include "daemon/core/config_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- the rooms -- */

struct base_options {
    char *default_model;
    int level;
    int64_t bytes, wait_ms;
    bool quiet;
    char *unset;
};

struct more_options {
    int64_t max_connections, signed_number;
};

struct provider_options {
    char *base_url, *proxy;
    struct secret *key;
    int64_t retries;
    char **header, **tags;
};

static const char *const levels[] = {"error", "warn", "debug", NULL};

#define BASE(field) offsetof(struct base_options, field)
static const struct config_option base_rows[] = {
    {"default_model", CONFIG_STRING, BASE(default_model), 0, 0, "small", NULL, 0, ""},
    {"log_level", CONFIG_ENUM, BASE(level), 0, 0, "warn", levels, 0, ""},
    {"max_bytes", CONFIG_SIZE, BASE(bytes), 1 << 16, 1 << 30, "16 MiB", NULL, 0, ""},
    {"wait", CONFIG_DURATION, BASE(wait_ms), 10, 3600 * 1000, "30 s", NULL, 0, ""},
    {"quiet", CONFIG_BOOL, BASE(quiet), 0, 0, NULL, NULL, 0, ""},
    {"unset", CONFIG_STRING, BASE(unset), 0, 0, NULL, NULL, 0, ""},
    {0},
};

#define MORE(field) offsetof(struct more_options, field)
static const struct config_option more_rows[] = {
    {"max_connections", CONFIG_INT, MORE(max_connections), 1, 4096, "64", NULL, 0, ""},
    {"signed_number", CONFIG_INT, MORE(signed_number), INT64_MIN, INT64_MAX, "-1", NULL, 0, ""},
    {0},
};

#define PROVIDER(field) offsetof(struct provider_options, field)
static const struct config_option provider_rows[] = {
    {"base_url", CONFIG_STRING, PROVIDER(base_url), 0, 0, NULL, NULL, CONFIG_DESTINATION, ""},
    {"key", CONFIG_SECRET, PROVIDER(key), 0, 0, NULL, NULL, CONFIG_DESTINATION, ""},
    {"retries", CONFIG_INT, PROVIDER(retries), 0, 10, "2", NULL, 0, ""},
    {"header", CONFIG_LIST, PROVIDER(header), 0, 0, NULL, NULL, CONFIG_DESTINATION, ""},
    {"tags", CONFIG_LIST, PROVIDER(tags), 0, 0, "plain", NULL, 0, ""},
    {"proxy", CONFIG_STRING, PROVIDER(proxy), 0, 0, NULL, NULL, CONFIG_DESTINATION, ""},
    {0},
};

static const struct config_room base_room = {"daemon", false, sizeof(struct base_options), base_rows};
static const struct config_room provider_room = {"provider", true, sizeof(struct provider_options), provider_rows};
static const struct config_room more_room = {"daemon", false, sizeof(struct more_options), more_rows};
static const struct config_room *const rooms[] = {&base_room, &provider_room, &more_room, NULL};

/* -- a folder with files -- */

struct folder {
    char path[64];
    char files[2][128];
};

static int setup(void **state)
{
    struct folder *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    strcpy(f->path, "/tmp/askd-config-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    for (int i = 0; i < 2; i++) {
        strcpy(f->files[i], f->path);
        strcat(f->files[i], i ? "/b.conf" : "/a.conf");
    }
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct folder *f = *state;
    nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static void put(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

static void put_text(const char *path, const char *text)
{
    put(path, text, strlen(text));
}

static struct config *load(const char *const *paths)
{
    struct error err = ERROR_INIT;
    struct config *c = NULL;
    if (config_load(rooms, paths, true, &c, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    assert_non_null(c);
    return c;
}

static struct config *load_text(struct folder *f, const char *text)
{
    put_text(f->files[0], text);
    return load((const char *[]){f->files[0], NULL});
}

/* Expects the message to be PATH:LINE: and then something with `part`; line 0: no line. */
static void expect_error(const char *const *paths, const char *path, unsigned line, const char *part)
{
    struct error err = ERROR_INIT;
    struct config *c = (struct config *)&err;
    char head[256];
    enum error_code code = config_load(rooms, paths, true, &c, &err);
    if (code == ERR_NONE)
        fail_msg("no error, wanted line %u: %s", line, part);
    assert_int_equal(code, err.code);
    assert_null(c);
    if (line)
        snprintf(head, sizeof(head), "%s:%u: ", path, line);
    else
        snprintf(head, sizeof(head), "%s: ", path);
    if (strncmp(err.message, head, strlen(head)) != 0 || !strstr(err.message + strlen(head), part))
        fail_msg("wanted line %u: %s; got %s", line, part, err.message);
}

static void refuse(struct folder *f, const char *text, size_t len, unsigned line, const char *part)
{
    put(f->files[0], text, len);
    expect_error((const char *[]){f->files[0], NULL}, f->files[0], line, part);
}

static void refuse_text(struct folder *f, const char *text, unsigned line, const char *part)
{
    refuse(f, text, strlen(text), line, part);
}

static const struct base_options *base_of(const struct config *c)
{
    return config_get(c, &base_room, NULL);
}

static const struct provider_options *provider_of(const struct config *c, const char *name)
{
    return config_get(c, &provider_room, name);
}

/* -- tests -- */

static void test_defaults(void **state)
{
    struct folder *f = *state;
    struct config *c = load_text(f, "");
    const struct base_options *base = base_of(c);
    const struct more_options *more = config_get(c, &more_room, NULL);

    assert_string_equal(base->default_model, "small");
    assert_int_equal(base->level, 1);
    assert_int_equal(base->bytes, 16 << 20);
    assert_int_equal(base->wait_ms, 30000);
    assert_false(base->quiet);
    assert_null(base->unset);
    assert_int_equal(more->max_connections, 64);
    assert_int_equal(more->signed_number, -1);
    assert_null(config_get(c, &provider_room, "x"));
    assert_null(config_get(c, &provider_room, NULL));
    assert_null(config_get(c, &base_room, "x"));
    assert_null(config_name(c, &provider_room, 0));
    assert_false(config_is_set(c, &base_room, NULL, "wait"));
    config_free(c);
    assert_null(config_free(NULL));
}

static void test_missing(void **state)
{
    struct folder *f = *state;
    const char *paths[] = {f->files[1], NULL};
    struct error err = ERROR_INIT;
    struct config *c;

    assert_int_equal(config_load(rooms, paths, false, &c, &err), ERR_NONE);
    config_free(c);
    assert_int_equal(config_load(rooms, paths, true, &c, &err), ERR_NOT_FOUND);
    assert_null(c);
    expect_error(paths, f->files[1], 0, "no such file");
    expect_error((const char *[]){f->path, NULL}, f->path, 0, "not a file");
    assert_int_equal(mkfifo(f->files[1], 0600), 0);
    expect_error(paths, f->files[1], 0, "not a file"); /* at once, not when somebody writes */
    config_free(load((const char *[]){"/dev/null", NULL}));
}

static void test_shared_section(void **state)
{
    struct config *c = load_text(*state, "[daemon]\nmax_connections = 7\nquiet = yes\n[daemon]\nsigned_number=-3");
    const struct more_options *more = config_get(c, &more_room, NULL);

    assert_true(base_of(c)->quiet);
    assert_int_equal(more->max_connections, 7);
    assert_int_equal(more->signed_number, -3);
    assert_true(config_is_set(c, &more_room, NULL, "signed_number"));
    assert_false(config_is_set(c, &base_room, NULL, "signed_number")); /* the other room of the section */
    config_free(c);
}

static void test_values(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes, wait_ms, connections;
    } good[] = {
        {"max_bytes = 64 MiB\nwait = 10\nmax_connections = 1", 64 << 20, 10000, 1},
        {"max_bytes = 64M\nwait = 10 s\nmax_connections = 4096", 64 << 20, 10000, 4096},
        {"max_bytes = 64m\nwait = 500 ms\nmax_connections = 010", 64 << 20, 500, 10},
        {"max_bytes = 65536\nwait = 5 min\nmax_connections = 2", 65536, 300000, 2},
        {"max_bytes = 65536 B\nwait = 1h\nmax_connections = 2", 65536, 3600000, 2},
        {"max_bytes = 64 KiB\nwait = 10ms\nmax_connections = 2", 65536, 10, 2},
        {"max_bytes = 1 GiB\nwait = 3600\nmax_connections = 2", 1 << 30, 3600000, 2},
        {"max_bytes : 1g ; \nwait\t=\t60 ; a minute\nmax_connections=2 ;3 ;", 1 << 30, 60000, 2},
    };
    struct folder *f = *state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "[daemon]\n%s\n", good[i].text);
        struct config *c = load_text(f, text);
        const struct more_options *more = config_get(c, &more_room, NULL);
        assert_int_equal(base_of(c)->bytes, good[i].bytes);
        assert_int_equal(base_of(c)->wait_ms, good[i].wait_ms);
        assert_int_equal(more->max_connections, good[i].connections);
        config_free(c);
    }
    struct config *c = load_text(f, "[daemon]\nsigned_number = -9223372036854775808\n");
    assert_true(((const struct more_options *)config_get(c, &more_room, NULL))->signed_number == INT64_MIN);
    config_free(c);
}

static void test_bad_values(void **state)
{
    static const struct {
        const char *line, *part;
    } bad[] = {
        {"max_connections = 0", "max_connections must be 1 to 4096, not '0'"},
        {"max_connections = 4097", "max_connections must be 1 to 4096, not '4097'"},
        {"max_connections = 99999999999999999999999", "1 to 4096"},
        {"max_connections = -1", "1 to 4096"},
        {"max_connections = 1x", "max_connections must be a whole number, not '1x'"},
        {"max_connections = 1 KiB", "must be a whole number"},
        {"max_connections =", "must be a whole number, not empty"},
        {"max_connections = - 1", "must be a whole number"},
        {"max_connections = 0x10", "must be a whole number"},
        {"signed_number = 9223372036854775808", "-9223372036854775808 to 9223372036854775807"},
        {"max_bytes = 65535", "max_bytes must be 64 KiB to 1 GiB, not '65535'"},
        {"max_bytes = 1073741825", "64 KiB to 1 GiB"},
        {"max_bytes = 9223372036854775807 TiB", "64 KiB to 1 GiB"},
        {"max_bytes = 16777216 TiB", "64 KiB to 1 GiB"}, /* 2^64: no more than 0 if it wrapped around */
        {"max_bytes = 64 MB", "max_bytes must be a size"},
        {"max_bytes = 1.5 MiB", "must be a size"},
        {"wait = 9 ms", "wait must be 10 ms to 1 h, not '9 ms'"},
        {"wait = 0", "10 ms to 1 h"},
        {"wait = 3600001ms", "10 ms to 1 h"},
        {"wait = 1 m", "wait must be a time"},
        {"wait = soon", "must be a time"},
        {"quiet = maybe", "quiet must be yes or no, not 'maybe'"},
        {"quiet =", "quiet must be yes or no, not empty"},
        {"log_level = loud", "log_level must be one of error, warn, debug, not 'loud'"},
        {"log_level = ERROR", "log_level must be one of"},
    };
    struct folder *f = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "# about\n[daemon]\n%s\n", bad[i].line);
        refuse_text(f, text, 3, bad[i].part);
    }
}

static void test_bools(void **state)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1", "No", "YES"};
    struct folder *f = *state;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "[daemon]\nquiet = %s", words[i]);
        struct config *c = load_text(f, text);
        assert_int_equal(base_of(c)->quiet, i % 2);
        assert_true(config_is_set(c, &base_room, NULL, "quiet"));
        config_free(c);
    }
}

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
    assert_true(config_is_set(c, &provider_room, "b", "retries"));
    assert_false(config_is_set(c, &provider_room, "A.b_c-9", "retries"));
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

static void test_merge(void **state)
{
    struct folder *f = *state;

    put_text(f->files[0],
             "[daemon]\nwait = 1\nmax_connections = 5\n[provider \"x\"]\nbase_url = http://a\nretries = 1\n");
    put_text(f->files[1], "[provider \"y\"]\n[provider \"x\"]\nretries = 9\n[daemon]\nwait = 2\nunset =\n");
    struct config *c = load((const char *[]){f->files[0], f->files[1], NULL});
    const struct more_options *more = config_get(c, &more_room, NULL);
    assert_int_equal(base_of(c)->wait_ms, 2000);
    assert_string_equal(base_of(c)->unset, "");
    assert_int_equal(more->max_connections, 5);
    assert_string_equal(provider_of(c, "x")->base_url, "http://a");
    assert_int_equal(provider_of(c, "x")->retries, 9);
    assert_string_equal(config_name(c, &provider_room, 0), "x");
    assert_string_equal(config_name(c, &provider_room, 1), "y");
    config_free(c);

    put_text(f->files[1], "[daemon]\nwait = x\n");
    expect_error((const char *[]){f->files[0], f->files[1], NULL}, f->files[1], 2, "wait must be a time");
}

static void test_dropins(void **state)
{
    struct folder *f = *state;
    char folder[160], path[200];
    static const struct {
        const char *name, *text;
    } files[] = {
        {"20-b.conf", "[daemon]\nwait = 20\nmax_connections = 20\n"},
        {"10-a.conf", "[daemon]\nwait = 10\nmax_connections = 10\nmax_bytes = 1 MiB\n"},
        {"B.conf", "[daemon]\nwait = 40\n"},
        {"a.conf", "[daemon]\nwait = 50\n"}, /* bytes, so behind B */
        {"zz.conf.bak", "nonsense"},
        {".zz.conf", "nonsense"},
        {".conf", "nonsense"},
        {"zz", "nonsense"},
    };

    put_text(f->files[0], "[daemon]\nwait = 5\nmax_bytes = 2 MiB\nquiet = yes\n");
    snprintf(folder, sizeof(folder), "%s.d", f->files[0]);
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
        put_text(path, files[i].text);
    }
    struct config *c = load((const char *[]){f->files[0], NULL});
    assert_int_equal(base_of(c)->wait_ms, 50000);
    assert_int_equal(((const struct more_options *)config_get(c, &more_room, NULL))->max_connections, 20);
    assert_int_equal(base_of(c)->bytes, 1 << 20);
    assert_true(base_of(c)->quiet);
    config_free(c);

    /* A later file is over an earlier one's drop-ins. */
    put_text(f->files[1], "[daemon]\nwait = 60\n");
    c = load((const char *[]){f->files[0], f->files[1], NULL});
    assert_int_equal(base_of(c)->wait_ms, 60000);
    config_free(c);

    /* Drop-ins count where the file itself is missing. */
    assert_int_equal(unlink(f->files[0]), 0);
    struct error err = ERROR_INIT;
    assert_int_equal(config_load(rooms, (const char *[]){f->files[0], NULL}, false, &c, &err), ERR_NONE);
    assert_int_equal(base_of(c)->wait_ms, 50000);
    config_free(c);

    put_text(f->files[0], "");
    snprintf(path, sizeof(path), "%s/zz.conf", folder);
    put_text(path, "[daemon]\n\nwait = 0\n");
    expect_error((const char *[]){f->files[0], NULL}, path, 3, "wait must be");
}

static void test_dropin_bound(void **state)
{
    struct folder *f = *state;
    char folder[160], path[200];

    put_text(f->files[0], "");
    snprintf(folder, sizeof(folder), "%s.d", f->files[0]);
    assert_int_equal(mkdir(folder, 0700), 0);
    for (int i = 0; i < 1025; i++) {
        if (i == 1024)
            config_free(load((const char *[]){f->files[0], NULL}));
        snprintf(path, sizeof(path), "%s/%d.conf", folder, i);
        put_text(path, "");
    }
    expect_error((const char *[]){f->files[0], NULL}, folder, 0, "at most 1024 drop-ins");
}

static void test_list(void **state)
{
    struct folder *f = *state;

    put_text(f->files[0],
             "[provider \"x\"]\nheader = A: 1\ntags = one\nheader =\n  B:\n  2\ntags = two\n[provider \"y\"]\n");
    struct config *c = load((const char *[]){f->files[0], NULL});
    char **header = provider_of(c, "x")->header, **tags = provider_of(c, "x")->tags;
    assert_string_equal(header[0], "A: 1");
    assert_string_equal(header[1], "B: 2");
    assert_null(header[2]);
    assert_string_equal(tags[0], "one"); /* in place of the default */
    assert_string_equal(tags[1], "two");
    assert_null(tags[2]);
    assert_string_equal(provider_of(c, "y")->tags[0], "plain");
    assert_null(provider_of(c, "y")->tags[1]);
    assert_null(provider_of(c, "y")->header);
    config_free(c);

    put_text(f->files[1], "[provider \"x\"]\ntags = three\ntags = four\n");
    c = load((const char *[]){f->files[0], f->files[1], NULL});
    tags = provider_of(c, "x")->tags;
    assert_string_equal(tags[0], "three");
    assert_string_equal(tags[1], "four");
    assert_null(tags[2]);
    assert_string_equal(provider_of(c, "x")->header[1], "B: 2");
    config_free(c);

    refuse_text(f, "[provider \"x\"]\nheader = \n", 2, "header must be something, not empty");
}

static void test_destination(void **state)
{
    struct folder *f = *state;
    const char *const both[] = {f->files[0], f->files[1], NULL};

    put_text(f->files[0], "[provider \"x\"]\nbase_url = http://a\nkey = k1\nretries = 3\n");
    put_text(f->files[1], "[provider \"x\"]\nbase_url = http://evil\n");
    expect_error(both, f->files[1], 2, "base_url of [provider \"x\"] stands here, but its key in ");
    put_text(f->files[1], "[provider \"x\"]\nheader = A: b\n");
    expect_error(both, f->files[1], 2, "header of [provider \"x\"] stands here");
    put_text(f->files[1], "[provider \"x\"]\nretries = 4\n");
    config_free(load(both));
    put_text(f->files[1], "[provider \"y\"]\nbase_url = http://b\nkey = k2\n"); /* another section */
    config_free(load(both));
    put_text(f->files[1], "[provider \"x\"]\nkey = k2\nbase_url = http://b\n"); /* all of it anew */
    struct config *c = load(both);
    assert_string_equal(provider_of(c, "x")->base_url, "http://b");
    assert_string_equal(secret_reveal(provider_of(c, "x")->key), "k2");
    config_free(c);

    /* A file and its own drop-in are two files. */
    char path[200];
    snprintf(path, sizeof(path), "%s.d", f->files[0]);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s.d/1.conf", f->files[0]);
    put_text(path, "[provider \"x\"]\nproxy = http://evil\n");
    expect_error((const char *[]){f->files[0], NULL}, path, 2, "proxy of [provider \"x\"] stands here");
}

static void test_secret_file(void **state)
{
    static const mode_t open_modes[] = {0640, 0620, 0604, 0602, 0644};
    static const mode_t closed_modes[] = {0600, 0400, 0700, 0711};
    struct folder *f = *state;

    put_text(f->files[0], "[provider \"x\"]\nretries = 1\nkey = sk-verysecret\n");
    for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
        assert_int_equal(chmod(f->files[0], open_modes[i]), 0);
        expect_error((const char *[]){f->files[0], NULL}, f->files[0], 3, "can be read or written by others");
    }
    for (size_t i = 0; i < sizeof(closed_modes) / sizeof(closed_modes[0]); i++) {
        assert_int_equal(chmod(f->files[0], closed_modes[i]), 0);
        struct config *c = load((const char *[]){f->files[0], NULL});
        assert_string_equal(secret_reveal(provider_of(c, "x")->key), "sk-verysecret");
        config_free(c);
    }
    if (geteuid() == 0) {
        assert_int_equal(chown(f->files[0], 12345, (gid_t)-1), 0);
        expect_error((const char *[]){f->files[0], NULL}, f->files[0], 3, "belongs to another user, uid 12345");
    }
    refuse_text(f, "[provider \"x\"]\nkey = ; nothing\n", 2,
                geteuid() == 0 ? "uid 12345" : "key must be something, not empty");
    assert_int_equal(unlink(f->files[0]), 0);
    refuse_text(f, "[provider \"x\"]\nkey = ; nothing\n", 2, "key must be something, not empty");

    /* Without a secret the mode is nobody's business. */
    put_text(f->files[1], "[provider \"x\"]\nretries = 1\n");
    assert_int_equal(chmod(f->files[1], 0666), 0);
    config_free(load((const char *[]){f->files[1], NULL}));
}

static void test_print(void **state)
{
    struct folder *f = *state;
    char *text, want[4096];
    size_t len;

    put_text(f->files[0], "[provider \"x\"]\nkey = sk-verysecret\nheader = A: 1\nheader = B: 2\n\n"
                          "[daemon]\nwait = 5 min\nmax_connections = 7\n");
    put_text(f->files[1], "[daemon]\nmax_bytes =\n 64M ; hm\n");
    struct config *c = load((const char *[]){f->files[0], f->files[1], NULL});
    FILE *out = open_memstream(&text, &len);
    config_print(c, out);
    fclose(out);
    snprintf(want, sizeof(want),
             "[daemon]\n"
             "default_model = small ; default\n"
             "log_level = warn ; default\n"
             "max_bytes = 64M ; %2$s:2\n"
             "wait = 5 min ; %1$s:7\n"
             "quiet = no ; default\n"
             "unset = (unset) ; default\n"
             "max_connections = 7 ; %1$s:8\n"
             "signed_number = -1 ; default\n"
             "\n"
             "[provider \"x\"]\n"
             "base_url = (unset) ; default\n"
             "key = (hidden) ; %1$s:2\n"
             "retries = 2 ; default\n"
             "header = A: 1 ; %1$s:3\n"
             "header = B: 2 ; %1$s:4\n"
             "tags = plain ; default\n"
             "proxy = (unset) ; default\n",
             f->files[0], f->files[1]);
    assert_string_equal(text, want);
    free(text);
    config_free(c);
}

static int open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* What a reload does with a bad file: the old config stays whole, and nothing of the new one stays (the leak checker
 * sees to the memory). */
static void test_bad_reload(void **state)
{
    static const char *const bad[] = {
        "[provider \"x\"]\nkey = sk-b\nheader = C: 3\nretries = 11\n",
        "[provider \"x\"]\nkey = sk-b\nkey = sk-c\n",
        "[provider \"z\"]\nheader = C: 3\nnonsense\n",
        "[provider \"x\"]\nkey = sk-b\n",
    };
    struct folder *f = *state;

    put_text(f->files[0], "[provider \"x\"]\nkey = sk-a\nheader = A: 1\nretries = 3\n");
    struct config *old = load((const char *[]){f->files[0], NULL});
    int before = open_descriptors();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err = ERROR_INIT;
        struct config *c = old;
        put_text(f->files[1], bad[i]);
        assert_int_equal(config_load(rooms, (const char *[]){f->files[0], f->files[1], NULL}, true, &c, &err),
                         ERR_INVALID_REQUEST);
        assert_null(c);
        assert_null(strstr(err.message, "sk-"));
    }
    assert_int_equal(open_descriptors(), before);
    assert_string_equal(secret_reveal(provider_of(old, "x")->key), "sk-a");
    assert_int_equal(provider_of(old, "x")->retries, 3);
    config_free(old);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),    TEST(test_missing),     TEST(test_shared_section), TEST(test_values),
        TEST(test_bad_values),  TEST(test_bools),       TEST(test_unknown),        TEST(test_no_key_in_errors),
        TEST(test_sections),    TEST(test_twice),       TEST(test_syntax),         TEST(test_line_bound),
        TEST(test_word_bounds), TEST(test_name_bound),  TEST(test_big_bounds),     TEST(test_continuation),
        TEST(test_comments),    TEST(test_merge),       TEST(test_dropins),        TEST(test_dropin_bound),
        TEST(test_list),        TEST(test_destination), TEST(test_secret_file),    TEST(test_print),
        TEST(test_bad_reload),  TEST(test_long_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
