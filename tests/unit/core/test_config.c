/* Values, and which file's word counts. */
#include "tests/unit/core/config_files.h"
#include <dirent.h>

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
    assert_null(config_origin(c, &base_room, NULL, "wait", NULL));
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
    assert_non_null(config_origin(c, &more_room, NULL, "signed_number", NULL));
    assert_null(config_origin(c, &base_room, NULL, "signed_number", NULL)); /* the other room of the section */
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
        {"signed_number = 9223372036854775808", "at least -9223372036854775808"},
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

static void test_words(void **state)
{
    static const struct {
        const char *text;
        int64_t keep_ms;
    } good[] = {{"", -1}, {"keep = forever", -1}, {"keep = none", -2}, {"keep = 90d", 90ll * 86400 * 1000}};
    static const struct {
        const char *line, *part;
    } bad[] = {
        {"keep = never", "keep must be a time (10 s, 500 ms, 5 min, 1 h, 7 d), or one of forever, none, not 'never'"},
        {"keep = None", "or one of forever, none"},
        {"keep = 1 h", "keep must be at least 1 d, or one of forever, none, not '1 h'"},
        {"keep = -1 ms", "keep must be at least 1 d"}, /* what a word stands for is not written as a number */
        {"wait = forever", "wait must be a time"},     /* a word of another row */
    };
    struct folder *f = *state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "[daemon]\n%s", good[i].text);
        struct config *c = load_text(f, text);
        assert_int_equal(((const struct more_options *)config_get(c, &more_room, NULL))->keep_ms, good[i].keep_ms);
        config_free(c);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "[daemon]\n%s", bad[i].line);
        refuse_text(f, text, 2, bad[i].part);
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
        assert_non_null(config_origin(c, &base_room, NULL, "quiet", NULL));
        config_free(c);
    }
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

    put_text(f->files[1], "[provider \"x\"]\nkey_env = KEY\n"); /* another key, to where the first file says */
    expect_error(both, f->files[1], 2, "key_env of [provider \"x\"] stands here, but its base_url in ");

    /* A file and its own drop-in are two files. */
    char path[200];
    snprintf(path, sizeof(path), "%s.d", f->files[0]);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s.d/1.conf", f->files[0]);
    put_text(path, "[provider \"x\"]\nproxy = http://evil\n");
    expect_error((const char *[]){f->files[0], NULL}, path, 2, "proxy of [provider \"x\"] stands here");
}

/* What a file gives takes the place of the same thing in an earlier one. */
static void test_destination_is_replaced(void **state)
{
    struct folder *f = *state;
    const char *const both[] = {f->files[0], f->files[1], NULL};

    put_text(f->files[0], "[provider \"x\"]\nkey_env = KEY\nretries = 3\n");
    put_text(f->files[1], "[provider \"x\"]\nkey = k2\n"); /* another way to give the key */
    struct config *c = load(both);
    assert_null(provider_of(c, "x")->key_env);
    assert_string_equal(secret_reveal(provider_of(c, "x")->key), "k2");
    assert_int_equal(provider_of(c, "x")->retries, 3);
    config_free(c);

    put_text(f->files[0], "[provider \"x\"]\nkey = k1\nproxy = http://p\nheader = A: b\n");
    put_text(f->files[1], "[provider \"x\"]\nkey_env = KEY\n");
    expect_error(both, f->files[1], 2, "key_env of [provider \"x\"] stands here, but its header in ");
    put_text(f->files[1], "[provider \"x\"]\nkey_env = KEY\nbase_url = http://b\n"); /* whom to ask, and as whom */
    c = load(both);
    assert_null(provider_of(c, "x")->key);
    assert_null(provider_of(c, "x")->proxy);
    assert_null(provider_of(c, "x")->header);
    assert_string_equal(provider_of(c, "x")->key_env, "KEY");
    config_free(c);
}

static void test_complaint_about_an_empty_section(void **state)
{
    struct folder *f = *state;
    struct error err = ERROR_INIT;
    char want[200];

    struct config *c = load_text(f, "\n\n[provider \"x\"]\n[provider \"x\"]\n");
    assert_int_equal(config_complain(c, &provider_room, "x", "base_url", &err, "wrong"), ERR_INVALID_REQUEST);
    snprintf(want, sizeof want, "%s:3: wrong", f->files[0]);
    assert_string_equal(err.message, want);
    config_free(c);
}

static void test_complaint_about_an_element(void **state)
{
    struct folder *f = *state;
    struct config *c = load_text(f, "[provider \"x\"]\nheader = A: 1\n\nheader = B: 2\n");
    static const unsigned lines[] = {2, 4, 4}; /* past the end: where the last one stands */
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct error err = ERROR_INIT;
        char want[256];
        snprintf(want, sizeof(want), "%s:%u: wrong", f->files[0], lines[i]);
        assert_int_equal(config_complain_of(c, &provider_room, "x", "header", i, &err, "wrong"), ERR_INVALID_REQUEST);
        assert_string_equal(err.message, want);
    }
    config_free(c);
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

