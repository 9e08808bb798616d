#include "tests/unit/catalog/catalog_files.h"

static struct price a_price(const char *text)
{
    struct error err = ERROR_INIT;
    struct price p;
    if (price_parse(text, &p, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    return p;
}

/* One model of which everything is told, and one of which nothing is. */
static struct lists *full_lists(void)
{
    struct listed *models = some_listed(2);
    struct listed *l = &models[0];
    struct lists *none = lists_new();

    l->title = strdup("Größer");
    l->context_window = 128000;
    l->max_output = 4096;
    l->input = MODALITY_TEXT | MODALITY_FILE;
    l->output = MODALITY_EMBEDDING;
    l->tools = KNOWN_NO;
    l->reasoning = KNOWN_YES;
    l->prices = calloc(2, sizeof(*l->prices));
    l->n_prices = 2;
    l->prices[0] = a_price("since 2025-04-14, until 2026-01-01, at x, above 200000, hours 16:30-00:30, input 2.00, "
                           "cached_input 0.50, cache_write 3.75, output 8.00, request 0.001, image 0.01, "
                           "input_audio 40, output_audio 80, "
                           "currency USD, source https://example.org/p");
    l->prices[1] = a_price("output 0, currency CNY");
    struct lists *lists = lists_with(none, "work", models, 2, 1234567890123456);
    lists_free(none);
    return lists;
}

static void check_price(const struct price *a, const struct price *b)
{
    assert_int_equal(a->since_us, b->since_us);
    assert_int_equal(a->until_us, b->until_us);
    assert_int_equal(a->above_tokens, b->above_tokens);
    assert_int_equal(a->from_minute, b->from_minute);
    assert_int_equal(a->to_minute, b->to_minute);
    assert_int_equal(a->input, b->input);
    assert_int_equal(a->cached_input, b->cached_input);
    assert_int_equal(a->cache_write, b->cache_write);
    assert_int_equal(a->output, b->output);
    assert_int_equal(a->request, b->request);
    assert_int_equal(a->image, b->image);
    assert_int_equal(a->input_audio, b->input_audio);
    assert_int_equal(a->output_audio, b->output_audio);
    assert_string_equal(a->currency, b->currency);
    assert_string_equal(a->at ? a->at : "", b->at ? b->at : "");
    assert_string_equal(a->source ? a->source : "", b->source ? b->source : "");
}

static void check_models(const struct listed *a, const struct listed *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(a[i].id, b[i].id);
        assert_string_equal(a[i].title ? a[i].title : "", b[i].title ? b[i].title : "");
        assert_int_equal(a[i].context_window, b[i].context_window);
        assert_int_equal(a[i].max_output, b[i].max_output);
        assert_int_equal(a[i].input, b[i].input);
        assert_int_equal(a[i].output, b[i].output);
        assert_int_equal(a[i].tools, b[i].tools);
        assert_int_equal(a[i].reasoning, b[i].reasoning);
        assert_int_equal(a[i].n_prices, b[i].n_prices);
        for (size_t k = 0; k < a[i].n_prices; k++)
            check_price(&a[i].prices[k], &b[i].prices[k]);
    }
}

static void save(const struct lists *l, const char *path)
{
    struct error err = ERROR_INIT;
    if (lists_save(l, path, &err) != ERR_NONE)
        fail_msg("%s", err.message);
}

static struct lists *load_lists(const char *path)
{
    struct error err = ERROR_INIT;
    struct lists *l = NULL;
    if (lists_load(path, &l, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    return l;
}

static void file_holds_all_that_is_told(void **state)
{
    struct folder *f = *state;
    struct lists *l = full_lists();
    size_t n, n_again;
    int64_t at, at_again;

    save(l, f->lists);
    struct lists *again = load_lists(f->lists);
    const struct listed *before = lists_get(l, "work", &n, &at), *after = lists_get(again, "work", &n_again, &at_again);
    assert_int_equal(n, 2);
    assert_int_equal(n_again, 2);
    assert_int_equal(at, 1234567890123456);
    assert_int_equal(at_again, at);
    check_models(before, after, 2);
    assert_string_equal(lists_section(again, 0), "work");
    assert_null(lists_section(again, 1));
    lists_free(l);
    lists_free(again);
}

static void file_is_replaced_and_private(void **state)
{
    struct folder *f = *state;
    struct lists *l = full_lists(), *none = lists_new();
    struct stat st;
    char fresh[160];
    mode_t mask = umask(0);

    snprintf(fresh, sizeof(fresh), "%s.new", f->lists);
    put(fresh, "left behind");
    assert_int_equal(chmod(fresh, 0666), 0);
    put(f->lists, "damaged");
    assert_int_equal(chmod(f->lists, 0644), 0);
    save(l, f->lists);
    umask(mask);
    assert_int_equal(stat(f->lists, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(access(fresh, F_OK), -1);
    save(none, f->lists);
    struct lists *again = load_lists(f->lists);
    assert_null(lists_section(again, 0));
    lists_free(again);
    lists_free(l);
    lists_free(none);
}

static void failed_save_keeps_the_file(void **state)
{
    struct folder *f = *state;
    struct lists *l = full_lists();
    struct listed *models = some_listed(1);
    struct error err = ERROR_INIT;
    char missing[160];

    save(l, f->lists);
    models[0].title = strdup("\xff");
    struct lists *bad = lists_with(l, "bad", models, 1, 1);
    assert_int_equal(lists_save(bad, f->lists, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.message, "no UTF-8"));
    struct lists *again = load_lists(f->lists);
    assert_string_equal(lists_section(again, 0), "work");
    snprintf(missing, sizeof(missing), "%s/none/models.json", f->path);
    assert_int_equal(lists_save(l, missing, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, missing));
    lists_free(again);
    lists_free(bad);
    lists_free(l);
}

static void file_has_a_bound(void **state)
{
    struct folder *f = *state;
    struct lists *none = lists_new();
    struct listed *models = some_listed(1);
    struct error err = ERROR_INIT;

    models[0].title = calloc(1, LISTS_FILE_MAX + 1);
    memset(models[0].title, 'x', LISTS_FILE_MAX);
    struct lists *large = lists_with(none, "large", models, 1, 1);
    assert_int_equal(lists_save(large, f->lists, &err), ERR_TOO_LARGE);
    assert_int_equal(access(f->lists, F_OK), -1);
    put(f->lists, "");
    assert_int_equal(truncate(f->lists, LISTS_FILE_MAX + 1), 0);
    assert_int_equal(lists_load(f->lists, &none, &err), ERR_TOO_LARGE);
    lists_free(large);
    lists_free(none);
}

#define HEAD "{\"version\": 1, \"lists\": {\"work\": {\"fetched_us\": 1, \"models\": "
#define ONE(fields) HEAD "[{\"id\": \"m\"" fields "}]}}}"
#define PRICED(fields) ONE(", \"prices\": [{\"currency\": \"USD\"" fields "}]")

static void damaged_file_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "nonsense",
        "[]",
        "{}",
        "{\"version\": 2, \"lists\": {}}",
        "{\"version\": 1, \"lists\": []}",
        "{\"version\": 1, \"lists\": {\"work\": []}}",
        "{\"version\": 1, \"lists\": {\"work\": {\"fetched_us\": 1}}}",
        "{\"version\": 1, \"lists\": {\"work\": {\"fetched_us\": \"1\", \"models\": []}}}",
        "{\"version\": 1, \"lists\": {\"work\": {\"fetched_us\": -1, \"models\": []}}}",
        HEAD "{}}}}",
        HEAD "[1]}}}",
        HEAD "[{}]}}}",
        HEAD "[{\"id\": 1}]}}}",
        ONE(", \"id\": \"m\""), /* twice */
        ONE(", \"title\": 1"),
        ONE(", \"context_window\": \"1\""),
        ONE(", \"context_window\": -1"),
        ONE(", \"max_output\": 1.5"),
        ONE(", \"input\": \"text\""),
        ONE(", \"output\": [\"smell\"]"),
        ONE(", \"output\": [1]"),
        ONE(", \"tools\": 1"),
        ONE(", \"reasoning\": \"yes\""),
        ONE(", \"prices\": {}"),
        ONE(", \"prices\": [1]"),
        ONE(", \"prices\": [{\"input\": 1}]"),
        ONE(", \"prices\": [{\"currency\": \"DOLLARSX\"}]"),
        PRICED(", \"input\": -2"),
        PRICED(", \"at\": 1"),
        PRICED(", \"from_minute\": 1440"),
        PRICED(", \"to_minute\": 1440"),
        PRICED(", \"until_us\": []"),
        PRICED("") "x",
    };
    struct folder *f = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err = ERROR_INIT;
        struct lists *l = (struct lists *)&err;
        put(f->lists, bad[i]);
        if (lists_load(f->lists, &l, &err) != ERR_INVALID_REQUEST)
            fail_msg("read: %s", bad[i]);
        assert_ptr_equal(l, &err);
        if (!strstr(err.message, f->lists))
            fail_msg("%s", err.message);
    }
    put(f->lists, PRICED(", \"input\": 1, \"unknown\": 1"));
    lists_free(load_lists(f->lists));
}

static void missing_file_is_told(void **state)
{
    struct folder *f = *state;
    struct error err = ERROR_INIT;
    struct lists *l;

    assert_int_equal(lists_load(f->lists, &l, &err), ERR_NOT_FOUND);
}

/* -- as a value -- */

static void new_one_leaves_the_old(void **state)
{
    (void)state;
    struct lists *none = lists_new(), *one = lists_with(none, "a", some_listed(3), 3, 10);
    struct lists *two = lists_with(one, "b", some_listed(1), 1, 20), *again = lists_with(two, "a", NULL, 0, 30);
    size_t n;
    int64_t at;

    assert_null(lists_get(none, "a", &n, &at));
    assert_int_equal(n, 0);
    assert_int_equal(at, 0);
    assert_null(lists_find(one, "b", "m0"));
    assert_ptr_equal(lists_get(one, "a", &n, &at), lists_get(two, "a", &n, &at)); /* shared */
    assert_int_equal(n, 3);
    lists_free(one);
    assert_string_equal(lists_find(two, "a", "m2")->id, "m2");
    lists_get(again, "a", &n, &at); /* read, and empty */
    assert_int_equal(n, 0);
    assert_int_equal(at, 30);
    assert_null(lists_find(again, "a", "m2"));
    assert_null(lists_section(again, 2));
    assert_non_null(lists_find(two, "b", "m0"));
    lists_free(two);
    lists_free(again);
    lists_free(none);
    assert_null(lists_free(NULL));
}

static void first_of_an_id_is_found(void **state)
{
    (void)state;
    struct lists *none = lists_new();
    struct listed *models = some_listed(4);

    for (size_t i = 1; i < 4; i++)
        strcpy(models[i].id, "m1");
    struct lists *l = lists_with(none, "a", models, 4, 1);
    assert_ptr_equal(lists_find(l, "a", "m1"), &models[1]);
    assert_ptr_equal(lists_find(l, "a", "m0"), &models[0]);
    assert_null(lists_find(l, "a", "m"));
    assert_null(lists_find(l, "a", "m10"));
    lists_free(l);
    lists_free(none);
}

static void models_of_a_provider_have_a_bound(void **state)
{
    (void)state;
    struct lists *none = lists_new();
    struct lists *l = lists_with(none, "a", some_listed(LIST_MODELS_MAX + 2), LIST_MODELS_MAX + 2, 1);
    size_t n;
    int64_t at;
    char last[32], beyond[32];

    snprintf(last, sizeof(last), "m%d", LIST_MODELS_MAX - 1);
    snprintf(beyond, sizeof(beyond), "m%d", LIST_MODELS_MAX);
    lists_get(l, "a", &n, &at);
    assert_int_equal(n, LIST_MODELS_MAX);
    assert_non_null(lists_find(l, "a", last));
    assert_null(lists_find(l, "a", beyond));
    lists_free(l);
    lists_free(none);
}

static void oldest_provider_makes_room(void **state)
{
    (void)state;
    struct lists *l = lists_new();
    char name[16];
    size_t n;
    int64_t at;

    for (int i = 0; i <= LISTS_MAX; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        struct lists *with = lists_with(l, name, some_listed(1), 1, i == 3 ? 1 : 100 + i);
        lists_free(l);
        l = with;
    }
    assert_null(lists_section(l, LISTS_MAX));
    assert_null(lists_get(l, "p3", &n, &at));
    for (int i = 0; i <= LISTS_MAX; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        lists_get(l, name, &n, &at);
        assert_int_equal(n, i != 3);
    }
    lists_free(l);
}

/* -- in a catalogue -- */

static void catalogue_keeps_lists_over_a_restart(void **state)
{
    struct folder *f = *state;
    struct error err = ERROR_INIT;
    size_t n;
    int64_t at;

    struct catalog *c = load_text(f, "[model \"m\"]\nnames = openai/m1\n");
    struct catalog *with = catalog_with_list(c, "work", some_listed(2), 2, 77);
    assert_ptr_equal(catalog_at(c, 0), catalog_at(with, 0)); /* shared */
    assert_null(catalog_list(c, "work", &n, &at));
    catalog_unref(c);
    assert_ptr_equal(catalog_ref(with), with);
    catalog_unref(with);
    assert_string_equal(catalog_list(with, "work", &n, &at)[1].id, "m1");
    assert_int_equal(catalog_save_lists(with, f->lists, &err), ERR_NONE);
    catalog_unref(with);
    c = load(f);
    assert_non_null(catalog_list(c, "work", &n, &at));
    assert_int_equal(n, 2);
    assert_int_equal(at, 77);
    assert_non_null(catalog_facts(c, "work", "openai", "m1").model);
    assert_non_null(catalog_facts(c, "work", "openai", "m1").listed);
    catalog_unref(c);
}

/* A refresh that ended while the configuration was loaded. */
static void newest_list_of_each_stays(void **state)
{
    struct folder *f = *state;
    size_t n;
    int64_t at;

    struct catalog *c = load_text(f, "[model \"m\"]\nnames = openai/m1\n");
    struct catalog *one = catalog_with_list(c, "a", some_listed(2), 2, 10);
    struct catalog *loaded = catalog_with_list(one, "b", some_listed(1), 1, 20);
    struct catalog *later = catalog_with_list(one, "a", some_listed(1), 1, 11);
    struct catalog *both = catalog_with_list(later, "c", some_listed(3), 3, 5);
    struct catalog *newest = catalog_with_newest_lists(loaded, both);
    assert_non_null(catalog_list(newest, "a", &n, &at)); /* the later one of both */
    assert_int_equal(n, 1);
    assert_int_equal(at, 11);
    assert_non_null(catalog_list(newest, "b", &n, NULL)); /* of the loaded alone */
    assert_int_equal(n, 1);
    assert_non_null(catalog_list(newest, "c", &n, NULL)); /* of the other alone */
    assert_int_equal(n, 3);
    struct catalog *again = catalog_with_newest_lists(newest, loaded);
    assert_non_null(catalog_list(again, "a", &n, &at)); /* an older one changes nothing */
    assert_int_equal(at, 11);
    struct catalog *all[] = {c, one, loaded, later, both, newest, again};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        catalog_unref(all[i]);
}

static void damaged_lists_are_passed_over(void **state)
{
    struct folder *f = *state;
    const char *const paths[] = {f->shipped, NULL};
    struct error err = ERROR_INIT;
    struct catalog *c;
    char *warning;

    put(f->shipped, "[model \"m\"]\n");
    put(f->lists, "nonsense");
    assert_int_equal(catalog_load(paths, f->lists, &c, &warning, &err), ERR_NONE);
    assert_non_null(warning);
    assert_non_null(strstr(warning, f->lists));
    assert_int_equal(catalog_count(c), 1);
    free(warning);
    catalog_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(file_holds_all_that_is_told),
        TEST(file_is_replaced_and_private),
        TEST(failed_save_keeps_the_file),
        TEST(file_has_a_bound),
        TEST(damaged_file_is_refused),
        TEST(missing_file_is_told),
        TEST(new_one_leaves_the_old),
        TEST(first_of_an_id_is_found),
        TEST(models_of_a_provider_have_a_bound),
        TEST(oldest_provider_makes_room),
        TEST(catalogue_keeps_lists_over_a_restart),
        TEST(newest_list_of_each_stays),
        TEST(damaged_lists_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
