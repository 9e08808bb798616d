#include "daemon/engine/figures.h"
#include "tests/unit/engine/routing.h"

static const char conf[] = "[provider \"one\"]\nbase_url = http://127.0.0.1:1/v1\n"
                           "[provider \"two\"]\nbase_url = http://127.0.0.1:2/v1\n";

static const char models[] = "[model \"plain\"]\nnames = one/plain, two/plain\ncontext_window = 1000\ninput = text\n"
                             "tools = no\nreasoning = no\nscore = aider 50, on 2025-04-14\n"
                             "price = input 2, output 8, currency USD\n"
                             "price = at two, input 1, output 1, currency CNY\n"
                             "[model \"sees\"]\nnames = one/sees\ninput = text, image\ntools = yes\nreasoning = yes\n"
                             "[model \"tiers\"]\nnames = one/tiers, two/tiers\n"
                             "price = input 1, output 1, currency USD\n"
                             "price = above 500, input 10, output 10, currency USD\n"
                             "[model \"unpriced\"]\nnames = one/unpriced\nprice = input 1, currency USD\n";

static int set_up_usual(void **state)
{
    int rc = set_up(state);
    if (rc == 0)
        make(*state, conf, models);
    return rc;
}

#define USUAL(name) cmocka_unit_test_setup_teardown(name, set_up_usual, tear_down)

static struct route route_to(const struct world *o, const char *provider, const char *model)
{
    struct route r = {.provider = providers_find(o->w.providers, provider, strlen(provider))};
    assert_non_null(r.provider);
    strcpy(r.model, model);
    return r;
}

static struct alias_figures figures(const struct world *o, const char *model, const struct chat_request *q)
{
    struct alias_figures f;
    const struct route r = route_to(o, "one", model);
    figures_of_route(&o->w, &r, &(struct figures_question){.chat = q}, "aider", &f);
    return f;
}

static void check_able(const struct world *o, const struct chat_request *q, bool plain, bool sees)
{
    assert_int_equal(figures(o, "plain", q).able, plain);
    assert_int_equal(figures(o, "sees", q).able, sees);
    assert_true(figures(o, "nobody-knows", q).able);
}

static void test_able(void **state)
{
    const struct world *o = *state;
    struct chat_request *q = question(10);
    check_able(o, NULL, true, true);
    check_able(o, q, true, true);
    q->reasoning = REASONING_OFF;
    check_able(o, q, true, true);
    q->reasoning = REASONING_LOW;
    check_able(o, q, false, true);
    q->reasoning = REASONING_BUDGET;
    check_able(o, q, false, true);
    q->reasoning = REASONING_DEFAULT;
    chat_request_add_tool(q)->name = strdup("f");
    check_able(o, q, false, true);
    chat_request_free(q);
}

static void test_able_to_take_what_is_attached(void **state)
{
    static const struct {
        enum part_kind kind;
        bool sees;
    } rows[] = {{PART_IMAGE, true}, {PART_AUDIO, false}, {PART_FILE, false}};
    const struct world *o = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chat_request *q = question(1);
        struct part *p = message_add_part(chat_request_add_message(q, ROLE_USER), rows[i].kind);
        p->url = strdup("https://h/x");
        check_able(o, q, false, rows[i].sees);
        chat_request_free(q);
    }
}

static void test_able_within_the_window(void **state)
{
    struct world *o = *state;
    struct chat_request *q = question(2000);
    check_able(o, q, false, true);
    put_on_list(o, "one", "plain", 100000); /* the provider's word stands over the catalogue's */
    check_able(o, q, true, true);
    chat_request_free(q);
}

/* The question's own tokens, and its own bound of the answer, else a usual one. */
static void test_cost_of_a_question(void **state)
{
    const struct world *o = *state;
    struct chat_request *q = question(10);
    int64_t input = tokens_of_request(TOKENS_GENERIC, q);
    struct alias_figures f = figures(o, "plain", q);
    assert_int_equal(f.cost_nano, input * 2000 + ROUTE_OUTPUT_TOKENS * 8000);
    assert_string_equal(f.currency, "USD");
    q->has_max_tokens = true;
    q->max_tokens = 5;
    assert_int_equal(figures(o, "plain", q).cost_nano, input * 2000 + 5 * 8000);
    chat_request_free(q);
    assert_int_equal(figures(o, "plain", NULL).cost_nano, ROUTE_OUTPUT_TOKENS * 8000);
}

static void test_no_price(void **state)
{
    const struct world *o = *state;
    assert_int_equal(figures(o, "sees", NULL).cost_nano, -1);
    assert_int_equal(figures(o, "nobody-knows", NULL).cost_nano, -1);
    assert_int_equal(figures(o, "unpriced", NULL).cost_nano, -1); /* what an answer costs is not told */
}

static void check_cost(const struct world *o, const char *provider, int64_t tokens, int64_t nano, const char *currency)
{
    const struct route r = route_to(o, provider, "tiers");
    struct usage u = USAGE_INIT;
    int64_t got = 0;
    const char *in = NULL;
    u.input_tokens = tokens;
    u.output_tokens = 0;
    assert_int_equal(figures_cost(o->catalog, &r, &u, o->w.now_us, &got, &in), currency != NULL);
    assert_int_equal(got, nano);
    assert_true(currency ? strcmp(in, currency) == 0 : in == NULL);
}

static void test_cost_by_length(void **state)
{
    const struct world *o = *state;
    check_cost(o, "one", 500, 500 * 1000, "USD");
    check_cost(o, "one", 501, 501 * 10000, "USD");
    check_cost(o, "two", 500, 0, NULL); /* what it costs at one says nothing of two */
}

static void test_score(void **state)
{
    const struct world *o = *state;
    const struct route r = route_to(o, "one", "plain");
    struct alias_figures f;
    assert_true(figures(o, "plain", NULL).score > 49.9 && figures(o, "plain", NULL).score < 50.1);
    assert_true(figures(o, "sees", NULL).score < 0);
    assert_true(figures(o, "nobody-knows", NULL).score < 0);
    figures_of_route(&o->w, &r, &(struct figures_question){0}, "lmarena", &f);
    assert_true(f.score < 0);
}

static void test_time(void **state)
{
    const struct world *o = *state;
    assert_true(figures(o, "plain", NULL).first_ms < 0);
    health_first_token(o->health, "one", "plain", 120);
    health_first_token(o->health, "two", "sees", 1);
    assert_true(figures(o, "plain", NULL).first_ms > 119 && figures(o, "plain", NULL).first_ms < 121);
    assert_true(figures(o, "sees", NULL).first_ms < 0); /* that is another's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        USUAL(test_able),
        USUAL(test_able_to_take_what_is_attached),
        USUAL(test_able_within_the_window),
        USUAL(test_cost_of_a_question),
        USUAL(test_no_price),
        USUAL(test_cost_by_length),
        USUAL(test_score),
        USUAL(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
