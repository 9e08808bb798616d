/* Sections [budget "…"]: what they may say, and which requests they mean. */
#include "lib/base/host.h"
#include "tests/unit/ledger/ledger_files.h"
#include <pwd.h>

static const struct budget_rule *only(const struct budget_rules *rules)
{
    assert_int_equal(budget_rules_count(rules), 1);
    return budget_rules_at(rules, 0);
}

static void test_defaults(void **state)
{
    struct budget_rules *rules = ledger_rules("[budget \"m\"]\nlimit = 20 usd\n");
    const struct budget_rule *r = only(rules);
    (void)state;
    assert_string_equal(r->name, "m");
    assert_int_equal(r->limit.value, 20000000000);
    assert_int_equal(r->per, PERIOD_MONTH);
    assert_true(r->any_uid);
    assert_int_equal(r->warn, 80);
    assert_false(r->allow_unpriced);
    assert_int_equal(r->reserve_output, 8192);
    budget_rules_unref(rules);
    assert_null(budget_rules_unref(NULL));
}

static void test_all_that_it_may_say(void **state)
{
    struct budget_rules *rules = ledger_rules(
        "[budget \"a\"]\nlimit = 300 premium\nper = week\nuid = 1000\nprovider = copilot\nmodel = "
        "claude-*\nclient = vim\n"
        "directory = /src/askd/\nhost = far\nlabel = work\nwarn = 0\nunpriced = allow\nreserve_output = 16\n"
        "[budget \"b\"]\nlimit = 1 token\nper = hour\nwarn = 100\nreserve_output = 1048576\n");
    const struct budget_rule *r = budget_rules_at(rules, 0);
    (void)state;
    assert_int_equal(budget_rules_count(rules), 2);
    assert_int_equal(r->limit.unit, AMOUNT_PREMIUM);
    assert_int_equal(r->per, PERIOD_WEEK);
    assert_false(r->any_uid);
    assert_int_equal(r->uid, 1000);
    assert_string_equal(r->provider, "copilot");
    assert_string_equal(r->model, "claude-*");
    assert_string_equal(r->client, "vim");
    assert_string_equal(r->directory, "/src/askd");
    assert_string_equal(r->host, "far");
    assert_string_equal(r->label, "work");
    assert_int_equal(r->warn, 0);
    assert_true(r->allow_unpriced);
    assert_int_equal(r->reserve_output, 16);
    assert_string_equal(budget_rules_at(rules, 1)->name, "b");
    assert_true(budget_rule_same(r, r));
    assert_false(budget_rule_same(r, budget_rules_at(rules, 1)));
    struct budget_rules *again = budget_rules_ref(rules);
    budget_rules_unref(rules);
    assert_int_equal(budget_rules_count(again), 2);
    budget_rules_unref(again);
}

