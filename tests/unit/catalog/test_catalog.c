#include "tests/unit/catalog/catalog_files.h"
#include "tests/unit/skip.h"

#define APRIL_14 INT64_C(1744588800000000) /* 2025 */

#define GPT                                                                                                            \
    "[model \"gpt-4.1\"]\n"                                                                                            \
    "title = GPT-4.1\n"                                                                                                \
    "family = o200k\n"                                                                                                 \
    "context_window = 1047576\n"                                                                                       \
    "max_output = 32768\n"                                                                                             \
    "input = text, image\n"                                                                                            \
    "output = text\n"                                                                                                  \
    "tools = yes\n"                                                                                                    \
    "reasoning = no\n"                                                                                                 \
    "default = yes\n"                                                                                                  \
    "released = 2025-04-14\n"                                                                                          \
    "retired = 2026-01-01\n"                                                                                           \
    "names = openai/gpt-4.1, openai/gpt-4.1-2025-04-14,\n"                                                             \
    "    openrouter/openai/gpt-4.1\n"                                                                                  \
    "price = since 2025-04-14, input 2.00, cached_input 0.50, output 8.00, currency USD,\n"                            \
    "    source https://example.org/a\n"                                                                               \
    "price = at openrouter, input 2.10, output 8.40, currency USD\n"                                                   \
    "premium = since 2025-06-18, until 2026-06-01, multiplier 0.25, source https://example.org/p\n"                    \
    "premium = since 2026-06-01, multiplier 0\n"                                                                       \
    "score = aider 52.4, on 2025-04-14, source https://example.org/s\n"                                                \
    "score = lmarena 1402, on 2025-05-01\n"                                                                            \
    "speed = 90.5, at openai, on 2025-06-01, source https://example.org/v\n"                                           \
    "tag = open-weights\n"                                                                                             \
    "tag = code\n"                                                                                                     \
    "serve = vllm serve it\n"

static void row_is_read(void **state)
{
    struct catalog *c = load_text(*state, GPT);
    const struct model *m = catalog_at(c, 0);

    assert_int_equal(catalog_count(c), 1);
    assert_string_equal(m->id, "gpt-4.1");
    assert_string_equal(m->title, "GPT-4.1");
    assert_int_equal(m->family, TOKENS_O200K);
    assert_int_equal(m->context_window, 1047576);
    assert_int_equal(m->max_output, 32768);
    assert_int_equal(m->input, MODALITY_TEXT | MODALITY_IMAGE);
    assert_int_equal(m->output, MODALITY_TEXT);
    assert_int_equal(m->tools, KNOWN_YES);
    assert_int_equal(m->reasoning, KNOWN_NO);
    assert_true(m->is_default);
    assert_string_equal(m->released, "2025-04-14");
    assert_string_equal(m->retired, "2026-01-01");
    assert_string_equal(m->serve, "vllm serve it");
    assert_int_equal(m->n_names, 3);
    assert_string_equal(m->names[2].provider, "openrouter");
    assert_string_equal(m->names[2].name, "openai/gpt-4.1");
    catalog_unref(c);
}

static void repeated_keys_are_read(void **state)
{
    struct catalog *c = load_text(*state, GPT);
    const struct model *m = catalog_at(c, 0);

    assert_int_equal(m->n_prices, 2);
    assert_int_equal(m->prices[0].output, 8000000000);
    assert_string_equal(m->prices[0].source, "https://example.org/a");
    assert_string_equal(m->prices[1].at, "openrouter");
    assert_int_equal(m->n_premiums, 2);
    assert_int_equal(m->premiums[0].multiplier_nano, 250000000);
    assert_string_equal(m->premiums[0].source, "https://example.org/p");
    assert_int_equal(m->n_speeds, 1);
    assert_true(m->speeds[0].tokens_per_second == 90.5);
    assert_string_equal(m->speeds[0].at, "openai");
    assert_string_equal(m->speeds[0].on, "2025-06-01");
    assert_string_equal(m->speeds[0].source, "https://example.org/v");
    assert_int_equal(m->n_scores, 2);
    assert_true(model_score_of(m, "aider")->value == 52.4);
    assert_string_equal(model_score_of(m, "aider")->source, "https://example.org/s");
    assert_true(model_score_of(m, "lmarena")->value == 1402);
    assert_string_equal(model_score_of(m, "lmarena")->on, "2025-05-01");
    assert_null(model_score_of(m, "lmaren"));
    catalog_unref(c);
}

