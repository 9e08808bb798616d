/* What the tests of the configuration share: rooms, a folder with files, and what to expect of them. */
#ifndef ASKD_TESTS_CORE_CONFIG_FILES_H
#define ASKD_TESTS_CORE_CONFIG_FILES_H

#include "daemon/core/config.h"
#include "daemon/core/config_internal.h"
#include "tests/unit/folder_remove.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
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
    int64_t max_connections, signed_number, keep_ms;
};

struct provider_options {
    char *base_url, *proxy, *key_env;
    struct secret *key;
    int64_t retries;
    char **header, **tags;
};

static const char *const keeps[] = {"forever", "none", NULL};
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
    {"keep", CONFIG_DURATION, MORE(keep_ms), 86400 * 1000, INT64_MAX, "forever", keeps, CONFIG_RELOAD, ""},
    {"signed_number", CONFIG_INT, MORE(signed_number), INT64_MIN, INT64_MAX, "-1", NULL, 0, ""},
    {0},
};

#define PROVIDER(field) offsetof(struct provider_options, field)
static const struct config_option provider_rows[] = {
    {"base_url", CONFIG_STRING, PROVIDER(base_url), 0, 0, NULL, NULL, CONFIG_DESTINATION | CONFIG_ADDRESS, ""},
    {"key", CONFIG_SECRET, PROVIDER(key), 0, 0, NULL, NULL, CONFIG_DESTINATION | CONFIG_KEY_SOURCE, ""},
    {"key_env", CONFIG_STRING, PROVIDER(key_env), 0, 0, NULL, NULL, CONFIG_DESTINATION | CONFIG_KEY_SOURCE, ""},
    {"retries", CONFIG_INT, PROVIDER(retries), 0, 10, "2", NULL, CONFIG_RELOAD, ""},
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

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    struct folder *f = *state;
    folder_remove(f->path);
    free(f);
    return 0;
}

static inline void put(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

static inline void put_text(const char *path, const char *text)
{
    put(path, text, strlen(text));
}

static inline struct config *load(const char *const *paths)
{
    struct error err = ERROR_INIT;
    struct config *c = NULL;
    if (config_load(rooms, paths, true, &c, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    assert_non_null(c);
    return c;
}

static inline struct config *load_text(struct folder *f, const char *text)
{
    put_text(f->files[0], text);
    return load((const char *[]){f->files[0], NULL});
}

/* Expects the message to be PATH:LINE: and then something with `part`; line 0: no line. */
static inline void expect_error(const char *const *paths, const char *path, unsigned line, const char *part)
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

static inline void refuse(struct folder *f, const char *text, size_t len, unsigned line, const char *part)
{
    put(f->files[0], text, len);
    expect_error((const char *[]){f->files[0], NULL}, f->files[0], line, part);
}

static inline void refuse_text(struct folder *f, const char *text, unsigned line, const char *part)
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
