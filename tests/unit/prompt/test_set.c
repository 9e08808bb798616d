#include "daemon/prompt/set.h"
#include "tests/unit/folder_remove.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two folders, "a" and "b" over it, in one of our own. Neither is there at first. */
struct world {
    char path[64];
    char a[80], b[80];
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        return -1;
    strcpy(w->path, "/tmp/askd-set-XXXXXX");
    if (!mkdtemp(w->path))
        return -1;
    snprintf(w->a, sizeof w->a, "%s/a", w->path);
    snprintf(w->b, sizeof w->b, "%s/b", w->path);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    folder_remove(w->path);
    free(w);
    return 0;
}

static void folder(const char *parent, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", parent, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void file(const char *parent, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", parent, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct prompt_set *read_both(const struct world *w)
{
    const char *const paths[] = {w->a, w->b, NULL};
    return prompt_set_read(paths);
}

/* The names, in their order, with a "!" behind one that cannot be used. */
static void check_names(const struct prompt_set *s, const char *want)
{
    char got[256] = "";
    for (size_t i = 0; i < s->n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s%s", i ? " " : "", s->prompts[i]->name,
                 s->prompts[i]->error ? "!" : "");
    assert_string_equal(got, want);
}

static bool watches(const struct prompt_set *s, const char *path, const char *awaits)
{
    for (size_t i = 0; i < s->n_watches; i++)
        if (strcmp(s->watches[i].path, path) == 0 &&
            (awaits ? s->watches[i].awaits && strcmp(s->watches[i].awaits, awaits) == 0 : !s->watches[i].awaits))
            return true;
    return false;
}

static void test_over_each_other(void **state)
{
    const struct world *w = *state;
    folder(w->path, "a");
    folder(w->path, "b");
    file(w->a, "x.md", "of a");
    file(w->a, "y.md", "of a");
    file(w->b, "y.md", "of b");
    file(w->b, "z.md", "of b");
    struct prompt_set *s = read_both(w);
    check_names(s, "x y z");
    const struct prompt *y = prompt_set_find(s, "yes", 1);
    assert_non_null(y);
    size_t len;
    assert_string_equal(template_text(y->user, &len), "of b");
    assert_null(prompt_set_find(s, "xy", 2));
    assert_null(prompt_set_find(s, "", 0));
    assert_false(s->unwatchable);
    assert_null(s->warning);
    prompt_set_free(s);
}

/* A broken file covers what is below it: that it is broken is to be seen. */
static void test_bad_over_good(void **state)
{
    const struct world *w = *state;
    folder(w->path, "a");
    folder(w->path, "b");
    file(w->a, "x.md", "good");
    file(w->b, "x.md", "---\nmodel:\n---\n");
    file(w->b, "y.md", "one");
    folder(w->b, "y");
    char y[100];
    snprintf(y, sizeof y, "%s/y", w->b);
    file(y, "system.md", "two");
    struct prompt_set *s = read_both(w);
    check_names(s, "x! y!");
    prompt_set_free(s);
}

/* What is not there is awaited in what is. */
static void test_what_is_watched(void **state)
{
    const struct world *w = *state;
    char group[100], sub[120];
    const char *const deep[] = {w->a, NULL};
    struct prompt_set *s = read_both(w);
    check_names(s, "");
    assert_true(watches(s, w->path, "a") && watches(s, w->path, "b"));
    assert_int_equal(s->n_watches, 2);
    prompt_set_free(s);

    folder(w->path, "a");
    folder(w->a, "group");
    snprintf(group, sizeof group, "%s/group", w->a);
    folder(group, "p");
    snprintf(sub, sizeof sub, "%s/p", group);
    file(sub, "system.md", "x");
    s = prompt_set_read(deep);
    check_names(s, "group/p");
    assert_true(watches(s, w->path, "a") && watches(s, w->a, NULL) && watches(s, group, NULL) && watches(s, sub, NULL));
    assert_int_equal(s->n_watches, 4);
    prompt_set_free(s);

    const char *const missing[] = {sub, NULL};
    folder_remove(group);
    s = prompt_set_read(missing);
    assert_true(watches(s, w->a, "group"));
    prompt_set_free(s);
}

/* What a link leads to may change where nobody looks. */
static void test_links_are_not_trusted_to_be_watched(void **state)
{
    const struct world *w = *state;
    char link[100];
    folder(w->path, "a");
    file(w->a, "x.md", "x");
    snprintf(link, sizeof link, "%s/y.md", w->a);
    assert_int_equal(symlink("x.md", link), 0);
    struct prompt_set *s = read_both(w);
    check_names(s, "x y");
    assert_true(s->unwatchable);
    prompt_set_free(s);
}

static void test_a_file_in_the_folders_place(void **state)
{
    const struct world *w = *state;
    file(w->path, "a", "no folder");
    struct prompt_set *s = read_both(w);
    check_names(s, "");
    assert_non_null(strstr(s->warning, "cannot be read"));
    prompt_set_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_over_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_over_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_are_not_trusted_to_be_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_in_the_folders_place, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