static void tags_are_the_row_s_and_made_ones(void **state)
{
    static const char *const want[] = {"open-weights", "code", "retired", "default"};
    struct catalog *c = load_text(*state, GPT "[model \"plain\"]\n[model \"two\"]\ntag = a\ntag = a\n");
    const struct model *m = catalog_at(c, 0);

    for (size_t i = 0; i < 4; i++)
        assert_string_equal(m->tags[i], want[i]);
    assert_null(m->tags[4]);
    assert_true(model_has_tag(m, "retired"));
    assert_false(model_has_tag(m, "retire"));
    assert_false(model_has_tag(catalog_at(c, 1), "default"));
    assert_string_equal(catalog_at(c, 2)->tags[0], "a");
    assert_null(catalog_at(c, 2)->tags[1]);
    catalog_unref(c);
}

static void empty_row_tells_nothing(void **state)
{
    struct catalog *c = load_text(*state, "[model \"claude-x\"]\n");
    const struct model *m = catalog_at(c, 0);

    assert_string_equal(m->title, "claude-x");
    assert_int_equal(m->family, TOKENS_CLAUDE); /* by the name */
    assert_int_equal(m->context_window, 0);
    assert_int_equal(m->input, 0);
    assert_int_equal(m->output, 0);
    assert_int_equal(m->tools, KNOWN_NOT);
    assert_int_equal(m->reasoning, KNOWN_NOT);
    assert_false(m->is_default);
    assert_null(m->released);
    assert_null(m->retired);
    assert_null(m->serve);
    assert_null(model_name_at(m, "anthropic"));
    catalog_unref(c);
}

static void no_file_is_an_empty_catalogue(void **state)
{
    struct catalog *c = load(*state);

    assert_int_equal(catalog_count(c), 0);
    assert_null(catalog_find(c, "gpt-4.1", 7));
    assert_null(catalog_named(c, "openai", "gpt-4.1"));
    assert_null(catalog_default(c, "openai", "openai"));
    assert_null(catalog_unref(c));
    assert_null(catalog_unref(NULL));
}

static void later_file_goes_over_the_first(void **state)
{
    struct folder *f = *state;
    char dropins[160], path[180];

    put(f->user, "[model \"gpt-4.1\"]\ntools = no\nprice = input 1, currency EUR\n[model \"mine\"]\n");
    snprintf(dropins, sizeof(dropins), "%s.d", f->user);
    assert_int_equal(mkdir(dropins, 0700), 0);
    snprintf(path, sizeof(path), "%s/a.conf", dropins);
    put(path, "[model \"mine\"]\ntitle = Mine\n");
    struct catalog *c = load_text(f, GPT);
    const struct model *m = catalog_at(c, 0);
    assert_int_equal(catalog_count(c), 2);
    assert_int_equal(m->tools, KNOWN_NO);
    assert_int_equal(m->n_prices, 1); /* all of them are replaced */
    assert_string_equal(m->prices[0].currency, "EUR");
    assert_int_equal(m->n_scores, 2);
    assert_string_equal(m->title, "GPT-4.1");
    assert_string_equal(catalog_at(c, 1)->title, "Mine");
    catalog_unref(c);
}

/* -- slips -- */

static void refuse(struct folder *f, const char *text, unsigned line, const char *part)
{
    const char *const paths[] = {f->shipped, NULL};
    struct error err = ERROR_INIT;
    struct catalog *c = (struct catalog *)&err;
    char *warning, head[160];

    put(f->shipped, text);
    assert_int_equal(catalog_load(paths, NULL, &c, &warning, &err), ERR_INVALID_REQUEST);
    assert_null(c);
    assert_null(warning);
    snprintf(head, sizeof(head), "%s:%u: ", f->shipped, line);
    if (strncmp(err.message, head, strlen(head)) != 0 || !strstr(err.message, part))
        fail_msg("wanted line %u: %s; got %s", line, part, err.message);
}