static void test_what_is_wrong(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *part;
    } cases[] = {
        {"[budget \"m\"]\n", 1, "a budget needs its limit, as in limit = 20 usd"},
        {"[budget \"a\"]\nlimit = 1 usd\n\n[budget \"b\"]\nper = day\n", 5, "a budget needs its limit"},
        {"[budget \"m\"]\nper = day\nlimit = 20\n", 3, "an amount is a number and a unit"},
        {"[budget \"m\"]\nlimit = 1.5 tokens\n", 2, "tokens are counted by whole numbers"},
        {"[budget \"m\"]\nlimit = -1 usd\n", 2, "'-1' is no number that an amount can have"},
        {"[budget \"m\"]\nlimit = 1 usd\nper = year\n", 3, "per must be one of hour, day, week, month"},
        {"[budget \"m\"]\nlimit = 1 usd\nuid = nobody-of-that-name\n", 3, "there is no user nobody-of-that-name"},
        {"[budget \"m\"]\nlimit = 1 usd\nuid = -1\n", 3, "there is no user -1"},
        {"[budget \"m\"]\nlimit = 1 usd\nuid = 4294967295\n", 3, "there is no user 4294967295"},
        {"[budget \"m\"]\nlimit = 1 usd\ndirectory = src\n", 3, "directory must be an absolute path, or begin with ~/"},
        {"[budget \"m\"]\nlimit = 1 usd\ndirectory = ~root/src\n", 3, "directory must be an absolute path"},
        {"[budget \"m\"]\nlimit = 1 usd\nuid = 4294967294\ndirectory = ~/src\n", 4, "no home folder is known"},
        {"[budget \"m\"]\nlimit = 1 usd\nwarn = 101\n", 3, "warn must be 0 to 100"},
        {"[budget \"m\"]\nlimit = 1 usd\nreserve_output = 15\n", 3, "reserve_output must be 16 to 1048576"},
        {"[budget \"m\"]\nlimit = 1 usd\nreserve_output = 1048577\n", 3, "reserve_output must be 16 to 1048576"},
        {"[budget \"m\"]\nlimit = 1 usd\nunpriced = maybe\n", 3, "unpriced must be one of refuse, allow"},
        {"[budget \"m\"]\nlimit = 1 usd\nrates = 1\n", 3, "rates"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ledger_refuse(cases[i].text, cases[i].line, cases[i].part);
}

/* By name, and the home that ~ is: of that user, or of who reads. */
static void test_users_and_homes(void **state)
{
    const struct passwd *root = getpwuid(0);
    char want[256];
    (void)state;
    assert_non_null(root);
    snprintf(want, sizeof(want), "[budget \"m\"]\nlimit = 1 usd\nuid = %s\ndirectory = ~/src//\n", root->pw_name);
    setenv("HOME", "/home/of/tests", 1);
    struct budget_rules *rules = ledger_rules(want);
    assert_false(only(rules)->any_uid);
    assert_int_equal(only(rules)->uid, 0);
    snprintf(want, sizeof(want), "%s/src", geteuid() == 0 ? "/home/of/tests" : root->pw_dir);
    assert_string_equal(only(rules)->directory, want);
    budget_rules_unref(rules);

    rules = ledger_rules("[budget \"m\"]\nlimit = 1 usd\ndirectory = ~\n");
    assert_string_equal(only(rules)->directory, "/home/of/tests");
    budget_rules_unref(rules);
}

/* The daemon's own machine may get another name: what is asked there has none. */
static void test_our_own_machine(void **state)
{
    char name[HOST_SIZE], text[HOST_SIZE + 64];
    const struct budget_subject here = {.uid = 0}, far = {.uid = 0, .host = "far"};
    (void)state;
    assert_true(host_name(name));
    snprintf(text, sizeof(text), "[budget \"m\"]\nlimit = 1 usd\nhost = %s\n", name);
    struct budget_rules *rules = ledger_rules(text);
    assert_true(budget_rule_applies(only(rules), &here));
    assert_false(budget_rule_applies(only(rules), &far));
    budget_rules_unref(rules);
}

static void test_which_requests_count(void **state)
{
    static const struct budget_subject asked = {.uid = 1000,
                                                .client = "ask",
                                                .directory = "/src/askd/lib",
                                                .label = "work",
                                                .provider = "openrouter",
                                                .model = "openai/gpt-4.1-mini",
                                                .model_id = "gpt-4.1-mini"};
    static const struct budget_subject nothing_told = {.uid = 1000};
    struct budget_subject far = asked;
    static const struct {
        const char *line;
        bool counts, bare; /* what is told, and of what nothing is told */
        bool far;          /* the first one on another machine */
    } cases[] = {
        {"", true, true, true},
        {"uid = 1000", true, true, true},
        {"uid = 1001", false, false, false},
        {"provider = openrouter", true, false, true},
        {"provider = open", false, false, false},
        {"provider = open*", false, false, false},
        {"client = ask", true, false, true},
        {"client = Ask", false, false, false},
        {"label = work", true, false, true},
        {"label = home", false, false, false},
        {"model = gpt-4.1-mini", true, false, true},
        {"model = gpt-4.1", false, false, false},
        {"model = gpt-*", true, false, true},
        {"model = openai/gpt-4.1-mini", true, false, true},
        {"model = openrouter/openai/gpt-4.1-mini", true, false, true},
        {"model = openrouter/*", true, false, true},
        {"model = anthropic/*", false, false, false},
        {"model = *", true, false, true},
        {"model = gpt-4.?-mini", true, false, true},
        {"directory = /", true, false, false},
        {"directory = /src", true, false, false},
        {"directory = /src/askd/lib", true, false, false},
        {"directory = /src/askd/lib/", true, false, false},
        {"directory = /src/ask", false, false, false},
        {"directory = /src/askd/lib/base", false, false, false},
        {"uid = 1000\nclient = ask\nprovider = openrouter\nmodel = gpt*\ndirectory = /src\nlabel = work", true, false,
         false},
        {"client = ask\nlabel = home", false, false, false},
        {"host = far", false, false, true},
        {"host = elsewhere", false, false, false},
        {"host = far\ndirectory = /src", false, false, true},
        {"host = far\ndirectory = /home", false, false, false},
    };
    (void)state;
    far.host = "far";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), "[budget \"m\"]\nlimit = 1 usd\n%s\n", cases[i].line);
        struct budget_rules *rules = ledger_rules(text);
        if (budget_rule_applies(only(rules), &asked) != cases[i].counts ||
            budget_rule_applies(only(rules), &nothing_told) != cases[i].bare ||
            budget_rule_applies(only(rules), &far) != cases[i].far)
            fail_msg("%s", cases[i].line);
        budget_rules_unref(rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),        cmocka_unit_test(test_all_that_it_may_say),
        cmocka_unit_test(test_what_is_wrong),   cmocka_unit_test(test_users_and_homes),
        cmocka_unit_test(test_our_own_machine), cmocka_unit_test(test_which_requests_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
