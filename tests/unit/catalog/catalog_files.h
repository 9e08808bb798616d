/* What the tests of the catalogue share: a folder with files, and catalogues loaded from them. */
#ifndef ASKD_TESTS_CATALOG_FILES_H
#define ASKD_TESTS_CATALOG_FILES_H

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/lists.h"
#include "tests/unit/folder_remove.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[64];
    char shipped[128], user[128], lists[128]; /* models.ini, the user's over it, the state file */
};

static inline int setup(void **state)
{
    struct folder *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    strcpy(f->path, "/tmp/askd-catalog-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->shipped, sizeof(f->shipped), "%s/shipped.ini", f->path);
    snprintf(f->user, sizeof(f->user), "%s/user.ini", f->path);
    snprintf(f->lists, sizeof(f->lists), "%s/models.json", f->path);
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

static inline void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static inline struct catalog *load(struct folder *f)
{
    const char *const paths[] = {f->shipped, f->user, NULL};
    struct error err = ERROR_INIT;
    struct catalog *c = NULL;
    char *warning = NULL;
    if (catalog_load(paths, f->lists, &c, &warning, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    if (warning)
        fail_msg("a warning: %s", warning);
    return c;
}

static inline struct catalog *load_text(struct folder *f, const char *text)
{
    put(f->shipped, text);
    return load(f);
}

/* n models on the heap, called "m0", "m1", …, of which nothing else is told. */
static inline struct listed *some_listed(size_t n)
{
    struct listed *models = calloc(n ? n : 1, sizeof(*models));
    assert_non_null(models);
    for (size_t i = 0; i < n; i++) {
        char id[32];
        snprintf(id, sizeof(id), "m%zu", i);
        models[i] = (struct listed){.id = strdup(id), .tools = KNOWN_NOT, .reasoning = KNOWN_NOT};
    }
    return models;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
