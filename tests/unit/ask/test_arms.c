#include "client/ask/arms.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* An event, or a reply, of fields that a test names. */
struct packed {
    struct buf bytes;
    msgpack_unpacked value;
};

static const msgpack_object *unpack(struct packed *p)
{
    size_t at = 0;
    assert_false(p->bytes.failed);
    assert_int_equal(msgpack_unpack_next(&p->value, (const char *)p->bytes.data, p->bytes.len, &at),
                     MSGPACK_UNPACK_SUCCESS);
    return &p->value.data;
}

static void pack_init(struct packed *p)
{
    buf_init(&p->bytes, 1 << 16);
    msgpack_unpacked_init(&p->value);
}

static void pack_done(struct packed *p)
{
    msgpack_unpacked_destroy(&p->value);
    buf_done(&p->bytes);
}

static const struct arm *tell(struct arms *a, enum view_kind kind, unsigned index, struct packed *p, int64_t now_us)
{
    struct view_event e = {.answer = "a", .index = index, .kind = kind, .event = unpack(p)};
    assert_true(mp_map(e.event, &e.map));
    const struct arm *arm = arms_event(a, &e, now_us);
    pack_done(p);
    return arm;
}

static const struct arm *start(struct arms *a, unsigned index, int64_t arm)
{
    struct packed p;
    pack_init(&p);
    mp_put_map(&p.bytes, 4);
    mp_put_entry(&p.bytes, "model", "m");
    mp_put_entry(&p.bytes, "provider", "p");
    mp_put_cstr(&p.bytes, "cached");
    mp_put_bool(&p.bytes, arm == 1);
    mp_put_entry_int(&p.bytes, "arm", arm);
    return tell(a, VIEW_START, index, &p, 0);
}

static const struct arm *say(struct arms *a, enum view_kind kind, unsigned index, const char *text, int64_t now_us)
{
    struct packed p;
    pack_init(&p);
    mp_put_map(&p.bytes, 1);
    mp_put_entry(&p.bytes, kind == VIEW_RETRY ? "model" : kind == VIEW_ERROR ? "message" : "text", text);
    return tell(a, kind, index, &p, now_us);
}

static void check_text(const struct buf *b, const char *want)
{
    assert_int_equal(b->len, strlen(want));
    assert_memory_equal(b->len > 0 ? b->data : (const uint8_t *)"", want, b->len);
}

/* Events of the answers come in any order, and so do their first. */
static void an_event_goes_to_the_arm_of_its_answer(void **state)
{
    (void)state;
    struct arms a;
    assert_true(arms_init(&a, "x,y,x", 1000));
    assert_int_equal(a.n, 3);
    assert_null(say(&a, VIEW_TEXT, 0, "lost", 0));
    assert_ptr_equal(start(&a, 0, 2), &a.arm[2]);
    assert_ptr_equal(start(&a, 1, 0), &a.arm[0]);
    assert_ptr_equal(say(&a, VIEW_TEXT, 1, "zero", 251000), &a.arm[0]);
    assert_ptr_equal(say(&a, VIEW_TEXT, 0, "two", 0), &a.arm[2]);
    assert_ptr_equal(say(&a, VIEW_REASONING, 0, "why", 0), &a.arm[2]);
    assert_true(a.arm[0].figures.first_ms == 250);
    check_text(&a.arm[0].text, "zero");
    check_text(&a.arm[2].text, "two");
    check_text(&a.arm[2].reasoning, "why");
    assert_string_equal(a.arm[0].asked, "x");
    assert_string_equal(a.arm[1].asked, "y");
    assert_string_equal(a.arm[2].answered, "p/m");
    assert_int_equal(a.arm[1].state, ARM_WAITING);
    assert_ptr_equal(start(&a, 2, 1), &a.arm[1]);
    assert_true(a.arm[1].cached && !a.arm[0].cached);
    arms_done(&a);
}

static void a_start_that_is_none_is_passed_over(void **state)
{
    (void)state;
    struct arms a;
    assert_true(arms_init(&a, "x,y", 0));
    assert_null(start(&a, 0, 2));
    assert_null(start(&a, 0, -1));
    assert_null(start(&a, 1, 0));
    assert_non_null(start(&a, 0, 1));
    assert_null(start(&a, 1, 1));
    arms_done(&a);
}