static void slips_name_file_and_line(void **state)
{
    static const struct {
        const char *line, *part;
    } bad[] = {
        {"family = o200", "family must be one of auto, generic, cl100k, o200k"},
        {"context_window = 1000000001", "context_window must be 0 to 1000000000"},
        {"max_output = many", "max_output must be a whole number"},
        {"input = text, images", "input: there is no 'images', but text image audio video file embedding"},
        {"output =", "output: there is no ''"},
        {"tools = maybe", "tools must be one of unknown, no, yes"},
        {"default = maybe", "default must be yes or no"},
        {"released = 2025-02-29", "released must be a day"},
        {"retired = soon", "retired must be a day"},
        {"names = gpt", "not 'gpt'"},
        {"names = /gpt", "not '/gpt'"},
        {"names = openai/", "not 'openai/'"},
        {"names = openai/a,", "not ''"},
        {"names = openai/a, openai/a", "'openai/a' is a name of [model \"m\"] already"},
        {"price = input 2.00", "price: a price needs its currency"},
        {"price = input 2.00, currency USD, at azure", "price: 'at azure': no name says"},
        {"score = aider", "score: a score begins with"},
        {"score = aider 52.4", "score: a score needs its day"},
        {"score = aider high, on 2025-04-14", "score: the figure must be a number"},
        {"score = aider 52.4, on 2025-04-31", "score: on must be a day"},
        {"score = , on 2025-04-14", "score: a score begins with"},
        {"speed = fast, on 2025-04-14", "speed: the figure must be a number"},
        {"speed = 0, on 2025-04-14", "speed: a speed is more than 0"},
        {"speed = 90", "speed: a speed needs its day"},
        {"speed = 90, on 2025-04-14, at azure", "speed: 'at azure': no name says"},
        {"premium = multiplier 1, at azure", "premium: 'at azure': no name says"},
        {"premium = since 2025-04-14", "premium: a premium needs its multiplier"},
        {"premium = multiplier -1", "premium: multiplier must be"},
        {"premium = multiplier 1, since 2025-04-14, until 2025-04-13", "premium: 'until' must be later"},
        {"tag = two words", "tag: a tag is one word"},
        {"tag = default", "tag: the tag 'default' is made"},
        {"tag = retired", "tag: the tag 'retired' is made"},
        {"prices = input 2.00, currency USD", "unknown key 'prices' in [model]; did you mean 'price'?"},
        {"title = a\ttitle\x01", "control character 0x01"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "# models\n[model \"m\"]\n%s\n", bad[i].line);
        refuse(*state, text, 3, bad[i].part);
    }
}

static void slip_names_its_own_line(void **state)
{
    refuse(*state,
           "[model \"m\"]\nprice = input 2, currency USD\nscore = a 1, on 2025-04-14\nprice = input x, currency USD\n"
           "price = input 3, currency USD\n",
           4, "price: input must be a number");
    refuse(*state, "[model \"m\"]\nscore = a 1, on 2025-04-14\nscore = a 2, on 2025-04-15\n", 3,
           "there is a score of 'a' already");
}

static void names_belong_to_one_model(void **state)
{
    refuse(*state, "[model \"b\"]\nnames = openai/x\n[model \"a\"]\ntitle = A\nnames = azure/x, openai/x\n", 5,
           "'openai/x' is a name of [model \"b\"] already");
}

static void ids_are_plain(void **state)
{
    refuse(*state, "[model \"openai/gpt\"]\n", 1, "must be 1 to 40 of A-Z a-z 0-9 . _ -");
    refuse(*state, "[model \"a b\"]\n", 1, "must be 1 to 40 of");
    refuse(*state, "[model \"a\x02\"]\n", 1, "control character");
    refuse(*state, "[model \"\"]\n", 1, "must be 1 to 40 of");
    refuse(*state, "[model]\n", 1, "[model] needs a name");
    refuse(*state, "[provider \"x\"]\n", 1, "unknown section [provider]");
}

