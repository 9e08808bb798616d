#include "lib/chat/event.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void kinds_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        enum event_kind kind = EVENT_KIND_COUNT;
        const char *name = event_kind_name((enum event_kind)i);
        assert_true(event_kind_from_name(name, strlen(name), &kind));
        assert_int_equal(kind, i);
    }
    assert_string_equal(event_kind_name(EVENT_TOOL_CALL), "tool_call");
}

static void unknown_kinds(void **state)
{
    (void)state;
    enum event_kind kind = EVENT_RETRY;
    assert_false(event_kind_from_name("Text", 4, &kind));
    assert_false(event_kind_from_name("tex", 3, &kind));
    assert_false(event_kind_from_name("texts", 5, &kind));
    assert_false(event_kind_from_name("", 0, &kind));
    assert_int_equal(kind, EVENT_RETRY);
}

static void finishes_go_both_ways(void **state)
{
    (void)state;
    enum finish_reason f;
    for (int i = FINISH_STOP; i <= FINISH_OTHER; i++) {
        const char *name = finish_name((enum finish_reason)i);
        assert_true(finish_from_name(name, strlen(name), &f));
        assert_int_equal(f, i);
    }
    f = FINISH_PAUSE;
    assert_false(finish_from_name("stopped", 7, &f));
    assert_int_equal(f, FINISH_PAUSE);
    assert_string_equal(finish_name((enum finish_reason)77), "other");
}

static void usage_is_known_by_any_figure(void **state)
{
    (void)state;
    struct usage u = USAGE_INIT;
#define X(figure) &u.figure,
    int64_t *const fields[] = {USAGE_FIGURE_MAP(X)};
#undef X
    assert_false(usage_known(&u));
    u.estimated = true;
    assert_false(usage_known(&u));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        *fields[i] = 0; /* zero is a figure */
        assert_true(usage_known(&u));
        *fields[i] = -1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_go_both_ways),
        cmocka_unit_test(unknown_kinds),
        cmocka_unit_test(finishes_go_both_ways),
        cmocka_unit_test(usage_is_known_by_any_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
