#include "tests/unit/engine/routing.h"

/* first and second are ready, openai has no key, work is called so here only. */
static const char conf[] = "[provider \"openai\"]\n"
                           "[provider \"first\"]\nbase_url = http://127.0.0.1:1/v1\n"
                           "[provider \"second\"]\nbase_url = http://127.0.0.1:2/v1\n"
                           "[provider \"work\"]\nbase_url = https://api.deepseek.com\nkey = sk-work\n"
                           "[alias \"some\"]\nmodels = closed, second/x, openai/x, big\n"
                           "[alias \"none\"]\nmodels = closed, openai/x, homeless\n"
                           "[alias \"small\"]\nmodels = first/stands-for-small\n"
                           "[alias \"itself\"]\nmodels = itself, first/y\n"
                           "[alias \"race\"]\nmodels = deep, big, small\npolicy = race\nrace_delay = 50 ms\n"
                           "[alias \"cheap\"]\nmodels = deep, big\npolicy = cheapest\n"
                           "[alias \"fast\"]\nmodels = deep, big, second/unknown\npolicy = fastest\n"
                           "[alias \"best\"]\nmodels = big, deep, first/no-score, small\npolicy = best\n"
                           "[alias \"code\"]\nmodels = big, deep, first/no-score, small\npolicy = best\n"
                           "board = aider\n";

static const char models[] =
    "[model \"big\"]\nnames = openai/gpt-big, second/big-2, first/big-1\ncontext_window = 1000\n"
    "price = at first, input 1, output 1, currency USD\n"
    "price = at first, above 5000, input 4, output 4, currency USD\n"
    "price = at second, input 2, output 2, currency USD\n"
    "score = lmarena 1200, on 2025-04-14\nscore = aider 70, on 2025-04-14\n"
    "[model \"small\"]\nnames = second/small\nscore = lmarena 1100, on 2025-04-14\n"
    "[model \"deep\"]\nnames = deepseek/deep-chat\ncontext_window = 2000\n"
    "price = input 3, output 3, currency USD\nscore = lmarena 1300, on 2025-04-14\nscore = aider 60, on 2025-04-14\n"
    "[model \"closed\"]\nnames = openai/closed, anthropic/closed\n"
    "[model \"far\"]\nnames = anthropic/far, nobody/far\n"
    "[model \"unheard\"]\nnames = nobody/unheard\n"
    "[model \"homeless\"]\ntitle = Nobody has it\n"
    "[model \"at-home\"]\nnames = ollama/at-home\n"
    "[model \"everywhere\"]\nnames = ollama/every, second/every, first/every\n"
    "[model \"listed\"]\nnames = openai/listed\n"
    "[model \"usual\"]\nnames = second/usual\ndefault = yes\n"
    "[model \"also-usual\"]\nnames = deepseek/usual, second/also\ndefault = yes\n";

static struct plan planned(const struct world *o, const char *name, const struct chat_request *q)
{
    struct plan plan = {0};
    struct error err = ERROR_INIT;
    if (route_model(&o->w, name, q, &plan, &err) != ERR_NONE)
        fail_msg("%s: %s", name ? name : "the default", err.message);
    return plan;
}

/* want: "provider/model provider/model" */
static void check_for(const struct world *o, const char *name, const struct chat_request *q, const char *want)
{
    char got[1024] = "";
    struct plan plan = planned(o, name, q);
    for (size_t i = 0; i < plan.n; i++) {
        size_t len = strlen(got);
        snprintf(got + len, sizeof got - len, "%s%s/%s", i ? " " : "", plan.routes[i].provider->name,
                 plan.routes[i].model);
    }
    plan_done(&plan);
    assert_string_equal(got, want);
}

static void check(const struct world *o, const char *name, const char *want)
{
    check_for(o, name, NULL, want);
}

static void refuse(const struct world *o, const char *name, enum error_code code, const char *part)
{
    struct plan plan = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(route_model(&o->w, name, NULL, &plan, &err), code);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, part))
        fail_msg("wanted %s; got %s", part, err.message);
    assert_null(plan.routes);
    assert_int_equal(route_model(&o->w, name, NULL, &plan, NULL), code);
}

