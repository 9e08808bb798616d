/* Who is asked at all, and how fast models are, in memory and over a restart. The backend is the test's own: it keeps
 * the speeds that it is given, and gives them back. */
#include "daemon/engine/health.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "tests/unit/store/store_plain.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S INT64_C(1000000)
#define T0 (1000 * S)
#define WALL (INT64_C(1700000000) * S)
#define DAY_MS INT64_C(86400000)

/* The writer's, read by a test after the store's end or once it has been answered. */
static struct {
    struct store_speed speeds[2000];
    size_t n, saves, loads;
    bool refuses;
} kept;

static void save(const struct store_speeds *s)
{
    kept.saves++;
    for (size_t i = 0; i < s->n; i++)
        kept.speeds[kept.n++] = s->speeds[i];
}

static void load(struct store_speeds *s)
{
    kept.loads++;
    s->speeds = xcalloc(kept.n + 1, sizeof *s->speeds);
    memcpy(s->speeds, kept.speeds, kept.n * sizeof *s->speeds);
    s->n = kept.n;
}

static enum store_step fake_run(struct store_db *db, struct store_job *job, int64_t until_us)
{
    (void)db;
    (void)until_us;
    if (kept.refuses)
        job->code = error_set(&job->error, ERR_UNAVAILABLE, "the drawer is stuck");
    else if (job->kind == STORE_SPEEDS_SAVE)
        save(&job->speeds);
    else if (job->kind == STORE_SPEEDS)
        load(&job->speeds);
    return STORE_STEP_DONE;
}

static const struct store_backend backend = PLAIN_BACKEND(fake_run);

static const struct health_options defaults = {
    .breaker_failures = 3, .breaker_wait_ms = 30000, .speed_memory_ms = DAY_MS};

static uv_loop_t loop;
static struct store *store;
static struct health *health;

static void set_clock(int64_t since_us)
{
    clock_set(T0 + since_us, WALL + since_us);
}

static void begin(void)
{
    static const struct store_options opt = {.keep_ms = STORE_KEEP_FOREVER,
                                             .max_waiting = 100,
                                             .slice_ms = 1000,
                                             .retry_ms = 3600000,
                                             .max_result = 1 << 20,
                                             .max_unstored = 1 << 20,
                                             .commit_timeout_ms = 1000};
    uv_loop_init(&loop);
    store = store_new_with(&loop, &backend, "/drawer", &opt, NULL);
    health = health_new(&loop, store, &defaults);
    set_clock(0);
}

