/* What the cache keeps of a log: its events again, compacted. They tell the same as those they come from. */
#include "daemon/answer/fold.h"
#include "lib/proto/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct log_pool *pool;

static void add(struct log *l, const struct chat_event *ev)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    codec_put_event(&b, ev);
    assert_int_equal(log_append(l, b.data, b.len), ERR_NONE);
    buf_done(&b);
}

static struct event_text text(const char *s)
{
    return (struct event_text){s, s ? strlen(s) : 0};
}

static void say(struct log *l, enum event_kind kind, const char *s)
{
    add(l, &(struct chat_event){.kind = kind, .text = text(s)});
}

static void finish(struct log *l)
{
    struct chat_event usage = {.kind = EVENT_USAGE, .usage = USAGE_INIT};
    usage.usage.input_tokens = 7;
    usage.usage.output_tokens = 11;
    add(l, &usage);
    add(l, &(struct chat_event){.kind = EVENT_DONE, .finish = FINISH_STOP});
}

/* A new log with the compacted events of this one; its reference is the caller's. */
static struct log *compact(const struct log *l, uint32_t *n)
{
    struct fold f;
    struct buf runs;
    struct log *to = log_new(pool, 1 << 24);
    fold_log(&f, l, "p", "m");
    buf_init(&runs, 1 << 24);
    *n = fold_put_events(&runs, &f);
    assert_false(runs.failed || f.lossy);
    fold_done(&f);
    assert_int_equal(log_append_run(to, runs.data, runs.len), ERR_NONE);
    assert_int_equal(log_last(to), *n);
    buf_done(&runs);
    return to;
}

static void put_tail(struct buf *b, const struct log *l)
{
    struct fold f;
    fold_log(&f, l, "p", "m");
    buf_init(b, 1 << 24);
    fold_put_tail(b, &f, NULL);
    fold_done(&f);
}

/* The log itself, and what it tells, in n events. Takes the reference over. */
static void assert_same(struct log *l, uint32_t want)
{
    struct buf before, after;
    uint32_t n;
    struct log *compacted = compact(l, &n);
    put_tail(&before, l);
    put_tail(&after, compacted);
    assert_int_equal(n, want);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, after.len);
    buf_done(&before);
    buf_done(&after);
    log_unref(compacted);
    log_unref(l);
}

static void test_joins_what_is_alike(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    say(l, EVENT_REASONING, "let me ");
    say(l, EVENT_REASONING, "think");
    for (int i = 0; i < 100; i++)
        say(l, EVENT_TEXT, "a word ");
    say(l, EVENT_REASONING, "again");
    say(l, EVENT_TEXT, "end");
    finish(l);
    assert_same(l, 4 + 2);
}

static void test_leaves_out_what_is_void(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    say(l, EVENT_TEXT, "never mind");
    say(l, EVENT_PROGRESS, "half way");
    add(l, &(struct chat_event){
               .kind = EVENT_RETRY, .provider = text("p"), .model = text("m"), .error = {.code = ERR_TIMEOUT}});
    say(l, EVENT_TEXT, "this counts");
    say(l, EVENT_PROGRESS, "done");
    say(l, EVENT_TEXT, " too");
    finish(l);
    assert_same(l, 1 + 2);
}

static void test_keeps_what_goes_back_as_it_came(void **state)
{
    (void)state;
    static const char one[] = "\x81\xa1k\x01", two[] = "\x81\xa1k\x02";
    struct log *l = log_new(pool, 1 << 20);
    add(l, &(struct chat_event){.kind = EVENT_REASONING, .text = text("signed"), .signature = text("sig")});
    add(l, &(struct chat_event){.kind = EVENT_REASONING, .text = text("sealed"), .opaque = text(one)});
    say(l, EVENT_TEXT, "plain");
    add(l, &(struct chat_event){.kind = EVENT_TEXT, .text = text("alone"), .opaque = text(two)});
    add(l, &(struct chat_event){.kind = EVENT_IMAGE,
                                .mime = text("image/png"),
                                .data = (const uint8_t *)"\x89P",
                                .data_len = 2,
                                .opaque = text(one)});
    for (int i = 0; i < 3; i++) {
        add(l, &(struct chat_event){.kind = EVENT_TOOL_CALL,
                                    .index = i,
                                    .id = text("id"),
                                    .name = text("f"),
                                    .text = text("{\"a\":"),
                                    .opaque = text(i ? NULL : two)});
        add(l, &(struct chat_event){.kind = EVENT_TOOL_CALL, .index = i, .text = text("1}")});
    }
    add(l, &(struct chat_event){.kind = EVENT_TOOL_CALL, .index = 7, .text = text("")});
    finish(l);
    assert_same(l, 5 + 4 + 2);
}

static void test_nothing_was_said(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    say(l, EVENT_TEXT, "");
    finish(l);
    assert_same(l, 1 + 2);
}

/* Long text goes in pieces, never torn within a character, whatever its length. */
static void test_pieces(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "\xc3\xa4", "\xe4\xb8\xad", "\xf0\x9f\x99\x82"};
    for (size_t k = 0; k < 4; k++) {
        for (size_t shift = 0; shift < 4; shift++) {
            struct log *l = log_new(pool, 1 << 20);
            size_t size = strlen(characters[k]), count = 2 * FOLD_PIECE / size;
            char *long_text = calloc(1, shift + count * size + 1);
            memset(long_text, 'x', shift);
            for (size_t i = 0; i < count; i++)
                memcpy(long_text + shift + i * size, characters[k], size);
            say(l, EVENT_TEXT, long_text);
            free(long_text);
            uint32_t n;
            struct log *compacted = compact(l, &n);
            struct log_pos pos = {0};
            const uint8_t *event;
            size_t len;
            msgpack_zone zone;
            msgpack_zone_init(&zone, 1024);
            while (log_next(compacted, &pos, &event, &len)) {
                struct chat_event ev;
                assert_int_equal(codec_get_event(event, len, &zone, &ev), ERR_NONE);
                assert_true(ev.text.len > 0 && ev.text.len <= FOLD_PIECE);
                assert_int_not_equal((uint8_t)ev.text.data[0] & 0xc0, 0x80);
            }
            msgpack_zone_destroy(&zone);
            log_unref(compacted);
            assert_same(l, n);
        }
    }
}

/* More calls than are told one by one: such an answer is not to be kept. */
static void test_lossy(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    struct fold f;
    for (int i = 0; i < 1024; i++)
        add(l, &(struct chat_event){.kind = EVENT_TOOL_CALL, .index = i, .text = text("{}")});
    fold_log(&f, l, "p", "m");
    assert_false(f.lossy);
    fold_done(&f);
    add(l, &(struct chat_event){.kind = EVENT_TOOL_CALL, .index = 1024, .text = text("{}")});
    fold_log(&f, l, "p", "m");
    assert_true(f.lossy);
    fold_done(&f);
    log_unref(l);
}

static int set_up(void **state)
{
    (void)state;
    pool = log_pool_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pool = log_pool_free(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_joins_what_is_alike, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leaves_out_what_is_void, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keeps_what_goes_back_as_it_came, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_was_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lossy, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("answer/compact", tests, NULL, NULL);
}