/* -- looking up -- */

static void models_are_found(void **state)
{
    struct catalog *c = load_text(*state, GPT "[model \"gpt-4\"]\nnames = openai/gpt-4, azure/gpt-4.1\n");
    const struct model *first = catalog_at(c, 0), *second = catalog_at(c, 1);

    assert_ptr_equal(catalog_find(c, "gpt-4.1", 7), first);
    assert_ptr_equal(catalog_find(c, "gpt-4.1", 5), second); /* of that length */
    assert_null(catalog_find(c, "gpt-4.1", 6));
    assert_null(catalog_find(c, "gpt-4.1\0", 8));
    assert_null(catalog_find(c, "gpt-4.1\0x", 9));
    assert_null(catalog_find(c, "", 0));
    assert_ptr_equal(catalog_named(c, "openai", "gpt-4.1"), first);
    assert_ptr_equal(catalog_named(c, "openai", "gpt-4.1-2025-04-14"), first);
    assert_ptr_equal(catalog_named(c, "azure", "gpt-4.1"), second);
    assert_ptr_equal(catalog_named(c, "openrouter", "openai/gpt-4.1"), first);
    assert_null(catalog_named(c, "openrouter", "gpt-4.1"));
    assert_null(catalog_named(c, "mistral", "gpt-4.1"));
    assert_string_equal(model_name_at(first, "openai"), "gpt-4.1"); /* the first there */
    assert_null(model_name_at(first, "azure"));
    catalog_unref(c);
}

static void every_model_of_many_is_found(void **state)
{
    enum { MANY = 300 };
    struct folder *f = *state;
    FILE *out = fopen(f->shipped, "w");
    assert_non_null(out);
    for (int i = 0; i < MANY; i++)
        fprintf(out, "[model \"m-%d\"]\nnames = openai/n-%d, azure/o-%d\n", i * 7 % MANY, i, i);
    fclose(out);
    struct catalog *c = load(f);
    assert_int_equal(catalog_count(c), MANY);
    for (int i = 0; i < MANY; i++) {
        char id[16], name[16];
        int len = snprintf(id, sizeof(id), "m-%d", i * 7 % MANY);
        const struct model *m = catalog_find(c, id, (size_t)len);
        assert_ptr_equal(m, catalog_at(c, (size_t)i)); /* the order is the file's */
        snprintf(name, sizeof(name), "n-%d", i);
        assert_ptr_equal(catalog_named(c, "openai", name), m);
        assert_null(catalog_named(c, "azure", name));
    }
    catalog_unref(c);
}

static void default_is_the_first_marked(void **state)
{
    struct catalog *c = load_text(*state, "[model \"z\"]\nnames = openai/z\n"
                                          "[model \"y\"]\nnames = openai/y, azure/y\ndefault = yes\n"
                                          "[model \"x\"]\nnames = openai/x\ndefault = yes\n"
                                          "[model \"w\"]\nnames = mistral/w\ndefault = yes\n");
    assert_string_equal(catalog_default(c, "openai", "openai")->id, "y");
    assert_string_equal(catalog_default(c, "azure", "azure")->id, "y");
    assert_string_equal(catalog_default(c, "mistral", "mistral")->id, "w");
    assert_null(catalog_default(c, "groq", "groq"));
    catalog_unref(c);
}