static void what_was_said_before_a_retry_is_void(void **state)
{
    (void)state;
    struct arms a;
    assert_true(arms_init(&a, "x,y", 0));
    (void)start(&a, 0, 0);
    (void)say(&a, VIEW_TEXT, 0, "first", 0);
    const unsigned turn = a.arm[0].turn;
    (void)say(&a, VIEW_RETRY, 0, "other", 0);
    assert_true(a.arm[0].turn != turn);
    (void)say(&a, VIEW_TEXT, 0, "second", 0);
    check_text(&a.arm[0].text, "second");
    assert_string_equal(a.arm[0].answered, "other");
    arms_done(&a);
}

static void put_answer(struct buf *b, const char *text_state, const char *text)
{
    const bool done = strcmp(text_state, "done") == 0;
    mp_put_map(b, done ? 4 : 3);
    mp_put_entry(b, "state", text_state);
    mp_put_entry(b, "text", text);
    if (!done) {
        mp_put_cstr(b, "error");
        mp_put_map(b, 2);
        mp_put_entry(b, "code", "timeout");
        mp_put_entry(b, "message", "too slow");
        return;
    }
    mp_put_cstr(b, "usage");
    mp_put_map(b, 1);
    mp_put_entry_int(b, "output_tokens", 50);
    mp_put_cstr(b, "timing");
    mp_put_map(b, 2);
    mp_put_cstr(b, "first_token_ms");
    mp_put_double(b, 500);
    mp_put_cstr(b, "total_ms");
    mp_put_double(b, 1000);
}

/* Also over what events told, and where there were none. */
static void the_result_has_the_last_word(void **state)
{
    (void)state;
    struct arms a;
    struct packed p;
    assert_true(arms_init(&a, "x,y", 0));
    (void)start(&a, 0, 0);
    (void)say(&a, VIEW_TEXT, 0, "half", 0);
    pack_init(&p);
    mp_put_map(&p.bytes, 1);
    mp_put_cstr(&p.bytes, "answers");
    mp_put_array(&p.bytes, 2);
    put_answer(&p.bytes, "done", "half and half");
    put_answer(&p.bytes, "failed", "some");
    const unsigned turn = a.arm[0].turn;
    arms_finish(&a, unpack(&p));
    pack_done(&p);
    check_text(&a.arm[0].text, "half and half");
    assert_true(a.arm[0].turn != turn);
    assert_int_equal(a.arm[0].state, ARM_DONE);
    assert_int_equal(a.arm[0].figures.tokens, 50);
    assert_true(a.arm[0].figures.first_ms == 500 && a.arm[0].figures.speed == 100);
    assert_int_equal(a.arm[1].state, ARM_FAILED);
    check_text(&a.arm[1].text, "some");
    assert_non_null(strstr(a.arm[1].error, "too slow"));
    arms_done(&a);
}

static void without_a_result_what_ran_was_left(void **state)
{
    (void)state;
    struct arms a;
    struct packed p;
    assert_true(arms_init(&a, "x,y,z", 0));
    (void)start(&a, 0, 0);
    (void)start(&a, 1, 1);
    (void)say(&a, VIEW_TEXT, 0, "some", 0);
    pack_init(&p);
    mp_put_map(&p.bytes, 0);
    (void)tell(&a, VIEW_DONE, 1, &p, 0);
    arms_finish(&a, NULL);
    assert_int_equal(a.arm[0].state, ARM_LEFT);
    check_text(&a.arm[0].text, "some");
    assert_int_equal(a.arm[1].state, ARM_DONE);
    assert_int_equal(a.arm[2].state, ARM_LEFT);
    arms_done(&a);
}

static void as_many_as_may_be_named(void **state)
{
    (void)state;
    struct arms a;
    char list[2 * ARGS_MODELS_MAX];
    for (unsigned i = 0; i < ARGS_MODELS_MAX; i++)
        list[2 * i] = 'm', list[2 * i + 1] = i + 1 < ARGS_MODELS_MAX ? ',' : '\0';
    assert_true(arms_init(&a, list, 0));
    assert_int_equal(a.n, ARGS_MODELS_MAX);
    for (unsigned i = 0; i < ARGS_MODELS_MAX; i++)
        assert_ptr_equal(start(&a, i, ARGS_MODELS_MAX - 1 - (int64_t)i), &a.arm[ARGS_MODELS_MAX - 1 - i]);
    assert_null(start(&a, ARGS_MODELS_MAX, 0));
    arms_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_goes_to_the_arm_of_its_answer), cmocka_unit_test(a_start_that_is_none_is_passed_over),
        cmocka_unit_test(what_was_said_before_a_retry_is_void),   cmocka_unit_test(the_result_has_the_last_word),
        cmocka_unit_test(without_a_result_what_ran_was_left),     cmocka_unit_test(as_many_as_may_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