static void end(void)
{
    health = health_free(health);
    store_close(store, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    clock_set(-1, 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int set_up(void **state)
{
    (void)state;
    memset(&kept, 0, sizeof kept);
    begin();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    end();
    return 0;
}

static struct error fault(enum error_code code, int status)
{
    struct error err = ERROR_INIT;
    error_set(&err, code, "it said %d", status);
    err.status = status;
    return err;
}

static enum error_code admit(const char *model)
{
    return health_admit(health, "p", model, NULL);
}

static void tell(const char *model, enum error_code code)
{
    const struct error err = fault(code, 503);
    health_tell(health, "p", model, code == ERR_NONE ? NULL : &err);
}

static void fail_times(const char *model, int n)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(admit(model), ERR_NONE);
        tell(model, ERR_UNAVAILABLE);
    }
}

struct sought {
    const char *model;
    size_t n;
    bool found;
    struct health_item item;
};

static void look(void *data, const struct health_item *item)
{
    struct sought *s = data;
    s->n++;
    if (strcmp(item->provider, "p") != 0 || strcmp(item->model, s->model) != 0)
        return;
    s->found = true;
    s->item = *item;
}

static struct sought find(const char *model)
{
    struct sought s = {.model = model};
    health_each(health, look, &s);
    return s;
}

static void check_state(const char *model, enum breaker_state state, int64_t wait_us)
{
    struct sought s = find(model);
    assert_true(s.found);
    assert_int_equal(s.item.breaker, state);
    assert_int_equal(s.item.wait_us, wait_us);
    assert_int_equal(health_wait_ms(health, "p", model), (wait_us + 999) / 1000);
}

/* -- the breaker -- */

static void refused_after_so_many_failures(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    const struct error last = fault(ERR_OVERLOADED, 529);
    assert_int_equal(health_wait_ms(health, "p", "m"), 0);
    assert_false(find("m").found); /* whoever asks for a time leaves no trace */
    fail_times("m", 2);
    check_state("m", BREAKER_CLOSED, 0);
    health_tell(health, "p", "m", &last);
    check_state("m", BREAKER_OPEN, 30 * S);
    set_clock(500000);
    assert_int_equal(health_admit(health, "p", "m", &err), ERR_OVERLOADED);
    assert_int_equal(err.code, ERR_OVERLOADED);
    assert_int_equal(err.status, 529);
    assert_int_equal((int)err.retry_after, 30); /* no less than there is */
    assert_string_equal(err.provider, "p");
    assert_string_equal(err.model, "m");
    assert_non_null(strstr(err.message, "it said 529"));
    assert_int_equal(admit("other"), ERR_NONE);
    assert_int_equal(health_admit(health, "q", "m", NULL), ERR_NONE);
}

static void one_probe(void **state)
{
    (void)state;
    fail_times("m", 3);
    set_clock(30 * S - 1);
    assert_int_equal(admit("m"), ERR_UNAVAILABLE);
    set_clock(30 * S);
    assert_int_equal(admit("m"), ERR_NONE);
    check_state("m", BREAKER_HALF_OPEN, 60 * S);
    for (int i = 0; i < 20; i++)
        assert_int_equal(admit("m"), ERR_UNAVAILABLE);
    tell("m", ERR_UNAVAILABLE);
    check_state("m", BREAKER_OPEN, 60 * S);
    set_clock(90 * S);
    assert_int_equal(admit("m"), ERR_NONE);
    tell("m", ERR_CANCELLED); /* gives its turn back */
    check_state("m", BREAKER_OPEN, 0);
    assert_int_equal(admit("m"), ERR_NONE);
    tell("m", ERR_NONE);
    check_state("m", BREAKER_CLOSED, 0);
}

static void the_wait_has_an_end(void **state)
{
    (void)state;
    int64_t now = 30 * S;
    fail_times("m", 3);
    for (int i = 0; i < 6; i++) {
        set_clock(now);
        fail_times("m", 1);
        now += find("m").item.wait_us;
    }
    check_state("m", BREAKER_OPEN, 300 * S); /* ten times breaker_wait */
}

static void what_an_error_says(void **state)
{
    (void)state;
    static const struct {
        enum error_code code;
        enum breaker_state after_two; /* and then this one */
        bool ends_the_row;            /* so that one more failure does not open it */
    } rows[] = {
        {ERR_UNAVAILABLE, BREAKER_OPEN, false},
        {ERR_OVERLOADED, BREAKER_OPEN, false},
        {ERR_TIMEOUT, BREAKER_OPEN, false},
        {ERR_BAD_RESPONSE, BREAKER_OPEN, false},
        {ERR_INTERNAL, BREAKER_OPEN, false},
        {ERR_RATE_LIMITED, BREAKER_CLOSED, false},
        {ERR_CANCELLED, BREAKER_CLOSED, false},
        {ERR_INTERRUPTED, BREAKER_CLOSED, false},
        {ERR_NONE, BREAKER_CLOSED, true},
        {ERR_INVALID_REQUEST, BREAKER_CLOSED, true},
        {ERR_UNAUTHENTICATED, BREAKER_CLOSED, true},
        {ERR_PERMISSION_DENIED, BREAKER_CLOSED, true},
        {ERR_NOT_FOUND, BREAKER_CLOSED, true},
        {ERR_BUDGET_EXCEEDED, BREAKER_CLOSED, true},
        {ERR_CONTEXT_LENGTH_EXCEEDED, BREAKER_CLOSED, true},
        {ERR_CONTENT_FILTERED, BREAKER_CLOSED, true},
        {ERR_TOO_LARGE, BREAKER_CLOSED, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char model[16];
        snprintf(model, sizeof model, "m%zu", i);
        fail_times(model, 2);
        assert_int_equal(admit(model), ERR_NONE);
        tell(model, rows[i].code);
        assert_int_equal(find(model).item.breaker, rows[i].after_two);
        if (rows[i].after_two == BREAKER_OPEN)
            continue;
        fail_times(model, 1);
        assert_int_equal(find(model).item.breaker, rows[i].ends_the_row ? BREAKER_CLOSED : BREAKER_OPEN);
    }
}

static void other_options(void **state)
{
    (void)state;
    struct health_options opt = defaults;
    fail_times("m", 2);
    fail_times("opened", 3);
    health_first_token(health, "p", "m", 100);
    opt.breaker_failures = 1;
    opt.breaker_wait_ms = 1000;
    opt.speed_memory_ms = 10000;
    health_configure(health, &opt);
    check_state("opened", BREAKER_OPEN, 30 * S);
    fail_times("m", 1);
    check_state("m", BREAKER_OPEN, S);
    fail_times("new", 1);
    check_state("new", BREAKER_OPEN, S);
    set_clock(11 * S);
    assert_true(health_first_token_ms(health, "p", "m") < 0);
}

/* -- times -- */

static double first_ms(const char *model)
{
    return health_first_token_ms(health, "p", model);
}

static void a_mean_that_moves(void **state)
{
    (void)state;
    assert_true(first_ms("m") < 0);
    admit("m");
    assert_true(first_ms("m") < 0); /* known, not measured */
    assert_true(find("m").item.first_ms < 0);
    health_first_token(health, "p", "m", 100);
    assert_float_equal(first_ms("m"), 100, 1e-9);
    health_first_token(health, "p", "m", 200);
    assert_float_equal(first_ms("m"), 120, 1e-9); /* a fifth of the newest */
    health_first_token(health, "p", "m", 20);
    assert_float_equal(first_ms("m"), 100, 1e-9);
    assert_float_equal(find("m").item.first_ms, 100, 1e-9);
    assert_true(first_ms("other") < 0);
    assert_true(health_first_token_ms(health, "q", "m") < 0);
}

static void a_time_is_forgotten(void **state)
{
    (void)state;
    health_first_token(health, "p", "m", 100);
    set_clock(DAY_MS * 1000);
    assert_float_equal(first_ms("m"), 100, 1e-9);
    set_clock(DAY_MS * 1000 + 1);
    assert_true(first_ms("m") < 0);
    assert_true(find("m").item.first_ms < 0);
    health_first_token(health, "p", "m", 500); /* no mean with what is forgotten */
    assert_float_equal(first_ms("m"), 500, 1e-9);
}

static void so_many_models(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "m%d", i);
        set_clock(i);
        health_first_token(health, "p", name, 100);
    }
    assert_int_equal(find("m0").n, 1000);
    set_clock(1000);
    admit("m0"); /* asked for again, it is not the oldest any more */
    admit("one more");
    assert_int_equal(find("m0").n, 1000);
    assert_true(find("m0").found && find("one more").found && find("m2").found);
    assert_false(find("m1").found);
}

