/* Budgets against a model: 10,000 random schedules of reservations, settlements, releases, windows that run over,
 * clocks that go back, reloads and recalls. The model keeps no sums. It keeps all that ever happened, and adds it up
 * whenever it is asked. */
#include "tests/unit/ledger/budgets_calls.h"

enum {
    SCHEDULES = 10000,
    STEPS = 40,
    RULE_SETS = 64,
    BUDGETS_MAX = 4, /* of one set */
    HOLDS_MAX = STEPS,
    ENTRIES_MAX = STEPS * BUDGETS_MAX * 8,
};

__extension__ typedef __int128 wide;

/* -- chance -- */

static uint64_t chance;

static uint64_t dice(uint64_t sides) /* splitmix64 */
{
    uint64_t z = (chance += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % sides;
}

static const char *any(const char *const *list, size_t n)
{
    return list[dice(n)];
}
#define ANY(...) any((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* -- rules -- */

static struct budget_rules *sets[RULE_SETS];

static void write_budget(char *text, size_t size, char name)
{
    size_t len = strlen(text);
    len += (size_t)snprintf(text + len, size - len, "[budget \"%c\"]\nper = %s\nlimit = ", name,
                            ANY("hour", "day", "week", "month"));
    switch (dice(4)) {
    case 0: len += (size_t)snprintf(text + len, size - len, "%d requests\n", (int)dice(8)); break;
    case 1: len += (size_t)snprintf(text + len, size - len, "%d tokens\n", (int)dice(2000)); break;
    case 2: len += (size_t)snprintf(text + len, size - len, "%d.%d premium\n", (int)dice(9), (int)dice(10)); break;
    case 3: len += (size_t)snprintf(text + len, size - len, "0.00%03d usd\n", (int)dice(1000)); break;
    }
    snprintf(text + len, size - len, "%s%s%sunpriced = %s\nreserve_output = %d\n", ANY("", "", "provider = lan\n"),
             ANY("", "", "uid = 1000\n"), ANY("", "", "client = ask\n"), ANY("allow", "refuse"), 16 + (int)dice(100));
}

static void make_sets(void)
{
    for (size_t i = 0; i < RULE_SETS; i++) {
        char text[2048] = "[rates]\ncny = 0.14\n";
        for (size_t k = 0; k < BUDGETS_MAX; k++)
            if (dice(3) > 0)
                write_budget(text, sizeof(text), (char)('a' + k));
        sets[i] = ledger_rules(text);
    }
}

/* -- the model -- */

enum fate { LIVE, SPENT, RECALLED, GONE };

struct entry { /* what a request, or the store, has in one budget */
    size_t budget, hold;
    int64_t window_us, amount;
    enum fate fate;
};

struct model_budget {
    const struct budget_rule *rule; /* NULL: it is gone */
    struct window window;
    bool incomplete;
};

struct model {
    struct budgets *real;
    int64_t now_us;
    struct model_budget budgets[STEPS * BUDGETS_MAX]; /* all that ever were */
    size_t n_budgets, current[BUDGETS_MAX], n_current;
    struct entry entries[ENTRIES_MAX];
    size_t n_entries;
    struct held {
        struct budget_hold *real; /* NULL: it has ended, or there were no budgets */
        struct budget_wish wish;
        int64_t output; /* -1: nothing told it */
    } holds[HOLDS_MAX];
    size_t n_holds;
};

static struct price prices[4];

static void make_prices(void)
{
    static const char *const rows[] = {
        "input 2.5, output 10, currency USD",
        "input 0.3333, output 0.7777, request 0.00001, currency CNY",
        "input 1, output 1, currency GBP", /* without a rate */
        "input 3, output 15, cache_write 3.75, currency USD",
    };
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(price_parse(rows[i], &prices[i], &err), ERR_NONE);
}

static bool model_applies(const struct budget_rule *r, const struct budget_subject *s)
{
    return (r->any_uid || r->uid == s->uid) && (!r->provider || strcmp(r->provider, s->provider) == 0) &&
           (!r->client || (s->client && strcmp(r->client, s->client) == 0));
}

/* What so many billionths are in dollars; -1: nobody knows. */
static int64_t dollars(int64_t nano, const char *currency)
{
    if (strcmp(currency, "USD") == 0)
        return nano;
    return strcmp(currency, "CNY") == 0 ? (int64_t)(((wide)nano * 14 + 99) / 100) : -1;
}

/* -1: it cannot be told */
static int64_t model_need(const struct budget_rule *r, const struct budget_wish *w, int64_t output)
{
    switch (r->limit.unit) {
    case AMOUNT_REQUESTS: return 1;
    case AMOUNT_PREMIUM: return w->premium_nano;
    case AMOUNT_TOKENS: return w->input_tokens + output;
    case AMOUNT_MONEY: break;
    }
    if (!w->price)
        return r->allow_unpriced ? 0 : -1;
    int64_t input = w->price->cache_write > w->price->input ? w->price->cache_write : w->price->input;
    wide parts = (wide)w->input_tokens * input + (wide)output * w->price->output;
    int64_t cost = (int64_t)((parts + 999999) / 1000000) + (w->price->request > 0 ? w->price->request : 0);
    return dollars(cost, w->price->currency);
}

static bool model_grows(const struct budget_rule *r, const struct budget_wish *w)
{
    return r->limit.unit == AMOUNT_TOKENS || (r->limit.unit == AMOUNT_MONEY && (w->price || !r->allow_unpriced));
}

static wide sum_of(const struct model *m, size_t budget, bool reserved)
{
    wide sum = 0;

    for (size_t i = 0; i < m->n_entries; i++) {
        const struct entry *e = &m->entries[i];
        if (e->budget == budget && e->window_us == m->budgets[budget].window.start_us && e->fate != GONE &&
            (e->fate == LIVE) == reserved)
            sum += e->amount;
    }
    return sum;
}

static int64_t model_rest(const struct model *m, size_t budget)
{
    wide rest = m->budgets[budget].rule->limit.value - sum_of(m, budget, false) - sum_of(m, budget, true);

    return rest > 0 ? (int64_t)rest : 0;
}

static void model_turn(struct model *m)
{
    for (size_t i = 0; i < m->n_current; i++) {
        struct model_budget *b = &m->budgets[m->current[i]];
        if (m->now_us >= b->window.end_us)
            b->window = period_window(b->rule->per, m->now_us);
    }
}

static void add_entry(struct model *m, size_t budget, size_t hold, int64_t amount, enum fate fate)
{
    assert_true(m->n_entries < ENTRIES_MAX);
    m->entries[m->n_entries++] =
        (struct entry){budget, hold, m->budgets[budget].window.start_us, amount < 0 ? 0 : amount, fate};
}

/* Whether all that apply have room for it with so much output. */
static bool model_has_room(const struct model *m, const struct budget_wish *w, int64_t output)
{
    for (size_t i = 0; i < m->n_current; i++) {
        const struct budget_rule *r = m->budgets[m->current[i]].rule;
        if (!model_applies(r, &w->subject))
            continue;
        int64_t need = model_need(r, w, output);
        if (need < 0 || need > model_rest(m, m->current[i]))
            return false;
    }
    return true;
}

static int64_t model_usual(const struct budget_rule *r, const struct budget_wish *w)
{
    int64_t output = w->max_tokens < 0 ? r->reserve_output : w->max_tokens;

    return w->model_max > 0 && w->model_max < output ? w->model_max : output;
}

/* Whether it is admitted. *output: what it may have; *sent: what is told to the provider. */
static bool model_admit(const struct model *m, const struct budget_wish *w, int64_t *output, int64_t *sent)
{
    int64_t most = INT64_MAX;
    bool grows = false;

    for (size_t i = 0; i < m->n_current; i++) {
        const struct budget_rule *r = m->budgets[m->current[i]].rule;
        if (!model_applies(r, &w->subject) || !model_grows(r, w))
            continue;
        grows = true;
        if (model_usual(r, w) < most)
            most = model_usual(r, w);
    }
    *output = grows ? most : -1;
    *sent = w->max_tokens;
    if (w->max_tokens >= 0 || !grows)
        return model_has_room(m, w, grows ? most : 0);
    const int64_t least = most < BUDGET_OUTPUT_MIN ? most : BUDGET_OUTPUT_MIN;
    while (most >= least && !model_has_room(m, w, most))
        most--;
    *output = *sent = most;
    return most >= least;
}

/* -- steps -- */

static struct budget_wish any_wish(const struct model *m)
{
    struct budget_wish w = {.now_us = m->now_us, .premium_nano = (int64_t)dice(4) * NANO / 3};

    w.subject = (struct budget_subject){
        .uid = 1000 + (uid_t)dice(2), .client = ANY("ask", "vim", NULL), .provider = ANY("lan", "far"), .model = "m"};
    w.input_tokens = (int64_t)dice(200);
    w.max_tokens = dice(2) ? -1 : (int64_t)dice(200);
    w.model_max = dice(3) ? 0 : 1 + (int64_t)dice(60);
    w.price = dice(5) ? &prices[dice(4)] : NULL;
    return w;
}

static void step_reserve(struct model *m)
{
    struct held *h = &m->holds[m->n_holds];
    int64_t want_sent, sent = -2;

    h->wish = any_wish(m);
    model_turn(m);
    const bool admitted = model_admit(m, &h->wish, &h->output, &want_sent);
    const int64_t output = h->output < 0 ? 0 : h->output;
    assert_int_equal(budgets_fit(m->real, &h->wish), admitted);
    enum error_code code = budgets_reserve(m->real, &h->wish, &h->real, &sent, NULL);
    assert_int_equal(code == ERR_NONE, admitted);
    if (!admitted)
        return;
    assert_int_equal(sent, want_sent);
    assert_int_equal(h->real != NULL, m->n_current > 0);
    for (size_t i = 0; i < m->n_current; i++) {
        const struct budget_rule *r = m->budgets[m->current[i]].rule;
        if (!model_applies(r, &h->wish.subject))
            continue;
        add_entry(m, m->current[i], m->n_holds, model_need(r, &h->wish, output), LIVE);
        /* what was recalled or came out dearer may be over the limit: then there was no room but for nothing */
        assert_true(sum_of(m, m->current[i], false) + sum_of(m, m->current[i], true) <= r->limit.value ||
                    model_need(r, &h->wish, output) == 0);
    }
    m->n_holds++;
}

static struct ledger_row any_row(const struct budget_subject *s, const struct price *p)
{
    struct ledger_row row = row_of((int64_t)dice(250), (int64_t)dice(250), p ? (int64_t)dice(3000000) : -1);

    row.uid = s->uid;
    row.client = (char *)s->client;
    row.provider = (char *)s->provider;
    row.requests = 1 + (int64_t)dice(3);
    row.premium_nano = (int64_t)dice(4) * NANO / 3;
    strcpy(row.currency, p ? p->currency : "");
    return row;
}

/* -1: it cannot be told */
static int64_t model_spent(const struct budget_rule *r, const struct ledger_row *row)
{
    switch (r->limit.unit) {
    case AMOUNT_REQUESTS: return row->requests;
    case AMOUNT_PREMIUM: return row->premium_nano;
    case AMOUNT_TOKENS: return row->usage.input_tokens + row->usage.output_tokens;
    case AMOUNT_MONEY: break;
    }
    if (row->cost_nano <= 0)
        return row->cost_nano;
    return dollars(row->cost_nano, row->currency);
}

/* row: NULL where it was never sent */
static void end_hold(struct model *m, size_t hold, const struct ledger_row *row)
{
    if (row)
        budgets_settle(m->real, m->holds[hold].real, row);
    else
        budgets_release(m->real, m->holds[hold].real);
    m->holds[hold].real = NULL;
    for (size_t i = 0; i < m->n_entries; i++) {
        struct entry *e = &m->entries[i];
        if (e->hold != hold || e->fate != LIVE)
            continue;
        int64_t spent = row ? model_spent(m->budgets[e->budget].rule, row) : 0;
        e->fate = row ? SPENT : GONE;
        e->amount = spent < 0 ? e->amount : spent;
    }
}

static void step_end(struct model *m)
{
    size_t hold = m->n_holds ? dice(m->n_holds) : 0;

    if (m->n_holds == 0 || !m->holds[hold].real)
        return;
    const struct budget_wish *w = &m->holds[hold].wish;
    struct ledger_row row = any_row(&w->subject, w->price);
    end_hold(m, hold, dice(3) ? &row : NULL);
}

static bool model_same(const struct budget_rule *a, const struct budget_rule *b)
{
    return strcmp(a->name, b->name) == 0 && a->limit.unit == b->limit.unit && a->per == b->per &&
           a->any_uid == b->any_uid && !a->provider == !b->provider && !a->client == !b->client;
}

/* The budget of before that counts the same, or a new one, which has what is under way in its window. */
static size_t model_budget_of(struct model *m, const struct budget_rule *r, const size_t *before, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (model_same(m->budgets[before[i]].rule, r))
            return before[i];
    const size_t made = m->n_budgets++;
    m->budgets[made] = (struct model_budget){r, period_window(r->per, m->now_us), true};
    for (size_t h = 0; h < m->n_holds; h++)
        if (m->holds[h].real && model_applies(r, &m->holds[h].wish.subject) &&
            m->holds[h].wish.now_us >= m->budgets[made].window.start_us)
            add_entry(m, made, h,
                      model_need(r, &m->holds[h].wish,
                                 m->holds[h].output < 0 ? model_usual(r, &m->holds[h].wish) : m->holds[h].output),
                      LIVE);
    return made;
}

static void step_reload(struct model *m)
{
    struct budget_rules *rules = sets[dice(RULE_SETS)];
    size_t before[BUDGETS_MAX], n = m->n_current;
    int64_t since, want_since = 0;

    budgets_configure(m->real, rules, m->now_us, &since);
    memcpy(before, m->current, sizeof(before));
    m->n_current = budget_rules_count(rules);
    for (size_t i = 0; i < m->n_current; i++) {
        const struct budget_rule *r = budget_rules_at(rules, i);
        m->current[i] = model_budget_of(m, r, before, n);
        m->budgets[m->current[i]].rule = r;
    }
    for (size_t i = 0; i < m->n_entries; i++) { /* those that are gone never come back */
        bool there = false;
        for (size_t k = 0; k < m->n_current; k++)
            there |= m->entries[i].budget == m->current[k];
        if (!there || (m->entries[i].fate == RECALLED && m->budgets[m->entries[i].budget].incomplete))
            m->entries[i].fate = GONE;
    }
    model_turn(m);
    for (size_t i = 0; i < m->n_current; i++) {
        const struct model_budget *b = &m->budgets[m->current[i]];
        if (b->incomplete && (want_since == 0 || b->window.start_us < want_since))
            want_since = b->window.start_us;
    }
    assert_int_equal(since, want_since);
}

static void step_recall(struct model *m)
{
    const struct budget_subject s = any_wish(m).subject;
    struct ledger_row row = any_row(&s, &prices[dice(4)]);

    row.at_us = m->now_us - (int64_t)dice(40) * DAY / 3;
    budgets_recall(m->real, &row, NULL);
    for (size_t i = 0; i < m->n_current; i++) {
        const struct model_budget *b = &m->budgets[m->current[i]];
        if (b->incomplete && row.at_us >= b->window.start_us && row.at_us < b->window.end_us &&
            model_applies(b->rule, &s))
            add_entry(m, m->current[i], HOLDS_MAX, model_spent(b->rule, &row), RECALLED);
    }
}

static void step_recalled(struct model *m)
{
    budgets_recalled(m->real);
    for (size_t i = 0; i < m->n_current; i++)
        m->budgets[m->current[i]].incomplete = false;
}

static void step_time(struct model *m)
{
    static const int64_t ways[] = {1, HOUR / 7, HOUR, 7 * HOUR, DAY, 11 * DAY, -HOUR, -1};

    m->now_us += ways[dice(sizeof(ways) / sizeof(ways[0]))];
}

static void (*const steps[])(struct model *m) = {
    step_reserve, step_reserve, step_reserve, step_reserve, step_reserve, step_end,
    step_end,     step_end,     step_time,    step_reload,  step_recall,  step_recalled,
};

/* -- comparing -- */

struct seen {
    struct model *m;
    size_t n;
};

static void compare(void *data, const struct budget_report *r)
{
    struct seen *seen = data;
    const size_t budget = seen->m->current[seen->n++];
    const struct model_budget *b = &seen->m->budgets[budget];

    assert_ptr_equal(r->rule, b->rule);
    assert_int_equal(r->used, (int64_t)sum_of(seen->m, budget, false));
    assert_int_equal(r->reserved, (int64_t)sum_of(seen->m, budget, true));
    assert_int_equal(r->left, model_rest(seen->m, budget));
    assert_int_equal(r->resets_us, b->window.end_us);
}

static void compare_all(struct model *m)
{
    struct seen seen = {m, 0};
    struct window before[BUDGETS_MAX];

    for (size_t i = 0; i < m->n_current; i++)
        before[i] = m->budgets[m->current[i]].window;
    model_turn(m); /* for a report alone, which changes nothing */
    budgets_report(m->real, m->now_us, compare, &seen);
    assert_int_equal(seen.n, m->n_current);
    for (size_t i = 0; i < m->n_current; i++)
        m->budgets[m->current[i]].window = before[i];
}

static void none_is_reserved(void *data, const struct budget_report *r)
{
    (void)data;
    assert_int_equal(r->reserved, 0);
}

static unsigned schedule;

static void run(void)
{
    static struct model m;

    chance = schedule;
    memset(&m, 0, sizeof(m));
    m.now_us = NOW;
    m.real = budgets_new();
    step_reload(&m);
    for (int i = 0; i < STEPS; i++) {
        steps[dice(sizeof(steps) / sizeof(steps[0]))](&m);
        compare_all(&m);
    }
    for (size_t h = 0; h < m.n_holds; h++)
        if (m.holds[h].real)
            end_hold(&m, h, NULL);
    budgets_report(m.real, m.now_us, none_is_reserved, NULL);
    compare_all(&m);
    budgets_free(m.real);
}

static int tell_schedule(void **state)
{
    (void)state;
    if (schedule < SCHEDULES)
        print_message("it was schedule %u\n", schedule);
    return 0;
}

static void test_random_schedules(void **state)
{
    (void)state;
    make_prices();
    make_sets();
    for (schedule = 0; schedule < SCHEDULES; schedule++)
        run();
    for (size_t i = 0; i < 4; i++)
        price_done(&prices[i]);
    for (size_t i = 0; i < RULE_SETS; i++)
        budget_rules_unref(sets[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_random_schedules, tell_schedule)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