static void premium_holds_for_its_time(void **state)
{
    static const int64_t day_us = INT64_C(86400000000);
    struct catalog *c = load_text(*state, GPT "premium = since 2025-07-01, until 2025-07-02, multiplier 3\n");
    const struct model *m = catalog_at(c, 0);
    const int64_t june_18 = APRIL_14 + 65 * day_us, july_1 = june_18 + 13 * day_us, june_1 = july_1 + 335 * day_us;

    assert_null(model_premium_at(m, "copilot", june_18 - 1));
    assert_int_equal(model_premium_at(m, "copilot", june_18)->multiplier_nano, 250000000);
    assert_int_equal(model_premium_at(m, "copilot", july_1)->multiplier_nano, 3000000000); /* the later of two */
    assert_int_equal(model_premium_at(m, "copilot", july_1 + day_us)->multiplier_nano, 250000000);
    assert_int_equal(model_premium_at(m, "copilot", june_1 - 1)->multiplier_nano, 250000000);
    assert_int_equal(model_premium_at(m, "copilot", june_1)->multiplier_nano, 0);
    assert_null(model_premium_at(m, "openai", june_1));
    catalog_unref(c);
}

static void premium_holds_at_its_provider(void **state)
{
    struct catalog *c = load_text(*state, GPT "premium = at openrouter, multiplier 2\n"
                                              "premium = at openrouter, since 2025-06-18, multiplier 4\n");
    const struct model *m = catalog_at(c, 0);

    assert_string_equal(m->premiums[2].at, "openrouter");
    assert_int_equal(model_premium_at(m, "openrouter", APRIL_14)->multiplier_nano, 2000000000);
    assert_int_equal(model_premium_at(m, "openrouter", APRIL_14 * 2)->multiplier_nano, 4000000000);
    assert_null(model_premium_at(m, "copilot", APRIL_14));
    assert_null(model_premium_at(m, "openai", APRIL_14));
    catalog_unref(c);
}

/* -- facts -- */

static struct catalog *with_gpt_listed(struct catalog *c)
{
    struct error err = ERROR_INIT;
    struct listed *models = some_listed(2);

    free(models[0].id);
    models[0].id = strdup("gpt-4.1");
    models[0].context_window = 1000;
    models[0].max_output = 100;
    models[0].input = MODALITY_AUDIO;
    models[0].output = MODALITY_FILE;
    models[0].tools = KNOWN_NO;
    models[0].reasoning = KNOWN_YES;
    models[0].prices = calloc(1, sizeof(struct price));
    models[0].n_prices = 1;
    assert_int_equal(price_parse("input 5, currency USD, since 2025-04-15", &models[0].prices[0], &err), ERR_NONE);
    struct catalog *with = catalog_with_list(c, "work", models, 2, 1234);
    catalog_unref(c);
    return with;
}

static void list_stands_over_the_row(void **state)
{
    struct catalog *c = with_gpt_listed(load_text(*state, GPT));
    struct facts f = catalog_facts(c, "work", "openai", "gpt-4.1");

    assert_true(facts_known(&f));
    assert_non_null(f.model);
    assert_int_equal(facts_context_window(&f), 1000);
    assert_int_equal(facts_max_output(&f), 100);
    assert_int_equal(facts_input(&f), MODALITY_AUDIO);
    assert_int_equal(facts_output(&f), MODALITY_FILE);
    assert_int_equal(facts_tools(&f), KNOWN_NO);
    assert_int_equal(facts_reasoning(&f), KNOWN_YES);
    assert_int_equal(facts_family(&f), TOKENS_O200K);
    assert_int_equal(facts_price(&f, APRIL_14 + INT64_C(86400000000), 1)->input, 5000000000);
    assert_int_equal(facts_price(&f, APRIL_14, 1)->input, 2000000000); /* when the list's does not hold */
    catalog_unref(c);
}

static void row_tells_what_the_list_does_not(void **state)
{
    struct folder *dir = *state;
    struct catalog *c = with_gpt_listed(load_text(dir, GPT "[model \"m\"]\nnames = openai/m1\nmax_output = 7\n"
                                                           "input = text\noutput = text\ntools = yes\n"
                                                           "reasoning = no\ncontext_window = 9\n"));
    struct facts f = catalog_facts(c, "work", "openai", "m1");

    assert_non_null(f.listed);
    assert_int_equal(facts_context_window(&f), 9);
    assert_int_equal(facts_max_output(&f), 7);
    assert_int_equal(facts_input(&f), MODALITY_TEXT);
    assert_int_equal(facts_output(&f), MODALITY_TEXT);
    assert_int_equal(facts_tools(&f), KNOWN_YES);
    assert_int_equal(facts_reasoning(&f), KNOWN_NO);
    assert_null(facts_price(&f, APRIL_14, 1));
    f = catalog_facts(c, "openai", "openai", "m1"); /* no section of that name was read */
    assert_null(f.listed);
    assert_int_equal(facts_max_output(&f), 7);
    catalog_unref(c);
}