static int set_up_usual(void **state)
{
    int rc = set_up(state);
    if (rc == 0)
        make(*state, conf, models);
    return rc;
}

#define USUAL(name) cmocka_unit_test_setup_teardown(name, set_up_usual, tear_down)

/* -- names -- */

static void test_alias_before_id(void **state)
{
    const struct world *o = *state;
    check(o, "small", "first/stands-for-small");
    check(o, "second/small", "second/small");
    check(o, "first/small", "first/small");
}

/* In the order of the configuration, not of the names in the catalogue. */
static void test_first_provider_with_a_key(void **state)
{
    const struct world *o = *state;
    check(o, "big", "first/big-1");
    check(o, "deep", "work/deep-chat"); /* a section of another name, by its address */
}

/* Somebody's own way to a known provider has its models, but is not taken to have those that are asked by default. A
 * server that one runs oneself has none of them. */
static void test_kind_by_dialect_and_api(void **state)
{
    struct world *o = *state;
    make(o,
         "[provider \"proxy\"]\nbase_url = http://127.0.0.1:1/v1\ndialect = deepseek\n"
         "[provider \"claude\"]\nbase_url = http://127.0.0.1:1\napi = anthropic\n"
         "[provider \"cloud\"]\nbase_url = http://127.0.0.1:1/v1\ndialect = azure\n"
         "[provider \"mine\"]\nbase_url = http://127.0.0.1:1\napi = ollama\n",
         "[model \"deep\"]\nnames = deepseek/deep-chat\ndefault = yes\n"
         "[model \"far\"]\nnames = anthropic/far\n"
         "[model \"named\"]\nnames = azure/by-kind, cloud/by-section\n"
         "[model \"at-home\"]\nnames = ollama/at-home\n"
         "[model \"own\"]\nnames = mine/own\n");
    check(o, "deep", "proxy/deep-chat");
    check(o, "far", "claude/far");
    check(o, "named", "cloud/by-section");
    check(o, "own", "mine/own");
    check(o, "at-home", "ollama/at-home"); /* to be looked for, not at the server of another name */
    check(o, NULL, "proxy/");              /* the first that it lists */
}

static void test_provider_and_any_name(void **state)
{
    const struct world *o = *state;
    check(o, "first/big-2", "first/big-2");
    check(o, "work/not/in the catalogue", "work/not/in the catalogue");
    check(o, "second//", "second//");
    check(o, "second/", "second/"); /* the first that it lists */
    check(o, "ollama/anything", "ollama/anything");
}

static void test_what_a_provider_calls_it(void **state)
{
    struct world *o = *state;
    check(o, "big-2", "second/big-2");
    check(o, "deep-chat", "work/deep-chat");
    refuse(o, "gpt-big", ERR_NOT_FOUND, "no model is called gpt-big; ");
    refuse(o, "fresh", ERR_NOT_FOUND, "no model is called fresh; ");
    put_on_list(o, "second", "fresh", 0);
    check(o, "fresh", "second/fresh");
    put_on_list(o, "first", "far/fresh", 0);
    check(o, "far/fresh", "first/far/fresh");
}

/* A model may be new at a provider: then its list has it, under the id or not at all. */
static void test_who_lists_it(void **state)
{
    struct world *o = *state;
    refuse(o, "listed", ERR_NO_PROVIDER,
           "provider openai has no key: askctl keys import openai, or set OPENAI_API_KEY ");
    put_on_list(o, "second", "listed", 0);
    check(o, "listed", "second/listed");
}

static void test_local_servers_come_last(void **state)
{
    const struct world *o = *state;
    check(o, "everywhere", "first/every");
    check(o, "at-home", "ollama/at-home");
    struct plan plan = planned(o, "at-home", NULL);
    assert_true(plan.routes[0].provider->local);
    plan_done(&plan);
}