/* -- the store -- */

/* Another daemon, over the same store. */
static void restart(void)
{
    end();
    begin();
}

static void load_all(const char *model)
{
    health_load(health);
    while (!find(model).found)
        uv_run(&loop, UV_RUN_ONCE);
}

static void over_a_restart(void **state)
{
    (void)state;
    health_first_token(health, "p", "m", 100);
    health_first_token(health, "p", "m", 200);
    health_first_token(health, "p", "other", 7);
    fail_times("broken", 3);
    restart();
    assert_int_equal(kept.saves, 1);
    assert_int_equal(kept.n, 2); /* what was not measured is not kept */
    assert_true(first_ms("m") < 0);
    load_all("other");
    assert_float_equal(first_ms("m"), 120, 1e-9);
    assert_float_equal(first_ms("other"), 7, 1e-9);
    assert_int_equal(admit("broken"), ERR_NONE); /* breakers are not kept */
    health_first_token(health, "p", "m", 20);
    assert_float_equal(first_ms("m"), 100, 1e-9); /* the mean goes on */
}

static void saved_once(void **state)
{
    (void)state;
    health_first_token(health, "p", "m", 100);
    restart();
    load_all("m");
    restart(); /* nothing new */
    assert_int_equal(kept.saves, 1);
}

static void loaded_once(void **state)
{
    (void)state;
    health_first_token(health, "p", "m", 100);
    restart();
    load_all("m");
    health_load(health);
    restart();
    assert_int_equal(kept.loads, 1);
}

static void what_was_measured_meanwhile_stays(void **state)
{
    (void)state;
    health_first_token(health, "p", "m", 100);
    health_first_token(health, "p", "other", 100);
    restart();
    set_clock(S);
    health_first_token(health, "p", "m", 900);
    load_all("other");
    assert_float_equal(first_ms("m"), 900, 1e-9);
}

static void what_is_too_old_does_not_count(void **state)
{
    (void)state;
    health_first_token(health, "p", "m", 100);
    restart();
    set_clock(DAY_MS * 1000 + 1);
    load_all("m");
    assert_true(first_ms("m") < 0);
}

static void a_store_that_fails(void **state)
{
    (void)state;
    kept.refuses = true;
    health_load(health);
    health_first_token(health, "p", "m", 100);
    restart();
    assert_int_equal(kept.n, 0);
    assert_true(first_ms("m") < 0);
}

/* It is freed while the store reads for it. */
static void gone_before_it_is_loaded(void **state)
{
    (void)state;
    health_first_token(health, "p", "m", 100);
    restart();
    health_load(health);
    restart();
    assert_int_equal(kept.loads, 1);
    assert_false(find("m").found);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(refused_after_so_many_failures),
        TEST(one_probe),
        TEST(the_wait_has_an_end),
        TEST(what_an_error_says),
        TEST(other_options),
        TEST(a_mean_that_moves),
        TEST(a_time_is_forgotten),
        TEST(so_many_models),
        TEST(over_a_restart),
        TEST(saved_once),
        TEST(loaded_once),
        TEST(what_was_measured_meanwhile_stays),
        TEST(what_is_too_old_does_not_count),
        TEST(a_store_that_fails),
        TEST(gone_before_it_is_loaded),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
