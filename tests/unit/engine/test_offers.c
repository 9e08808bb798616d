#include "daemon/engine/offers.h"
#include "tests/unit/engine/routing.h"

/* openai has no key; work is deepseek by its address. */
static const char conf[] = "[provider \"openai\"]\n"
                           "[provider \"fake\"]\nbase_url = http://127.0.0.1:1/v1\n"
                           "[provider \"work\"]\nbase_url = https://api.deepseek.com\nkey = sk-work\n"
                           "[alias \"a\"]\nmodels = fake/named, two, fake/named, fake/one-fake, gone\n"
                           "[alias \"b\"]\nmodels = fake/named, work/named, fake/usual\n";

static const char models[] = "[model \"one\"]\nnames = openai/one-openai, fake/one-fake\n"
                             "[model \"two\"]\nnames = deepseek/two\n"
                             "[model \"gone\"]\nnames = fake/gone\nretired = 2025-01-01\n"
                             "[model \"going\"]\nnames = fake/going\nretired = 2999-01-01\n"
                             "[model \"far\"]\nnames = nobody/far, groq/far-groq, copilot/far\n"
                             "[model \"unheard\"]\nnames = nobody/unheard, copilot/unheard\n"
                             "[model \"homeless\"]\ntitle = Nobody has it\n"
                             "[model \"at-home\"]\nnames = ollama/at-home\n";

static int set_up_usual(void **state)
{
    int rc = set_up(state);
    struct world *o = *state;
    if (rc == 0)
        make(o, conf, models);
    if (rc == 0)
        o->w.default_model = "fake/usual";
    return rc;
}

#define USUAL(name) cmocka_unit_test_setup_teardown(name, set_up_usual, tear_down)

/* "provider/name=id", without "=id" where the catalogue has it not, "!" behind it where it cannot be asked. */
static void write_one(void *data, const struct offer *o)
{
    struct buf *b = data;
    char name[256];
    offer_put_name(o, name, sizeof name);
    buf_printf(b, "%s%s%s%s%s", b->len ? " " : "", name, o->model ? "=" : "", o->model ? o->model->id : "",
               o->available ? "" : "!");
}

static void check(const struct world *o, const char *provider, const char *want)
{
    struct buf b;
    buf_init(&b, 4096);
    offers_each(&o->w, provider, write_one, &b);
    assert_string_equal(buf_cstr(&b), want);
    buf_done(&b);
}

static void check_found(const struct world *o, const char *name, const char *want)
{
    struct offer found;
    struct buf b;
    if (!offers_find(&o->w, name, &found))
        fail_msg("%s is not found", name);
    buf_init(&b, 256);
    write_one(&b, &found);
    assert_string_equal(buf_cstr(&b), want);
    buf_done(&b);
}

/* Sections in their order, each with the catalogue's models and then those that only the configuration names; last
 * what a key would do for. */
static void test_all(void **state)
{
    check(*state, NULL,
          "openai/one-openai=one! "
          "fake/one-fake=one fake/gone=gone! fake/going=going fake/usual fake/named "
          "work/two=two work/named "
          "ollama/at-home=at-home! "
          "groq/far-groq=far! nobody/unheard=unheard! homeless=homeless!");
}

static void test_of_one_provider(void **state)
{
    const struct world *o = *state;
    check(o, "openai", "openai/one-openai=one!");
    check(o, "work", "work/two=two work/named");
    check(o, "nobody", "nobody/far=far! nobody/unheard=unheard!");
    check(o, "deepseek", "");
    check(o, "neither", "");
}

static void test_lists(void **state)
{
    struct world *o = *state;
    put_on_list(o, "fake", "fresh", 0);
    put_on_list(o, "ollama", "at-home", 0);
    put_on_list(o, "work", "named", 4000);
    check(o, "fake", "fake/one-fake=one fake/gone=gone! fake/going=going fake/fresh fake/usual fake/named");
    check(o, "ollama", "ollama/at-home=at-home"); /* it was there, for it told what it has */
    check(o, "work", "work/two=two work/named");  /* once, though it is named too */
}

static void test_facts(void **state)
{
    struct world *o = *state;
    struct offer found;
    put_on_list(o, "fake", "one-fake", 4000);
    assert_true(offers_find(&o->w, "fake/one-fake", &found));
    assert_int_equal(facts_context_window(&found.facts), 4000);
    assert_ptr_equal(found.section, providers_find(o->w.providers, "fake", 4));
    assert_true(offers_find(&o->w, "nobody/far", &found));
    assert_null(found.section);
    assert_string_equal(found.provider, "nobody");
    assert_string_equal(found.name, "far");
    assert_true(facts_known(&found.facts));
}

static void test_find(void **state)
{
    const struct world *o = *state;
    struct offer found;
    check_found(o, "one", "fake/one-fake=one"); /* the first that can be asked */
    check_found(o, "openai/one-openai", "openai/one-openai=one!");
    check_found(o, "gone", "fake/gone=gone!");
    check_found(o, "far", "groq/far-groq=far!");
    check_found(o, "homeless", "homeless=homeless!");
    check_found(o, "two", "work/two=two");
    check_found(o, "work/two", "work/two=two");
    check_found(o, "deepseek/two", "deepseek/two=two!");
    check_found(o, "copilot/unheard", "copilot/unheard=unheard!");
    assert_false(offers_find(&o->w, "fake/unknown", &found));
    assert_false(offers_find(&o->w, "nobody/unknown", &found));
    assert_false(offers_find(&o->w, "nothing", &found));
    assert_false(offers_find(&o->w, "", &found));
}

static void test_find_by_alias(void **state)
{
    struct world *o = *state;
    make(o,
         "[provider \"fake\"]\nbase_url = http://127.0.0.1:1/v1\n"
         "[alias \"two\"]\nmodels = one, far\n",
         models);
    check_found(o, "two", "fake/one-fake=one"); /* before the id of the same name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        USUAL(test_all),  USUAL(test_of_one_provider), USUAL(test_lists), USUAL(test_facts),
        USUAL(test_find), USUAL(test_find_by_alias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