static void test_nobody_has_a_key(void **state)
{
    const struct world *o = *state;
    refuse(o, "closed", ERR_NO_PROVIDER,
           "provider openai has no key: askctl keys import openai, or set OPENAI_API_KEY ");
    refuse(o, "openai/any", ERR_NO_PROVIDER,
           "provider openai has no key: askctl keys import openai, or set OPENAI_API_KEY ");
    refuse(o, "anthropic/any", ERR_NO_PROVIDER,
           "provider anthropic has no key: askctl keys import anthropic, or set ANTHROPIC_API_KEY ");
    refuse(o, "far", ERR_NO_PROVIDER, "no provider that has far has a key: askctl keys import anthropic, or ");
    refuse(o, "unheard", ERR_NO_PROVIDER, "no provider that has unheard has a key: a section for nobody would do");
    refuse(o, "homeless", ERR_NO_PROVIDER, "no provider is known to have homeless");
}

static void test_unknown(void **state)
{
    const struct world *o = *state;
    refuse(o, "nothing", ERR_NOT_FOUND, "no model is called nothing; ");
    refuse(o, "BIG", ERR_NOT_FOUND, "no model is called BIG; ");
    refuse(o, "nobody/x", ERR_NOT_FOUND, "there is no provider nobody for the model nobody/x; ");
    refuse(o, "/x", ERR_NOT_FOUND, "there is no provider ");
    struct plan plan = {0};
    struct error err = ERROR_INIT;
    route_model(&o->w, "nothing", NULL, &plan, &err);
    assert_string_equal(err.param, "model");
}

static void test_long_names(void **state)
{
    const struct world *o = *state;
    char name[400] = "first/";
    memset(name + 6, 'x', 128);
    refuse(o, name, ERR_INVALID_REQUEST, "the model's name is longer than 127 bytes");
    name[6 + 127] = 0;
    check(o, name, name);
    memset(name, 'y', sizeof name - 1);
    refuse(o, name, ERR_NOT_FOUND, "no model is called yyy");
}