static void test_describe(void **state)
{
    (void)state;
    static const struct config_option open = {.key = "open", .type = CONFIG_SIZE, .min = 4096, .max = INT64_MAX};
    const struct {
        const struct config_option *option;
        const char *text;
    } cases[] = {{&base_rows[0], ""},
                 {&base_rows[2], "64 KiB to 1 GiB"},
                 {&base_rows[3], "10 ms to 1 h"},
                 {&base_rows[4], "yes or no"},
                 {&more_rows[0], "1 to 4096"},
                 {&open, "at least 4 KiB"},
                 {&provider_rows[1], ""},
                 {&provider_rows[4], ""}};
    char got[256];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config_describe(cases[i].option, got, sizeof got);
        assert_string_equal(got, cases[i].text);
    }
    config_describe(&base_rows[1], got, sizeof got);
    assert_string_equal(got, "one of error, warn, debug");
}

static void test_print(void **state)
{
    struct folder *f = *state;
    char *text, want[4096];
    size_t len;

    put_text(f->files[0], "[provider \"x\"]\nkey = sk-verysecret\nheader = A: 1\nheader = B: 2\n\n"
                          "[daemon]\nwait = 5 min\nmax_connections = 7\nkeep = none\n");
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
             "keep = none ; %1$s:9\n"
             "signed_number = -1 ; default\n"
             "\n"
             "[provider \"x\"]\n"
             "base_url = (unset) ; default\n"
             "key = (hidden) ; %1$s:2\n"
             "key_env = (unset) ; default\n"
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

static void note_change(void *data, const struct config_change *change)
{
    FILE *out = data;
    fprintf(out, "%s%s%s.%s%s ", change->room->section, change->name ? "." : "", change->name ? change->name : "",
            change->key ? change->key : "*", change->reload ? "" : "!");
}

static void expect_changes(struct folder *f, const char *before, const char *after, const char *want)
{
    struct config *a = load_text(f, before), *b = load_text(f, after);
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    config_changed(a, b, note_change, out);
    fclose(out);
    assert_string_equal(text, want);
    free(text);
    config_free(a);
    config_free(b);
}

/* By value, of every type; `!`: only at the next start. */
static void test_changed(void **state)
{
    struct folder *f = *state;

    expect_changes(f, "", "", "");
    expect_changes(f, "[daemon]\nwait = 1 min\nquiet = no\nlog_level = warn", "[daemon]\nmax_bytes = 16M\nwait = 60 s",
                   "");
    expect_changes(f, "[daemon]\nwait = 1 min", "[daemon]\nwait = 61 s", "daemon.wait! ");
    expect_changes(f, "[daemon]\nwait = 1 min", "", "daemon.wait! "); /* back to the default */
    expect_changes(f, "", "[daemon]\nquiet = yes\nlog_level = debug\nmax_bytes = 1M\nmax_connections = 1\nkeep = none",
                   "daemon.log_level! daemon.max_bytes! daemon.quiet! daemon.max_connections! daemon.keep ");
    expect_changes(f, "[daemon]\nunset = a", "[daemon]\nunset = b", "daemon.unset! ");
    expect_changes(f, "[daemon]\nunset =", "", "daemon.unset! ");
    expect_changes(f, "[provider \"x\"]\nkey = a\nheader = A: 1\nretries = 2",
                   "[provider \"x\"]\nkey = a\nheader = A: 1", "");
    expect_changes(f, "[provider \"x\"]\nkey = a\nheader = A: 1", "[provider \"x\"]\nkey = b\nheader = A: 1",
                   "provider.x.key! ");
    expect_changes(f, "[provider \"x\"]\nkey = a", "[provider \"x\"]\nkey = ab", "provider.x.key! ");
    expect_changes(f, "[provider \"x\"]\nkey = a", "[provider \"x\"]", "provider.x.key! ");
    expect_changes(f, "[provider \"x\"]\nheader = A: 1", "[provider \"x\"]\nheader = A: 2\nretries = 3",
                   "provider.x.retries provider.x.header! ");
    expect_changes(f, "[provider \"x\"]\nheader = A: 1", "[provider \"x\"]\nheader = A: 1\nheader = A: 1",
                   "provider.x.header! ");
    expect_changes(f, "[provider \"x\"]\n[provider \"y\"]", "[provider \"z\"]\n[provider \"x\"]",
                   "provider.z.*! provider.y.*! ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_missing),
        TEST(test_shared_section),
        TEST(test_values),
        TEST(test_bad_values),
        TEST(test_words),
        TEST(test_changed),
        TEST(test_bools),
        TEST(test_merge),
        TEST(test_dropins),
        TEST(test_dropin_bound),
        TEST(test_list),
        TEST(test_destination),
        TEST(test_destination_is_replaced),
        TEST(test_complaint_about_an_empty_section),
        TEST(test_complaint_about_an_element),
        TEST(test_secret_file),
        TEST(test_describe),
        TEST(test_print),
        TEST(test_bad_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