static void listed_alone_is_known(void **state)
{
    struct catalog *c = with_gpt_listed(load_text(*state, GPT));
    struct facts f = catalog_facts(c, "work", "mistral", "gpt-4.1");

    assert_true(facts_known(&f));
    assert_null(f.model);
    assert_int_equal(facts_context_window(&f), 1000);
    assert_int_equal(facts_price(&f, APRIL_14 * 2, 1)->input, 5000000000);
    catalog_unref(c);
}

static void unknown_model_has_no_facts(void **state)
{
    struct catalog *c = load_text(*state, GPT);
    struct facts f = catalog_facts(c, "x", "anthropic", "claude-9");

    assert_false(facts_known(&f));
    assert_int_equal(facts_context_window(&f), 0);
    assert_int_equal(facts_max_output(&f), 0);
    assert_int_equal(facts_input(&f), 0);
    assert_int_equal(facts_output(&f), 0);
    assert_int_equal(facts_tools(&f), KNOWN_NOT);
    assert_int_equal(facts_reasoning(&f), KNOWN_NOT);
    assert_int_equal(facts_family(&f), TOKENS_CLAUDE); /* by the name */
    assert_null(facts_price(&f, APRIL_14, 1));
    catalog_unref(c);
}

static void price_is_that_of_the_kind(void **state)
{
    struct catalog *c = load_text(*state, GPT);
    struct facts f = catalog_facts(c, "x", "openrouter", "openai/gpt-4.1");

    assert_int_equal(facts_price(&f, APRIL_14, 1)->input, 2100000000);
    f = catalog_facts(c, "x", "openai", "gpt-4.1");
    assert_int_equal(facts_price(&f, APRIL_14, 1)->input, 2000000000);
    assert_null(facts_price(&f, APRIL_14 - 1, 1));
    catalog_unref(c);
}

/* -- the shipped file -- */

static void shipped_file_is_good(void **state)
{
    const char *source = getenv("ASKD_SRCDIR");
    char path[512];
    (void)state;

    snprintf(path, sizeof(path), "%s/etc/models.ini", source ? source : ".");
    if (access(path, R_OK) != 0)
        SKIP("there is no etc/models.ini");
    struct error err = ERROR_INIT;
    struct catalog *c;
    char *warning;
    if (catalog_load((const char *const[]){path, NULL}, NULL, &c, &warning, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    assert_true(catalog_count(c) > 0);
    for (size_t i = 0; i < catalog_count(c); i++)
        if (catalog_at(c, i)->n_names == 0)
            fail_msg("%s has no names", catalog_at(c, i)->id);
    catalog_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(row_is_read),
        TEST(repeated_keys_are_read),
        TEST(tags_are_the_row_s_and_made_ones),
        TEST(empty_row_tells_nothing),
        TEST(no_file_is_an_empty_catalogue),
        TEST(later_file_goes_over_the_first),
        TEST(slips_name_file_and_line),
        TEST(slip_names_its_own_line),
        TEST(names_belong_to_one_model),
        TEST(ids_are_plain),
        TEST(models_are_found),
        TEST(every_model_of_many_is_found),
        TEST(default_is_the_first_marked),
        TEST(premium_holds_for_its_time),
        TEST(premium_holds_at_its_provider),
        TEST(list_stands_over_the_row),
        TEST(row_tells_what_the_list_does_not),
        TEST(listed_alone_is_known),
        TEST(unknown_model_has_no_facts),
        TEST(price_is_that_of_the_kind),
        TEST(shipped_file_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