static void test_what_can_be_named(void **state)
{
    const struct world *o = *state;
    static const char *const known[] = {"big", "homeless", "first/any/x", "openai/x", "anthropic/x", "big-2"};
    static const char *const unknown[] = {"some", "nobody/x", "nothing", "", "gpt-big"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_true(route_knows(&o->w, known[i]));
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_false(route_knows(&o->w, unknown[i]));
}

/* -- the default -- */

static void test_default_of_the_catalogue(void **state)
{
    struct world *o = *state;
    check(o, NULL, "first/"); /* the first ready one, which has none: what it lists first */
    check(o, "", "first/");
    make(o, "[provider \"openai\"]\n[provider \"second\"]\nbase_url = http://127.0.0.1:2/v1\n", models);
    check(o, NULL, "second/usual");
    make(o, "[provider \"work\"]\nbase_url = https://api.deepseek.com\n", models);
    check(o, NULL, "work/usual");
}

static void test_default_of_the_configuration(void **state)
{
    struct world *o = *state;
    o->w.default_model = "deep";
    check(o, NULL, "work/deep-chat");
    check(o, "", "work/deep-chat");
    check(o, "big", "first/big-1");
    o->w.default_model = "second/special";
    check(o, NULL, "second/special");
    o->w.default_model = "race";
    check(o, NULL, "work/deep-chat first/big-1 second/small");
    o->w.default_model = "closed";
    refuse(o, NULL, ERR_NO_PROVIDER, "openai");
}

/* Then a local server is looked for. */
static void test_nothing_ready(void **state)
{
    struct world *o = *state;
    make(o, "[provider \"openai\"]\n", models);
    struct plan plan = planned(o, NULL, NULL);
    assert_int_equal(plan.n, 0);
    struct provider *p = providers_find(o->w.providers, "ollama", 6);
    plan_found(&plan, p, "found");
    assert_int_equal(plan.n, 1);
    assert_ptr_equal(plan.routes[0].provider, p);
    assert_string_equal(plan.routes[0].model, "found");
    plan_done(&plan);
    plan_done(&plan);
}

/* -- aliases -- */

static void test_members_without_a_key_are_passed_over(void **state)
{
    const struct world *o = *state;
    check(o, "some", "second/x first/big-1");
    refuse(o, "none", ERR_NO_PROVIDER, "provider openai has no key");
}

static void test_alias_in_an_alias(void **state)
{
    check(*state, "itself", "first/y");
}

static void test_race(void **state)
{
    const struct world *o = *state;
    struct plan plan = planned(o, "race", NULL);
    assert_true(plan.race);
    assert_int_equal(plan.race_delay_ms, 50);
    plan_done(&plan);
    check(o, "race", "work/deep-chat first/big-1 second/small");
    plan = planned(o, "some", NULL);
    assert_false(plan.race);
    plan_done(&plan);
}

static void test_cheapest(void **state)
{
    const struct world *o = *state;
    struct chat_request *q = question(10);
    check_for(o, "cheap", q, "first/big-1 second/big-2 work/deep-chat");
    chat_request_free(q);
    q = question(10000); /* for which first wants more */
    check_for(o, "cheap", q, "second/big-2 work/deep-chat first/big-1");
    chat_request_free(q);
    check_for(o, "cheap", NULL, "first/big-1 second/big-2 work/deep-chat");
}

static void test_fastest(void **state)
{
    const struct world *o = *state;
    check(o, "fast", "work/deep-chat first/big-1 second/big-2 second/unknown");
    health_first_token(o->health, "work", "deep-chat", 300);
    health_first_token(o->health, "second", "big-2", 100);
    check(o, "fast", "first/big-1 second/unknown second/big-2 work/deep-chat");
    health_first_token(o->health, "first", "big-1", 200);
    health_first_token(o->health, "second", "unknown", 400);
    check(o, "fast", "second/big-2 first/big-1 work/deep-chat second/unknown");
}

static void test_best(void **state)
{
    const struct world *o = *state;
    check(o, "best", "work/deep-chat first/big-1 second/big-2 second/small first/no-score");
    check(o, "code", "first/big-1 second/big-2 work/deep-chat first/no-score second/small");
    struct chat_request *q = question(1500); /* too long for big */
    check_for(o, "best", q, "work/deep-chat second/small first/no-score first/big-1 second/big-2");
    chat_request_free(q);
}

static void test_larger_windows(void **state)
{
    const struct route routes[] = {{.window = 1000}, {.window = 1000}, {.window = 0}, {.window = 2000}};
    const struct plan plan = {.routes = (struct route *)routes, .n = 4};
    (void)state;
    assert_int_equal(plan_larger(&plan, 0, 1), 3);
    assert_int_equal(plan_larger(&plan, 0, 4), 4);
    assert_int_equal(plan_larger(&plan, 3, 0), 4);
    assert_int_equal(plan_larger(&plan, 2, 3), 4); /* of what is not known nothing is larger */
}

static void test_windows(void **state)
{
    struct world *o = *state;
    put_on_list(o, "first", "big-1", 5000); /* the provider's word stands over the catalogue's */
    struct plan plan = planned(o, "race", NULL);
    assert_int_equal(plan.routes[0].window, 2000);
    assert_int_equal(plan.routes[1].window, 5000);
    assert_int_equal(plan.routes[2].window, 0);
    plan_done(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        USUAL(test_alias_before_id),
        USUAL(test_first_provider_with_a_key),
        cmocka_unit_test_setup_teardown(test_kind_by_dialect_and_api, set_up, tear_down),
        USUAL(test_provider_and_any_name),
        USUAL(test_what_a_provider_calls_it),
        USUAL(test_who_lists_it),
        USUAL(test_local_servers_come_last),
        USUAL(test_nobody_has_a_key),
        USUAL(test_unknown),
        USUAL(test_long_names),
        USUAL(test_what_can_be_named),
        USUAL(test_default_of_the_catalogue),
        USUAL(test_default_of_the_configuration),
        USUAL(test_nothing_ready),
        USUAL(test_members_without_a_key_are_passed_over),
        USUAL(test_alias_in_an_alias),
        USUAL(test_race),
        USUAL(test_cheapest),
        USUAL(test_fastest),
        USUAL(test_best),
        USUAL(test_larger_windows),
        USUAL(test_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
